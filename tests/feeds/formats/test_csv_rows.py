"""A CSV member file is cut into rows, or refused at the line where it stops being one."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors import member_files as errors
from rempart.feeds.formats.columns import columns_of
from rempart.feeds.formats.csv_rows import read_csv_rows
from rempart.feeds.formats.rows import LINE, BadLine
from rempart.limits.files import MEMBER_FILE_LINE_MAX_BYTES
from tests.support.member_rows import COLUMN_NAMES, Row, csv_bytes, family, nadia

FULL = columns_of("full")


def read(content: bytes, block_bytes: int = 1 << 20) -> tuple[list[Row], list[BadLine]]:
    """Read a whole CSV: rows with their line numbers, and lines that could not be cut."""
    rows: list[Row] = []
    bad_lines: list[BadLine] = []
    for texts in read_csv_rows(io.BytesIO(content), FULL, block_bytes):
        rows += texts.frame.to_dicts()
        bad_lines += texts.bad_lines
    return rows, bad_lines


@pytest.mark.parametrize("block_bytes", [1, 7, 100, 301, 1 << 20])
def test_a_family_is_read_whatever_the_blocks(block_bytes: int) -> None:
    rows, bad_lines = read(csv_bytes(family()), block_bytes)

    assert rows == [{**row, LINE: line} for line, row in enumerate(family(), 2)]
    assert bad_lines == []


def test_columns_come_in_any_order() -> None:
    rows, _ = read(csv_bytes(family(), COLUMN_NAMES[::-1]))

    assert [row["given_names"] for row in rows] == [row["given_names"] for row in family()]


def test_line_ends_of_windows_are_taken() -> None:
    assert read(csv_bytes(family()).replace(b"\n", b"\r\n")) == read(csv_bytes(family()))


def test_a_header_alone_is_a_file_without_rows() -> None:
    assert read(csv_bytes([])) == ([], [])


def test_a_line_of_another_width_is_bad_and_the_others_keep_their_numbers() -> None:
    lines = csv_bytes(family()).splitlines(keepends=True)
    lines[2] = lines[2].replace(b"\n", b";\n")
    lines[4] = b"\n"
    lines[5] = lines[5].replace(b";", b",", 3)
    rows, bad_lines = read(b"".join(lines))

    assert [bad.line for bad in bad_lines] == [3, 5, 6]
    assert {(bad.reason, bad.beneficiary_id) for bad in bad_lines} == {("line-width", None)}
    assert [row[LINE] for row in rows] == [2, 4, 7]


def test_two_wrong_widths_that_add_up_are_both_seen() -> None:
    lines = csv_bytes([nadia(), nadia()]).splitlines(keepends=True)
    lines[1] = lines[1].replace(b";", b"", 1)
    lines[2] = lines[2].replace(b"\n", b";\n")

    assert [bad.line for bad in read(b"".join(lines))[1]] == [2, 3]


def test_a_quote_is_a_character_like_others() -> None:
    rows, _ = read(csv_bytes([nadia(birth_name='"BENALI'), nadia(birth_name='LEFÈVRE"')]))

    assert [row["birth_name"] for row in rows] == ['"BENALI', 'LEFÈVRE"']


REFUSED = {
    "empty": (b"", errors.MemberFileTruncated, "line 1"),
    "header cut": (csv_bytes([])[:-1], errors.MemberFileTruncated, "line 1"),
    "last line cut": (csv_bytes(family())[:-5], errors.MemberFileTruncated, "line 7"),
    "last line feed gone": (csv_bytes(family())[:-1], errors.MemberFileTruncated, "line 7"),
    "byte-order mark": (b"\xef\xbb\xbf" + csv_bytes(family()), errors.MemberFileByteOrderMark, "line 1"),
    "latin 1": (csv_bytes(family()).decode().encode("latin-1"), errors.MemberFileEncodingWrong, "line 2"),
    "utf-16": (csv_bytes(family()).decode().encode("utf-16"), errors.MemberFileEncodingWrong, "line 1"),
    "cut inside a letter": (
        csv_bytes(family()).split("È".encode())[0] + b"\xc3",
        errors.MemberFileEncodingWrong,
        "line 3",
    ),
    "commas": (csv_bytes(family()).replace(b";", b","), errors.MemberFileSeparatorWrong, "line 1"),
    "tabulations": (csv_bytes(family()).replace(b";", b"\t"), errors.MemberFileSeparatorWrong, "line 1"),
    "no line ends": (b";" * 5000, errors.MemberFileLineTooLong, "line 1"),
    "a line too long": (
        csv_bytes([nadia(), nadia(birth_name="B" * MEMBER_FILE_LINE_MAX_BYTES)]),
        errors.MemberFileLineTooLong,
        "line 3",
    ),
    "a last line without end": (csv_bytes([nadia()]) + b"x" * 9000, errors.MemberFileLineTooLong, "line 3"),
    "a column gone": (csv_bytes([], COLUMN_NAMES[1:]), errors.MemberFileColumnMissing, "beneficiary_id"),
    "a column twice": (csv_bytes([], [*COLUMN_NAMES, "nir"]), errors.MemberFileColumnTwice, "nir"),
    "a column more": (csv_bytes([], [*COLUMN_NAMES, "taille"]), errors.MemberFileColumnUnknown, "column 23"),
    "no header": (csv_bytes(family()).partition(b"\n")[2], errors.MemberFileColumnUnknown, "column 1"),
    "quoted header": (csv_bytes([]).replace(b"nir;", b'"nir";'), errors.MemberFileColumnUnknown, "column 2"),
    "an e-mail column": (
        csv_bytes([], [*COLUMN_NAMES, "E_mail"]),
        errors.MemberFileHasContactColumn,
        "column 23 (email)",
    ),
}


@pytest.mark.parametrize(("content", "error", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_a_damaged_file_is_refused_for_what_it_is(
    content: bytes, error: type[errors.MemberFileRefused], place: str
) -> None:
    with pytest.raises(errors.MemberFileRefused) as caught:
        read(content, block_bytes=1000)

    assert (type(caught.value), caught.value.place) == (error, place)


def test_no_refusal_repeats_what_is_in_the_file() -> None:
    for content, error, _ in REFUSED.values():
        with pytest.raises(error) as caught:
            read(content)
        shown = repr(caught.value) + repr(caught.value.__cause__)
        assert "NADIA" not in shown.upper()
        assert "0578006" not in shown


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_rows_bad_lines_or_a_refusal(tail: bytes, block_bytes: int) -> None:
    try:
        rows, bad_lines = read(csv_bytes(family()) + tail, block_bytes)
    except errors.MemberFileRefused as refusal:
        assert refusal.place.startswith("line ")  # noqa: PT017 (most tails are refused)
    else:
        assert len(rows) + len(bad_lines) == len(family()) + tail.count(b"\n")
