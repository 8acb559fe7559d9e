"""Rows laid out for COPY: PostgreSQL reads what was meant."""

from datetime import date

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.feeds import copy_rows as layout
from rempart.store.database import connect_sync
from tests.support.database import Database

days = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2199, 12, 31)))
rows = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-(2**15), 2**15 - 1),
        st.binary(min_size=16, max_size=16),
        days,
        days,
    ),
    min_size=1,
    max_size=20,
)

Written = tuple[int, int, bytes, date | None, date | None]


def columns_of(rows: list[Written]) -> list[layout.Cells]:
    numbers, smalls, keys, first, second = (list(column) for column in zip(*rows, strict=True))
    return [
        layout.integers(pl.Series(numbers, dtype=pl.Int64), 8),
        layout.integers(pl.Series(smalls, dtype=pl.Int16), 2),
        layout.digests(np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 16)),
        layout.dates(pl.Series(first, dtype=pl.Date)),
        layout.dates(pl.Series(second, dtype=pl.Date)),
    ]


def read_back(database: Database, written: bytes) -> list[Written]:
    """Let PostgreSQL read rows, and give them in the order in which they came."""
    with connect_sync(database.settings, "owner") as connection:
        connection.execute("create temp table read (a int8, b int2, c bytea, d date, e date, place serial)")
        with connection.cursor().copy("copy read (a, b, c, d, e) from stdin (format binary)") as copy:
            copy.write(layout.HEADER + written + layout.TRAILER)
        read = connection.execute(
            "select a, b, c, nullif(d, 'infinity'), nullif(e, 'infinity'), d = 'infinity', e = 'infinity'"
            " from read order by place"
        ).fetchall()
        connection.execute("drop table read")
    return read


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(rows=rows)
def test_postgresql_reads_back_each_row(database: Database, rows: list[Written]) -> None:
    read = read_back(database, layout.copy_rows(columns_of(rows)))
    assert read == [(*row, row[3] is None, row[4] is None) for row in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(rows=rows)
def test_what_is_null_is_read_as_null(database: Database, rows: list[Written]) -> None:
    columns = columns_of(rows)
    nulls = {place: columns[place] == layout.INFINITY for place in (3, 4)}
    order = np.arange(len(rows))[::-1]
    read = read_back(database, layout.copy_rows_with_nulls(columns, nulls, order))
    expected = [(*row, *(None if day is None else False for day in row[3:])) for row in rows[::-1]]
    assert sorted(read, key=repr) == sorted(expected, key=repr)
    for absent in {(row[3] is None, row[4] is None) for row in rows}:
        alike = [row for row in read if (row[3] is None, row[4] is None) == absent]
        assert alike == [row for row in expected if (row[3] is None, row[4] is None) == absent]


def test_rows_are_written_in_the_order_asked_for() -> None:
    columns = [layout.repeated(7, 4, 2), layout.integers(pl.Series([1, 2]), 4)]
    first, second = layout.copy_rows(columns, np.array([1, 0])), layout.copy_rows(columns)
    assert first[:18] == second[18:]
    assert first[18:] == second[:18]
