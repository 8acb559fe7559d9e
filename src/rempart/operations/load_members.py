"""Take a member file: read, checked, made unreadable, held against what is known, applied; whole or not at all.

The stages work at the same time: the file is read and checked in one thread, digested and sealed (by the keyring's process) in
another, and written to the database by this one. Nothing is kept before the file has ended well, for all of it is one
transaction. Whoever is killed leaves the database as it was: the same command starts again.

Never: keep a value of the file in an error or a report; apply a file that waits for a second person.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors import RempartError
from rempart.domain.errors.member_files import (
    FileApprovalRefused,
    FileBroughtBySamePerson,
    FileNotWaiting,
    FileUnknown,
    InsurerUnregistered,
    LoadUnderWay,
    ManifestMemberWrong,
    MemberFileForAnotherInsurer,
    MemberFileNoGoodLine,
    MemberFilePreviousWrong,
    MemberFileSequenceGap,
    MemberFileSequenceTaken,
    MemberFileTooManyFaults,
)
from rempart.feeds.ahead import ahead
from rempart.feeds.copy_rows import HEADER, TRAILER
from rempart.feeds.final_rows import final_rows
from rempart.feeds.formats.advice import Language
from rempart.feeds.formats.manifest import Manifest
from rempart.feeds.formats.member_file import MemberFile, open_member_file
from rempart.feeds.ingest import Digested, Ingest, keep_people_together
from rempart.feeds.rejects import Rejects, ReportPlace
from rempart.feeds.staged_rows import staged_rows
from rempart.keyring.bulk import BulkKeyring
from rempart.limits.files import FEED_BATCHES_AHEAD, FEED_ROWS_MAX
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.feeds import FileFacts, FileLoad, FileNotClean, FileRow, Opening, approve_file, list_files

ROLE = "feeds"

Verdict = Literal["taken", "already-taken", "waiting"]

OnLines = Callable[[int, int], None]
"""Told how many lines were read, of how many."""

_REFUSALS: dict[str, type[RempartError]] = {
    "busy": LoadUnderWay,
    "insurer-unknown": InsurerUnregistered,
    "sequence-gap": MemberFileSequenceGap,
    "sequence-taken": MemberFileSequenceTaken,
    "previous-differs": MemberFilePreviousWrong,
}
_APPROVAL_REFUSALS: dict[str, type[FileApprovalRefused]] = {
    "file-unknown": FileUnknown,
    "not-waiting": FileNotWaiting,
    "same-person": FileBroughtBySamePerson,
}


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a file; `difference` counts what it changes, `rejects` is the report of refused lines.

    The seconds are those from the first connection to the end, without the start of the process.
    """

    verdict: Verdict
    file_id: int | None
    line_count: int
    refused_line_count: int = 0
    rejects: Path | None = None
    difference: dict[str, Any] | None = None
    seconds: float = 0.0

    @property
    def lines_per_second(self) -> int:
        """How fast the file was read and applied."""
        return round(self.line_count / self.seconds) if self.seconds else 0


def load_members(
    settings: Settings,
    path: Path,
    amc_number: str,
    brought_by: str,
    *,
    on_lines: OnLines = lambda _read, _all: None,
    language: Language = "fr",
) -> LoadReport:
    """Load one member file. Refuses: MemberFileRefused and its kind; outages of the database and the keyring."""
    file = open_member_file(path)
    with ReportPlace(path) as place, Rejects(place.files, place.path, language) as rejects:
        try:
            report = load_open_file(settings, file, amc_number, brought_by, rejects, on_lines)
        except (MemberFileNoGoodLine, MemberFileTooManyFaults):
            place.settle(has_lines=True)
            raise
        if not rejects.is_whole:  # the file was known, and nothing was read
            return report
        return replace(report, rejects=place.settle(has_lines=rejects.line_count > 0))


def load_open_file(
    settings: Settings,
    file: MemberFile,
    amc_number: str,
    brought_by: str,
    rejects: Rejects,
    on_lines: OnLines,
) -> LoadReport:
    """Load a file whose manifest was read; the report of refused lines is whole afterwards, and not in its place yet."""
    if file.manifest.amc_number != amc_number:
        raise MemberFileForAnotherInsurer(f"amc_number {file.manifest.amc_number}")
    if file.manifest.row_count > FEED_ROWS_MAX:
        raise ManifestMemberWrong("row_count")
    began = time.perf_counter()
    with closing(connect_sync(settings, ROLE)) as connection:
        road = _Road(settings, connection, file, rejects, on_lines)
        try:
            report = road.take(brought_by, may_absorb=True)
        except FileNotClean:
            rejects.begin_again()
            report = road.take(brought_by, may_absorb=False)
    return replace(report, seconds=time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class _Road:
    """What a try at a file works with; a first file that is not clean is tried twice."""

    settings: Settings
    connection: psycopg.Connection[TupleRow]
    file: MemberFile
    rejects: Rejects
    on_lines: OnLines

    def take(self, brought_by: str, *, may_absorb: bool) -> LoadReport:
        """Try once. Refuses: FileNotClean when absorbing, and what the file or the database refuses."""
        manifest = self.file.manifest
        with FileLoad(self.connection) as load:
            opening = load.begin(_facts(self.file, brought_by), may_absorb=may_absorb)
            if opening.verdict == "already-taken":
                return LoadReport("already-taken", None, manifest.row_count)
            if opening.verdict == "waiting":
                return _still_waiting(self.connection, manifest, opening)
            if opening.insurer_id is None or opening.verdict != "begun":
                raise _REFUSALS[opening.verdict](_place(opening, manifest))
            with BulkKeyring(self.settings, ROLE) as keyring:
                self._write(load, _Writer(load, opening), Ingest(manifest.amc_number, keyring))
            report = self._finish(load)
            load.keep()
        if load.absorbs:
            load.refresh_statistics()
        return report

    def _write(self, load: FileLoad, writer: "_Writer", ingest: Ingest) -> None:
        """Write the whole file to the database; refuse one that does not end as its manifest says."""
        batches = ahead(keep_people_together(self.file.batches()), FEED_BATCHES_AHEAD)
        row_count = self.file.manifest.row_count
        for digested in ahead((ingest.digest(batch) for batch in batches), FEED_BATCHES_AHEAD):
            if load.absorbs and digested.told is not None:
                raise FileNotClean
            writer.write(digested)
            self.rejects.add(digested.bad_lines)
            self.on_lines(digested.lines_so_far, row_count)
        self._refuse_without_a_good_line()

    def _refuse_without_a_good_line(self) -> None:
        """Take nothing of a file whose every line is refused: it would use its number up, and make old data look young."""
        if self.file.manifest.row_count and self.rejects.line_count == self.file.manifest.row_count:
            if not self.rejects.is_whole:
                self.rejects.finish()
            raise MemberFileNoGoodLine(self.file.path.name)

    def _finish(self, load: FileLoad) -> LoadReport:
        """Have the file judged and applied, and say what came of it."""
        ending = load.finish_absorbed() if load.absorbs else load.finish(self.rejects.unattributable_count)
        self.rejects.finish(load.complaints())
        self._refuse_without_a_good_line()
        return LoadReport(
            verdict="taken" if ending.verdict == "taken" else "waiting",
            file_id=ending.file_id,
            line_count=self.file.manifest.row_count,
            refused_line_count=self.rejects.line_count,
            difference=ending.difference,
        )


class _Writer:
    """Writes digested batches, in their order, to the tables that the load is open to."""

    def __init__(self, load: FileLoad, opening: Opening) -> None:
        assert opening.insurer_id is not None  # what was begun has an insurer
        self._load = load
        self._insurer_id = opening.insurer_id
        self._first_person_id = opening.first_person_id
        self._product_ids: list[int] = []

    def write(self, batch: Digested) -> None:
        """Write one batch."""
        if batch.new_products:
            self._product_ids += self._load.name_products(batch.first_product_place, batch.new_products)
        for table, rows in self._rows(batch).items():
            self._load.copy(table, (HEADER, rows, TRAILER))

    def _rows(self, batch: Digested) -> dict[str, bytes]:
        if self._first_person_id is None:
            return staged_rows(batch, self._insurer_id)
        return final_rows(batch, self._insurer_id, self._first_person_id, self._product_ids)


def _facts(file: MemberFile, brought_by: str) -> FileFacts:
    manifest = file.manifest
    previous = manifest.previous_sha256
    return FileFacts(
        amc_number=manifest.amc_number,
        sequence=manifest.sequence,
        kind=manifest.kind,
        effective_on=manifest.effective_on,
        sha256=bytes.fromhex(manifest.sha256),
        previous_sha256=bytes.fromhex(previous) if previous is not None else None,
        row_count=manifest.row_count,
        name=file.path.name,
        brought_by=brought_by,
    )


def _still_waiting(
    connection: psycopg.Connection[TupleRow], manifest: Manifest, opening: Opening
) -> LoadReport:
    """Report a file that a second person has not let in yet, with what it would change."""
    file = next(row for row in list_files(connection, manifest.amc_number) if row.file_id == opening.file_id)
    return LoadReport("waiting", file.file_id, manifest.row_count, difference=file.difference)


def _place(opening: Opening, manifest: Manifest) -> str:
    """Say which number was found and which was expected."""
    if opening.expected is None:
        return f"amc_number {manifest.amc_number}"
    if opening.verdict == "previous-differs":
        return "previous_sha256"
    return f"sequence {manifest.sequence}, expected {opening.expected}"


def approve_waiting_file(settings: Settings, file_id: int, approved_by: str) -> None:
    """Let a waiting file in, as a second person; it is applied when it is loaded again. Refuses: FileApprovalRefused."""
    with closing(connect_sync(settings, "operator")) as connection:
        verdict = approve_file(connection, file_id, approved_by)
    if verdict != "approved":
        raise _APPROVAL_REFUSALS[verdict](f"file {file_id}")


def files_brought(settings: Settings, amc_number: str | None = None) -> list[FileRow]:
    """List the files that were brought, the latest first."""
    with closing(connect_sync(settings, "operator")) as connection:
        return list_files(connection, amc_number)
