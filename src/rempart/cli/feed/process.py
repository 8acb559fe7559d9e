"""The load in a process of its own, under the user `rempart-feeds`, when the command was started as root.

Root opens what lies where only root may look: the data file, its manifest, the report next to them. Then a fresh interpreter
imports what it needs, becomes `rempart-feeds` for good, and only then reads a byte of the file. It has four descriptors to files
and one to say in JSON how far it is and what came of it; the command prints that and gives the report its name.

A fresh interpreter, and no fork: polars has threads, which a fork would leave behind. Never believe what comes back further than
its form: it was written by who has read the file.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from rempart.adapters import process_guard, system_users
from rempart.domain.errors.families import RempartError
from rempart.domain.errors.member_files import (
    LoadInterrupted,
    ManifestMissing,
    MemberFileExtensionUnknown,
    MemberFileMissing,
)
from rempart.feeds.formats.advice import Language
from rempart.feeds.formats.manifest import SUFFIX, manifest_path
from rempart.feeds.formats.member_file import EXTENSIONS, open_member_file
from rempart.feeds.rejects import Rejects, ReportFiles, ReportPlace
from rempart.operations.load_members import ROLE, LoadReport, OnLines, Verdict, load_members, load_open_file
from rempart.settings import Settings, read_settings
from rempart.supervisor.environment import needed_of, without_the_administrator

TOLD_MAX_BYTES: Final = 65_536
"""One line of what the process tells: a difference with its samples is under 10 kB."""


class Task(msgspec.Struct, frozen=True):
    """What the process is asked to do; numbers are descriptors, the path is for its name alone."""

    path: str
    amc_number: str
    brought_by: str
    language: Language
    parent_id: int
    data: int
    manifest: int
    found: int
    whole: int
    tell: int


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of what the process tells: how far it is, then what became of the file."""

    lines: tuple[int, int] | None = None
    verdict: Verdict | None = None
    file_id: int | None = None
    line_count: int = 0
    refused_line_count: int = 0
    difference: dict[str, Any] | None = None
    error: str = ""
    place: str = ""
    has_report: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Errand:
    """A file to take: where it is, whose it is, who brings it, in which language its report is written."""

    path: Path
    amc_number: str
    brought_by: str
    language: Language


def load_file(settings: Settings, errand: Errand, on_lines: OnLines) -> LoadReport:
    """Take a member file, as the user that may do least. Refuses what `load_members` refuses, and LoadInterrupted."""
    if system_users.are_in_force():
        return _load_apart(settings, errand, on_lines)
    return load_members(
        settings,
        errand.path,
        errand.amc_number,
        errand.brought_by,
        on_lines=on_lines,
        language=errand.language,
    )


def _load_apart(settings: Settings, errand: Errand, on_lines: OnLines) -> LoadReport:
    """Open the files as root, and have them read by a process that is not."""
    if errand.path.suffix not in EXTENSIONS:
        raise MemberFileExtensionUnknown(errand.path.name)
    with (
        _opened(errand.path, MemberFileMissing(errand.path.name)) as data,
        _opened(manifest_path(errand.path), ManifestMissing(errand.path.name + SUFFIX)) as manifest,
        ReportPlace(errand.path) as place,
    ):
        told = _run(settings, errand, (data, manifest, *place.files), on_lines)
        report = place.settle(has_lines=told.refused_line_count > 0) if told.has_report else None
        if told.error:
            raise _error_named(told.error, told.place)
        if told.verdict is None:
            raise LoadInterrupted(errand.path.name)
        return LoadReport(
            told.verdict,
            told.file_id,
            told.line_count,
            told.refused_line_count,
            report,
            told.difference,
            told.seconds,
        )


def _run(
    settings: Settings, errand: Errand, descriptors: tuple[int, int, int, int], on_lines: OnLines
) -> Told:
    """Start the process, pass on how far it is, and give the last that it told."""
    hear, tell = os.pipe()
    task = Task(
        errand.path.name,
        errand.amc_number,
        errand.brought_by,
        errand.language,
        os.getpid(),
        *descriptors,
        tell,
    )
    started = subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-m", "rempart.cli.feed.process", msgspec.json.encode(task).decode()],
        env=without_the_administrator(needed_of(os.environ) | settings.as_environ()),
        stdin=subprocess.DEVNULL,
        pass_fds=(*descriptors, tell),
    )
    os.close(tell)
    last = Told()
    with os.fdopen(hear, "rb") as lines:
        try:
            while line := lines.readline(TOLD_MAX_BYTES):
                last = msgspec.json.decode(line, type=Told)
                if last.lines is not None:
                    on_lines(*last.lines)
        except msgspec.DecodeError:
            last = Told()
        finally:
            if last.verdict is None and not last.error:
                started.terminate()
            started.wait()
    return last


@contextmanager
def _opened(path: Path, missing: RempartError) -> Iterator[int]:
    """Open a file to read it, and give its descriptor."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise missing from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _error_named(code: str, place: str) -> RempartError:
    """Make the error again that the process met."""
    kinds = [RempartError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        if kind.code == code:
            return kind(place[:200]) if place else kind()
    return LoadInterrupted(place[:200])


def main() -> None:
    """Do what was asked, as `rempart-feeds`: the last line told says what came of it."""
    task = msgspec.json.decode(sys.argv[1], type=Task)
    settings = read_settings()
    with os.fdopen(task.tell, "wb") as pipe:
        system_users.drop_to(ROLE)
        process_guard.forbid_new_privileges()
        process_guard.forbid_dumps_and_tracing()
        process_guard.die_with(task.parent_id)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which then ends us
        _tell(pipe, _take(settings, task, pipe))


def _take(settings: Settings, task: Task, pipe: BinaryIO) -> Told:
    """Take the file; an error is told like any other end."""
    path = Path(task.path)
    rejects = Rejects(ReportFiles(task.found, task.whole), path, task.language)

    def on_lines(read: int, of: int) -> None:
        _tell(pipe, Told(lines=(read, of)))

    try:
        with rejects:
            file = open_member_file(path, task.data, task.manifest)
            report = load_open_file(settings, file, task.amc_number, task.brought_by, rejects, on_lines)
    except RempartError as error:
        ended = Told(error=error.code, place=error.place)
    else:
        ended = Told(
            verdict=report.verdict,
            file_id=report.file_id,
            line_count=report.line_count,
            difference=report.difference,
            seconds=report.seconds,
        )
    if not rejects.is_whole:
        return ended
    return msgspec.structs.replace(ended, has_report=True, refused_line_count=rejects.line_count)


def _tell(pipe: BinaryIO, told: Told) -> None:
    pipe.write(msgspec.json.encode(told) + b"\n")
    pipe.flush()


if __name__ == "__main__":
    main()
