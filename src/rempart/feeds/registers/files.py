"""Open a register file: which of the two it is, when it was published, its lines with their numbers, its digest.

Read twice, once for the digest and once for the lines, and never held: a real directory is 800 MB. A line is UTF-8, or else
Windows-1252, in which both were published for years.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

from rempart.domain.errors.registration import RegisterFileUnknown, RegisterFileUnreadable
from rempart.limits.files import REGISTER_LINE_MAX_BYTES

Kind = Literal["professionals", "places"]

DIRECTORY_SEPARATOR: Final = "|"
DIRECTORY_KEY: Final = "Identification nationale PP"
FINESS_MARK: Final = "finess;etalab;"
_CHUNK_BYTES: Final = 1 << 20
_DAY_IN_NAME: Final = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})\d{0,6}(?!\d)")


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A register file: its path, what it is, its first line, the day it was published if it says so, its digest."""

    path: Path
    kind: Kind
    head: str
    published_on: date | None
    sha256: bytes

    def lines(self) -> Iterator[tuple[int, str]]:
        """Read the lines after the first, each with its number. Refuses: RegisterFileUnreadable."""
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                number = 0
                while written := file.readline(REGISTER_LINE_MAX_BYTES):
                    digest.update(written)
                    number += 1
                    if not written.endswith(b"\n") and len(written) == REGISTER_LINE_MAX_BYTES:
                        raise RegisterFileUnreadable(f"{self.path.name}:{number}")
                    if number > 1:
                        yield number, _text_of(written)
        except OSError:
            raise RegisterFileUnreadable(self.path.name) from None
        if digest.digest() != self.sha256:  # it was written to meanwhile
            raise RegisterFileUnreadable(self.path.name)


def open_register(path: Path) -> RegisterFile:
    """Look at a file. Refuses: RegisterFileUnreadable, RegisterFileUnknown."""
    try:
        with path.open("rb") as file:
            head = _text_of(file.readline(REGISTER_LINE_MAX_BYTES)).removeprefix("\ufeff")
            file.seek(0)
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        raise RegisterFileUnreadable(path.name) from None
    if DIRECTORY_KEY in head.split(DIRECTORY_SEPARATOR):
        return RegisterFile(path, "professionals", head, _day_in(path.name), digest.digest())
    if head.startswith(FINESS_MARK):
        return RegisterFile(path, "places", head, _day_in(head.replace("-", "")), digest.digest())
    raise RegisterFileUnknown(path.name)


def _text_of(written: bytes) -> str:
    line = written.rstrip(b"\r\n")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _day_in(text: str) -> date | None:
    found = _DAY_IN_NAME.search(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
