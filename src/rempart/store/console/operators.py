"""Operators, their keys and their sessions: what the machine's command does, and what the console's process asks for.

The database checks every signature itself (console.is_signed): nothing here is believed. Never store a token, a nonce or a code.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.connections import type_of_connection
from rempart.store.rows import returned

INVITED = "select operator_id, name, role, needs_approval, expires_at from console.invited(%s)"
BEGIN = "select console.begin_ceremony(%s, %s, %s, %s)"
ENROL = "select console.enrol(%s, %s, %s, %s, %s, %s, %s)"
PUBLIC_KEY = "select public_key, sign_count from console.public_key_of(%s)"
SIGN_IN = "select name, role from console.sign_in(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
ADMIT = "select verdict, next_nonce, name, role from console.admit(%s, %s, %s, %s, %s)"
SIGN_OUT = "select console.sign_out(%s)"


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator as the machine's command lists it; `fingerprint` is of the key, and None before there is one."""

    operator_id: int
    name: str
    role: str
    invited_at: datetime
    has_key: bool
    needs_approval: bool
    approved_by: str | None
    revoked_at: datetime | None
    fingerprint: str | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """Who an invitation is for, and whether two operators have yet to sign."""

    operator_id: int
    name: str
    role: str
    needs_approval: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """What an operator's key signed, byte for byte, over a challenge."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    challenge: bytes

    @property
    def parts(self) -> tuple[bytes, ...]:
        """Give the five in the order in which the database's functions take them."""
        return (
            self.credential_id,
            self.client_data,
            self.authenticator_data,
            self.signature,
            self.challenge,
        )


@dataclass(frozen=True, slots=True)
class AdmittedRow:
    """What the database says of a proof: `admitted`, or the code of a refusal; the next nonce; who it is."""

    verdict: str
    next_nonce: str | None
    name: str | None
    role: str | None


def invite(
    connection: psycopg.Connection[TupleRow],
    name: str,
    role: str,
    code_digest: bytes,
    life_days: int,
    by: str,
) -> tuple[int, bool, datetime] | None:
    """Invite an operator; give the number, whether two others have to sign, and until when. None: the name is taken."""
    row = connection.execute(
        "select operator_id, needs_approval, expires_at from console.invite(%s, %s, %s, %s, %s)",
        (name, role, code_digest, life_days, by),
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def begin_again(
    connection: psycopg.Connection[TupleRow],
    name: str,
    role: str,
    code_digest: bytes,
    life_days: int,
    by: str,
    because: str,
) -> tuple[int, datetime] | list[int]:
    """Invite without any signature, as the owner of the database; give the number, and until when.

    Otherwise the numbers of those who can sign: two, or fewer where the name is taken.
    """
    row = connection.execute(
        "select operator_id, expires_at, can_sign from platform.begin_again(%s, %s, %s, %s, %s, %s)",
        (name, role, code_digest, life_days, by, because),
    ).fetchone()
    operator_id, expires_at, can_sign = returned(row)
    return list(can_sign) if operator_id is None else (operator_id, expires_at)


def operators(connection: psycopg.Connection[TupleRow]) -> list[OperatorRow]:
    """List all who are or were operators."""
    with connection.cursor(row_factory=class_row(OperatorRow)) as cursor:
        return cursor.execute("select * from console.list_operators()").fetchall()


def dismiss(connection: psycopg.Connection[TupleRow], operator_id: int, by: str) -> bool:
    """Take an operator's access back, sessions included; false if there is none of that number."""
    row = connection.execute("select console.dismiss(%s, %s)", (operator_id, by)).fetchone()
    return bool(returned(row)[0])


async def find_invited(connection: type_of_connection, code_digest: bytes) -> InvitedRow | None:
    """Find who an invitation that can still serve is for."""
    async with connection.cursor(row_factory=class_row(InvitedRow)) as cursor:
        return await (await cursor.execute(INVITED, (code_digest,))).fetchone()


async def begin_ceremony(
    connection: type_of_connection,
    challenge: bytes,
    life_s: int,
    *,
    code_digest: bytes | None = None,
    thumbprint: bytes | None = None,
) -> bool:
    """Remember a challenge, of a sign-in (for a browser's key) or of an invitation's registration; false if that cannot serve."""
    row = await (await connection.execute(BEGIN, (challenge, code_digest, thumbprint, life_s))).fetchone()
    return bool(returned(row)[0])


async def enrol(
    connection: type_of_connection,
    code_digest: bytes,
    challenge: bytes,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    origin: str,
    rp_digest: bytes,
) -> bool:
    """Register the passkey of an invitation, which is used up; false if it could not serve."""
    given = (code_digest, challenge, credential_id, public_key, sign_count, origin, rp_digest)
    return bool(returned(await (await connection.execute(ENROL, given)).fetchone())[0])


async def public_key_of(connection: type_of_connection, credential_id: bytes) -> tuple[bytes, int] | None:
    """Find the public key (COSE) and the signature counter of a passkey in force."""
    row = await (await connection.execute(PUBLIC_KEY, (credential_id,))).fetchone()
    return None if row is None else (bytes(row[0]), int(row[1]))


async def sign_in(
    connection: type_of_connection,
    signed: Signed,
    token_digest: bytes,
    thumbprint: bytes,
    nonce_digest: bytes,
    life_s: int,
    idle_s: int,
) -> tuple[str, str] | None:
    """Open a session for whoever's key signed; give the name and role, or None where no operator in force did."""
    given = (*signed.parts, token_digest, thumbprint, nonce_digest, life_s, idle_s)
    row = await (await connection.execute(SIGN_IN, given)).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


async def admit(
    connection: type_of_connection,
    token_digest: bytes,
    thumbprint: bytes,
    proof_digest: bytes,
    nonce_digest: bytes | None,
    *,
    is_by_hand: bool,
) -> AdmittedRow:
    """Use a proof up and exchange the nonce; what a page asks by itself keeps no session alive."""
    async with connection.cursor(row_factory=class_row(AdmittedRow)) as cursor:
        given = (token_digest, thumbprint, proof_digest, nonce_digest, is_by_hand)
        return returned(await (await cursor.execute(ADMIT, given)).fetchone())


async def sign_out(connection: type_of_connection, token_digest: bytes) -> None:
    """End a session."""
    await connection.execute(SIGN_OUT, (token_digest,))
