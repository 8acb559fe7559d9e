"""Member files written: the same frames give the same bytes, and a file that was not finished is never taken for one.

The data file grows under another name and is moved to its own when it is whole; the manifest follows last. Whoever
interrupts leaves no file that looks whole.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl
from polars.io.plugins import register_io_source

from rempart.feeds.formats.columns import columns_of
from rempart.feeds.formats.manifest import Kind, Manifest, manifest_path, write_manifest
from rempart.feeds.formats.member_file import sum_of_keys

ROW_GROUP_ROWS: Final = 65_536  # as many as a reader decodes at once
COMPRESSION_LEVEL: Final = 1  # zstd; higher levels take twice the time for a few percent


def write_member_file(
    path: Path,
    frames: Iterable[pl.DataFrame],
    *,
    amc_number: str,
    effective_on: date,
    sequence: int = 1,
    kind: Kind = "full",
    previous_sha256: str | None = None,
) -> Manifest:
    """Write frames of texts as one member file, CSV or Parquet after the path's suffix, and its manifest."""
    names = [column.name for column in columns_of(kind)]
    totals = _Totals()
    manifest_path(path).unlink(missing_ok=True)
    with whole_or_absent(path) as partial:
        counted = totals.count(frame.select(names) for frame in frames)
        if path.suffix == ".csv":
            _write_csv(partial, names, counted)
        else:
            _write_parquet(partial, names, counted)
        manifest = Manifest(
            format_version=1,
            amc_number=amc_number,
            sequence=sequence,
            kind=kind,
            effective_on=effective_on,
            row_count=totals.row_count,
            control_sum=totals.control_sum,
            previous_sha256=previous_sha256,
            sha256=digest_of(partial),
        )
    write_manifest(path, manifest)
    return manifest


class _Totals:
    """The row count and control sum of what went by."""

    def __init__(self) -> None:
        self.row_count = 0
        self.control_sum = 0

    def count(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Hand the frames on, counted."""
        for frame in frames:
            self.row_count += frame.height
            self.control_sum += sum_of_keys(frame["nir"])
            yield frame


@contextmanager
def whole_or_absent(path: Path) -> Iterator[Path]:
    """Give a place to write that becomes the file when all went well, and vanishes otherwise."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(path: Path, names: list[str], frames: Iterable[pl.DataFrame]) -> None:
    with path.open("wb") as file:
        file.write((";".join(names) + "\n").encode())
        for frame in frames:
            write_csv_rows(file, frame)


def write_csv_rows(file: BinaryIO, frame: pl.DataFrame) -> None:
    """Write rows in the CSV of a member file: no header, no quotes, nothing where there is nothing."""
    frame.write_csv(file, include_header=False, separator=";", quote_style="never", null_value="")


def _write_parquet(path: Path, names: list[str], frames: Iterator[pl.DataFrame]) -> None:
    """Let polars pull the frames into one file, row group by row group, in bounded memory."""

    def source(
        _columns: list[str] | None,
        _predicate: pl.Expr | None,
        _row_count: int | None,
        _batch_rows: int | None,
    ) -> Iterator[pl.DataFrame]:
        yield from frames

    rows = register_io_source(source, schema=dict.fromkeys(names, pl.String), is_pure=False)
    rows.sink_parquet(
        path,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        row_group_size=ROW_GROUP_ROWS,
        statistics=False,
        maintain_order=True,
        engine="streaming",
    )


def digest_of(path: Path) -> str:
    """Digest a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
