"""A batch of checked rows turned into what may be stored: digests, seals, and columns ready to be laid out for COPY.

What comes in names people; what goes out does not. The keyring computes what needs its keys, the rest is done in whole columns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np
import polars as pl

from rempart.feeds import copy_rows, digests
from rempart.feeds.copy_rows import Cells, dates, integers
from rempart.feeds.formats.member_file import Batch
from rempart.feeds.formats.rows import LINE, BadLine
from rempart.feeds.keyed_digests import KeyedDigests

CHANGES: Final = {"upsert": 0, "close": 1}
SITUATIONS: Final = {"active": 0, "suspended": 1, "renewal": 2}

NO_CARD: Final = bytes(digests.DIGEST_BYTES)


class Sealer(Protocol):
    """What a load asks of the keyring."""

    def index_joined(self, amc_number: str, joined: bytes) -> bytes:
        """Give the digests of messages separated by line feeds, one after the other, 32 bytes each."""

    def seal_joined(self, amc_number: str, associated: bytes, texts: bytes, count: int) -> bytes:
        """Seal so many texts of one length, one after the other, each bound to its associated data."""


@dataclass(frozen=True, slots=True)
class People:
    """Each person of a batch once, unless his rows contradict each other; `person` is his place in the file."""

    line: Cells
    person: Cells
    reference: Cells
    card: Cells
    alias: Cells
    mark: Cells


@dataclass(frozen=True, slots=True)
class Aliases:
    """The other aliases of people of a batch."""

    line: Cells
    person: Cells
    reference: Cells
    alias: Cells


@dataclass(frozen=True, slots=True)
class Lines:
    """The good lines of a batch; dates that there are not are `infinity`."""

    line: Cells
    person: Cells
    reference: Cells
    change: Cells
    contract: Cells
    opens_on: Cells
    ends_on: Cells
    coverage_rank: Cells
    situation: Cells
    domains: Cells
    domains_without_tp: Cells
    waiting_domains: Cells
    waiting_until: Cells
    product_place: Cells


@dataclass(frozen=True, slots=True)
class Identities:
    """Sealed identities of one length."""

    contract: Cells
    opens_on: Cells
    traits: Cells
    sealed: Cells


@dataclass(frozen=True, slots=True)
class Told:
    """Bad lines whose person can be told: that person stays as he is. Nothing else is known of them."""

    line: Cells
    person: Cells
    reference: Cells


@dataclass(frozen=True, slots=True)
class Digested:
    """A batch that names nobody any more, and the products that were not met before it."""

    people: People | None
    aliases: Aliases | None
    lines: Lines | None
    identities: list[Identities]
    told: Told | None
    first_product_place: int
    new_products: list[str]
    bad_lines: list[BadLine]
    line_count: int
    lines_so_far: int


@dataclass(frozen=True, slots=True)
class _Recognised:
    """The people of one batch in the order of their digests: which of them each row is about, and what they are known by."""

    of_rows: Cells
    references: Cells
    first_place: int

    def place(self, persons: Cells) -> Cells:
        """Lay out the places of some people among all those of the file."""
        return (persons + self.first_place).astype(">i8")

    def reference(self, persons: Cells) -> Cells:
        """Lay out what some people are known by."""
        return copy_rows.digests(self.references[persons])


@dataclass(slots=True)
class Ingest:
    """Turns the batches of one insurer's file, in their order, into digests and seals."""

    amc_number: str
    keyring: Sealer
    product_places: dict[str, int] = field(default_factory=dict)
    people_count: int = 0
    _references: KeyedDigests = field(init=False)
    _contracts: KeyedDigests = field(init=False)
    _traits: KeyedDigests = field(init=False)

    def __post_init__(self) -> None:
        keys = digests.cut(self.keyring.index_joined(self.amc_number, digests.KEYS), digests.DIGEST_BYTES)
        self._references, self._contracts, self._traits = (KeyedDigests(key.tobytes()) for key in keys)

    def digest(self, batch: Batch) -> Digested:
        """Turn one batch into columns of digests and seals."""
        first_place = len(self.product_places)
        people = aliases = lines = None
        identities: list[Identities] = []
        if batch.rows.height:
            recognised = self._recognise(batch.rows["beneficiary_id"])
            people, aliases = self._people(batch.rows, recognised)
            lines = self._lines(batch.rows, recognised)
            identities = self._identities(batch.rows, lines)
        return Digested(
            people,
            aliases,
            lines,
            identities,
            self._told(batch.bad_lines),
            first_place,
            list(self.product_places)[first_place:],
            batch.bad_lines,
            batch.line_count,
            batch.lines_so_far,
        )

    def _recognise(self, beneficiary_ids: pl.Series) -> _Recognised:
        """Find the distinct people of a batch; in the order of their digests, the database's trees grow by neighbours."""
        people = beneficiary_ids.unique(maintain_order=True)
        of_rows = np.arange(people.len())
        if people.len() < beneficiary_ids.len():
            numbered = people.to_frame("id").with_row_index("person")
            joined = beneficiary_ids.to_frame("id").join(numbered, on="id", how="left", maintain_order="left")
            of_rows = joined["person"].to_numpy()
        references = self._references.of(digests.number_cells(people))
        order = in_order(references)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        found = _Recognised(rank[of_rows], references[order], self.people_count)
        self.people_count += people.len()
        return found

    def _indexed(self, messages: bytes) -> Cells:
        """Give the digests of messages under the insurer's index key."""
        return digests.cut(self.keyring.index_joined(self.amc_number, messages), digests.DIGEST_BYTES)

    def _people(self, rows: pl.DataFrame, people: _Recognised) -> tuple[People, Aliases | None]:
        """Digest each person once, unless his rows contradict each other, and his other aliases."""
        marked = rows.with_columns(mark=digests.identity_marks(rows), person=pl.Series(people.of_rows))
        once = marked.unique(["person", "mark"], keep="first", maintain_order=True)
        persons = once["person"].to_numpy()
        cards = b"".join(once["card_secret_sha256"].fill_null(NO_CARD).to_list())
        found = People(
            line=integers(once[LINE], 8),
            person=people.place(persons),
            reference=people.reference(persons),
            card=copy_rows.digests(digests.cut(cards, digests.DIGEST_BYTES)),
            alias=copy_rows.digests(self._indexed(digests.alias_messages(once))),
            mark=integers(once["mark"], 8),
        )
        others = once.filter(pl.col("other_aliases").is_not_null())
        if not others.height:
            return found, None
        others = others.with_columns(alias=pl.col("other_aliases").str.split(" ")).explode("alias")
        persons = others["person"].to_numpy()
        return found, Aliases(
            line=integers(others[LINE], 8),
            person=people.place(persons),
            reference=people.reference(persons),
            alias=copy_rows.digests(self._indexed(digests.other_alias_messages(others["alias"]))),
        )

    def _lines(self, rows: pl.DataFrame, people: _Recognised) -> Lines:
        """Digest each line's contract, and lay out what it says of the right."""
        references = people.references[people.of_rows]
        contracts = np.hstack((references, digests.number_cells(rows["contract_number"])))
        return Lines(
            line=integers(rows[LINE], 8),
            person=people.place(people.of_rows),
            reference=copy_rows.digests(references),
            change=integers(_codes(rows["change"], CHANGES), 2),
            contract=copy_rows.digests(self._contracts.of(contracts)),
            opens_on=dates(rows["opens_on"]),
            ends_on=dates(rows["ends_on"]),
            coverage_rank=integers(rows["coverage_rank"], 2),
            situation=integers(_codes(rows["situation"], SITUATIONS), 2),
            domains=integers(rows["domains"], 4),
            domains_without_tp=integers(rows["domains_without_tp"], 4),
            waiting_domains=integers(rows["waiting_domains"], 4),
            # the file says the last day of waiting; the first day covered is kept
            waiting_until=dates(rows["waiting_until"].dt.offset_by("1d")),
            product_place=integers(self._products(rows["product_code"]), 4),
        )

    def _identities(self, rows: pl.DataFrame, lines: Lines) -> list[Identities]:
        """Seal the traits of each line, those of one length together."""
        texts = digests.traits_texts(rows)
        lengths = texts.str.len_bytes()
        return [
            self._sealed(
                lines, np.flatnonzero((lengths == length).to_numpy()), texts.filter(lengths == length), length
            )
            for length in sorted(lengths.unique())
        ]

    def _sealed(self, lines: Lines, chosen: Cells, texts: pl.Series, length_bytes: int) -> Identities:
        traits = digests.traits_cells(texts, length_bytes)
        references, contracts, days = (
            _bytes_of(cells[chosen]) for cells in (lines.reference, lines.contract, lines.opens_on)
        )
        marks = self._traits.of(np.hstack((references, traits)))[:, : digests.TRAITS_BYTES]
        records = _records(contracts, days, self.amc_number)
        sealed = self.keyring.seal_joined(self.amc_number, records.tobytes(), traits.tobytes(), len(traits))
        return Identities(
            contract=lines.contract[chosen],
            opens_on=lines.opens_on[chosen],
            traits=copy_rows.digests(marks),
            sealed=copy_rows.digests(digests.cut(sealed, len(sealed) // len(traits))),
        )

    def _products(self, codes: pl.Series) -> pl.Series:
        """Give each row the place of its product among those of the file."""
        for code in codes.unique(maintain_order=True):
            self.product_places.setdefault(code, len(self.product_places))
        return codes.replace_strict(self.product_places, return_dtype=pl.Int32)

    def _told(self, bad_lines: list[BadLine]) -> Told | None:
        told = {bad.line: bad.beneficiary_id for bad in bad_lines if bad.beneficiary_id is not None}
        if not told:
            return None
        people = self._recognise(pl.Series(list(told.values()), dtype=pl.String))
        return Told(
            line=integers(pl.Series(list(told), dtype=pl.Int64), 8),
            person=people.place(people.of_rows),
            reference=people.reference(people.of_rows),
        )


def keep_people_together(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Hand the lines of the last person of a batch over to the next: lines that stand side by side are taken together."""
    border = pl.DataFrame()
    lines_so_far = 0
    for batch in batches:
        rows, lines_so_far = batch.rows, batch.lines_so_far
        if rows.height:
            rows = pl.concat([border, rows]) if border.height else rows
            last = _run_length(rows["beneficiary_id"].reverse(), rows["beneficiary_id"][-1])
            border, rows = rows.tail(last), rows.head(rows.height - last)
        yield replace(batch, rows=rows)
    if border.height:
        yield Batch(border, [], 0, lines_so_far)


def in_order(digested: Cells) -> Cells:
    """Say in which order digests grow, by their first 8 bytes."""
    return np.argsort(np.ascontiguousarray(digested[:, :8]).view(">u8").reshape(-1), kind="stable")


def _run_length(beneficiary_ids: pl.Series, person: str) -> int:
    """Count how many of the first lines are a person's."""
    others = (beneficiary_ids != person).arg_max()
    return beneficiary_ids.len() if others is None or beneficiary_ids[others] == person else others


def _records(contracts: Cells, days: Cells, amc_number: str) -> Cells:
    """Name the record that each seal is bound to: contract digest, opening (days since 2000, big-endian), insurer."""
    insurer = np.frombuffer(amc_number.encode(), dtype=np.uint8)
    return np.hstack((contracts, days, np.broadcast_to(insurer, (len(days), len(insurer)))))


def _codes(words: pl.Series, numbers: Mapping[str, int]) -> pl.Series:
    return words.replace_strict(numbers, return_dtype=pl.Int16)


def _bytes_of(cells: Cells) -> Cells:
    """See cells of one size as a table of bytes."""
    return np.ascontiguousarray(cells).view(np.uint8).reshape(len(cells), cells.dtype.itemsize)
