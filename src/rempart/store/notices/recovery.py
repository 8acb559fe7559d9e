"""Giving an account back to who lost every passkey: who may vouch for whom, and the invitation that comes of it."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.domain.access import Guarantor, Person

type_of_connection = psycopg.AsyncConnection[TupleRow]

_GUARANTORS = """
select g.guarantor_account_id as account_id, a.display_name, g.named_at + interval '24 hours' as vouches_from
from access.guarantors as g join access.accounts as a on a.account_id = g.guarantor_account_id
where g.account_id = %s and g.removed_at is null
order by g.named_at
"""

_CANDIDATES = """
select c.account_id, c.display_name from access.colleagues_of(%(account_id)s) as c
where not exists (
    select from access.guarantors as g
    where g.account_id = %(account_id)s and g.guarantor_account_id = c.account_id and g.removed_at is null
)
order by lower(c.display_name), c.account_id
"""

_WARDS = """
select w.account_id, a.display_name from access.wards_of(%s) as w join access.accounts as a on a.account_id = w.account_id
order by lower(a.display_name), a.account_id
"""

_NAME = """
insert into access.guarantors (account_id, guarantor_account_id)
select %(account_id)s, c.account_id from access.colleagues_of(%(account_id)s) as c where c.account_id = %(guarantor_id)s
on conflict do nothing
"""

_REMOVE = """
update access.guarantors set removed_at = now() where account_id = %s and guarantor_account_id = %s and removed_at is null
"""

_GIVE_BACK = """
with ward as (
    select w.account_id, now() + w.opens_after as opens_at
    from access.wards_of(%(guarantor_id)s) as w where w.account_id = %(account_id)s
)
insert into access.invitations (code_digest, account_id, invited_by, opens_at, expires_at, gives_back)
select %(digest)s, account_id, %(guarantor_id)s, opens_at, opens_at + make_interval(days => %(days)s), true from ward
returning opens_at, expires_at
"""

_CANCEL = (
    "update access.invitations set used_at = now() where account_id = %s and gives_back and used_at is null"
)

_END_WHAT_WAS = """
with passkeys as (
    update access.passkeys set revoked_at = now() where account_id = %(account_id)s and revoked_at is null
)
update access.sessions set revoked_at = now(), revoked_because = 'account given back'
where account_id = %(account_id)s and revoked_at is null
"""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """From when and until when an account that is given back may be opened."""

    opens_at: datetime
    expires_at: datetime


async def list_guarantors(connection: type_of_connection, account_id: int) -> list[Guarantor]:
    """List who may vouch for an account, and from when."""
    async with connection.cursor(row_factory=class_row(Guarantor)) as cursor:
        return await (await cursor.execute(_GUARANTORS, (account_id,))).fetchall()


async def list_candidates(connection: type_of_connection, account_id: int) -> list[Person]:
    """List who could be named: other professionals of the same place."""
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        return await (await cursor.execute(_CANDIDATES, {"account_id": account_id})).fetchall()


async def list_wards(connection: type_of_connection, account_id: int) -> list[Person]:
    """List for whom an account may vouch."""
    async with connection.cursor(row_factory=class_row(Person)) as cursor:
        return await (await cursor.execute(_WARDS, (account_id,))).fetchall()


async def name_guarantor(connection: type_of_connection, account_id: int, guarantor_id: int) -> bool:
    """Name a guarantor; false if he may not be one, or is one."""
    pair = {"account_id": account_id, "guarantor_id": guarantor_id}
    return (await connection.execute(_NAME, pair)).rowcount == 1


async def remove_guarantor(connection: type_of_connection, account_id: int, guarantor_id: int) -> bool:
    """Take a naming back; false if there is none."""
    return (await connection.execute(_REMOVE, (account_id, guarantor_id))).rowcount == 1


async def give_back(
    connection: type_of_connection, guarantor_id: int, account_id: int, digest: bytes, days: int
) -> GivenBack | None:
    """Invite who lost his passkeys; None if this guarantor may not vouch for him."""
    asked = {"guarantor_id": guarantor_id, "account_id": account_id, "digest": digest, "days": days}
    row = await (await connection.execute(_GIVE_BACK, asked)).fetchone()
    return None if row is None else GivenBack(*row)


async def cancel(connection: type_of_connection, account_id: int) -> bool:
    """Cancel what would give an account back; whether there was anything."""
    return (await connection.execute(_CANCEL, (account_id,))).rowcount > 0


async def end_what_was(connection: type_of_connection, account_id: int) -> None:
    """Revoke every passkey and session of an account that is given back."""
    await connection.execute(_END_WHAT_WAS, {"account_id": account_id})
