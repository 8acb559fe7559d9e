"""Each cell that is wrong is found, with its own reason, by whole columns as by single cells."""

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.domain.rights import Domain
from rempart.feeds.formats.advice import advice
from rempart.feeds.formats.cells import reason_of
from rempart.feeds.formats.columns import COLUMNS, columns_of
from rempart.feeds.formats.rows import TYPES, BadLine, check
from tests.support.member_rows import NADIA_NIR, Row, family, nadia, numbered

REFERENCE_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "member-file.md"

ALIAS = "284119935000152/20180228/2"

SPOILT = [
    ("beneficiary_id", None, "value-missing"),
    ("beneficiary_id", "p-0001", "value-character"),
    ("beneficiary_id", "P 0001", "value-character"),
    ("beneficiary_id", "P" * 25, "value-too-long"),
    ("beneficiary_id", "nadia@exemple.fr", "looks-like-contact-data"),
    ("beneficiary_id", f"P{NADIA_NIR[:13]}", "nir-inside-reference"),
    ("beneficiary_id", "2-85-05-78-006-084", "nir-inside-reference"),
    ("nir", None, "value-missing"),
    ("nir", "28505780060844", "nir-length"),
    ("nir", "2 85 05 78 006 084 41", "nir-length"),
    ("nir", "2850578006084", "nir-key-missing"),
    ("nir", "28505780060844O", "nir-character"),
    ("nir", "253072a07300443", "nir-character"),
    ("nir", "985057800608441", "nir-sex-digit"),
    ("nir", "285137800608441", "nir-month"),
    ("nir", "285050000608441", "nir-place"),
    ("nir", "285057800600041", "nir-order"),
    ("nir", "285057800608442", "nir-key"),
    ("nir", "255555591104274", "nir-fictitious"),
    ("nir_is_own", "2", "value-not-listed"),
    ("nir_is_own", "oui", "value-not-listed"),
    ("birth_date", "1985-05-17", "birth-date-length"),
    ("birth_date", "1985O517", "birth-date-character"),
    ("birth_date", "18500517", "birth-date-year"),
    ("birth_date", None, "value-missing"),
    ("birth_rank", "0", "birth-rank"),
    ("birth_rank", " 1", "birth-rank"),
    ("birth_rank", None, "value-missing"),
    ("other_aliases", "284119935000152", "alias-form"),
    ("other_aliases", f"{ALIAS}  {ALIAS}", "alias-form"),
    ("other_aliases", "284119935000162/20180228/2", "nir-key"),
    ("other_aliases", "284119935000152/2018022/2", "birth-date-length"),
    ("other_aliases", "284119935000152/20180228/0", "birth-rank"),
    ("other_aliases", " ".join([ALIAS] * 9), "alias-too-many"),
    ("birth_name", None, "value-missing"),
    ("birth_name", "BENALI 2", "value-character"),
    ("birth_name", " BENALI", "value-character"),
    ("birth_name", '"BENALI"', "value-character"),
    ("birth_name", "B" * 161, "value-too-long"),
    ("birth_name", "BENALI 06 12 34 56 78", "looks-like-contact-data"),
    ("given_names", "nadia@exemple.fr", "looks-like-contact-data"),
    ("given_names", "FR76 3000 6000 0112 3456 7890 189", "looks-like-contact-data"),
    ("sex", "H", "value-not-listed"),
    ("sex", "FM", "value-not-listed"),
    ("birthplace", "7800", "birthplace-form"),
    ("birthplace", "2C004", "birthplace-form"),
    ("contract_number", "0612345678", "looks-like-contact-data"),
    ("contract_number", "06.12.34.56.78", "looks-like-contact-data"),
    ("contract_number", "+33612345678", "looks-like-contact-data"),
    ("contract_number", "DE89370400440532013000", "looks-like-contact-data"),
    ("contract_number", "FR7630006000011234567890189", "looks-like-contact-data"),
    ("member_number", "0033612345678", "looks-like-contact-data"),
    ("member_number", "n° 12", "value-character"),
    ("product_code", None, "value-missing"),
    ("coverage_rank", "3", "value-not-listed"),
    ("domains", "PHAR MEDE DENT", "domain-unknown"),
    ("domains", "PHAR,MEDE", "domain-unknown"),
    ("domains", "PHAR  MEDE DEPR", "domain-unknown"),
    ("domains", "PHAR PHAR", "domain-twice"),
    ("domains_without_tp", "DEPR OPTI", "domain-overlap"),
    ("waiting_domains", "AUDI", "waiting-not-covered"),
    ("waiting_domains", "DEPR DEPR", "domain-twice"),
    ("waiting_until", None, "waiting-incomplete"),
    ("waiting_until", "31/12/2026", "date-form"),
    ("situation", "actif", "value-not-listed"),
    ("opens_on", "2024-1-1", "date-form"),
    ("opens_on", "1824-01-01", "date-form"),
    ("opens_on", "2025-02-29", "date-impossible"),
    ("opens_on", None, "value-missing"),
    ("ends_on", "2023-12-31", "period-reversed"),
    ("ends_on", "2024-13-01", "date-impossible"),
    ("card_secret_sha256", "0F" * 32, "digest-form"),
    ("card_secret_sha256", "0f" * 31, "digest-form"),
]


def test_a_family_is_taken_with_its_types() -> None:
    rows, bad_lines = check(numbered(family()), columns_of("full"))

    assert bad_lines == []
    assert dict(rows.schema) == TYPES
    assert rows["line"].to_list() == [2, 3, 4, 5, 6, 7]
    first, last = rows.row(0, named=True), rows.row(5, named=True)
    assert first["domains"] == Domain.PHAR.bit | Domain.MEDE.bit | Domain.OPTI.bit
    assert first["domains_without_tp"] == first["waiting_domains"] == Domain.DEPR.bit
    assert str(first["waiting_until"]) == "2026-12-31"
    assert first["ends_on"] is None
    assert first["card_secret_sha256"] == bytes.fromhex("0f" * 32)
    assert first["change"] == "upsert"
    assert (last["waiting_domains"], str(last["ends_on"]), last["card_secret_sha256"]) == (
        0,
        "2025-12-31",
        None,
    )
    assert rows["nir_is_own"].to_list() == [True, True, False, False, True, True]
    assert rows["birth_rank"].to_list() == [1, 1, 1, 2, 1, 1]


@pytest.mark.parametrize(("column", "text", "reason"), SPOILT)
def test_a_spoilt_cell_is_named_and_the_other_lines_are_taken(
    column: str, text: str | None, reason: str
) -> None:
    rows, bad_lines = check(numbered([family()[1], nadia(**{column: text}), family()[4]]), columns_of("full"))

    person = None if column == "beneficiary_id" else "P-0001"
    assert BadLine(3, column, reason, person) in bad_lines
    assert rows["line"].to_list() == [2, 4]


def test_a_waiting_period_without_domains_is_incomplete() -> None:
    _, bad_lines = check(numbered([nadia(waiting_domains=None)]), columns_of("full"))

    assert bad_lines == [BadLine(2, "waiting_until", "waiting-incomplete", "P-0001")]


def test_every_bad_cell_of_a_line_is_told() -> None:
    _, bad_lines = check(numbered([nadia(nir=None, sex="H", opens_on="hier")]), columns_of("full"))

    assert [(bad.column, bad.reason) for bad in bad_lines] == [
        ("nir", "value-missing"),
        ("sex", "value-not-listed"),
        ("opens_on", "date-form"),
    ]


def test_a_bad_line_never_repeats_what_was_written() -> None:
    for column, text, _ in SPOILT:
        _, bad_lines = check(numbered([nadia(**{column: text})]), columns_of("full"))
        for bad in bad_lines:
            assert text is None or len(text) < 4 or text not in repr(bad)
            assert NADIA_NIR[:13] not in repr(bad)


def test_names_as_people_bear_them_are_taken() -> None:
    names = [
        "N'DIAYE",
        "D’ORNANO",
        "LE GOFF",
        "SAINT-EXUPÉRY",
        "Œuvray",
        "Ç",
        "Zoe\u0308",
        "J. M.",
        "ŁUKASIEWICZ",
        "NGUYỄN",
    ]
    rows, bad_lines = check(numbered([nadia(birth_name=name) for name in names]), columns_of("full"))

    assert bad_lines == []
    assert rows["birth_name"].to_list() == names


def test_a_number_that_only_resembles_an_iban_is_taken() -> None:
    _, bad_lines = check(numbered([nadia(contract_number="DE89370400440532013001")]), columns_of("full"))

    assert bad_lines == []


@pytest.mark.parametrize(
    ("change", "is_good"), [("upsert", True), ("close", True), ("delete", False), (None, False)]
)
def test_a_delta_says_what_changes(change: str | None, is_good: bool) -> None:
    rows, bad_lines = check(numbered([nadia(change=change)], "delta"), columns_of("delta"))

    assert rows["change"].to_list() == ([change] if is_good else [])
    assert bool(bad_lines) is not is_good


def test_every_reason_is_documented_explained_and_shown_here() -> None:
    page = REFERENCE_PAGE.read_text(encoding="utf-8")
    shown = {reason for _, _, reason in SPOILT} | {"line-width"}
    sources = Path(__file__).parents[3] / "src" / "rempart" / "feeds" / "formats"
    written = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', (sources / "cells.py").read_text(encoding="utf-8")))
    written -= {"ascii-digits", "utf-8"}

    assert written <= shown
    for reason in shown:
        assert f"`{reason}`" in page, reason
        assert reason in advice("fr"), reason


anything = st.text(max_size=30)
near_misses = st.sampled_from([text for _, text, _ in SPOILT if text is not None])
own_contents = st.sampled_from([cell for row in family() for cell in row.values() if cell is not None])
cells = st.one_of(st.none(), anything.filter(bool), near_misses, own_contents)
digits = st.text("0123456789AB-/. @+", min_size=1, max_size=26)
spoilt_rows = st.builds(
    lambda row, changes: {**row, **changes},
    st.sampled_from(family()),
    st.dictionaries(
        st.sampled_from([column.name for column in COLUMNS]), st.one_of(cells, digits), max_size=4
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(spoilt_rows, min_size=1, max_size=12))
def test_whole_columns_and_single_cells_agree(rows: list[Row]) -> None:
    frame = numbered(rows)
    good, bad_lines = check(frame, columns_of("full"))

    expected = {
        (line, column.name, reason)
        for line, row in enumerate(rows, 2)
        for column in COLUMNS
        if (reason := reason_of(column, row)) is not None
    }
    assert {(bad.line, bad.column, bad.reason) for bad in bad_lines} == expected
    assert good["line"].to_list() == [
        line for line in frame["line"] if line not in {bad[0] for bad in expected}
    ]


def test_the_page_lists_the_columns_in_our_order() -> None:
    page = REFERENCE_PAGE.read_text(encoding="utf-8")
    table = page[page.index("### Columns") : page.index("Domain codes:")]

    assert re.findall(r"^\| `(\w+)` \| (no|yes|with)", table, re.MULTILINE) == [
        (column.name, "no" if column.is_required else "with" if column.name == "waiting_until" else "yes")
        for column in COLUMNS
    ]
    assert "| `change` | delta files only |" in table


def test_no_rows_are_no_trouble() -> None:
    rows, bad_lines = check(numbered([]), columns_of("full"))

    assert (rows.height, bad_lines) == (0, [])
    assert isinstance(rows, pl.DataFrame)
