"""The row groups of a Parquet file are known before anything is decoded, and no footer, however damaged, does harm."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors import member_files as errors
from rempart.feeds.formats.parquet_footer import RowGroup, read_row_groups
from rempart.limits.files import MEMBER_FILE_FOOTER_MAX_BYTES, MEMBER_FILE_GROUP_MAX_ROWS


def write_groups(path: Path, row_count: int, group_rows: int) -> Path:
    """Write a Parquet file of texts, lists, structures and flags in groups of a size."""
    numbers = pl.int_range(row_count, eager=True)
    frame = pl.DataFrame(
        {
            "text": numbers.cast(pl.String),
            "flag": numbers > 3,
            "list": [[1]] * row_count,
            "part": [{"a": 1}] * row_count,
        }
    )
    frame.write_parquet(path, row_group_size=group_rows)
    return path


def groups_of(path: Path) -> list[RowGroup]:
    """Read the row groups of a file."""
    with path.open("rb") as file:
        return read_row_groups(file)


def test_the_groups_are_those_that_were_written(tmp_path: Path) -> None:
    groups = groups_of(write_groups(tmp_path / "m.parquet", 250, 100))

    assert [group.row_count for group in groups] == [100, 100, 50]
    assert all(100 < group.size_bytes < 10_000 for group in groups)


def test_no_rows_make_no_group_or_an_empty_one(tmp_path: Path) -> None:
    assert sum(group.row_count for group in groups_of(write_groups(tmp_path / "m.parquet", 0, 100))) == 0


def test_a_group_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pl.DataFrame(
        {"text": pl.repeat(None, MEMBER_FILE_GROUP_MAX_ROWS + 1, dtype=pl.String, eager=True)}
    ).write_parquet(path, row_group_size=2 * MEMBER_FILE_GROUP_MAX_ROWS)

    with pytest.raises(errors.MemberFileRowGroupTooLarge) as caught:
        groups_of(path)
    assert caught.value.place == "row group 1"


def test_a_group_that_says_it_is_larger_than_memory_is_refused(tmp_path: Path) -> None:
    # FileMetaData {4: [RowGroup {2: 2**40 bytes, 3: 1 row}]} in compact protocol
    size = b"\x80\x80\x80\x80\x80\x40"
    footer = b"\x49\x1c" + b"\x26" + size + b"\x16\x02" + b"\x00" + b"\x00"
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")

    with pytest.raises(errors.MemberFileRowGroupTooLarge):
        groups_of(path)


def test_a_footer_that_says_it_is_longer_than_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR1" + b"\x00" * 20 + MEMBER_FILE_FOOTER_MAX_BYTES.to_bytes(4, "little") + b"PAR1")

    with pytest.raises(errors.MemberFileNotParquet):
        groups_of(path)


@given(footer=st.binary(max_size=120))
def test_any_footer_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, footer: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    try:
        groups = groups_of(path)
    except (errors.MemberFileNotParquet, errors.MemberFileRowGroupTooLarge):
        return
    assert all(isinstance(group, RowGroup) and group.row_count >= 0 for group in groups)
