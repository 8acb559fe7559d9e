"""What a row of a member file becomes before it leaves this process: keyed digests, and identity traits to be sealed.

    reference   HMAC(index key of the insurer, "ref|" + beneficiary_id): 16 bytes are kept, the other 16 never leave this
                process; they key the two digests below, so a copy of the database cannot be searched for a contract number
    contract    keyed BLAKE2s of the contract number: what a line is inside its person
    traits      keyed BLAKE2s of the traits: tells whether an identity changed without opening it
    alias       HMAC(index key of the insurer, "NIR|birth date|rank"), asked for by the gate as well (domain/identifiers.py)

The first byte tells the kinds of messages apart: an alias begins with a digit. Never let a reference's second half, a message
or a text of traits reach a log, an error or the database.
"""

from hashlib import blake2s
from typing import Final

import numpy as np
import polars as pl

REFERENCE_BYTES: Final = 16
CONTRACT_BYTES: Final = 16
TRAITS_BYTES: Final = 8
DIGEST_BYTES: Final = 32

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


def reference_messages(beneficiary_ids: pl.Series) -> bytes:
    """Compose the messages whose HMACs find people by their insurer's own reference, joined by line feeds."""
    return _joined("ref|" + beneficiary_ids)


def alias_messages(people: pl.DataFrame) -> bytes:
    """Compose `NIR|birth date|rank` of each person, joined by line feeds."""
    parts = (pl.col("nir"), pl.col("birth_date"), pl.col("birth_rank").cast(pl.String))
    return _joined(people.select(message=pl.concat_str(*parts, separator="|")).to_series())


def other_alias_messages(aliases: pl.Series) -> bytes:
    """Compose the messages of aliases written `NIR/birth date/rank`, joined by line feeds."""
    return _joined(aliases.str.replace_all("/", "|", literal=True))


def _joined(messages: pl.Series) -> bytes:
    return str(messages.str.join("\n").item()).encode() if messages.len() else b""


def contract_digests(keys: list[bytes], contract_numbers: list[str]) -> list[bytes]:
    """Digest contract numbers, each under its person's key."""
    return [
        blake2s(number.encode(), digest_size=CONTRACT_BYTES, key=key, person=b"contract").digest()
        for key, number in zip(keys, contract_numbers, strict=True)
    ]


def traits_digests(keys: list[bytes], traits: list[bytes]) -> list[bytes]:
    """Digest texts of traits, each under its person's key."""
    return [
        blake2s(text, digest_size=TRAITS_BYTES, key=key, person=b"traits").digest()
        for key, text in zip(keys, traits, strict=True)
    ]


def traits_texts(rows: pl.DataFrame) -> list[bytes]:
    """Write down the traits of each row as they are sealed."""
    text = pl.concat_str(
        *(
            pl.col(name).cast(pl.Int8 if name == "nir_is_own" else pl.String).cast(pl.String)
            for name in TRAITS
        ),
        separator=";",
        ignore_nulls=False,
    )
    filled = rows.with_columns(pl.col("other_aliases", "birthplace").fill_null(""))
    return filled.select(text=text.cast(pl.Binary)).to_series().to_list()


def identity_marks(rows: pl.DataFrame) -> pl.Series:
    """Hash what one beneficiary has once, to compare rows of one load with each other and with nothing else."""
    return rows.select(mark=pl.struct(IDENTITY).hash(seed=1)).to_series().reinterpret(signed=True)


def cut(joined: bytes, size: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """See joined digests as a table, one row each."""
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, size)
