"""Rows in PostgreSQL's binary COPY format, built in whole columns rather than row by row.

Rows of one length are laid side by side in one array. In the staging tables no cell is empty: a date that there is not is
`infinity`, a digest that there is not is zeros. Where cells may be null, the rows that have the same ones are laid out together.
Source: https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY-FORMAT.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"

_EPOCH: Final = date(2000, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
"""Days from the first day that polars counts from to the first day that PostgreSQL counts from."""

INFINITY: Final = 2**31 - 1
"""The date that comes after all others, as PostgreSQL sends it."""

Cells = np.ndarray[Any, np.dtype[Any]]


def integers(column: pl.Series, size: int) -> Cells:
    """Lay out a column of integers of so many bytes."""
    return column.to_numpy().astype(f">i{size}")


def dates(column: pl.Series) -> Cells:
    """Lay out a column of dates; none is `infinity`."""
    return integers((column.cast(pl.Int32) - _EPOCH).fill_null(INFINITY), 4)


def digests(table: Cells) -> Cells:
    """Lay out a table of bytes, one digest per row."""
    size = table.shape[1]
    return np.ascontiguousarray(table).view(f"V{size}").reshape(-1)


def repeated(number: int, size: int, row_count: int) -> Cells:
    """Lay out the same integer in each row."""
    return np.full(row_count, number, dtype=f">i{size}")


def copy_rows(columns: Sequence[Cells | None], order: Cells | None = None) -> bytes:
    """Write rows, in another order if one is given; a column that is None is null in all of them."""
    rows = _side_by_side(columns)
    if order is not None:  # as opaque cells: numpy moves records with fields one field at a time
        rows = rows.view(f"V{rows.dtype.itemsize}")[order]
    return rows.tobytes()


def copy_rows_with_nulls(columns: Sequence[Cells], nulls: Mapping[int, Cells], order: Cells) -> bytes:
    """Write rows, those that have the same null cells together and in the order given; `nulls` says where a column is null."""
    kinds = np.zeros(len(order), dtype=np.int8)
    for bit, is_null in enumerate(nulls.values()):
        kinds |= (is_null[order] << bit).astype(np.int8)
    pieces = []
    for kind in np.unique(kinds):
        rows = order[kinds == kind]
        absent = {place for bit, place in enumerate(nulls) if kind >> bit & 1}
        pieces.append(
            copy_rows([None if place in absent else cells[rows] for place, cells in enumerate(columns)])
        )
    return b"".join(pieces)


def _side_by_side(columns: Sequence[Cells | None]) -> Cells:
    """Lay rows out in one array."""
    layout: list[tuple[str, Any]] = [("count", ">i2")]
    for place, cells in enumerate(columns):
        layout.append((f"length{place}", ">i4"))
        if cells is not None:
            layout.append((f"cell{place}", cells.dtype))
    model = np.zeros(1, dtype=layout)
    model["count"] = len(columns)
    for place, cells in enumerate(columns):
        model[f"length{place}"] = -1 if cells is None else cells.dtype.itemsize
    size = model.dtype.itemsize
    row_count = next(len(cells) for cells in columns if cells is not None)
    rows = np.repeat(model.view(f"V{size}"), row_count).view(model.dtype)
    for place, cells in enumerate(columns):
        if cells is not None:
            rows[f"cell{place}"] = cells
    return rows
