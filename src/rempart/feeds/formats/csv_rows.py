"""A CSV member file, read block by block into frames of texts, in bounded memory whatever the file.

The bytes are judged before polars sees them: encoding, line ends, length and number of values of each line. So a damaged
file is named for what it is, at its line, and no parser guesses.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import polars as pl

from rempart.domain.errors.member_files import (
    MemberFileByteOrderMark,
    MemberFileColumnMissing,
    MemberFileColumnTwice,
    MemberFileColumnUnknown,
    MemberFileEncodingWrong,
    MemberFileHasContactColumn,
    MemberFileLineTooLong,
    MemberFileSeparatorWrong,
    MemberFileTruncated,
)
from rempart.feeds.formats.columns import Column, contact_word_in
from rempart.feeds.formats.rows import LINE, BadLine
from rempart.limits.files import MEMBER_FILE_BLOCK_BYTES, MEMBER_FILE_LINE_MAX_BYTES

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_OTHER_SEPARATORS: Final = (",", "\t", "|")


class ByteSource(Protocol):
    """What a CSV is read from."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, none at the end."""

    def readline(self, size: int, /) -> bytes:
        """Give a line, or the first `size` bytes of it."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Some rows as they are written: a frame of texts with line numbers, and the lines that could not be cut into values."""

    frame: pl.DataFrame
    bad_lines: list[BadLine]
    line_count: int


def read_csv_rows(
    file: ByteSource, columns: tuple[Column, ...], block_bytes: int = MEMBER_FILE_BLOCK_BYTES
) -> Iterator[Texts]:
    """Yield the rows of a CSV file; refuse the file at the first byte that cannot be part of one."""
    names = _read_header(file, columns)
    first_line, rest = 2, b""
    while block := file.read(block_bytes):
        lines, line_feed, rest = (rest + block).rpartition(b"\n")
        if line_feed:
            texts = _texts_of(lines + line_feed, names, first_line)
            first_line += texts.line_count
            yield texts
        _refuse_long(len(rest), first_line)
    if rest:
        _decode(rest, first_line)
        raise MemberFileTruncated(f"line {first_line}")


def _read_header(file: ByteSource, columns: tuple[Column, ...]) -> list[str]:
    """Read the header line and hold its names against the columns of the format."""
    line = file.readline(MEMBER_FILE_LINE_MAX_BYTES + 3)
    _refuse_long(len(line) - 2, 1)
    if line.startswith(_UTF8_MARK):
        raise MemberFileByteOrderMark("line 1")
    if line.startswith(_UTF16_MARKS):
        raise MemberFileEncodingWrong("line 1")
    header = _decode(line, 1)
    if not header.endswith("\n"):
        raise MemberFileTruncated("line 1")
    header = header.removesuffix("\n").removesuffix("\r")
    if ";" not in header and any(separator in header for separator in _OTHER_SEPARATORS):
        raise MemberFileSeparatorWrong("line 1")
    names = header.split(";")
    check_column_names(names, columns)
    return names


def check_column_names(names: list[str], columns: tuple[Column, ...]) -> None:
    """Refuse columns that are not those of the format; a name that is not ours is told by its position only.

    A file without a header has a person in its first line, so an unknown name is never repeated.
    """
    known = [column.name for column in columns]
    unknown = [(position, name) for position, name in enumerate(names, 1) if name not in known]
    for position, name in unknown:
        word = contact_word_in(name)
        if word is not None:
            raise MemberFileHasContactColumn(f"column {position} ({word})")
    for position, _ in unknown:
        raise MemberFileColumnUnknown(f"column {position}")
    for name in known:
        if name not in names:
            raise MemberFileColumnMissing(name)
        if names.count(name) > 1:
            raise MemberFileColumnTwice(name)


def _texts_of(block: bytes, names: list[str], first_line: int) -> Texts:
    """Cut whole lines into values."""
    _decode(block, first_line)
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    characters = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    longest = int(np.argmax(ends - starts))
    _refuse_long(int(ends[longest] - starts[longest]), first_line + longest)
    separators_so_far = np.searchsorted(np.flatnonzero(characters == ord(";")), ends)
    widths = np.diff(separators_so_far, prepend=0) + 1
    lines = np.arange(first_line, first_line + ends.size, dtype=np.int64)
    is_cut = widths == len(names)
    if not is_cut.all():
        kept = zip(starts[is_cut].tolist(), ends[is_cut].tolist(), strict=True)
        block = b"".join(block[start : end + 1] for start, end in kept)
    bad_lines = [BadLine(line, "", "line-width", None) for line in lines[~is_cut].tolist()]
    frame = _frame_of(block, names).with_columns(pl.Series(LINE, lines[is_cut], dtype=pl.Int64))
    return Texts(frame, bad_lines, int(ends.size))


def _frame_of(block: bytes, names: list[str]) -> pl.DataFrame:
    """Let polars cut lines of the right width; an empty value is null."""
    schema = dict.fromkeys(names, pl.String)
    if not block:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        io.BytesIO(block),
        has_header=False,
        separator=";",
        quote_char=None,
        schema=schema,
    )


def _decode(line: bytes, first_line: int) -> str:
    """Read UTF-8; refuse with the line of the first byte that is not."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        at = first_line + line.count(b"\n", 0, error.start)
    raise MemberFileEncodingWrong(f"line {at}")


def _refuse_long(length_bytes: int, line: int) -> None:
    """Refuse a line beyond the bound."""
    if length_bytes > MEMBER_FILE_LINE_MAX_BYTES:
        raise MemberFileLineTooLong(f"line {line}")
