"""The file of aggregates on which detectors are fitted: one line an account and day, sums by signal, and nothing of people."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.detectors import SPEAKING
from rempart.domain.errors.gate import DetectorDaysInverted, DetectorFileUnreadable
from rempart.store.detectors.days import DayRow, days_between

type_of_operator = psycopg.Connection[TupleRow]

_SAID: Final = ("thief", "honest")
COLUMNS: Final = (
    "day", "account", "profession", "questions",
    *(f"{signal.name.lower()}_{said}" for signal in SPEAKING for said in _SAID),
)  # fmt: skip


def aggregates_between(connection: type_of_operator, path: Path, since: date, until: date) -> int:
    """Write the aggregates of the days from one to another, that one not included; give the number of lines.

    Refuses: DetectorDaysInverted, and an older file of this name is left as it is.
    """
    if until <= since:
        raise DetectorDaysInverted(f"{since}, {until}")
    return write_aggregates(path, days_between(connection, since, until))


def write_aggregates(path: Path, rows: Iterable[DayRow]) -> int:
    """Write a file of aggregates; give the number of its lines."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        for row in rows:
            spoken = [n for both in zip(row.for_thief, row.for_honest, strict=True) for n in both]
            lines.writerow([row.day.isoformat(), row.account_id, row.profession, row.questions, *spoken])
            count += 1
    return count


def read_aggregates(path: Path) -> list[dict[str, str]]:
    """Read a file of aggregates, its columns by their names. Refuses: DetectorFileUnreadable, with the line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if not set(COLUMNS) <= set(lines.fieldnames or ()):
                raise DetectorFileUnreadable(path.name)
            rows = [_checked(row, f"{path.name}:{number}") for number, row in enumerate(lines, 2)]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise DetectorFileUnreadable(path.name) from None
    if not rows:
        raise DetectorFileUnreadable(path.name)
    return rows


def _checked(row: dict[str, str], place: str) -> dict[str, str]:
    """Refuse a line whose counts are no counts."""
    counts = [row[name] or "" for name in COLUMNS[3:]]
    if not all(count.isascii() and count.isdigit() for count in counts):
        raise DetectorFileUnreadable(place)
    return row
