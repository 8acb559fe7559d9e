"""Take a member file: read, checked, made unreadable, held against what is known, applied; whole or not at all.

The stages work at the same time: the file is read and checked in one thread, digested and sealed (by the keyring's process) in
another, and written to the staging tables by this one. Nothing is applied before the file has ended well, and one transaction
applies it. Whoever is killed leaves the database as it was: the same command starts again.

Never: keep a value of the file in an error or a report; apply a file that waits for a second person.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors import (
    FileApprovalRefused,
    FileBroughtBySamePerson,
    FileNotWaiting,
    FileUnknown,
    InsurerUnregistered,
    LoadUnderWay,
    MemberFileForAnotherInsurer,
    MemberFileNoGoodLine,
    MemberFilePreviousWrong,
    MemberFileSequenceGap,
    MemberFileSequenceTaken,
    RempartError,
)
from rempart.feeds.ahead import ahead
from rempart.feeds.copy_rows import HEADER, TRAILER
from rempart.feeds.formats.advice import Language
from rempart.feeds.formats.manifest import Manifest
from rempart.feeds.formats.member_file import MemberFile, open_member_file
from rempart.feeds.ingest import Ingest, Staged
from rempart.feeds.rejects import Rejects
from rempart.keyring.bulk import BulkKeyring
from rempart.limits import FEED_BATCHES_AHEAD
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.feeds import FileFacts, FileLoad, FileRow, Opening, approve_file, list_files

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
    """What became of a file; `difference` counts what it changes, `rejects` is the report of refused lines."""

    verdict: Verdict
    file_id: int | None
    line_count: int
    refused_line_count: int = 0
    rejects: Path | None = None
    difference: dict[str, Any] | None = None


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
    if file.manifest.amc_number != amc_number:
        raise MemberFileForAnotherInsurer(f"amc_number {file.manifest.amc_number}")
    with closing(connect_sync(settings, ROLE)) as connection, FileLoad(connection) as load:
        opening = load.begin(_facts(file, brought_by))
        if opening.verdict == "already-taken":
            return LoadReport("already-taken", None, file.manifest.row_count)
        if opening.verdict == "waiting":
            return _still_waiting(connection, file.manifest, opening)
        if opening.insurer_id is None or opening.verdict != "begun":
            raise _REFUSALS[opening.verdict](_place(opening, file.manifest))
        with BulkKeyring(settings, ROLE) as keyring, Rejects(path, language) as rejects:
            ingest = Ingest(amc_number, opening.insurer_id, keyring)
            _stage(load, ingest, file, rejects, on_lines)
            return _finish(load, file.manifest, rejects)


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
    return f"sequence {manifest.sequence}, expected {opening.expected}"


def _stage(load: FileLoad, ingest: Ingest, file: MemberFile, rejects: Rejects, on_lines: OnLines) -> None:
    """Write the whole file to the staging tables; refuse one that does not end as its manifest says."""
    batches = ahead(file.batches(), FEED_BATCHES_AHEAD)
    for staged in ahead((ingest.stage(batch) for batch in batches), FEED_BATCHES_AHEAD):
        _write(load, staged)
        rejects.add(staged.bad_lines)
        on_lines(staged.lines_so_far, file.manifest.row_count)
    if file.manifest.row_count and rejects.line_count == file.manifest.row_count:
        rejects.finish()
        raise MemberFileNoGoodLine(file.path.name)


def _write(load: FileLoad, staged: Staged) -> None:
    if staged.new_products:
        load.name_products(staged.first_product_place, staged.new_products)
    for table, rows in staged.copies.items():
        load.copy(table, (HEADER, rows, TRAILER))


def _finish(load: FileLoad, manifest: Manifest, rejects: Rejects) -> LoadReport:
    """Have the file judged and applied, and keep what came of it."""
    closing_of_load = load.finish(rejects.unattributable_count)
    path = rejects.finish(load.complaints())
    load.keep()
    return LoadReport(
        verdict="taken" if closing_of_load.verdict == "taken" else "waiting",
        file_id=closing_of_load.file_id,
        line_count=manifest.row_count,
        refused_line_count=rejects.line_count,
        rejects=path,
        difference=closing_of_load.difference,
    )


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
