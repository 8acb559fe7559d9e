"""What loosens, as it is asked at the machine: done at once or kept for two operators to sign (migration 0029)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from rempart.store.connections import type_of_connection
from rempart.store.rows import returned

PROPOSED = "select console.proposed(%s)"


@dataclass(frozen=True, slots=True)
class AskedRow:
    """What became of what was asked: `done`, `released`, `asked`, `to-sign`, or why it cannot be."""

    verdict: str
    proposal_id: int | None


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal that waits: what it is about, how that is and how it becomes, who asked, who signed first.

    `dropped_by` signed what it no longer says: that signature does not count.
    """

    proposal_id: int
    kind: str
    about: str | None
    was: str | None
    becomes: str | None
    because: str
    asked_by: str
    asked_at: datetime
    first_by: str | None
    dropped_by: str | None


def ask(
    connection: psycopg.Connection[TupleRow], kind: str, what: dict[str, Any], because: str, by: str
) -> AskedRow:
    """Ask for a change; `what` is of its kind, as the migration reads it."""
    with connection.cursor(row_factory=class_row(AskedRow)) as cursor:
        return returned(
            cursor.execute(
                "select * from console.ask(%s, %s, %s, %s)", (kind, Jsonb(what), because, by)
            ).fetchone()
        )


def open_proposals(connection: psycopg.Connection[TupleRow]) -> list[ProposalRow]:
    """List what waits for signatures, the oldest first."""
    with connection.cursor(row_factory=class_row(ProposalRow)) as cursor:
        return cursor.execute("select * from console.open_proposals()").fetchall()


def withdraw(connection: psycopg.Connection[TupleRow], proposal_id: int, by: str) -> bool:
    """Ask no more; false if nothing of that number waits."""
    row = connection.execute("select console.withdraw(%s, %s)", (proposal_id, by)).fetchone()
    return bool(returned(row)[0])


async def proposed(connection: type_of_connection, token_digest: bytes) -> dict[str, Any]:
    """Say what waits for signatures, and what was settled in 30 days, to an operator with a session."""
    return dict(returned(await (await connection.execute(PROPOSED, (token_digest,))).fetchone())[0])
