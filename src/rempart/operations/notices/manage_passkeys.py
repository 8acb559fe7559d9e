"""The passkeys of an account, as its owner sees them; one that he does not know, or has lost, is revoked with its sessions.

Who may revoke what: any passkey revokes a younger one; an older one only when it has itself been there for a day; none
revokes itself; who signed in without a passkey (Pro Santé Connect) revokes none. So a thief who enrols his own from an
unlocked session cannot shut the owner out while the letters are on their way, and an account never ends without a passkey.
"""

from rempart.domain.access import PasskeyLabel
from rempart.domain.errors.accounts import PasskeyInUse, PasskeyTooNew, PasskeyUnknown
from rempart.limits import NEW_DEVICE_S
from rempart.operations.notices.new_devices import said_of
from rempart.operations.reception import Reception
from rempart.security.admission import AdmittedCaller
from rempart.store import accounts
from rempart.store.notices import devices, letters

_PLACE = "credential_id"


async def list_passkeys(reception: Reception, caller: AdmittedCaller) -> list[PasskeyLabel]:
    """List the caller's passkeys."""
    async with reception.connections.lent() as connection:
        return await devices.list_passkeys(connection, caller.account_id, caller.token_digest)


async def revoke_passkey(reception: Reception, caller: AdmittedCaller, credential_id: bytes) -> None:
    """Revoke a passkey and the sessions that it opened, and tell every contact.

    Refuses: PasskeyUnknown, PasskeyInUse, PasskeyTooNew.
    """
    async with reception.connections.lent() as connection, connection.transaction():
        await accounts.lock_account(connection, caller.account_id)
        standing = await devices.find_standing(
            connection, caller.account_id, caller.token_digest, credential_id, NEW_DEVICE_S
        )
        if standing is None:
            raise PasskeyUnknown(_PLACE)
        if standing.is_in_use:
            raise PasskeyInUse(_PLACE)
        if standing.is_older_than_a_new_one:
            raise PasskeyTooNew(_PLACE)
        await devices.revoke_passkey(connection, credential_id)
        await letters.tell_contacts(
            connection, caller.account_id, "passkey-revoked", label=said_of(standing.label)
        )
