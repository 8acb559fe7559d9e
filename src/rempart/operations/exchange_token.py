"""A software exchanges the token that names its professional for an access token of ours, bound to its key.

The way into Rempart for every software. The order is: who is the software, is its proof fresh, both used up, whom does the
subject token name, at which place; then the session is written. No step takes an RPPS or FINESS number from the request as a
proof of anything: `organisation` only chooses among the places that the professional has.

Sources: RFC 8693 (token exchange), RFC 7523 (client assertion), RFC 9449 5 (token request).
"""

from dataclasses import dataclass
from hashlib import sha256

from rempart.domain.errors.access import ProofReplayed
from rempart.domain.errors.token_exchange import (
    ClientAssertionReplayed,
    ClientRefused,
    PlaceNeeded,
    SubjectNotAdmitted,
    SubjectTokenIssuerUnknown,
)
from rempart.limits import PROOF_AGE_MAX_S, PROOF_LEAD_MAX_S, SOFTWARE_SESSION_LIFE_S
from rempart.operations.notices import new_devices
from rempart.operations.reception import Reception
from rempart.security.assertions.client import ClientAssertion, claimed_client, verify_client_assertion
from rempart.security.assertions.identity import IdentityToken, claimed_issuer, verify_identity_token
from rempart.security.assertions.subjects import ProfessionalSubject, read_subject, type_of_subject
from rempart.security.dpop import Proof
from rempart.security.tokens import digest_of, new_secret
from rempart.store import accounts, sessions, software
from rempart.store.accounts import AccountAtPlace
from rempart.store.connections import type_of_connection
from rempart.store.sessions import NewSession
from rempart.store.software import Software

_PLACE = "subject_token"


@dataclass(frozen=True, slots=True)
class ExchangeRequest:
    """A token request as the software wrote it; `organisation` is a FINESS number or nothing."""

    client_id: str | None
    client_assertion: str
    subject_token: str
    organisation: str | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, told once, and its life in seconds."""

    access_token: str
    expires_in_s: int


async def exchange_token(reception: Reception, request: ExchangeRequest, proof: Proof) -> IssuedToken:
    """Open a session for the professional whom the subject token names.

    Refuses: ClientRefused, ProofReplayed, SubjectTokenRefused.
    """
    client_id, registered = await _authenticate(reception, request, proof)
    identity = await _identify(reception, request.subject_token, client_id)
    subject = read_subject(identity.claims)
    access_token = new_secret()
    async with reception.connections.lent() as connection, connection.transaction():
        account = _choose(await _accounts_of(connection, subject), subject, request.organisation)
        await sessions.open_session(
            connection,
            NewSession(
                token_digest=digest_of(access_token),
                key_thumbprint=proof.key_thumbprint,
                account_id=account.account_id,
                software_id=registered.software_id,
                life_s=SOFTWARE_SESSION_LIFE_S,
            ),
        )
        await new_devices.meet_software(connection, account.account_id, registered.software_id)
    return IssuedToken(access_token, SOFTWARE_SESSION_LIFE_S)


async def _authenticate(reception: Reception, request: ExchangeRequest, proof: Proof) -> tuple[str, Software]:
    """Verify the software's assertion, then use up assertion and proof."""
    client_id = claimed_client(request.client_assertion)
    if request.client_id not in (None, client_id):
        raise ClientRefused("client_id")
    audiences = frozenset({reception.issuer, f"{reception.issuer}/oauth/token"})
    async with reception.connections.lent() as connection:
        registered = await software.find_software(connection, client_id)
        if registered is None:
            raise ClientRefused("client_assertion")
        assertion = verify_client_assertion(
            request.client_assertion, client_id, registered.key_set, audiences, reception.now_s()
        )
        await _use_up(connection, assertion, proof)
    return client_id, registered


async def _use_up(connection: type_of_connection, assertion: ClientAssertion, proof: Proof) -> None:
    assertion_digest = sha256(f"assertion|{assertion.client_id}|{assertion.assertion_id}".encode()).digest()
    fresh = await sessions.use_once(
        connection,
        [
            (assertion_digest, assertion.expires_at + PROOF_LEAD_MAX_S),
            (proof.proof_digest, proof.proof_at + PROOF_AGE_MAX_S + PROOF_LEAD_MAX_S),
        ],
    )
    if assertion_digest not in fresh:
        raise ClientAssertionReplayed("client_assertion")
    if proof.proof_digest not in fresh:
        raise ProofReplayed("DPoP")


async def _identify(reception: Reception, subject_token: str, client_id: str) -> IdentityToken:
    """Verify the subject token by the keys of its issuer, if that is a provider we believe."""
    issuer = claimed_issuer(subject_token)
    async with reception.connections.lent() as connection:
        jwks_uri = await software.find_provider(connection, issuer)
    if jwks_uri is None:
        raise SubjectTokenIssuerUnknown(_PLACE)
    keys = await reception.provider_keys.keys_for(subject_token, jwks_uri)  # no connection is held meanwhile
    return verify_identity_token(subject_token, issuer, keys, client_id, reception.now_s())


async def _accounts_of(connection: type_of_connection, subject: type_of_subject) -> list[AccountAtPlace]:
    if isinstance(subject, ProfessionalSubject):
        return await accounts.find_accounts_of_professional(connection, subject.rpps)
    return await accounts.find_accounts_of_structure(connection, subject.finess)


def _choose(
    found: list[AccountAtPlace], subject: type_of_subject, organisation: str | None
) -> AccountAtPlace:
    """Choose the account at the place asked for, among those that the register and the token both allow."""
    places = subject.places if isinstance(subject, ProfessionalSubject) else None
    allowed = [account for account in found if places is None or account.finess in places]
    if organisation is not None:
        allowed = [account for account in allowed if account.finess == organisation]
    if not allowed:
        raise SubjectNotAdmitted(_PLACE)
    if len(allowed) > 1:
        raise PlaceNeeded("organization")
    return allowed[0]
