"""The report of refused lines, next to the file: line, column, reason, what is wrong, what to do.

It is written for the one who corrects the file, who has it open: it never repeats a value, so it holds no identity. It grows
under another name and takes its own when the load is over; a load without refused lines removes the one of a former try.

Two hands make it. `ReportPlace` opens its files and names them: as root, that is who may write next to the file. `Rejects` fills
them, with no other right than two descriptors.
"""

import csv
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from heapq import merge
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import IO, Final, NamedTuple, Self

from rempart.domain.errors.member_files import LoadUnderWay, MemberFileTooManyFaults, ReportUnwritable
from rempart.feeds.formats.advice import Language, advice
from rempart.feeds.formats.rows import BadLine
from rempart.limits.files import FEED_FAULTS_MAX

SUFFIX: Final = ".rejects.csv"
_UNFINISHED: Final = ".partial"
_READ_WRITE: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC

HEADINGS: Final[dict[Language, tuple[str, ...]]] = {
    "fr": ("ligne", "colonne", "motif", "constat", "que faire"),
    "en": ("line", "column", "reason", "what is wrong", "what to do"),
}

Finding = tuple[int, str, str]
"""Line, column, reason."""


def rejects_path(data_path: Path) -> Path:
    """Say where the report of a data file is."""
    return data_path.with_name(data_path.name + SUFFIX)


class ReportFiles(NamedTuple):
    """Two open files: what was found while reading, which never has a name; the whole report, which gets one at the end."""

    found: int
    whole: int


class ReportPlace:
    """The place of a report next to its data file, for the time of a load. Refuses: LoadUnderWay, ReportUnwritable."""

    def __init__(self, data_path: Path) -> None:
        self.path = rejects_path(data_path)
        self._unfinished = self.path.with_name(self.path.name + _UNFINISHED)

    def __enter__(self) -> Self:
        with _told_when_unwritable(self.path):
            whole = self._begin()
            nameless = self.path.with_name(f"{self._unfinished.name}.{os.getpid()}")
            try:
                found = os.open(nameless, _READ_WRITE | os.O_EXCL, 0o600)
                nameless.unlink()
            except OSError:
                os.close(whole)
                raise
        self.files = ReportFiles(found, whole)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._is(self.files.whole):
            self._unfinished.unlink()
        for descriptor in self.files:
            os.close(descriptor)

    def settle(self, *, has_lines: bool) -> Path | None:
        """Give the report its name, or remove the one of a former try when no line was refused."""
        if not has_lines:
            self.path.unlink(missing_ok=True)
            return None
        with _told_when_unwritable(self.path):
            self._unfinished.replace(self.path)
        return self.path

    def _begin(self) -> int:
        """Open the unfinished report for us alone: another load may be at it, or may have left it when it was killed."""
        whole = os.open(self._unfinished, _READ_WRITE, 0o644)
        try:
            fcntl.flock(whole, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = self._is(whole)
        except BlockingIOError:
            is_free = False
        if not is_free:
            os.close(whole)
            raise LoadUnderWay(self.path.name)
        os.truncate(whole, 0)
        return whole

    def _is(self, descriptor: int) -> bool:
        """Whether a descriptor is the unfinished report, which we own and which has no other name."""
        with suppress(FileNotFoundError):
            named, opened = self._unfinished.lstat(), os.fstat(descriptor)
            return os.path.samestat(named, opened) and opened.st_uid == os.geteuid() and opened.st_nlink == 1
        return False


class Rejects:
    """The report while a load runs; what is found first is on disk, so memory does not grow with a bad file."""

    def __init__(self, files: ReportFiles, path: Path, language: Language = "fr") -> None:
        self._files = files
        self._path = path
        self._language: Language = language
        self.is_whole = False
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be written was said before
            self._file.close()

    def begin_again(self) -> None:
        """Forget what was found: the file is read again."""
        with _told_when_unwritable(self._path):
            self._file.close()
        self._begin()

    def _begin(self) -> None:
        self.line_count = 0
        self.unattributable_count = 0
        self._fault_count = 0
        self._file = _text(self._files.found, "w")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\n")

    def add(self, bad_lines: Iterable[BadLine]) -> None:
        """Write down the bad cells of some lines, in the order of the file.

        Refuses: ReportUnwritable, MemberFileTooManyFaults.
        """
        with _told_when_unwritable(self._path):
            for _, cells in groupby(bad_lines, key=lambda bad: bad.line):
                of_line = list(cells)
                self.line_count += 1
                self.unattributable_count += all(bad.beneficiary_id is None for bad in of_line)
                self._fault_count += len(of_line)
                self._writer.writerows((bad.line, bad.column, bad.reason) for bad in of_line)
        if self._fault_count > FEED_FAULTS_MAX:
            self.finish()
            raise MemberFileTooManyFaults(self._path.name.removesuffix(SUFFIX))

    def finish(self, complaints: Iterable[Finding] = ()) -> None:
        """Write the report with what the database found too, in order. Refuses: ReportUnwritable."""
        with _told_when_unwritable(self._path):
            self._file.close()
            self._merge(complaints)
        self.is_whole = True

    def _merge(self, complaints: Iterable[Finding]) -> None:
        """Merge what was found while reading with what the database found, and count the lines."""
        texts = advice(self._language)
        with _text(self._files.found, "r") as first, _text(self._files.whole, "w") as whole:
            report = csv.writer(whole, delimiter=";", lineterminator="\n")
            report.writerow(HEADINGS[self._language])
            earlier = (
                (int(line), column, reason) for line, column, reason in csv.reader(first, delimiter=";")
            )
            self.line_count = 0
            for _, of_line in groupby(merge(earlier, complaints, key=_line_of), key=_line_of):
                self.line_count += 1
                report.writerows((*finding, *texts[finding[2]]) for finding in of_line)


def _text(descriptor: int, mode: str) -> IO[str]:
    """Read or write a descriptor from its beginning; it stays open for the next one."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    if mode == "w":
        os.ftruncate(descriptor, 0)
    return open(descriptor, mode, encoding="utf-8", newline="", closefd=False)


@contextmanager
def _told_when_unwritable(path: Path) -> Iterator[None]:
    """Say which report cannot be written: the disk may be full, or the directory closed to us."""
    try:
        yield
    except OSError as error:
        raise ReportUnwritable(f"{path.name}: {os.strerror(error.errno or 0)}") from None


def _line_of(finding: Finding) -> int:
    return finding[0]
