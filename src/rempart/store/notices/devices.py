"""What is new to an account: passkeys, browsers, software; the passkeys that it has, and how one is taken back."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.domain.access import PasskeyLabel
from rempart.store.rows import returned

type_of_connection = psycopg.AsyncConnection[TupleRow]

_REDUCE = "select gate.reduce_budget(%s)"

_MEET_BROWSER = "select access.meet_device(%s, %s, %s)"

_NOTE = "select access.note_new_device(%s, %s)"

_MEET_SOFTWARE = """
insert into access.software_met (account_id, software_id) values (%(account_id)s, %(software_id)s)
on conflict do nothing
returning (select s.name from access.software as s where s.software_id = %(software_id)s)
"""

_LIST_PASSKEYS = """
select k.credential_id, k.label, k.created_at, k.last_used_at,
    k.credential_id is not distinct from (select s.credential_id from access.sessions as s where s.token_digest = %s) as is_in_use
from access.passkeys as k where k.account_id = %s and k.revoked_at is null
order by k.created_at, k.credential_id
"""

_STANDING = """
select mine.label, mine.credential_id is not distinct from s.credential_id as is_in_use,
    mine.created_at < coalesce(held.created_at, s.opened_at)
        and coalesce(held.created_at, s.opened_at) > now() - make_interval(secs => %s) as is_older_than_a_new_one
from access.passkeys as mine
join access.sessions as s on s.token_digest = %s
left join access.passkeys as held on held.credential_id = s.credential_id and held.account_id = mine.account_id
where mine.account_id = %s and mine.credential_id = %s and mine.revoked_at is null
for update of mine
"""

_REVOKE = """
with gone as (
    update access.passkeys set revoked_at = now() where credential_id = %s and revoked_at is null returning credential_id
)
update access.sessions as s set revoked_at = now(), revoked_because = 'passkey revoked'
from gone where s.credential_id = gone.credential_id and s.revoked_at is null
"""


@dataclass(frozen=True, slots=True)
class PasskeyStanding:
    """A passkey to be revoked, beside what opened the session which asks for it: a passkey, or Pro Santé Connect just now."""

    label: str
    is_in_use: bool
    is_older_than_a_new_one: bool


async def reduce_budget(connection: type_of_connection, account_id: int) -> None:
    """Halve what an account may ask, for a day from now."""
    await connection.execute(_REDUCE, (account_id,))


async def note_new(connection: type_of_connection, account_id: int, label: str) -> None:
    """Write down what is new under an account; nobody takes it out again."""
    await connection.execute(_NOTE, (account_id, label))


async def meet_browser(
    connection: type_of_connection, account_id: int, key_thumbprint: bytes, label: str
) -> bool:
    """Remember a browser under an account, by the thumbprint of its key; whether it had never been seen there."""
    row = await (await connection.execute(_MEET_BROWSER, (account_id, key_thumbprint, label))).fetchone()
    return bool(returned(row)[0])


async def meet_software(connection: type_of_connection, account_id: int, software_id: int) -> str | None:
    """Note that an account asks through a software; give the software's name the first time, None afterwards."""
    pair = {"account_id": account_id, "software_id": software_id}
    row = await (await connection.execute(_MEET_SOFTWARE, pair)).fetchone()
    return None if row is None else str(row[0])


async def list_passkeys(
    connection: type_of_connection, account_id: int, token_digest: bytes
) -> list[PasskeyLabel]:
    """List the passkeys in force of an account, the oldest first; the one that opened the session is said to be in use."""
    async with connection.cursor(row_factory=class_row(PasskeyLabel)) as cursor:
        return await (await cursor.execute(_LIST_PASSKEYS, (token_digest, account_id))).fetchall()


async def find_standing(
    connection: type_of_connection, account_id: int, token_digest: bytes, credential_id: bytes, new_for_s: int
) -> PasskeyStanding | None:
    """Find a passkey of an account and hold it; None if it is none of its."""
    asked = (new_for_s, token_digest, account_id, credential_id)
    async with connection.cursor(row_factory=class_row(PasskeyStanding)) as cursor:
        return await (await cursor.execute(_STANDING, asked)).fetchone()


async def revoke_passkey(connection: type_of_connection, credential_id: bytes) -> None:
    """Revoke a passkey and the sessions that it opened."""
    await connection.execute(_REVOKE, (credential_id,))
