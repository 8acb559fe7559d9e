"""A member file and its manifest, as the load takes them: batches of good rows and bad lines, then the totals.

    member_file = open_member_file(path)
    for batch in member_file.batches():
        ...                                 # batch.rows is typed as rows.TYPES says

`batches` raises at its end when the digest, the row count or the control sum is not the manifest's: nothing that it gave may be
kept before it has ended. Memory stays bounded whatever the file.

Never: look at what the database knows; that a key appears twice, or that a sequence is missing, is the load's to say.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from rempart.domain.errors.member_files import (
    MemberFileControlSumWrong,
    MemberFileDigestWrong,
    MemberFileExtensionUnknown,
    MemberFileMissing,
    MemberFileRowCountWrong,
)
from rempart.feeds.formats.columns import columns_of
from rempart.feeds.formats.csv_rows import Texts, read_csv_rows
from rempart.feeds.formats.manifest import Manifest, read_manifest
from rempart.feeds.formats.parquet_footer import read_row_groups
from rempart.feeds.formats.parquet_rows import read_parquet_rows
from rempart.feeds.formats.rows import BadLine, check
from rempart.feeds.formats.source import Source, opened
from rempart.limits.files import MEMBER_FILE_BLOCK_BYTES

KEY_MAX: Final = 97
"""What one row adds to the control sum at most."""

EXTENSIONS: Final = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lines of the file: the good rows, the bad cells, and how far we are."""

    rows: pl.DataFrame
    bad_lines: list[BadLine]
    line_count: int
    lines_so_far: int


@dataclass(frozen=True, slots=True)
class MemberFile:
    """A data file whose manifest was read."""

    path: Path
    source: Source
    manifest: Manifest

    @property
    def is_delta(self) -> bool:
        """Whether this is a file of changes."""
        return self.manifest.kind == "delta"

    def batches(self) -> Iterator[Batch]:
        """Yield the file in batches; refuse it at the end if it is not the one that the manifest describes."""
        columns = columns_of(self.manifest.kind)
        line_count = control_sum = uncut_count = 0
        for texts in self.texts():
            line_count += texts.line_count
            control_sum += sum_of_keys(texts.frame["nir"])
            uncut_count += len(texts.bad_lines)
            rows, bad_lines = check(texts.frame, columns)
            bad_lines = sorted(texts.bad_lines + bad_lines, key=lambda bad: bad.line)
            yield Batch(rows, bad_lines, texts.line_count, line_count)
        if line_count != self.manifest.row_count:
            raise MemberFileRowCountWrong(self.path.name)
        # Where the NIR of a line of a wrong width stands, nobody can say; the line itself is reported.
        if not 0 <= self.manifest.control_sum - control_sum <= uncut_count * KEY_MAX:
            raise MemberFileControlSumWrong(self.path.name)

    def texts(self) -> Iterator[Texts]:
        """Yield the rows as they are written, unchecked; refuse at the end a file of another digest."""
        columns = columns_of(self.manifest.kind)
        with opened(self.source) as file:
            reader = _DigestingReader(file)
            if self.path.suffix == ".csv":
                yield from read_csv_rows(reader, columns)
                self._refuse_other(reader)
            else:
                # A truncated file is named for what it is; then the digest, so that no damaged byte reaches a decoder.
                groups = read_row_groups(file)
                file.seek(0)
                reader.read_all()
                self._refuse_other(reader)
                yield from read_parquet_rows(file, groups, columns)

    def _refuse_other(self, reader: "_DigestingReader") -> None:
        if reader.sha256 != self.manifest.sha256:
            raise MemberFileDigestWrong(self.path.name)


class _DigestingReader:
    """A file whose bytes are digested as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        block = self._file.read(size)
        self._digest.update(block)
        return block

    def readline(self, size: int) -> bytes:
        line = self._file.readline(size)
        self._digest.update(line)
        return line

    def read_all(self) -> None:
        """Read to the end for the digest's sake."""
        while self.read(MEMBER_FILE_BLOCK_BYTES):
            pass

    @property
    def sha256(self) -> str:
        """The digest of what was read."""
        return self._digest.hexdigest()


def open_member_file(path: Path, rows: Source | None = None, manifest: Source | None = None) -> MemberFile:
    """Find a data file and read its manifest, both beside each other or where we are told."""
    if path.suffix not in EXTENSIONS:
        raise MemberFileExtensionUnknown(path.name)
    source = path if rows is None else rows
    try:
        with opened(source):
            return MemberFile(path, source, read_manifest(path, manifest))
    except OSError:
        raise MemberFileMissing(path.name) from None


def sum_of_keys(nirs: pl.Series) -> int:
    """Sum the last two characters of each NIR, as the manifest's control sum does; not two digits count for 0."""
    return int(nirs.str.extract("([0-9]{2})$").cast(pl.Int64).sum())
