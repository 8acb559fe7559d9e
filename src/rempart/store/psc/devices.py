"""The browsers under which an account was seen, by the thumbprints of their keys."""

import psycopg
from psycopg.rows import TupleRow

from rempart.store.rows import returned

type_of_connection = psycopg.AsyncConnection[TupleRow]

MEET = "select access.meet_device(%s, %s, %s)"

NOTE_NEW = "select access.note_new_device(%s, %s)"


async def meet(connection: type_of_connection, account_id: int, key_thumbprint: bytes, label: str) -> bool:
    """Remember a browser under an account; whether it had never been seen there."""
    row = await (await connection.execute(MEET, (account_id, key_thumbprint, label))).fetchone()
    return bool(returned(row)[0])


async def note_new(connection: type_of_connection, account_id: int, label: str) -> None:
    """Write down that the holder of an account is to be told of a browser."""
    await connection.execute(NOTE_NEW, (account_id, label))
