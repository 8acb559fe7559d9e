"""Canaries by the functions that the operator may call (migration 0027): nobody who logs in reads which people they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row, dict_row
from psycopg.types.json import Jsonb

from rempart.store.rows import returned


@dataclass(frozen=True, slots=True)
class CanaryListRow:
    """A list: how many people were planted, how many still answer, how many accounts asking about them convicted."""

    list_id: int
    amc_number: str
    planted_in: str
    planted_by: str
    planted_at: datetime
    planted: int
    answering: int
    convicted: int
    retired_by: str | None
    retired_at: datetime | None


class CanaryKnown(Exception):
    """One of the identities drawn is that of somebody whom the insurer has: nothing was planted, draw again."""


def canary_shapes(
    connection: psycopg.Connection[TupleRow], amc_number: str, count: int
) -> list[dict[str, Any]]:
    """Draw the terms of open rights at an insurer, without whose they are; fewer than asked where few are open."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from gate.canary_shapes(%s, %s)", (amc_number, count)).fetchall()


def plant_canaries(
    connection: psycopg.Connection[TupleRow],
    amc_number: str,
    planted_in: str,
    planted_by: str,
    people: Sequence[dict[str, Any]],
) -> int | None:
    """Plant people in a list, all or none; give its number, None without such an insurer. Raises: CanaryKnown."""
    try:
        row = connection.execute(
            "select gate.plant_canaries(%s, %s, %s, %s)",
            (amc_number, planted_in, planted_by, Jsonb(people)),
        ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise CanaryKnown from None
    found: int | None = returned(row)[0]
    return found


def list_canaries(connection: psycopg.Connection[TupleRow]) -> list[CanaryListRow]:
    """List what was planted where, the latest first."""
    with connection.cursor(row_factory=class_row(CanaryListRow)) as cursor:
        return cursor.execute("select * from gate.list_canaries()").fetchall()
