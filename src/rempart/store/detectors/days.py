"""What the signals said of each account, day by day: sums, for fitting (migration 0023). No person, no answer."""

from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.rows import TupleRow, class_row


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of an account: questions answered, and how many spoke for a thief or for an honest shop, signals 1 to 6."""

    day: date
    account_id: int
    profession: str
    questions: int
    for_thief: list[int]
    for_honest: list[int]


def days_between(connection: psycopg.Connection[TupleRow], since: date, until: date) -> list[DayRow]:
    """List the days from one to another, that one not included; accounts that stand frozen are left out."""
    with connection.cursor(row_factory=class_row(DayRow)) as cursor:
        return cursor.execute("select * from gate.detector_days(%s, %s)", (since, until)).fetchall()
