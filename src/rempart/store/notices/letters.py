"""The letters that are owed: put into the queue by the act's transaction, addressed by the worker.

A job names a contact by its number and holds no address. Never: a code, which the worker makes as it writes.
"""

from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

type_of_connection = psycopg.AsyncConnection[TupleRow]

TELL_CONTACT = "tell_contact"
SEND_CODE = "send_contact_code"

_TELL = """
select platform.defer(%(task)s, jsonb_build_object(
    'contact_id', t.contact_id,
    'letter_id', gen_random_uuid(),
    'letter', %(letter)s::text,
    'facts', %(facts)s::jsonb || jsonb_build_object(
        'place', o.name, 'when', to_char(now() at time zone o.timezone, 'DD/MM/YYYY "à" HH24:MI')
    )
))
from access.accounts as a
join access.organisations as o on o.organisation_id = a.organisation_id
cross join lateral access.contacts_to_tell(a.account_id) as t (contact_id)
where a.account_id = %(account_id)s
"""

_ASK_CODE = "select platform.defer(%s, jsonb_build_object('contact_id', %s::bigint))"
_ADDRESS = "select access.address_of_contact(%s)"
_EXPECT_CODE = "select address, place from access.expect_code(%s, %s, %s)"
_FORGET = "select access.forget_contacts(%s)"


async def tell_contacts(connection: type_of_connection, account_id: int, letter: str, **facts: str) -> None:
    """Owe a letter to each confirmed contact of an account; when and where are added to the facts."""
    told: dict[str, Any] = {
        "task": TELL_CONTACT,
        "letter": letter,
        "facts": Jsonb(facts),
        "account_id": account_id,
    }
    await connection.execute(_TELL, told)


async def ask_for_code(connection: type_of_connection, contact_id: int) -> None:
    """Owe a contact the code that confirms it."""
    await connection.execute(_ASK_CODE, (SEND_CODE, contact_id))


async def address_of(connection: type_of_connection, contact_id: int) -> str | None:
    """Find where to write; None when it is forgotten."""
    row = await (await connection.execute(_ADDRESS, (contact_id,))).fetchone()
    return None if row is None else row[0]


async def expect_code(
    connection: type_of_connection, contact_id: int, code_digest: bytes, life_s: int
) -> tuple[str, str] | None:
    """Keep the digest of a code; give where to send it and the place that it is for, None if nobody waits for it."""
    row = await (await connection.execute(_EXPECT_CODE, (contact_id, code_digest, life_s))).fetchone()
    return None if row is None else (row[0], row[1] or "")


async def forget_contacts(connection: type_of_connection, after_days: int) -> None:
    """Forget the addresses that were removed or never confirmed long enough ago."""
    await connection.execute(_FORGET, (after_days,))
