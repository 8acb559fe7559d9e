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
        st.binary(max_size=300),
    ),
    min_size=1,
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(rows=rows)
def test_postgresql_reads_back_each_row(
    database: Database, rows: list[tuple[int, int, bytes, date | None, bytes]]
) -> None:
    numbers, smalls, keys, dates, texts = (list(column) for column in zip(*rows, strict=True))
    columns = [
        layout.integers(pl.Series(numbers, dtype=pl.Int64), 8),
        layout.integers(pl.Series(smalls, dtype=pl.Int16), 2),
        layout.digests(np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 16)),
        layout.dates(pl.Series(dates, dtype=pl.Date)),
    ]
    with connect_sync(database.settings, "owner") as connection:
        connection.execute("create temp table read (a int8, b int2, c bytea, d date, e bytea, place serial)")
        with connection.cursor().copy("copy read (a, b, c, d, e) from stdin (format binary)") as copy:
            copy.write(layout.HEADER + layout.copy_rows_with_texts(columns, texts) + layout.TRAILER)
        read = connection.execute(
            "select a, b, c, nullif(d, 'infinity'), e from read order by place"
        ).fetchall()
        connection.execute("drop table read")
    assert read == rows


def test_rows_are_written_in_the_order_asked_for() -> None:
    columns = [layout.repeated(7, 4, 2), layout.integers(pl.Series([1, 2]), 4)]
    first, second = layout.copy_rows(columns, np.array([1, 0])), layout.copy_rows(columns)
    assert first[:18] == second[18:]
    assert first[18:] == second[:18]
