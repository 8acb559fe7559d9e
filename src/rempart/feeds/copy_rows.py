"""Rows in PostgreSQL's binary COPY format, built in whole columns rather than row by row.

No cell is empty, so that rows have one length and are laid side by side in one array: a date that there is not is `infinity`,
a digest that there is not is zeros. Source: https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY-FORMAT.
"""

from collections.abc import Sequence
from datetime import date
from itertools import chain
from typing import Any, Final

import numpy as np
import polars as pl

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"

_EPOCH: Final = date(2000, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
"""Days from the first day that polars counts from to the first day that PostgreSQL counts from."""

_INFINITY: Final = 2**31 - 1
"""The date that comes after all others, as PostgreSQL sends it."""

Cells = np.ndarray[Any, np.dtype[Any]]


def integers(column: pl.Series, size: int) -> Cells:
    """Lay out a column of integers of so many bytes."""
    return column.to_numpy().astype(f">i{size}")


def dates(column: pl.Series) -> Cells:
    """Lay out a column of dates; none is `infinity`."""
    return integers((column.cast(pl.Int32) - _EPOCH).fill_null(_INFINITY), 4)


def digests(table: Cells) -> Cells:
    """Lay out a table of bytes, one digest per row."""
    size = table.shape[1]
    return np.ascontiguousarray(table).view(f"V{size}").reshape(-1)


def repeated(number: int, size: int, row_count: int) -> Cells:
    """Lay out the same integer in each row."""
    return np.full(row_count, number, dtype=f">i{size}")


def copy_rows(columns: Sequence[Cells], order: Cells | None = None) -> bytes:
    """Write rows, in another order if one is given."""
    rows = _side_by_side(columns)
    if order is not None:  # as opaque cells: numpy moves records with fields one field at a time
        rows = rows.view(f"V{rows.dtype.itemsize}")[order]
    return rows.tobytes()


def copy_rows_with_texts(columns: Sequence[Cells], texts: Sequence[bytes]) -> bytes:
    """Write rows that end with a text of any length."""
    lengths = np.fromiter(map(len, texts), dtype=">i4", count=len(texts))
    heads = _side_by_side(columns, tail=lengths)
    size, joined = heads.dtype.itemsize, heads.tobytes()
    cuts = (joined[at : at + size] for at in range(0, len(joined), size))
    return b"".join(chain.from_iterable(zip(cuts, texts, strict=True)))


def _side_by_side(columns: Sequence[Cells], tail: Cells | None = None) -> Cells:
    """Lay rows out in one array; `tail` is the length of a last cell, written by the caller."""
    layout: list[tuple[str, Any]] = [("count", ">i2")]
    for place, cells in enumerate(columns):
        layout += [(f"length{place}", ">i4"), (f"cell{place}", cells.dtype)]
    if tail is not None:
        layout.append(("tail", ">i4"))
    model = np.zeros(1, dtype=layout)
    model["count"] = len(columns) + (tail is not None)
    for place, cells in enumerate(columns):
        model[f"length{place}"] = cells.dtype.itemsize
    size = model.dtype.itemsize
    rows = np.repeat(model.view(f"V{size}"), len(columns[0])).view(model.dtype)
    for place, cells in enumerate(columns):
        rows[f"cell{place}"] = cells
    if tail is not None:
        rows["tail"] = tail
    return rows
