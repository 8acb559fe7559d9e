"""Stage a public register and have it applied, in one transaction: whoever is killed leaves everything as it was."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned

type_of_operator = psycopg.Connection[TupleRow]

BEGIN = "select access.begin_register(%s, %s, %s)"

FINISH = "select verdict, file_id, difference, struck_off from access.finish_register(%s, %s, %s, %s, %s, %s)"

APPROVE = "select access.approve_register(%s, %s)"

NOT_IN_REGISTER = "select access.not_in_register()"

OBJECTS = "select access.register_objects(%s, %s, %s)"

LIST = """
select file_id, kind, name, published_on, state, brought_by, brought_at, approved_by, taken_at, difference
from access.register_files order by file_id desc
"""

_COPY: Final[dict[str, LiteralString]] = {
    "professionals": "copy staging.register_lines from stdin",
    "places": "copy staging.register_places from stdin",
}
_ROWS_PER_BLOCK: Final = 4_096
_TO_ESCAPE: Final = re.compile(r"[\\\n\r\0]")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register file that was brought, as the operator's list shows it; `difference` holds counts."""

    file_id: int
    kind: str
    name: str
    published_on: date | None
    state: str
    brought_by: str
    brought_at: datetime
    approved_by: str | None
    taken_at: datetime | None
    difference: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a load."""

    verdict: str
    file_id: int
    difference: dict[str, Any]
    struck_off: list[str]


def begin(connection: type_of_operator, kind: str, sha256: bytes, published_on: date | None) -> str:
    """Open a load, until the transaction ends: `open`, or why not."""
    return str(returned(connection.execute(BEGIN, (kind, sha256, published_on)).fetchone())[0])


def stage(connection: type_of_operator, kind: str, rows: Iterable[tuple[str, ...]]) -> int:
    """Write rows into the staging table, a block at a time; give how many."""
    count = 0
    block: list[str] = []
    with connection.cursor().copy(_COPY[kind]) as copy:
        for row in rows:
            block.append(_written(row))
            count += 1
            if len(block) == _ROWS_PER_BLOCK:
                copy.write("\n".join(block) + "\n")
                block.clear()
        if block:
            copy.write("\n".join(block) + "\n")
    return count


def finish(
    connection: type_of_operator,
    kind: str,
    name: str,
    published_on: date | None,
    sha256: bytes,
    by: str,
    *,
    may_remove: bool,
) -> Finished:
    """Have what was staged applied, or put aside for a second person."""
    with connection.cursor(row_factory=class_row(Finished)) as cursor:
        return returned(cursor.execute(FINISH, (kind, name, published_on, sha256, by, may_remove)).fetchone())


def approve(connection: type_of_operator, file_id: int, by: str) -> str:
    """Let a waiting register in; give `approved`, or the reason why not."""
    return str(returned(connection.execute(APPROVE, (file_id, by)).fetchone())[0])


def list_files(connection: type_of_operator) -> list[RegisterRow]:
    """List the registers that were brought, the latest first."""
    with connection.cursor(row_factory=class_row(RegisterRow)) as cursor:
        return cursor.execute(LIST).fetchall()


def not_in_register(connection: type_of_operator) -> list[str]:
    """List the RPPS numbers of ours that a loaded register does not know."""
    return [str(row[0]) for row in connection.execute(NOT_IN_REGISTER).fetchall()]


def objection(connection: type_of_operator, rpps: str, finess: str, profession_id: int) -> str | None:
    """Say what the register has against a professional at a place: `unknown`, `profession`, `place`; None for nothing."""
    row = connection.execute(OBJECTS, (rpps, finess, profession_id)).fetchone()
    return None if row is None else row[0]


def _written(row: tuple[str, ...]) -> str:
    """Write a row as COPY reads it; most hold nothing to escape, which one look at the whole line shows."""
    line = "\t".join(row)
    if line.count("\t") == len(row) - 1 and not _TO_ESCAPE.search(line):
        return line
    return "\t".join(text.translate(_ESCAPES) for text in row)
