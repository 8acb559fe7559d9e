"""Passkeys, the challenges of their ceremonies, and the invitations that let a first one be registered.

A challenge serves once and is deleted by it. An invitation serves once, within its days, and only for an account that has no
passkey: nobody, not even the operator, can add a passkey to an account that someone uses. One that gives an account back is the
word of a second person (operations/notices/give_back.py), and ends what was there.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned

type_of_connection = psycopg.AsyncConnection[TupleRow]

ADD_CHALLENGE = """
insert into access.challenges (challenge_digest, purpose, account_id, key_thumbprint, expires_at)
values (%s, %s, %s, %s, now() + make_interval(secs => %s))
"""

USE_CHALLENGE = """
delete from access.challenges where challenge_digest = %s and purpose = %s and expires_at > now()
returning account_id, key_thumbprint
"""

ADD_INVITATION = """
insert into access.invitations (code_digest, account_id, invited_by, expires_at)
values (%s, %s, %s, now() + make_interval(days => %s))
returning expires_at
"""

FIND_INVITATION = """
select i.account_id, i.expires_at, i.gives_back
from access.invitations as i
where i.code_digest = %s and i.used_at is null and i.opens_at <= now() and i.expires_at > now() and (
    i.gives_back or not exists (select from access.passkeys as k where k.account_id = i.account_id and k.revoked_at is null)
)
"""

USE_INVITATION = "update access.invitations set used_at = now() where code_digest = %s and used_at is null"

ADD_PASSKEY = """
insert into access.passkeys (credential_id, account_id, public_key, sign_count, label, last_used_at)
values (%s, %s, %s, %s, %s, now())
on conflict do nothing
returning credential_id
"""

FIND_PASSKEY = """
select account_id, public_key, sign_count from access.passkeys where credential_id = %s and revoked_at is null for update
"""

USE_PASSKEY = "update access.passkeys set sign_count = %s, last_used_at = now() where credential_id = %s"

LIST_CREDENTIALS = "select credential_id from access.passkeys where account_id = %s and revoked_at is null"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can still serve."""

    account_id: int
    expires_at: datetime
    gives_back: bool


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey in force: whose, its public key (COSE), and its last signature counter."""

    account_id: int
    public_key: bytes
    sign_count: int


async def add_challenge(
    connection: type_of_connection,
    digest: bytes,
    purpose: str,
    account_id: int | None,
    life_s: int,
    key_thumbprint: bytes | None = None,
) -> None:
    """Remember a challenge that was handed out, to an account or to the key of a browser."""
    await connection.execute(ADD_CHALLENGE, (digest, purpose, account_id, key_thumbprint, life_s))


async def use_challenge(
    connection: type_of_connection, digest: bytes, purpose: str
) -> tuple[int | None, bytes | None] | None:
    """Use a challenge up; say for which account and which key it was handed out, None if it was not there."""
    row = await (await connection.execute(USE_CHALLENGE, (digest, purpose))).fetchone()
    return None if row is None else (row[0], None if row[1] is None else bytes(row[1]))


async def add_invitation(
    connection: type_of_connection,
    code_digest: bytes,
    account_id: int,
    invited_by: int | None,
    life_days: int,
) -> datetime:
    """Remember an invitation; give the instant until which it serves."""
    cursor = await connection.execute(ADD_INVITATION, (code_digest, account_id, invited_by, life_days))
    expires_at: datetime = returned(await cursor.fetchone())[0]
    return expires_at


async def find_invitation(connection: type_of_connection, code_digest: bytes) -> Invitation | None:
    """Find an invitation that can still serve."""
    async with connection.cursor(row_factory=class_row(Invitation)) as cursor:
        return await (await cursor.execute(FIND_INVITATION, (code_digest,))).fetchone()


async def use_invitation(connection: type_of_connection, code_digest: bytes) -> bool:
    """Use an invitation up; false if someone was faster."""
    return (await connection.execute(USE_INVITATION, (code_digest,))).rowcount == 1


async def add_passkey(
    connection: type_of_connection, credential_id: bytes, passkey: Passkey, label: str
) -> bool:
    """Register a passkey; false if its identifier is already taken."""
    kept = (credential_id, passkey.account_id, passkey.public_key, passkey.sign_count, label)
    return (await connection.execute(ADD_PASSKEY, kept)).rowcount == 1


async def find_passkey(connection: type_of_connection, credential_id: bytes) -> Passkey | None:
    """Find a passkey in force, and hold it until the end of the transaction."""
    async with connection.cursor(row_factory=class_row(Passkey)) as cursor:
        return await (await cursor.execute(FIND_PASSKEY, (credential_id,))).fetchone()


async def use_passkey(connection: type_of_connection, credential_id: bytes, sign_count: int) -> None:
    """Remember the signature counter of a passkey that was used just now."""
    await connection.execute(USE_PASSKEY, (sign_count, credential_id))


async def list_credentials(connection: type_of_connection, account_id: int) -> list[bytes]:
    """List the identifiers of an account's passkeys in force."""
    return [
        bytes(row[0]) for row in await (await connection.execute(LIST_CREDENTIALS, (account_id,))).fetchall()
    ]
