"""The loader's side of the database: tables filled by COPY, and the functions that judge and apply a file.

The role rempart_feeds can do no more than what is here: it reads no row of people. Everything happens in one transaction, opened
by `FileLoad` and ended by `keep` or, whatever else happens, rolled back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from rempart.domain.errors.database import DatabaseOutOfRoom, DatabaseUnreachable

_IDENTITIES: Final = "insurer_id, contract_digest, opens_on, traits_digest, sealed"

STAGED_COLUMNS: Final = {
    "people": "line, place, reference_digest, card_digest, alias_digest, traits_mark",
    "other_aliases": "line, place, reference_digest, alias_digest",
    "lines": (
        "line, place, reference_digest, change, contract_digest, opens_on, ends_on, coverage_rank, situation, domains, "
        "domains_without_tp, waiting_domains, waiting_until, product_place"
    ),
    "identities": _IDENTITIES,
}
"""The staging tables and the order of their columns in a COPY."""

FINAL_COLUMNS: Final = {
    "people": "person_id, insurer_id, reference_digest, card_digest, aliases_mark",
    "aliases": "alias_digest, person_id, insurer_id",
    "rights": (
        "person_id, contract_digest, opens_on, ends_on, coverage_rank, situation, domains, domains_without_tp, "
        "waiting_domains, waiting_until, product_id"
    ),
    "identities": _IDENTITIES,
}
"""The tables that a file which is absorbed is written to, and the order of their columns in a COPY."""


class Opening(NamedTuple):
    """What `feeds.begin_file` said; `expected` is the sequence that comes next.

    A file that is absorbed is written where it stays; its people are numbered from `first_person_id` on.
    """

    verdict: str
    insurer_id: int | None
    file_id: int | None
    expected: int | None
    first_person_id: int | None


class Closing(NamedTuple):
    """What `feeds.finish_file` said: `taken`, or `waiting` for a second person."""

    verdict: str
    file_id: int
    difference: dict[str, Any]


class Complaint(NamedTuple):
    """A line that contradicts others or what is known."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a manifest says of a file, and who brings it."""

    amc_number: str
    sequence: int
    kind: str
    effective_on: date
    sha256: bytes
    previous_sha256: bytes | None
    row_count: int
    name: str
    brought_by: str


class FileRow(NamedTuple):
    """A file as `feeds.files` remembers it."""

    file_id: int
    amc_number: str
    sequence: int
    kind: str
    effective_on: date
    sha256: bytes
    row_count: int
    name: str
    state: str
    brought_by: str
    brought_at: datetime
    approved_by: str | None
    taken_at: datetime | None
    difference: dict[str, Any]


class FileNotClean(Exception):
    """A file that was absorbed contradicts itself: it is to be loaded again on the road that says where."""


class FileLoad:
    """One load, from `begin` to `keep`; left without `keep`, nothing of it remains."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection
        self._opening: Opening | None = None

    def __enter__(self) -> Self:
        self._connection.execute("begin")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if isinstance(error, psycopg.errors.DiskFull):
            self._connection.execute("rollback")
            raise DatabaseOutOfRoom("feeds") from None
        if isinstance(error, psycopg.OperationalError) and self._connection.closed:
            raise DatabaseUnreachable("feeds") from None
        if not self._connection.closed:
            self._connection.execute("rollback")

    def begin(self, facts: FileFacts, *, may_absorb: bool) -> Opening:
        """Open the load, or say why not; a clean first file may be absorbed."""
        row = self._connection.execute(
            "select verdict, insurer_id, file_id, expected, first_person_id"
            " from feeds.begin_file(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                facts.amc_number, facts.sequence, facts.kind, facts.effective_on, facts.sha256, facts.previous_sha256,
                facts.row_count, facts.name, facts.brought_by, may_absorb,
            ),
        ).fetchone()  # fmt: skip
        assert row is not None  # a function that returns one row
        self._opening = Opening(*row)
        return self._opening

    @property
    def absorbs(self) -> bool:
        """Whether this file is written where it stays."""
        return self._opening is not None and self._opening.first_person_id is not None

    def name_products(self, first_place: int, codes: Sequence[str]) -> list[int]:
        """Say which products the places from `first_place` on stand for; give their numbers."""
        row = self._connection.execute(
            "select feeds.name_products(%s, %s)", (first_place, list(codes))
        ).fetchone()
        assert row is not None
        return list(row[0])

    def copy(self, table: str, pieces: Iterable[bytes]) -> None:
        """Write rows in the binary COPY format. Refuses: FileNotClean when the file is absorbed."""
        columns = (FINAL_COLUMNS if self.absorbs else STAGED_COLUMNS)[table]
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
            self._target(table), sql.SQL(", ").join(map(sql.Identifier, columns.split(", ")))
        )
        try:
            with self._connection.cursor().copy(statement) as copy:
                for piece in pieces:
                    copy.write(piece)
        except psycopg.IntegrityError:
            if not self.absorbs:
                raise
            raise FileNotClean from None

    def _target(self, table: str) -> sql.Identifier:
        """Name the table that rows go to; identities that are absorbed have one of their insurer's."""
        if not self.absorbs or self._opening is None:
            return sql.Identifier("staging", table)
        return sql.Identifier(
            "members", f"{table}_{self._opening.insurer_id}" if table == "identities" else table
        )

    def finish_absorbed(self) -> Closing:
        """Close a load that was absorbed. Refuses: FileNotClean."""
        try:
            row = self._connection.execute(
                "select verdict, file_id, difference from feeds.finish_absorbed()"
            ).fetchone()
        except psycopg.IntegrityError:
            raise FileNotClean from None
        assert row is not None
        return Closing(*row)

    def finish(self, unattributable_count: int) -> Closing:
        """Judge and apply what was staged."""
        row = self._connection.execute(
            "select verdict, file_id, difference from feeds.finish_file(%s)", (unattributable_count,)
        ).fetchone()
        assert row is not None
        return Closing(*row)

    def complaints(self) -> Iterator[Complaint]:
        """Yield the lines that the database complained about, in the order of the file; there may be millions."""
        with self._connection.cursor(name="complaints") as cursor:
            cursor.execute(
                "select line, column_name, reason from staging.complaints order by line, column_name, reason"
            )
            for row in cursor:
                yield Complaint(*row)

    def keep(self) -> None:
        """Make what was done last."""
        self._connection.execute("commit")

    def refresh_statistics(self) -> None:
        """Tell the planner of a first load, once it is kept."""
        self._connection.execute("select feeds.refresh_statistics()")


def list_files(connection: psycopg.Connection[TupleRow], amc_number: str | None = None) -> list[FileRow]:
    """List the files brought, the latest first."""
    rows = connection.execute(
        """
        select f.file_id, i.amc_number, f.sequence, f.kind, f.effective_on, f.sha256, f.row_count, f.name, f.state, f.brought_by,
            f.brought_at, f.approved_by, f.taken_at, f.difference
        from feeds.files as f join members.insurers as i using (insurer_id)
        where %(amc)s::text is null or i.amc_number = %(amc)s
        order by f.file_id desc
        """,
        {"amc": amc_number},
    )
    return [FileRow(*row) for row in rows]


def approve_file(connection: psycopg.Connection[TupleRow], file_id: int, approved_by: str) -> str:
    """Let a waiting file in; give `approved`, or the reason why not."""
    row = connection.execute("select feeds.approve_file(%s, %s)", (file_id, approved_by)).fetchone()
    assert row is not None
    return str(row[0])
