"""Register a passkey: the first by an invitation, the next ones by whoever is signed in.

An invitation opens an account that nobody uses yet, and no other: neither the operator nor a titulaire can add a passkey to
an account that has one, so that a persuaded help desk gives nothing away. A second passkey is the recovery of the first.
Each is told to every contact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rempart.domain.access import AccountLabel, Face
from rempart.domain.errors.accounts import InvitationUnknown, PasskeyRefused, PasskeysTooMany
from rempart.limits import CEREMONY_LIFE_S, PASSKEYS_PER_ACCOUNT_MAX
from rempart.operations.notices import new_devices
from rempart.operations.open_browser_session import BrowserSession, describe, open_for, use_challenge
from rempart.operations.reception import Reception
from rempart.security import passkeys
from rempart.security.admission import AdmittedCaller
from rempart.security.dpop import Proof
from rempart.security.tokens import digest_of
from rempart.store import accounts
from rempart.store import passkeys as kept
from rempart.store.connections import type_of_connection
from rempart.store.notices import recovery
from rempart.store.passkeys import Invitation

_PLACE_OF_CODE = "code"
_PLACE_OF_CREDENTIAL = "credential"
_REGISTER = "register"


@dataclass(frozen=True, slots=True)
class InvitationView:
    """Who is invited, and until when."""

    account: AccountLabel
    expires_at: datetime


async def see_invitation(reception: Reception, code: str) -> InvitationView:
    """Say whom an invitation is for. Refuses: InvitationUnknown, for a wrong, used or expired code alike."""
    async with reception.connections.lent() as connection:
        invitation, account = await _find(connection, code)
    return InvitationView(account, invitation.expires_at)


async def begin_by_invitation(reception: Reception, code: str) -> dict[str, Any]:
    """Begin the registration of a first passkey; the invitation is not used up yet. Refuses: InvitationUnknown."""
    async with reception.connections.lent() as connection:
        _, account = await _find(connection, code)
        return await _begin(reception, connection, account)


async def enrol_by_invitation(
    reception: Reception, code: str, credential: Mapping[str, Any], proof: Proof
) -> BrowserSession:
    """Register a first passkey, use the invitation up and open a session, all or nothing.

    Refuses: InvitationUnknown, PasskeyRefused, ProofReplayed.
    """
    async with reception.connections.lent() as connection:
        invitation, _ = await _find(connection, code)
        challenge = await use_challenge(connection, credential, _REGISTER, invitation.account_id)
        made = passkeys.finish_registration(reception.party, credential, challenge)
        async with connection.transaction():
            await accounts.lock_account(connection, invitation.account_id)
            await _find(connection, code)  # again, under the lock: of two browsers with one code, one is late
            await reception.use_proof(connection, proof)
            await kept.use_invitation(connection, digest_of(code))
            if invitation.gives_back:
                await recovery.end_what_was(connection, invitation.account_id)
            await _keep(connection, invitation.account_id, made)
            return await open_for(connection, invitation.account_id, proof, Face.PORTAL, made.credential_id)


async def begin_another(reception: Reception, caller: AdmittedCaller) -> dict[str, Any]:
    """Begin the registration of another passkey for the caller's account. Refuses: AccountClosed."""
    async with reception.connections.lent() as connection:
        return await _begin(reception, connection, await describe(connection, caller.account_id))


async def enrol_another(reception: Reception, caller: AdmittedCaller, credential: Mapping[str, Any]) -> None:
    """Register another passkey for the caller's account. Refuses: PasskeyRefused, PasskeysTooMany."""
    async with reception.connections.lent() as connection:
        challenge = await use_challenge(connection, credential, _REGISTER, caller.account_id)
        made = passkeys.finish_registration(reception.party, credential, challenge)
        async with connection.transaction():
            await accounts.lock_account(connection, caller.account_id)
            if len(await kept.list_credentials(connection, caller.account_id)) >= PASSKEYS_PER_ACCOUNT_MAX:
                raise PasskeysTooMany(_PLACE_OF_CREDENTIAL)
            await _keep(connection, caller.account_id, made)


async def _find(connection: type_of_connection, code: str) -> tuple[Invitation, AccountLabel]:
    invitation = await kept.find_invitation(connection, digest_of(code))
    if invitation is None:
        raise InvitationUnknown(_PLACE_OF_CODE)
    account = await accounts.describe_account(connection, invitation.account_id)
    if account is None:
        raise InvitationUnknown(_PLACE_OF_CODE)
    return invitation, account


async def _begin(
    reception: Reception, connection: type_of_connection, account: AccountLabel
) -> dict[str, Any]:
    credentials = await kept.list_credentials(connection, account.account_id)
    ceremony = passkeys.begin_registration(
        reception.party, account.account_id, account.display_name, credentials
    )
    await kept.add_challenge(
        connection, ceremony.challenge_digest, _REGISTER, account.account_id, CEREMONY_LIFE_S
    )
    return ceremony.public_key


async def _keep(connection: type_of_connection, account_id: int, made: passkeys.NewPasskey) -> None:
    passkey = kept.Passkey(account_id, made.public_key, made.sign_count)
    if not await kept.add_passkey(connection, made.credential_id, passkey, made.label):
        raise PasskeyRefused(_PLACE_OF_CREDENTIAL)
    await new_devices.tell_of_passkey(connection, account_id, made.label)
