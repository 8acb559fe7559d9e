"""How an operator comes in: invited at the machine, a passkey by that invitation, a session by the passkey, then nonce by nonce.

The database decides at each step, and checks the signatures by itself; this process reads requests, and looks first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.accounts import (
    InvitationUnknown,
    OperatorNameRefused,
    OperatorNameTaken,
    OperatorsInPlace,
    OperatorUnknown,
    PasskeyRefused,
)
from rempart.limits import (
    BROWSER_SESSION_IDLE_S,
    BROWSER_SESSION_LIFE_S,
    CEREMONY_LIFE_S,
    INVITATION_LIFE_DAYS,
)
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.console.proposals import reason_of
from rempart.security import operator_passkeys as passkeys
from rempart.security.dpop import Proof
from rempart.security.principals import ProvenCaller
from rempart.security.tokens import digest_of, invitation_link, new_secret
from rempart.store.connections import type_of_connection
from rempart.store.console import operators as kept

Role = Literal["support", "security", "data-protection"]

_NAME_CHARS = range(2, 81)


@dataclass(frozen=True, slots=True)
class OperatorInvitation:
    """A link to hand over, shown once; `needs_approval`: two operators who are there have yet to sign."""

    operator_id: int
    link: str
    needs_approval: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """A session as the browser is told of it, once."""

    access_token: str
    nonce: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class PresentOperator:
    """An operator whose proof was taken: the session's token digest, the nonce of the next proof, who it is."""

    token_digest: bytes
    next_nonce: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """Why a proof was not taken; the last one sent again still learns the nonce that its answer had brought."""

    code: str
    next_nonce: str | None


def invite(
    connection: psycopg.Connection[TupleRow], console_url: str, name: str, role: Role, by: str
) -> OperatorInvitation:
    """Invite somebody by name. Refuses: OperatorNameRefused, OperatorNameTaken."""
    name = _name_of(name)
    code = new_secret()
    made = kept.invite(connection, name, role, digest_of(code), INVITATION_LIFE_DAYS, by)
    if made is None:
        raise OperatorNameTaken("name")
    operator_id, needs_approval, expires_at = made
    return OperatorInvitation(operator_id, invitation_link(console_url, code), needs_approval, expires_at)


def begin_again(
    connection: psycopg.Connection[TupleRow], console_url: str, name: str, role: Role, by: str, because: str
) -> OperatorInvitation:
    """Invite without any signature, under the role of the database's owner, where fewer than two operators are left to sign.

    It stays written for whoever looks at the console. Refuses: OperatorNameRefused, OperatorsInPlace, ReasonMissing.
    """
    name, because, code = _name_of(name), reason_of(because), new_secret()
    made = kept.begin_again(connection, name, role, digest_of(code), INVITATION_LIFE_DAYS, by, because)
    if isinstance(made, list):
        raise OperatorsInPlace(
            ", ".join(f"operator {number}" for number in made) if len(made) > 1 else "name"
        )
    operator_id, expires_at = made
    return OperatorInvitation(operator_id, invitation_link(console_url, code), False, expires_at)


def _name_of(text: str) -> str:
    name = text.strip()
    if len(name) not in _NAME_CHARS or not name.isprintable():
        raise OperatorNameRefused("name")
    return name


def dismiss(connection: psycopg.Connection[TupleRow], operator_id: int, by: str) -> None:
    """Take an operator's access back. Refuses: OperatorUnknown."""
    if not kept.dismiss(connection, operator_id, by):
        raise OperatorUnknown


async def see_invitation(desk: ConsoleDesk, code: str) -> kept.InvitedRow:
    """Say whom an invitation is for. Refuses: InvitationUnknown, for a wrong, used or expired code alike."""
    async with desk.connections.lent() as connection:
        return await _invited(connection, code)


async def begin_enrolment(desk: ConsoleDesk, code: str) -> dict[str, Any]:
    """Begin the registration of a passkey. Refuses: InvitationUnknown."""
    challenge = passkeys.new_challenge()
    async with desk.connections.lent() as connection:
        invited = await _invited(connection, code)
        if not await kept.begin_ceremony(connection, challenge, CEREMONY_LIFE_S, code_digest=digest_of(code)):
            raise InvitationUnknown("code")
    return passkeys.registration_options(desk.party, invited.operator_id, invited.name, challenge)


async def enrol(desk: ConsoleDesk, code: str, credential: Mapping[str, Any]) -> None:
    """Register the passkey and use the invitation up. Refuses: InvitationUnknown, PasskeyRefused."""
    made, challenge = passkeys.finish_registration(desk.party, credential)
    async with desk.connections.lent() as connection:
        if not await kept.enrol(
            connection,
            digest_of(code),
            challenge,
            made.credential_id,
            made.public_key,
            made.sign_count,
            desk.party.origin,
            desk.party.digest,
        ):
            raise InvitationUnknown("code")


async def begin_sign_in(desk: ConsoleDesk, proof: Proof) -> dict[str, Any]:
    """Hand out a challenge to whoever asks, for the key that asks; it says nothing about anybody."""
    challenge = passkeys.new_challenge()
    async with desk.connections.lent() as connection:
        await kept.begin_ceremony(connection, challenge, CEREMONY_LIFE_S, thumbprint=proof.key_thumbprint)
    return passkeys.signing_options(desk.party, challenge)


async def sign_in(desk: ConsoleDesk, credential: Mapping[str, Any], proof: Proof) -> OperatorSession:
    """Open a session for the operator of a passkey, bound to the key of a proof. Refuses: PasskeyRefused."""
    token, nonce = new_secret(), new_secret()
    async with desk.connections.lent() as connection:
        signed = await checked(desk, connection, credential)
        who = await kept.sign_in(
            connection,
            signed,
            digest_of(token),
            proof.key_thumbprint,
            digest_of(nonce),
            BROWSER_SESSION_LIFE_S,
            BROWSER_SESSION_IDLE_S,
        )
    if who is None:
        raise PasskeyRefused("credential")
    return OperatorSession(token, nonce, *who)


async def admit(
    desk: ConsoleDesk, caller: ProvenCaller, *, is_by_hand: bool
) -> PresentOperator | NotAdmitted:
    """Take a proof of a session; give who it is, or why not."""
    nonce = None if caller.nonce is None else sha256(caller.nonce.encode()).digest()
    async with desk.connections.lent() as connection:
        told = await kept.admit(
            connection,
            caller.token_digest,
            caller.key_thumbprint,
            caller.proof_digest,
            nonce,
            is_by_hand=is_by_hand,
        )
    if told.next_nonce is None or told.name is None or told.role is None:
        return NotAdmitted(told.verdict, told.next_nonce)
    return PresentOperator(caller.token_digest, told.next_nonce, told.name, told.role)


async def sign_out(desk: ConsoleDesk, operator: PresentOperator) -> None:
    """End the operator's session."""
    async with desk.connections.lent() as connection:
        await kept.sign_out(connection, operator.token_digest)


async def checked(
    desk: ConsoleDesk, connection: type_of_connection, credential: Mapping[str, Any]
) -> kept.Signed:
    """Read what a key signed and verify it here, before the database does. Refuses: PasskeyRefused."""
    signed = passkeys.read_signed(credential)
    known = await kept.public_key_of(connection, signed.credential_id)
    if known is None:
        raise PasskeyRefused("credential")
    passkeys.check_signed(desk.party, credential, signed, *known)
    return signed


async def _invited(connection: type_of_connection, code: str) -> kept.InvitedRow:
    invited = await kept.find_invited(connection, digest_of(code))
    if invited is None:
        raise InvitationUnknown("code")
    return invited
