"""A batch of checked rows turned into what may be stored: digests, seals, and rows for COPY.

What comes in names people; what goes out does not. The keyring computes what needs a key, the rest is done in whole columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np
import polars as pl

from rempart.feeds import copy_rows as rows_of_copy
from rempart.feeds import digests
from rempart.feeds.copy_rows import Cells, copy_rows, copy_rows_with_texts, dates, integers, repeated
from rempart.feeds.formats.member_file import Batch
from rempart.feeds.formats.rows import LINE, BadLine

UPSERT, CLOSE, BAD = 0, 1, 2
CHANGES: Final = {"upsert": UPSERT, "close": CLOSE}
SITUATIONS: Final = {"active": 0, "suspended": 1, "renewal": 2}

_NO_CARD: Final = bytes(digests.DIGEST_BYTES)


class Sealer(Protocol):
    """What a load asks of the keyring."""

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
class _People:
    """The people of one batch in the order of their digests: the person of each row, and the digests (32 bytes each)."""

    of_rows: Cells
    references: Cells
    first_place: int

    @property
    def known_by(self) -> Cells:
        """What the database knows them by."""
        return self.references[:, : digests.REFERENCE_BYTES]

    @property
    def keys(self) -> Cells:
        """What keys the digests of their contracts and traits, and leaves this process for nowhere."""
        return self.references[:, digests.REFERENCE_BYTES :]

    def place(self, persons: Cells) -> Cells:
        """Lay out the places of some people among all those of the file."""
        return (persons + self.first_place).astype(">i8")


@dataclass(slots=True)
class Ingest:
    """Turns the batches of one insurer's file, in their order, into staged rows."""

    amc_number: str
    insurer_id: int
    keyring: Sealer
    product_places: dict[str, int] = field(default_factory=dict)
    people_count: int = 0

    def stage(self, batch: Batch) -> Staged:
        """Turn one batch into rows of digests and seals."""
        first_place = len(self.product_places)
        copies: dict[str, bytes] = {}
        if batch.rows.height:
            people = self._recognise(batch.rows["beneficiary_id"])
            copies |= self._people(batch.rows, people)
            copies |= self._lines(batch.rows, people)
        told = {bad.line: bad.beneficiary_id for bad in batch.bad_lines if bad.beneficiary_id is not None}
        if told:
            copies["lines"] = copies.get("lines", b"") + self._bad(told)
        new_products = list(self.product_places)[first_place:]
        return Staged(
            copies, first_place, new_products, batch.bad_lines, batch.line_count, batch.lines_so_far
        )

    def _recognise(self, beneficiary_ids: pl.Series) -> _People:
        """Find the distinct people of a batch; in the order of their digests, the database's trees grow by neighbours."""
        people = beneficiary_ids.unique(maintain_order=True)
        of_rows = np.arange(people.len())
        if people.len() < beneficiary_ids.len():
            numbered = people.to_frame("id").with_row_index("person")
            joined = beneficiary_ids.to_frame("id").join(numbered, on="id", how="left", maintain_order="left")
            of_rows = joined["person"].to_numpy()
        answer = self.keyring.index_joined(self.amc_number, digests.reference_messages(people))
        references = digests.cut(answer, digests.DIGEST_BYTES)
        order = np.argsort(np.ascontiguousarray(references[:, :8]).view(">u8").reshape(-1))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        found = _People(rank[of_rows], references[order], self.people_count)
        self.people_count += people.len()
        return found

    def _people(self, rows: pl.DataFrame, people: _People) -> dict[str, bytes]:
        """Stage each person once, unless his rows contradict each other, and his other aliases."""
        marked = rows.with_columns(mark=digests.identity_marks(rows), person=pl.Series(people.of_rows))
        once = marked.unique(["person", "mark"], keep="first", maintain_order=True)
        persons = once["person"].to_numpy()
        cards = b"".join(once["card_secret_sha256"].fill_null(_NO_CARD).to_list())
        columns = [
            integers(once[LINE], 8),
            people.place(persons),
            rows_of_copy.digests(people.known_by[persons]),
            rows_of_copy.digests(digests.cut(cards, digests.DIGEST_BYTES)),
            self._indexed(digests.alias_messages(once)),
            integers(once["mark"], 8),
        ]
        copies = {"people": copy_rows(columns, np.argsort(persons, kind="stable"))}
        others = once.filter(pl.col("other_aliases").is_not_null())
        if others.height:
            others = others.with_columns(alias=pl.col("other_aliases").str.split(" ")).explode("alias")
            copies["other_aliases"] = copy_rows(
                [
                    integers(others[LINE], 8),
                    people.place(others["person"].to_numpy()),
                    rows_of_copy.digests(people.known_by[others["person"].to_numpy()]),
                    self._indexed(digests.other_alias_messages(others["alias"])),
                ]
            )
        return copies

    def _indexed(self, messages: bytes) -> Cells:
        """Lay out the digests of messages under the insurer's index key."""
        return rows_of_copy.digests(
            digests.cut(self.keyring.index_joined(self.amc_number, messages), digests.DIGEST_BYTES)
        )

    def _lines(self, rows: pl.DataFrame, people: _People) -> dict[str, bytes]:
        """Stage each line, and its identity sealed."""
        keys = _rows_of(people.keys[people.of_rows])
        contracts = digests.cut(
            b"".join(digests.contract_digests(keys, rows["contract_number"].to_list())),
            digests.CONTRACT_BYTES,
        )
        contract_column = rows_of_copy.digests(contracts)
        opens_on = dates(rows["opens_on"])
        traits = digests.traits_texts(rows)
        traits_column = digests.cut(b"".join(digests.traits_digests(keys, traits)), digests.TRAITS_BYTES)
        lines = [
            integers(rows[LINE], 8),
            people.place(people.of_rows),
            rows_of_copy.digests(people.known_by[people.of_rows]),
            integers(_codes(rows["change"], CHANGES), 2),
            contract_column,
            opens_on,
            dates(rows["ends_on"]),
            integers(rows["coverage_rank"], 2),
            integers(_codes(rows["situation"], SITUATIONS), 2),
            *(integers(rows[name], 4) for name in ("domains", "domains_without_tp", "waiting_domains")),
            dates(
                rows["waiting_until"].dt.offset_by("1d")
            ),  # the last day of waiting: kept as the first covered
            integers(self._products(rows["product_code"]), 4),
        ]
        identities = [
            repeated(self.insurer_id, 4, rows.height),
            contract_column,
            opens_on,
            rows_of_copy.digests(traits_column),
        ]
        sealed = self.keyring.seal(self.amc_number, _records(contracts, opens_on, self.amc_number), traits)
        return {
            "lines": copy_rows(lines, np.argsort(people.of_rows, kind="stable")),
            "identities": copy_rows_with_texts(identities, sealed),
        }

    def _products(self, codes: pl.Series) -> pl.Series:
        """Give each row the place of its product among those of the file."""
        for code in codes.unique(maintain_order=True):
            self.product_places.setdefault(code, len(self.product_places))
        return codes.replace_strict(self.product_places, return_dtype=pl.Int32)

    def _bad(self, told: Mapping[int, str]) -> bytes:
        """Stage bad lines whose person can be told: that person stays as he is. Nothing else is known of them."""
        people = self._recognise(pl.Series(list(told.values()), dtype=pl.String))
        zeros = {size: repeated(0, size, len(told)) for size in (2, 4)}
        return copy_rows(
            [
                integers(pl.Series(list(told), dtype=pl.Int64), 8),
                people.place(people.of_rows),
                rows_of_copy.digests(people.known_by[people.of_rows]),
                repeated(BAD, 2, len(told)),
                rows_of_copy.digests(np.zeros((len(told), digests.CONTRACT_BYTES), dtype=np.uint8)),
                *(zeros[size] for size in (4, 4, 2, 2, 4, 4, 4, 4, 4)),
            ]
        )


def keep_people_together(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Give the lines of the person at the border of two batches a small batch of their own.

    Lines that stand side by side are then staged together; the large batches are cut without being copied.
    """
    border = pl.DataFrame()
    lines_so_far = 0
    for batch in batches:
        rows, lines_so_far = batch.rows, batch.lines_so_far
        if border.height and rows.height:
            continued = _run_length(rows["beneficiary_id"], border["beneficiary_id"][0])
            border, rows = pl.concat([border, rows.head(continued)]), rows.slice(continued)
        if rows.height:
            if border.height:
                yield Batch(border, [], 0, lines_so_far - batch.line_count)
            last = _run_length(rows["beneficiary_id"].reverse(), rows["beneficiary_id"][-1])
            border, rows = rows.tail(last), rows.head(rows.height - last)
        yield replace(batch, rows=rows)
    if border.height:
        yield Batch(border, [], 0, lines_so_far)


def _run_length(beneficiary_ids: pl.Series, person: str) -> int:
    """Count how many of the first lines are a person's."""
    others = (beneficiary_ids != person).arg_max()
    return beneficiary_ids.len() if others is None or beneficiary_ids[others] == person else others


def _records(contracts: Cells, opens_on: Cells, amc_number: str) -> list[bytes]:
    """Name the record that each seal is bound to: contract digest, opening (days since 2000, big-endian), insurer."""
    insurer = np.frombuffer(amc_number.encode(), dtype=np.uint8)
    days = np.ascontiguousarray(opens_on).view(np.uint8).reshape(-1, 4)
    return _rows_of(np.hstack([contracts, days, np.broadcast_to(insurer, (len(days), len(insurer)))]))


def _codes(words: pl.Series, numbers: Mapping[str, int]) -> pl.Series:
    return words.replace_strict(numbers, return_dtype=pl.Int16)


def _rows_of(table: Cells) -> list[bytes]:
    """Give the rows of a table of bytes."""
    size, joined = table.shape[1], table.tobytes()
    return [joined[at : at + size] for at in range(0, len(joined), size)]
