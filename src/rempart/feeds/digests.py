"""What a row of a member file becomes before it leaves this process: keyed digests, and identity traits to be sealed.

    alias       HMAC(index key of the insurer, "NIR|birth date|rank"), asked for by the gate as well (domain/identifiers.py)
    reference   CMAC of the insurer's own number for the person: what tells people of two files apart
    contract    CMAC of the reference and the contract number: what a line is inside its person
    traits      CMAC of the reference and the traits: tells whether an identity changed without opening it

The keys of the three CMACs are HMACs of the index key too ("key|reference", "key|contract", "key|traits"). They live for the time
of a load, in this process, which has the file open: they lead to nobody by a NIR and open nothing, and a copy of the database
cannot be searched for a number without them.

The first byte tells the kinds of messages apart: an alias begins with a digit. Never let a key, a message or a text of traits
reach a log, an error or the database.
"""

from typing import Final

import numpy as np
import polars as pl

from rempart.feeds.copy_rows import Cells

CONTRACT_BYTES: Final = 16
TRAITS_BYTES: Final = 8
DIGEST_BYTES: Final = 32

KEYS: Final = b"key|reference\nkey|contract\nkey|traits"
"""The messages whose HMACs are the keys of the three CMACs."""

TRAITS: Final = (
    "beneficiary_id",
    "nir",
    "nir_is_own",
    "birth_date",
    "birth_rank",
    "other_aliases",
    "birth_name",
    "given_names",
    "sex",
    "birthplace",
    "contract_number",
    "member_number",
)
"""What is sealed, in this order, joined by `;`, which no value holds; an empty value is an empty text."""

IDENTITY: Final = (*TRAITS[1:10], "card_secret_sha256")
"""What one beneficiary has once: two rows of a file that differ here contradict each other."""

_STEP_BYTES: Final = 32
"""Texts of traits are filled with zeros to a multiple of this: so the length of a seal hardly tells that of a name, and texts
of one length are handled in one go."""

_FILLINGS: Final = pl.Series(["\0" * missing for missing in range(_STEP_BYTES)])
_NUMBER_CELL_BYTES: Final = 32  # two blocks of the CMAC; a number has 24 bytes at most (formats/columns.py)


def alias_messages(people: pl.DataFrame) -> bytes:
    """Compose `NIR|birth date|rank` of each person, joined by line feeds."""
    parts = (pl.col("nir"), pl.col("birth_date"), pl.col("birth_rank").cast(pl.String))
    return _joined(people.select(message=pl.concat_str(*parts, separator="|")).to_series(), "\n")


def other_alias_messages(aliases: pl.Series) -> bytes:
    """Compose the messages of aliases written `NIR/birth date/rank`, joined by line feeds."""
    return _joined(aliases.str.replace_all("/", "|", literal=True), "\n")


def number_cells(numbers: pl.Series) -> Cells:
    """Lay out the insurer's numbers, of people or contracts, filled with zeros to one length."""
    return cut(_joined(numbers.str.pad_end(_NUMBER_CELL_BYTES, "\0"), ""), _NUMBER_CELL_BYTES)


def traits_texts(rows: pl.DataFrame) -> pl.Series:
    """Write down the traits of each row as they are sealed, filled with zeros."""
    text = pl.concat_str(
        *(
            pl.col(name).cast(pl.Int8 if name == "nir_is_own" else pl.String).cast(pl.String)
            for name in TRAITS
        ),
        separator=";",
    )
    filled = rows.with_columns(pl.col("other_aliases", "birthplace").fill_null(""))
    texts = filled.select(text=text).to_series()
    missing = (_STEP_BYTES - texts.str.len_bytes().cast(pl.Int64) % _STEP_BYTES) % _STEP_BYTES
    return texts + _FILLINGS.gather(missing)


def traits_cells(texts: pl.Series, length_bytes: int) -> Cells:
    """Lay out texts of traits that have one length."""
    return cut(_joined(texts, ""), length_bytes)


def identity_marks(rows: pl.DataFrame) -> pl.Series:
    """Hash what one beneficiary has once, to compare rows of one load with each other and with nothing else."""
    return rows.select(mark=pl.struct(IDENTITY).hash(seed=1)).to_series().reinterpret(signed=True)


def cut(joined: bytes, size: int) -> Cells:
    """See joined bytes as a table, so many bytes a row."""
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, size)


def _joined(messages: pl.Series, separator: str) -> bytes:
    return str(messages.str.join(separator).item()).encode() if messages.len() else b""
