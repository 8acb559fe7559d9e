"""`rempart feed`: take an insurer's member file, let a waiting one in, list what was brought.

Exit status of `load`: 0 taken, or taken before; 1 refused, nothing changed; 3 taken without its bad lines; 4 waits for a second
person; 5 something did not answer, run the same command again. No output holds anything of what a file says of a person.
"""

import json as json_format
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from babel.numbers import format_decimal
from cyclopts import App
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rempart.cli.feed.process import Errand, load_file
from rempart.cli.feed.words import WORDS, account, complaint, say
from rempart.cli.register.opened import typist
from rempart.domain.errors import Outage, RempartError
from rempart.domain.identifiers import parse_amc_number
from rempart.feeds.formats.advice import Language, advice
from rempart.operations.load_members import (
    LoadReport,
    OnLines,
    approve_waiting_file,
    files_brought,
)
from rempart.settings import read_settings
from rempart.store.feeds import FileRow
from rempart.supervisor.beside import beside
from rempart.supervisor.complaints import facts_of

app = App(name="feed", help="Member files: load, approve, list.")

REFUSED: Final = 1
TAKEN_IN_PART: Final = 3
WAITING: Final = 4
OUTAGE: Final = 5

STATES: Final = {"waiting": "en attente", "approved": "admis", "taken": "pris", "withdrawn": "retiré"}

LINE_EVERY_ROWS: Final = 250_000


@app.command
def load(file: Path, *, insurer: str, by: str = "", language: Language = "fr", json: bool = False) -> None:
    """Take a member file, whole or not at all.

    Parameters
    ----------
    file
        The data file, .csv or .parquet; its manifest is beside it.
    insurer
        The AMC number of the insurer that it comes from.
    by
        Who brings it; the user of this machine when not said.
    language
        The language of what is said, and of the report of refused lines, FILE.rejects.csv: fr or en.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    try:
        amc_number = str(parse_amc_number(insurer))
        with beside(settings, "keyring"), _progress(language, quiet=json) as on_lines:
            report = load_file(settings, Errand(file, amc_number, by or typist(), language), on_lines)
    except RempartError as error:
        _refuse(error, language, as_json=json)
    _tell(report, amc_number, language, as_json=json)
    sys.exit(_status_of(report))


@app.command
def approve(file_id: int, *, by: str = "", language: Language = "fr", json: bool = False) -> None:
    """Let a waiting file in, as a second person; then load the file again.

    Parameters
    ----------
    file_id
        The number of the file, as `rempart feed list` gives it.
    by
        Who approves; the user of this machine when not said. Not who brought the file.
    language
        The language of what is said: fr or en.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    try:
        with beside(settings):
            approve_waiting_file(settings, file_id, by or typist())
            approved = next(row for row in files_brought(settings) if row.file_id == file_id)
    except RempartError as error:
        _refuse(error, language, as_json=json)
    again = f"rempart feed load {approved.name} --insurer {approved.amc_number}"
    facts = {"verdict": "approved", "file_id": file_id, "next": again}
    print(json_format.dumps(facts) if json else say("approved", language, file_id=file_id, again=again))


@app.command(name="list")
def list_files(*, insurer: str = "", json: bool = False) -> None:
    """List the files that were brought, the latest first.

    Parameters
    ----------
    insurer
        Only those of this AMC number.
    json
        Answer in one line of JSON, with what each file changed.
    """
    settings = read_settings()
    try:
        amc_number = str(parse_amc_number(insurer)) if insurer else None
        with beside(settings):
            files = files_brought(settings, amc_number)
    except RempartError as error:
        _refuse(error, as_json=json)
    if json:
        print(json_format.dumps({"files": [_facts_of(file) for file in files]}))
        return
    for file in files:
        rows = format_decimal(file.row_count, locale="fr")
        print(
            f"{file.file_id:>6}  {file.amc_number}  {file.sequence:>4}  {file.kind:<5}  {file.effective_on}  "
            f"{rows:>11} lignes  {STATES[file.state]:<10}  {file.brought_at:%Y-%m-%d %H:%M}  {file.name}"
        )


def _status_of(report: LoadReport) -> int:
    if report.verdict == "waiting":
        return WAITING
    return TAKEN_IN_PART if report.refused_line_count else 0


def _refuse(error: RempartError, language: Language = "fr", *, as_json: bool) -> NoReturn:
    """Say what was refused, where, why and what to do."""
    if as_json:
        text = advice("en").get(error.code)
        print(json_format.dumps(facts_of(error) | (text._asdict() if text else {})))
    sys.stderr.write(f"rempart: {complaint(error, language)}\n")
    sys.exit(OUTAGE if isinstance(error, Outage) else REFUSED)


def _tell(report: LoadReport, amc_number: str, language: Language, *, as_json: bool) -> None:
    """Say what became of a file."""
    if not as_json:
        for line in account(report, language):
            print(line)
        return
    facts = {
        "verdict": report.verdict,
        "file_id": report.file_id,
        "insurer": amc_number,
        "rows": report.line_count,
        "refused_lines": report.refused_line_count,
        "rejects": str(report.rejects) if report.rejects else None,
        "seconds": round(report.seconds, 2),
        "rows_per_second": report.lines_per_second,
        "difference": report.difference,
    }
    print(json_format.dumps(facts))


def _facts_of(file: FileRow) -> dict[str, Any]:
    facts = file._asdict() | {"sha256": file.sha256.hex(), "effective_on": file.effective_on.isoformat()}
    for name in ("brought_at", "taken_at"):
        facts[name] = facts[name].isoformat() if facts[name] is not None else None
    return facts


@contextmanager
def _progress(language: Language, *, quiet: bool) -> Iterator[OnLines]:
    """Show how far we are: a bar on a terminal, a line now and then elsewhere, nothing when asked for JSON."""
    console = Console(stderr=True)
    if quiet:
        yield lambda _read, _all: None
    elif console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[counted]}"),
        )
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            yield _bar(progress, language)
    else:
        yield _Lines(language).show


def _bar(progress: Progress, language: Language) -> OnLines:
    words = WORDS[language]
    task = progress.add_task(words["reading"], total=None, counted="")
    began = time.perf_counter()

    def show(read: int, of: int) -> None:
        rate = format_decimal(round(read / (time.perf_counter() - began)), locale=language)
        counted = f"{format_decimal(read, locale=language)} {words['bar']}, {rate}/s"
        stage = words["reading"] if read < of else words["applying"]
        progress.update(task, completed=read, total=of, counted=counted, description=stage)

    return show


class _Lines:
    """Progress for whoever reads a file: one line every quarter of a million rows."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._began = time.perf_counter()
        self._shown = 0

    def show(self, read: int, of: int) -> None:
        """Say how far we are, when it is time."""
        if read // LINE_EVERY_ROWS > self._shown // LINE_EVERY_ROWS or read == of != self._shown:
            rate = round(read / (time.perf_counter() - self._began))
            print(say("read", self._language, read=read, of=of, rate=rate), file=sys.stderr)
        self._shown = read
