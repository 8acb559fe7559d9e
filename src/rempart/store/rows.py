"""The row that a statement cannot but return: its absence would be a bug of ours, said as one."""

from typing import TypeVar

import psycopg

Row = TypeVar("Row")


def returned(row: Row | None) -> Row:
    """Give the row of a statement that always returns one."""
    if row is None:
        raise psycopg.InternalError("a statement that always returns a row returned none")
    return row
