"""Give an account back to somebody who lost every passkey, on the word of a second registered person.

No password, no letter and no help desk opens an account. Who lost his keys goes and sees his guarantor, in person: nothing
is asked at the portal, so nothing there says who is registered. The guarantor signs with his own passkey, hands a code over,
and every contact is told. It opens after a day, at once for a titulaire's own staff. Whoever still signs in meanwhile, with an
old passkey or by Pro Santé Connect, cancels it.

The threat is written in docs/decisions/0021-an-account-is-given-back-by-a-second-person.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rempart.domain.access import Face, Guarantor, Person
from rempart.domain.errors.accounts import GuarantorRefused, NotAGuarantor, PasskeyRefused
from rempart.limits import CEREMONY_LIFE_S, INVITATION_LIFE_DAYS
from rempart.operations.open_browser_session import describe, use_challenge
from rempart.operations.reception import Reception
from rempart.security import passkeys
from rempart.security.admission import AdmittedCaller
from rempart.security.tokens import digest_of, invitation_link, new_secret
from rempart.store import accounts
from rempart.store import passkeys as kept
from rempart.store.connections import type_of_connection
from rempart.store.notices import letters, recovery

_PLACE = "account_id"
_VOUCH = "vouch"


@dataclass(frozen=True, slots=True)
class Circle:
    """Who may vouch for an account, who could be named, and for whom it may vouch."""

    guarantors: list[Guarantor]
    candidates: list[Person]
    wards: list[Person]


@dataclass(frozen=True, slots=True)
class Handover:
    """The code to hand over in person, shown once."""

    display_name: str
    code: str
    link: str
    opens_at: datetime
    expires_at: datetime


async def see_circle(reception: Reception, caller: AdmittedCaller) -> Circle:
    """Say who vouches for the caller, who could, and for whom he may."""
    async with reception.connections.lent() as connection:
        return Circle(
            await recovery.list_guarantors(connection, caller.account_id),
            await recovery.list_candidates(connection, caller.account_id),
            await recovery.list_wards(connection, caller.account_id),
        )


async def name_guarantor(reception: Reception, caller: AdmittedCaller, guarantor_id: int) -> None:
    """Name another professional of the same place as guarantor, and tell every contact. Refuses: GuarantorRefused."""
    async with reception.connections.lent() as connection, connection.transaction():
        if not await recovery.name_guarantor(connection, caller.account_id, guarantor_id):
            raise GuarantorRefused(_PLACE)
        await letters.tell_contacts(connection, caller.account_id, "guarantor-named")


async def remove_guarantor(reception: Reception, caller: AdmittedCaller, guarantor_id: int) -> None:
    """Take a naming back. Refuses: GuarantorRefused."""
    async with reception.connections.lent() as connection:
        if not await recovery.remove_guarantor(connection, caller.account_id, guarantor_id):
            raise GuarantorRefused(_PLACE)


async def begin_vouching(reception: Reception, caller: AdmittedCaller) -> dict[str, Any]:
    """Hand the guarantor a challenge to sign with his own passkey."""
    ceremony = passkeys.begin_sign_in(reception.party)
    async with reception.connections.lent() as connection:
        await kept.add_challenge(
            connection, ceremony.challenge_digest, _VOUCH, caller.account_id, CEREMONY_LIFE_S
        )
    return ceremony.public_key


async def vouch(
    reception: Reception, caller: AdmittedCaller, account_id: int, credential: Mapping[str, Any]
) -> Handover:
    """Vouch for somebody who lost every passkey, with user verification; give the code to hand over.

    Refuses: PasskeyRefused, NotAGuarantor.
    """
    code = new_secret()
    async with reception.connections.lent() as connection:
        challenge = await use_challenge(connection, credential, _VOUCH, caller.account_id)
        async with connection.transaction():
            await _verify(reception, connection, caller, credential, challenge)
            await accounts.lock_account(connection, account_id)
            await recovery.cancel(connection, account_id)  # of two codes, the later one alone serves
            given = await recovery.give_back(
                connection, caller.account_id, account_id, digest_of(code), INVITATION_LIFE_DAYS
            )
            if given is None:
                raise NotAGuarantor(_PLACE)
            await letters.tell_contacts(connection, account_id, "given-back")
            ward = await describe(connection, account_id)
    link = invitation_link(reception.portal_url, code)
    return Handover(ward.display_name, code, link, given.opens_at, given.expires_at)


async def _verify(
    reception: Reception,
    connection: type_of_connection,
    caller: AdmittedCaller,
    credential: Mapping[str, Any],
    challenge: bytes,
) -> None:
    """Require a passkey of the caller's own, used just now by him."""
    credential_id = passkeys.credential_id_of(credential)
    passkey = await kept.find_passkey(connection, credential_id)
    if passkey is None or passkey.account_id != caller.account_id:
        raise PasskeyRefused("credential")
    signed_in = passkeys.finish_sign_in(
        reception.party, credential, challenge, passkey.public_key, passkey.sign_count
    )
    if signed_in.face is not Face.PORTAL:  # the counter asks for no word about anybody
        raise PasskeyRefused("credential")
    await kept.use_passkey(connection, credential_id, signed_in.sign_count)
