"""The report of refused lines, next to the file: line, column, reason, what is wrong, what to do.

It is written for the one who corrects the file, who has it open: it never repeats a value, so it holds no identity. It grows
under another name and takes its own when the load is over; a load without refused lines removes the one of a former try.
"""

import csv
from collections.abc import Iterable
from heapq import merge
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rempart.feeds.formats.advice import Language, advice
from rempart.feeds.formats.rows import BadLine

SUFFIX: Final = ".rejects.csv"

HEADINGS: Final[dict[Language, tuple[str, ...]]] = {
    "fr": ("ligne", "colonne", "motif", "constat", "que faire"),
    "en": ("line", "column", "reason", "what is wrong", "what to do"),
}

Finding = tuple[int, str, str]
"""Line, column, reason."""


def rejects_path(data_path: Path) -> Path:
    """Say where the report of a data file is."""
    return data_path.with_name(data_path.name + SUFFIX)


class Rejects:
    """The report while a load runs; what is found first is on disk, so memory does not grow with a bad file."""

    def __init__(self, data_path: Path, language: Language = "fr") -> None:
        self.path = rejects_path(data_path)
        self._language: Language = language
        self._found = self.path.with_name(self.path.name + ".partial")

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._file.close()
        self._found.unlink(missing_ok=True)

    def begin_again(self) -> None:
        """Forget what was found: the file is read again."""
        self._file.close()
        self._open()

    def _open(self) -> None:
        self.line_count = 0
        self.unattributable_count = 0
        self._file = self._found.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\n")

    def add(self, bad_lines: Iterable[BadLine]) -> None:
        """Write down the bad cells of some lines, in the order of the file."""
        for _, cells in groupby(bad_lines, key=lambda bad: bad.line):
            of_line = list(cells)
            self.line_count += 1
            self.unattributable_count += all(bad.beneficiary_id is None for bad in of_line)
            self._writer.writerows((bad.line, bad.column, bad.reason) for bad in of_line)

    def finish(self, complaints: Iterable[Finding] = ()) -> Path | None:
        """Write the report with what the database found too, in order; give its path, or None when no line was refused."""
        self._file.close()
        whole = self.path.with_name(self.path.name + ".whole.partial")
        try:
            self._write(whole, complaints)
            if self.line_count:
                whole.replace(self.path)
                return self.path
            self.path.unlink(missing_ok=True)
            return None
        finally:
            whole.unlink(missing_ok=True)

    def _write(self, whole: Path, complaints: Iterable[Finding]) -> None:
        """Merge what was found while reading with what the database found, and count the lines."""
        texts = advice(self._language)
        with (
            self._found.open(encoding="utf-8", newline="") as first,
            whole.open("w", encoding="utf-8", newline="") as file,
        ):
            report = csv.writer(file, delimiter=";", lineterminator="\n")
            report.writerow(HEADINGS[self._language])
            earlier = (
                (int(line), column, reason) for line, column, reason in csv.reader(first, delimiter=";")
            )
            self.line_count = 0
            for _, of_line in groupby(merge(earlier, complaints, key=_line_of), key=_line_of):
                self.line_count += 1
                report.writerows((*finding, *texts[finding[2]]) for finding in of_line)


def _line_of(finding: Finding) -> int:
    return finding[0]
