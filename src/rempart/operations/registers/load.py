"""Take a public register: read, checked, staged, held against what is known, applied; whole or not at all.

Never: strike anybody off for a line that could not be read; apply a file that waits for a second person.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.member_files import (
    FileApprovalRefused,
    FileBroughtBySamePerson,
    FileNotWaiting,
    FileUnknown,
    LoadUnderWay,
)
from rempart.domain.errors.registration import RegisterFileOlder, RegisterTooManyBadLines
from rempart.feeds.registers.files import Kind, open_register
from rempart.feeds.registers.rows import BadLine, Row, rows_of
from rempart.limits.files import REGISTER_BAD_LINES_SHOWN, REGISTER_BAD_SHARE
from rempart.store.registers import loads

type_of_operator = psycopg.Connection[TupleRow]

_APPROVAL_REFUSALS: dict[str, type[FileApprovalRefused]] = {
    "file-unknown": FileUnknown,
    "not-waiting": FileNotWaiting,
    "same-person": FileBroughtBySamePerson,
}


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """What became of a register file; bad lines are counted, and the first of them kept."""

    verdict: Literal["taken", "already-taken", "waiting"]
    kind: Kind
    row_count: int = 0
    bad_line_count: int = 0
    bad_lines: tuple[BadLine, ...] = ()
    file_id: int | None = None
    difference: dict[str, Any] = field(default_factory=dict)
    struck_off: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class _BadLines:
    count: int = 0
    nameless: int = 0
    first: list[BadLine] = field(default_factory=list)

    def add(self, bad: BadLine) -> None:
        self.count += 1
        self.nameless += not bad.names_somebody
        if len(self.first) < REGISTER_BAD_LINES_SHOWN:
            self.first.append(bad)


def load_register(
    connection: type_of_operator, path: Path, by: str, on_rows: Callable[[int], None] = lambda _: None
) -> RegisterReport:
    """Load one register file.

    Refuses: RegisterFileUnreadable, RegisterFileUnknown, RegisterColumnMissing, RegisterFileOlder, RegisterTooManyBadLines,
    LoadUnderWay.
    """
    began = time.perf_counter()
    file = open_register(path)
    bad = _BadLines()
    with connection.transaction():
        opening = loads.begin(connection, file.kind, file.sha256, file.published_on)
        if opening == "taken":
            return RegisterReport("already-taken", file.kind)
        if opening != "open":
            raise LoadUnderWay(path.name) if opening == "busy" else RegisterFileOlder(path.name)
        row_count = loads.stage(connection, file.kind, _counted(rows_of(file, bad.add), on_rows))
        if bad.count > REGISTER_BAD_SHARE * (row_count + bad.count) or not row_count:
            raise RegisterTooManyBadLines(_places_of(bad))
        done = loads.finish(
            connection,
            file.kind,
            path.name,
            file.published_on,
            file.sha256,
            by,
            may_remove=bad.nameless == 0,
        )
    return RegisterReport(
        "waiting" if done.verdict == "waiting" else "taken",
        file.kind,
        row_count,
        bad.count,
        tuple(bad.first),
        done.file_id,
        done.difference,
        tuple(done.struck_off),
        time.perf_counter() - began,
    )


def approve_register(connection: type_of_operator, file_id: int, by: str) -> None:
    """Let a waiting register in, as a second person. Refuses: FileApprovalRefused."""
    verdict = loads.approve(connection, file_id, by)
    if verdict != "approved":
        raise _APPROVAL_REFUSALS[verdict](str(file_id))


def _counted(rows: Iterator[Row], on_rows: Callable[[int], None]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        if number % 100_000 == 0:
            on_rows(number)
        yield row


def _places_of(bad: _BadLines) -> str:
    return ", ".join(f"{one.number} {one.column or one.reason}" for one in bad.first[:3])
