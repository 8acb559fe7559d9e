"""Open and close browser sessions, for the portal or the counter: by passkey, bound to a key that the browser does not export.

A session is 256 random bits, four hours at most and half an hour unused; each of its proofs carries the nonce that the answer
before gave, so that a copied profile and its owner diverge at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rempart.domain.access import AccountLabel, Face
from rempart.domain.errors.accounts import AccountClosed, PasskeyRefused
from rempart.limits import BROWSER_SESSION_IDLE_S, BROWSER_SESSION_LIFE_S, CEREMONY_LIFE_S
from rempart.operations.reception import Reception
from rempart.security import passkeys
from rempart.security.admission import AdmittedCaller
from rempart.security.dpop import Proof
from rempart.security.tokens import digest_of, new_secret
from rempart.store import accounts, sessions
from rempart.store import passkeys as kept
from rempart.store.connections import type_of_connection
from rempart.store.notices import letters, recovery
from rempart.store.sessions import NewSession

_PLACE = "credential"


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A session as the browser is told of it, once."""

    access_token: str
    nonce: str
    account: AccountLabel


async def begin_sign_in(reception: Reception, proof: Proof) -> dict[str, Any]:
    """Hand out a challenge to whoever asks, for the key that asks; it says nothing about anybody. Refuses: ProofReplayed.

    What the authenticator signs can be stolen on its way, by whatever reads the page: with another key it opens nothing.
    """
    ceremony = passkeys.begin_sign_in(reception.party)
    async with reception.connections.lent() as connection, connection.transaction():
        await reception.use_proof(connection, proof)
        await kept.add_challenge(
            connection, ceremony.challenge_digest, "sign-in", None, CEREMONY_LIFE_S, proof.key_thumbprint
        )
    return ceremony.public_key


async def sign_in(reception: Reception, credential: Mapping[str, Any], proof: Proof) -> BrowserSession:
    """Open a session for the account of a passkey. Refuses: PasskeyRefused, ProofReplayed."""
    credential_id = passkeys.credential_id_of(credential)
    async with reception.connections.lent() as connection:
        challenge = await use_challenge(connection, credential, "sign-in", None, proof.key_thumbprint)
        async with connection.transaction():
            await reception.use_proof(connection, proof)
            passkey = await kept.find_passkey(connection, credential_id)
            if passkey is None:
                raise PasskeyRefused(_PLACE)
            signed_in = passkeys.finish_sign_in(
                reception.party, credential, challenge, passkey.public_key, passkey.sign_count
            )
            await kept.use_passkey(connection, credential_id, signed_in.sign_count)
            await call_off_giving_back(connection, passkey.account_id)
            return await open_for(connection, passkey.account_id, proof, signed_in.face, credential_id)


async def see_account(reception: Reception, caller: AdmittedCaller) -> AccountLabel:
    """Say under which account a session works. Refuses: AccountClosed."""
    async with reception.connections.lent() as connection:
        return await describe(connection, caller.account_id)


async def sign_out(reception: Reception, caller: AdmittedCaller) -> None:
    """End the caller's session."""
    async with reception.connections.lent() as connection:
        await sessions.revoke_session(connection, caller.token_digest, "signed out")


async def describe(connection: type_of_connection, account_id: int) -> AccountLabel:
    """Describe an account that may ask. Refuses: AccountClosed."""
    account = await accounts.describe_account(connection, account_id)
    if account is None:
        raise AccountClosed
    return account


async def use_challenge(
    connection: type_of_connection,
    credential: Mapping[str, Any],
    purpose: str,
    account_id: int | None,
    key_thumbprint: bytes | None = None,
) -> bytes:
    """Use up the challenge that a credential answers, whatever comes of it; give the challenge itself."""
    challenge = passkeys.challenge_of(credential)
    handed_to = await kept.use_challenge(connection, passkeys.challenge_digest(challenge), purpose)
    if handed_to != (account_id, key_thumbprint):
        raise PasskeyRefused(_PLACE)
    return challenge


async def call_off_giving_back(connection: type_of_connection, account_id: int) -> None:
    """Cancel what would give an account back, and tell its contacts: whoever signs in has not lost every way in."""
    if await recovery.cancel(connection, account_id):
        await letters.tell_contacts(connection, account_id, "give-back-cancelled")


async def open_for(
    connection: type_of_connection,
    account_id: int,
    proof: Proof,
    face: Face,
    credential_id: bytes | None,
) -> BrowserSession:
    """Write a browser session for an account, good at one face, bound to the key of a proof, in the caller's transaction.

    `credential_id` is the passkey that opens it, with which it ends; None when another proof did.
    """
    account = await describe(connection, account_id)
    access_token, nonce = new_secret(), new_secret()
    await sessions.open_session(
        connection,
        NewSession(
            token_digest=digest_of(access_token),
            key_thumbprint=proof.key_thumbprint,
            account_id=account_id,
            software_id=None,
            life_s=BROWSER_SESSION_LIFE_S,
            face=face,
            idle_s=BROWSER_SESSION_IDLE_S,
            nonce_digest=digest_of(nonce),
            credential_id=credential_id,
        ),
    )
    return BrowserSession(access_token, nonce, account)
