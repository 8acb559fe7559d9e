"""Rows in PostgreSQL's binary COPY format, built in whole columns rather than row by row.

Rows that have the same columns empty have the same length, so they are laid side by side in one array; the order of rows is
not kept. Source: https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY-FORMAT.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, Final

import numpy as np
import polars as pl

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"

_EPOCH: Final = date(2000, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
"""Days from the first day that polars counts from to the first day that PostgreSQL counts from."""

Cells = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table: its cells, in the byte order of the network, and which of them are empty (None: none is)."""

    cells: Cells
    is_empty: Cells | None = None


def integers(column: pl.Series, size: int) -> Field:
    """Lay out a column of integers of so many bytes."""
    empty = column.is_null().to_numpy() if column.null_count() else None
    return Field(column.fill_null(0).to_numpy().astype(f">i{size}"), empty)


def dates(column: pl.Series) -> Field:
    """Lay out a column of dates."""
    return integers(column.cast(pl.Int32) - _EPOCH, 4)


def digests(table: Cells, is_empty: Cells | None = None) -> Field:
    """Lay out a table of bytes, one digest per row."""
    size = table.shape[1]
    return Field(np.ascontiguousarray(table).view(f"V{size}").reshape(-1), is_empty)


def repeated(number: int, size: int, row_count: int) -> Field:
    """Lay out the same integer in each row."""
    return Field(np.full(row_count, number, dtype=f">i{size}"))


def copy_rows(fields: Sequence[Field]) -> bytes:
    """Write rows; those with the same empty cells come together."""
    patterns = np.zeros(len(fields[0].cells), dtype=np.int64)
    for place, field in enumerate(fields):
        if field.is_empty is not None:
            patterns |= field.is_empty.astype(np.int64) << place
    if not patterns.any():
        return _alike(fields, 0).tobytes()
    return b"".join(
        _alike([Field(field.cells[chosen]) for field in fields], int(pattern)).tobytes()
        for pattern in np.unique(patterns)
        for chosen in (np.flatnonzero(patterns == pattern),)
    )


def copy_rows_with_texts(fields: Sequence[Field], texts: Sequence[bytes]) -> bytes:
    """Write rows that end with a text of any length; no other cell is empty."""
    lengths = np.fromiter(map(len, texts), dtype=">i4", count=len(texts))
    heads = _alike(fields, 0, tail=lengths)
    size, joined = heads.dtype.itemsize, heads.tobytes()
    cuts = (joined[at : at + size] for at in range(0, len(joined), size))
    return b"".join(chain.from_iterable(zip(cuts, texts, strict=True)))


def _alike(fields: Sequence[Field], pattern: int, tail: Cells | None = None) -> Cells:
    """Lay rows out that have the cells of a pattern empty; `tail` is the length of a last cell, written by the caller."""
    layout: list[tuple[str, Any]] = [("count", ">i2")]
    for place, field in enumerate(fields):
        layout.append((f"length{place}", ">i4"))
        if not pattern >> place & 1:
            layout.append((f"cell{place}", field.cells.dtype))
    if tail is not None:
        layout.append(("tail", ">i4"))
    rows = np.empty(len(fields[0].cells), dtype=layout)
    rows["count"] = len(fields) + (tail is not None)
    for place, field in enumerate(fields):
        is_empty = pattern >> place & 1
        rows[f"length{place}"] = -1 if is_empty else field.cells.dtype.itemsize
        if not is_empty:
            rows[f"cell{place}"] = field.cells
    if tail is not None:
        rows["tail"] = tail
    return rows
