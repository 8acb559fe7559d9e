"""The addresses that are told of an account: a professional's are the same at every place, a member of a staff has his own."""

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.domain.access import Contact
from rempart.store.rows import returned

type_of_connection = psycopg.AsyncConnection[TupleRow]

_LIST = """
select contact_id, address, confirmed_at is not null as is_confirmed, added_at
from access.contacts_of(%s) order by contact_id
"""

_COUNT_OF_A_DAY = """
select count(*)
from access.contacts as c
join access.accounts as a on c.professional_id = a.professional_id or c.account_id = a.account_id
where a.account_id = %s and c.added_at > now() - interval '1 day'
"""

_ADD = """
insert into access.contacts (professional_id, account_id, address)
select a.professional_id, case when a.professional_id is null then a.account_id end, %s
from access.accounts as a where a.account_id = %s
on conflict do nothing
returning contact_id
"""

_TRY_CODE = """
update access.contacts as c set code_tries = c.code_tries + 1
from access.contacts_of(%s) as mine
where c.contact_id = mine.contact_id and c.contact_id = %s and c.confirmed_at is null and c.code_tries < %s
returning c.code_digest, c.code_expires_at > now()
"""

_CONFIRM = """
update access.contacts set confirmed_at = now()
where contact_id = %s and confirmed_at is null and removed_at is null
"""

_REMOVE = """
update access.contacts as c set removed_at = now()
from access.contacts_of(%s) as mine
where c.contact_id = mine.contact_id and c.contact_id = %s and c.removed_at is null
"""


async def list_contacts(connection: type_of_connection, account_id: int) -> list[Contact]:
    """List the contacts of an account, in the order in which they came."""
    async with connection.cursor(row_factory=class_row(Contact)) as cursor:
        return await (await cursor.execute(_LIST, (account_id,))).fetchall()


async def count_of_a_day(connection: type_of_connection, account_id: int) -> int:
    """Count the addresses added in the last 24 hours, removed ones included."""
    return int(returned(await (await connection.execute(_COUNT_OF_A_DAY, (account_id,))).fetchone())[0])


async def add_contact(connection: type_of_connection, account_id: int, address: str) -> int | None:
    """Add an address, not confirmed yet; give its number, None if it is there already."""
    row = await (await connection.execute(_ADD, (address, account_id))).fetchone()
    return None if row is None else int(row[0])


async def try_code(
    connection: type_of_connection, account_id: int, contact_id: int, tries_max: int
) -> bytes | None:
    """Count a try; give the digest of the code that is expected, None if there is none, or no more tries."""
    row = await (await connection.execute(_TRY_CODE, (account_id, contact_id, tries_max))).fetchone()
    return bytes(row[0]) if row is not None and row[0] is not None and row[1] else None


async def confirm_contact(connection: type_of_connection, contact_id: int) -> bool:
    """Confirm an address; false if somebody was faster."""
    return (await connection.execute(_CONFIRM, (contact_id,))).rowcount == 1


async def remove_contact(connection: type_of_connection, account_id: int, contact_id: int) -> bool:
    """Remove an address of an account; false if it is none of its."""
    return (await connection.execute(_REMOVE, (account_id, contact_id))).rowcount == 1
