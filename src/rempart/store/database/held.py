"""Transactions of faces that stay open, seen and ended from outside (migration 0032)."""

import psycopg
from psycopg.rows import TupleRow

END_HELD_TRANSACTIONS = "select * from platform.end_held_transactions(%s)"


async def end_held_transactions(connection: psycopg.AsyncConnection[TupleRow], after_s: float) -> list[str]:
    """End the transactions that faces have held for so long, a second at least; give the role of each."""
    cursor = await connection.execute(END_HELD_TRANSACTIONS, (after_s,))
    return [str(row[0]) for row in await cursor.fetchall()]
