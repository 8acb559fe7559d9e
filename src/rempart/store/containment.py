"""What is contained and who is convicted, by the functions that the operator may call (migration 0014)."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned


@dataclass(frozen=True, slots=True)
class ContainmentRow:
    """A containment in force; `mode` is 1 to ask for presence, 2 to refuse, 3 to end sessions too, 4 to slow down.

    `ends_at` is its term, or the end of the return `by_waves`; None: until it is released.
    """

    containment_id: int
    scope: str
    named: str
    mode: int
    since: datetime
    because: str
    decided_by: str
    ends_at: datetime | None
    by_waves: bool
    release_asked_by: str | None
    release_because: str | None


@dataclass(frozen=True, slots=True)
class ConvictedRow:
    """An account that the detectors froze (`measure` 2) or ask presence of (1), and what it was convicted of."""

    account_id: int
    display_name: str
    finess: str
    profession: str
    measure: int
    conviction_id: int
    convicted_at: datetime
    signal: str
    score: float | None
    threshold: float | None
    release_asked_by: str | None
    release_because: str | None


def contain(
    connection: psycopg.Connection[TupleRow],
    scope: str,
    named: str,
    mode: int,
    because: str,
    decided_by: str,
    hours: float | None = None,
) -> int | None:
    """Contain at once, for so many hours or until released; give its number, or None if there is nothing of that name."""
    row = connection.execute(
        "select gate.contain(%s, %s, %s::smallint, %s, %s, %s)",
        (scope, named, mode, because, decided_by, hours),
    ).fetchone()
    found: int | None = returned(row)[0]
    return found


def containments(connection: psycopg.Connection[TupleRow]) -> list[ContainmentRow]:
    """List what is in force, the latest first."""
    with connection.cursor(row_factory=class_row(ContainmentRow)) as cursor:
        return cursor.execute("select * from gate.contained()").fetchall()


def convicted_accounts(connection: psycopg.Connection[TupleRow]) -> list[ConvictedRow]:
    """List the accounts that the detectors froze or ask presence of, the latest first."""
    with connection.cursor(row_factory=class_row(ConvictedRow)) as cursor:
        return cursor.execute("select * from gate.convicted()").fetchall()
