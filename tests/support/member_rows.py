"""The Lefèvre-Benali family as rows of a member file, for tests to spoil one cell at a time.

Nadia holds the contract; Camille is her wife; Zoé and Hugo, eight years old, are twins on Nadia's number; Amina, Nadia's mother,
was born in Algeria on a lunar date; Ange was born in Corsica and has left.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from rempart.feeds.formats.columns import columns_of
from rempart.feeds.formats.rows import LINE

NADIA_NIR = "285057800608441"
COLUMN_NAMES = [column.name for column in columns_of("full")]

Row = dict[str, str | None]

_NADIA: Row = {
    "beneficiary_id": "P-0001",
    "nir": NADIA_NIR,
    "nir_is_own": "1",
    "birth_date": "19850517",
    "birth_rank": "1",
    "other_aliases": None,
    "birth_name": "BENALI",
    "given_names": "Nadia Hélène",
    "sex": "F",
    "birthplace": "78006",
    "contract_number": "C-2024/017",
    "member_number": "70012345",
    "product_code": "CONFORT-2024",
    "coverage_rank": "1",
    "domains": "PHAR MEDE OPTI",
    "domains_without_tp": "DEPR",
    "waiting_domains": "DEPR",
    "waiting_until": "2026-12-31",
    "situation": "active",
    "opens_on": "2024-01-01",
    "ends_on": None,
    "card_secret_sha256": "0f" * 32,
}


def nadia(**cells: str | None) -> Row:
    """Give Nadia's row, some cells changed."""
    return {**_NADIA, **cells}


def family() -> list[Row]:
    """Give the rows of the whole family."""
    return [
        nadia(),
        nadia(
            beneficiary_id="P-0002",
            nir="284119935000152",
            birth_date="19841103",
            given_names="Camille",
            birth_name="LEFÈVRE",
        ),
        nadia(
            beneficiary_id="P-0003",
            nir_is_own="0",
            birth_date="20180228",
            given_names="Zoé",
            birth_name="LEFÈVRE",
        ),
        nadia(
            beneficiary_id="P-0004",
            nir_is_own="0",
            birth_date="20180228",
            birth_rank="2",
            given_names="Hugo",
            sex="M",
            other_aliases="284119935000152/20180228/2",
        ),
        nadia(
            beneficiary_id="P-0005",
            nir="253329935212376",
            birth_date="19531399",
            given_names="Amina",
            birthplace="99352",
        ),
        nadia(
            beneficiary_id="P-0006",
            nir="175072A00413284",
            birth_date="19750714",
            given_names="Ange",
            birth_name="D'ORNANO",
            sex="M",
            birthplace="2A004",
            waiting_domains=None,
            waiting_until=None,
            ends_on="2025-12-31",
            card_secret_sha256=None,
        ),
    ]


def frame_of(rows: Iterable[Row], kind: str = "full") -> pl.DataFrame:
    """Put rows in a frame of texts, in the order of the format."""
    schema = dict.fromkeys((column.name for column in columns_of(kind)), pl.String)
    return pl.DataFrame(list(rows), schema=schema)


def numbered(rows: Iterable[Row], kind: str = "full") -> pl.DataFrame:
    """Put rows in a frame as a reader gives them, numbered from line 2."""
    frame = frame_of(rows, kind)
    lines = pl.int_range(2, 2 + frame.height, dtype=pl.Int64, eager=True)
    return frame.with_columns(lines.alias(LINE))


def csv_bytes(rows: Iterable[Row], names: list[str] | None = None) -> bytes:
    """Write rows as the CSV of a member file, by hand."""
    names = COLUMN_NAMES if names is None else names
    lines = [";".join(names), *(";".join(row.get(name) or "" for name in names) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def replace_bytes(path: Path, old: bytes, new: bytes) -> None:
    """Change a file in place, as a transmission fault or a forger would."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
