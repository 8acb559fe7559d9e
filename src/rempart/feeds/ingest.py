"""A batch of checked rows turned into what may be stored: digests, seals, and rows for COPY.

What comes in names people; what goes out does not. The keyring computes what needs a key, the rest is done in whole columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np
import polars as pl

from rempart.feeds import digests
from rempart.feeds.copy_rows import Cells, Field, copy_rows, copy_rows_with_texts, dates, integers, repeated
from rempart.feeds.copy_rows import digests as digest_field
from rempart.feeds.formats.member_file import Batch
from rempart.feeds.formats.rows import LINE, BadLine

UPSERT, CLOSE, BAD = 0, 1, 2
CHANGES: Final = {"upsert": UPSERT, "close": CLOSE}
SITUATIONS: Final = {"active": 0, "suspended": 1, "renewal": 2}


class Sealer(Protocol):
    """What a load asks of the keyring; the bulk client, or one that counts in front of it."""

    def index_joined(self, amc_number: str, joined: bytes) -> bytes:
        """Give the digests of messages separated by line feeds, one after the other, 32 bytes each."""

    def seal(self, amc_number: str, associated: Sequence[bytes], plaintexts: Sequence[bytes]) -> list[bytes]:
        """Seal each text, bound to its associated data."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch ready for the database: rows of a COPY for each staging table that gets some, and products not named before."""

    copies: dict[str, bytes]
    first_product_place: int
    new_products: list[str]
    bad_lines: list[BadLine]
    line_count: int
    lines_so_far: int


@dataclass(frozen=True, slots=True)
class Ingest:
    """Turns batches of one insurer's file into staged rows."""

    amc_number: str
    insurer_id: int
    keyring: Sealer
    product_places: dict[str, int] = field(default_factory=dict)

    def stage(self, batch: Batch) -> Staged:
        """Turn one batch into rows of digests and seals."""
        rows, first_place = batch.rows, len(self.product_places)
        copies: dict[str, bytes] = {}
        if rows.height:
            persons, references = self._references(rows["beneficiary_id"])
            copies |= self._people(rows, references, persons)
            copies |= self._lines(rows, references[persons])
        held = pl.Series([bad.beneficiary_id for bad in batch.bad_lines], dtype=pl.String)
        if held.drop_nulls().len():
            copies["lines"] = copies.get("lines", b"") + self._bad(batch.bad_lines)
        new_products = list(self.product_places)[first_place:]
        return Staged(
            copies, first_place, new_products, batch.bad_lines, batch.line_count, batch.lines_so_far
        )

    def _references(self, beneficiary_ids: pl.Series) -> tuple[Cells, Cells]:
        """Give each row's place among the distinct people of the batch, and the people's digests (32 bytes each)."""
        people = beneficiary_ids.unique(maintain_order=True)
        places = np.arange(people.len())
        if people.len() < beneficiary_ids.len():
            numbered = people.to_frame("id").with_row_index("place")
            joined = beneficiary_ids.to_frame("id").join(numbered, on="id", how="left", maintain_order="left")
            places = joined["place"].to_numpy()
        answer = self.keyring.index_joined(self.amc_number, digests.reference_messages(people))
        return places, digests.cut(answer, digests.DIGEST_BYTES)

    def _people(self, rows: pl.DataFrame, references: Cells, persons: Cells) -> dict[str, bytes]:
        """Stage each person once, unless his rows contradict each other, and his other aliases."""
        marked = rows.with_columns(
            mark=digests.identity_marks(rows), person=pl.Series(persons, dtype=pl.Int64)
        )
        people = marked.unique(["person", "mark"], keep="first", maintain_order=True)
        known_by = references[people["person"].to_numpy(), : digests.REFERENCE_BYTES]
        aliases = self.keyring.index_joined(self.amc_number, digests.alias_messages(people))
        copies = {
            "people": copy_rows(
                [
                    integers(people[LINE], 8),
                    digest_field(known_by),
                    _cards(people["card_secret_sha256"]),
                    digest_field(digests.cut(aliases, digests.DIGEST_BYTES)),
                    integers(people["mark"], 8),
                ]
            )
        }
        others = people.filter(pl.col("other_aliases").is_not_null()).with_columns(
            alias=pl.col("other_aliases").str.split(" ")
        )
        if others.height:
            others = others.explode("alias")
            joined = self.keyring.index_joined(self.amc_number, digests.other_alias_messages(others["alias"]))
            copies["other_aliases"] = copy_rows(
                [
                    integers(others[LINE], 8),
                    digest_field(references[others["person"].to_numpy(), : digests.REFERENCE_BYTES]),
                    digest_field(digests.cut(joined, digests.DIGEST_BYTES)),
                ]
            )
        return copies

    def _lines(self, rows: pl.DataFrame, references: Cells) -> dict[str, bytes]:
        """Stage each line, and its identity sealed."""
        known_by = references[:, : digests.REFERENCE_BYTES]
        keys = _rows_of(references[:, digests.REFERENCE_BYTES :])
        contracts = digests.contract_digests(keys, rows["contract_number"].to_list())
        contract_field = digest_field(digests.cut(b"".join(contracts), digests.CONTRACT_BYTES))
        opens_on = dates(rows["opens_on"])
        traits = digests.traits_texts(rows)
        record_ends = (rows["opens_on"].cast(pl.String) + "|" + self.amc_number).cast(pl.Binary).to_list()
        records = [contract + end for contract, end in zip(contracts, record_ends, strict=True)]
        lines = copy_rows(
            [
                integers(rows[LINE], 8),
                digest_field(known_by),
                integers(_codes(rows["change"], CHANGES), 2),
                contract_field,
                opens_on,
                dates(rows["ends_on"]),
                integers(rows["coverage_rank"], 2),
                integers(_codes(rows["situation"], SITUATIONS), 2),
                *(integers(rows[name], 4) for name in ("domains", "domains_without_tp", "waiting_domains")),
                dates(
                    rows["waiting_until"].dt.offset_by("1d")
                ),  # the last day of waiting: kept as the first day covered
                integers(self._products(rows["product_code"]), 4),
            ]
        )
        identities = copy_rows_with_texts(
            [
                repeated(self.insurer_id, 4, rows.height),
                contract_field,
                opens_on,
                digest_field(
                    digests.cut(b"".join(digests.traits_digests(keys, traits)), digests.TRAITS_BYTES)
                ),
            ],
            self.keyring.seal(self.amc_number, records, traits),
        )
        return {"lines": lines, "identities": identities}

    def _products(self, codes: pl.Series) -> pl.Series:
        for code in codes.unique(maintain_order=True):
            self.product_places.setdefault(code, len(self.product_places))
        return codes.replace_strict(self.product_places, return_dtype=pl.Int32)

    def _bad(self, bad_lines: Sequence[BadLine]) -> bytes:
        """Stage bad lines whose person can be told: that person stays as he is."""
        told = {bad.line: bad.beneficiary_id for bad in bad_lines if bad.beneficiary_id is not None}
        persons, references = self._references(pl.Series(list(told.values()), dtype=pl.String))
        row_count = len(told)
        nothing = Field(np.zeros(row_count, dtype=">i4"), np.ones(row_count, dtype=bool))
        return copy_rows(
            [
                integers(pl.Series(list(told), dtype=pl.Int64), 8),
                digest_field(references[persons, : digests.REFERENCE_BYTES]),
                repeated(BAD, 2, row_count),
                *(nothing for _ in range(10)),
            ]
        )


def _cards(cards: pl.Series) -> Field:
    """Lay out the digests of card secrets, 32 bytes or nothing."""
    empty = cards.is_null().to_numpy() if cards.null_count() else None
    table = digests.cut(
        b"".join(cards.fill_null(bytes(digests.DIGEST_BYTES)).to_list()), digests.DIGEST_BYTES
    )
    return digest_field(table, empty)


def _codes(words: pl.Series, numbers: Mapping[str, int]) -> pl.Series:
    return words.replace_strict(numbers, return_dtype=pl.Int16)


def _rows_of(table: Cells) -> list[bytes]:
    """Give the rows of a table of bytes."""
    size, joined = table.shape[1], table.tobytes()
    return [joined[at : at + size] for at in range(0, len(joined), size)]


def keep_people_together(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Move the lines of the last person of each batch to the next: lines that stand side by side are staged together."""
    carried = pl.DataFrame()
    batch = None
    for batch in batches:
        rows = pl.concat([carried, batch.rows]) if carried.height else batch.rows
        is_last = (
            rows["beneficiary_id"] == rows["beneficiary_id"][-1]
            if rows.height
            else pl.Series([], dtype=pl.Boolean)
        )
        carried = rows.filter(is_last)
        yield replace(batch, rows=rows.filter(~is_last))
    if batch is not None and carried.height:
        yield Batch(carried, [], 0, batch.lines_so_far)
