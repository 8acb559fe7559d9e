"""Sign in by Pro Santé Connect, in two acts of one browser: leave with a state, come back with a code.

What is kept between the two is bound to the key of the browser that began (its DPoP proof), so that an address that was sent
to somebody else opens nothing for him, and nothing for its author. The session is as one opened by passkey.

Never: believe an RPPS or FINESS number that a request carries; the only account is one that the operator opened.
"""

from dataclasses import dataclass

from rempart.domain.access import Face
from rempart.domain.errors.accounts import (
    AccountClosed,
    PscAttemptUnknown,
    PscNotAffiliated,
    PscNotInRegister,
    PscPlaceDiffers,
    PscProfessionDiffers,
)
from rempart.domain.notices.devices import device_label
from rempart.limits import PSC_ATTEMPT_LIFE_S, PSC_CHOICE_LIFE_S
from rempart.operations.notices import new_devices
from rempart.operations.open_browser_session import BrowserSession, call_off_giving_back, open_for
from rempart.operations.reception import Reception
from rempart.security.dpop import Proof
from rempart.security.psc.asking import new_asking
from rempart.security.psc.practice import Practitioner
from rempart.security.psc.provider import PscProvider
from rempart.security.tokens import digest_of, new_secret
from rempart.store.connections import type_of_connection
from rempart.store.psc import attempts
from rempart.store.psc.attempts import AccountOfPractitioner, KeptAttempt

_PLACE_OF_STATE = "state"
_PLACE_OF_CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back in the address: `sent_by` is the issuer that it names, if it names one."""

    code: str
    state: str
    sent_by: str | None


@dataclass(frozen=True, slots=True)
class PlacesOffered:
    """A professional who signed in and has several places: he says which, by a choice that serves once."""

    choice: str
    places: tuple[tuple[str, str], ...]
    """FINESS number and name of each."""


async def begin(reception: Reception, provider: PscProvider, redirect_uri: str, proof: Proof) -> str:
    """Give the address to which this browser goes to sign in. Refuses: PscUnreachable, ProofReplayed."""
    asking = new_asking()
    address = await provider.address_for(redirect_uri, asking)  # no connection is held meanwhile
    attempt = KeptAttempt(asking.verifier, digest_of(asking.nonce), redirect_uri)
    async with reception.connections.lent() as connection, connection.transaction():
        await reception.use_proof(connection, proof)
        await attempts.keep_attempt(
            connection, digest_of(asking.state), proof.key_thumbprint, attempt, PSC_ATTEMPT_LIFE_S
        )
    return address


async def finish(
    reception: Reception, provider: PscProvider, returned: Returned, proof: Proof, user_agent: str
) -> BrowserSession | PlacesOffered:
    """Open a session for whom the code names, or ask at which place.

    Refuses: PscRefused, AccountClosed, PscUnreachable, ProofReplayed.
    """
    async with reception.connections.lent() as connection, connection.transaction():
        await reception.use_proof(connection, proof)
        attempt = await attempts.take_attempt(connection, digest_of(returned.state), proof.key_thumbprint)
    if attempt is None:
        raise PscAttemptUnknown(_PLACE_OF_STATE)
    practitioner = await provider.identify(
        returned.code,
        returned.sent_by,
        verifier=attempt.verifier,
        nonce_digest=attempt.nonce_digest,
        redirect_uri=attempt.redirect_uri,
    )
    async with reception.connections.lent() as connection, connection.transaction():
        admitted = _admitted(await attempts.find_accounts(connection, practitioner.rpps), practitioner)
        if len(admitted) == 1:
            return await _open(connection, admitted[0].account_id, proof, user_agent)
        return await _offer(connection, admitted, proof)


async def choose_place(
    reception: Reception, choice: str, finess: str, proof: Proof, user_agent: str
) -> BrowserSession:
    """Open the session at the place that was chosen. Refuses: PscAttemptUnknown, AccountClosed, ProofReplayed."""
    async with reception.connections.lent() as connection, connection.transaction():
        await reception.use_proof(connection, proof)
        account_id = await attempts.choose_place(connection, digest_of(choice), proof.key_thumbprint, finess)
        if account_id is not None:
            return await _open(connection, account_id, proof, user_agent)
    raise PscAttemptUnknown(_PLACE_OF_CHOICE)


def _admitted(found: list[AccountOfPractitioner], practitioner: Practitioner) -> list[AccountOfPractitioner]:
    """Keep the accounts that nothing stands against; say the first thing that stands against all of them."""
    if not found:
        raise PscNotAffiliated
    kept = [account for account in found if account.is_open]
    if not kept:
        raise AccountClosed
    kept = [account for account in kept if _is_of_profession(account, practitioner)]
    if not kept:
        raise PscProfessionDiffers
    kept = [account for account in kept if _is_at_place(account, practitioner)]
    if not kept:
        raise PscPlaceDiffers
    kept = [account for account in kept if account.objection is None]
    if not kept:
        raise PscNotInRegister
    return kept


def _is_of_profession(account: AccountOfPractitioner, practitioner: Practitioner) -> bool:
    return any(one.profession_code in account.profession_codes for one in practitioner.exercises)


def _is_at_place(account: AccountOfPractitioner, practitioner: Practitioner) -> bool:
    return any(
        one.profession_code in account.profession_codes and one.is_at(account.finess)
        for one in practitioner.exercises
    )


async def _open(
    connection: type_of_connection, account_id: int, proof: Proof, user_agent: str
) -> BrowserSession:
    session = await open_for(connection, account_id, proof, Face.PORTAL, None)
    await call_off_giving_back(connection, account_id)
    await new_devices.meet_browser(connection, account_id, proof.key_thumbprint, device_label(user_agent))
    return session


async def _offer(
    connection: type_of_connection, admitted: list[AccountOfPractitioner], proof: Proof
) -> PlacesOffered:
    choice = new_secret()
    account_ids = [account.account_id for account in admitted]
    await attempts.offer_places(
        connection, digest_of(choice), proof.key_thumbprint, account_ids, PSC_CHOICE_LIFE_S
    )
    return PlacesOffered(choice, tuple((account.finess, account.organisation) for account in admitted))
