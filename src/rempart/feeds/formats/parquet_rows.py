"""A Parquet member file, read slice by slice into frames of texts, in bounded memory whatever the file.

Row groups are bounded by `parquet_footer` before anything is decoded. Dates, integers and booleans of other writers become the
texts that a CSV would hold, so that one set of checks serves both.
"""

from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, Final

import polars as pl

from rempart.domain.errors.member_files import MemberFileColumnTypeWrong, MemberFileNotParquet
from rempart.feeds.formats.columns import DATE_COLUMNS, Column
from rempart.feeds.formats.csv_rows import Texts, check_column_names
from rempart.feeds.formats.parquet_footer import RowGroup
from rempart.feeds.formats.rows import LINE
from rempart.limits.files import MEMBER_FILE_LINE_MAX_BYTES, MEMBER_FILE_SLICE_ROWS

_TOO_LONG: Final = "\0" * 300  # longer than any column may be, and in no column's pattern
_INTEGER_COLUMNS: Final = ("birth_rank", "coverage_rank", "nir_is_own")


def read_parquet_rows(
    file: BinaryIO,
    groups: list[RowGroup],
    columns: tuple[Column, ...],
    slice_rows: int = MEMBER_FILE_SLICE_ROWS,
) -> Iterator[Texts]:
    """Yield the rows of a Parquet file as texts."""
    try:
        schema = pl.read_parquet_schema(_from_start(file))
    except (pl.exceptions.PolarsError, OSError, ValueError):
        raise MemberFileNotParquet("footer") from None
    check_column_names(list(schema), columns)
    texts = [_as_text(column.name, schema[column.name]) for column in columns]
    first_row = 0
    for group in groups:
        for offset in range(0, group.row_count, slice_rows):
            row_count = min(slice_rows, group.row_count - offset)
            frame = _decode(file, texts, first_row + offset, row_count)
            yield Texts(frame, [], row_count)
        first_row += group.row_count


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """Turn a column into the text that a CSV would hold; a text beyond any row becomes one that every check refuses."""
    column = pl.col(name)
    if kind in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        text = column.cast(pl.String)
        fits = text.str.len_bytes() <= MEMBER_FILE_LINE_MAX_BYTES
        return pl.when(text != "").then(pl.when(fits).then(text).otherwise(pl.lit(_TOO_LONG))).alias(name)
    if kind == pl.Date and name in DATE_COLUMNS:
        is_of_calendar = column.is_between(date.min, date.max)  # polars panics on what it cannot write
        text = pl.when(is_of_calendar).then(column).dt.strftime("%Y-%m-%d")
        return pl.when(is_of_calendar.not_()).then(pl.lit(_TOO_LONG)).otherwise(text).alias(name)
    if kind == pl.Boolean and name == "nir_is_own":
        return column.cast(pl.Int8).cast(pl.String)
    if kind.is_integer() and name in _INTEGER_COLUMNS:
        return column.cast(pl.String)
    raise MemberFileColumnTypeWrong(name)


def _decode(file: BinaryIO, texts: list[pl.Expr], first_row: int, row_count: int) -> pl.DataFrame:
    """Decode some rows; the first row of the file counts as line 2, as under a header."""
    try:
        frame = pl.scan_parquet(_from_start(file)).slice(first_row, row_count).select(texts).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        frame = pl.DataFrame()
    if frame.height != row_count:
        raise MemberFileNotParquet(f"line {first_row + 2}")
    lines = pl.int_range(first_row + 2, first_row + 2 + row_count, dtype=pl.Int64, eager=True)
    return frame.with_columns(lines.alias(LINE))


def _from_start(file: BinaryIO) -> BinaryIO:
    """Hand a file to polars, which begins where it stands."""
    file.seek(0)
    return file
