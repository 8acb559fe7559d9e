"""What is contained and frozen, and who releases it, by the functions that the operator may call (migration 0014)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned


@dataclass(frozen=True, slots=True)
class ContainmentRow:
    """A containment in force; `mode` is 1 to ask for presence, 2 to refuse."""

    containment_id: int
    scope: str
    named: str
    mode: int
    since: datetime
    because: str
    decided_by: str
    release_asked_by: str | None
    release_because: str | None


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """An account that the detectors froze, and what it was convicted of."""

    account_id: int
    display_name: str
    finess: str
    profession: str
    frozen_at: datetime
    frozen_because: dict[str, Any]
    release_asked_by: str | None
    release_because: str | None


def contain(
    connection: psycopg.Connection[TupleRow], scope: str, named: str, mode: int, because: str, decided_by: str
) -> int | None:
    """Contain at once; give the containment's number, or None if there is nothing of that name."""
    row = connection.execute(
        "select gate.contain(%s, %s, %s::smallint, %s, %s)", (scope, named, mode, because, decided_by)
    ).fetchone()
    found: int | None = returned(row)[0]
    return found


def release(
    connection: psycopg.Connection[TupleRow],
    because: str,
    asked_by: str,
    *,
    containment_id: int | None = None,
    account_id: int | None = None,
) -> str:
    """Ask for a release, or agree to it; give `asked`, `released`, `same-person` or `unknown`."""
    row = connection.execute(
        "select gate.release(%s, %s, %s, %s)", (containment_id, account_id, because, asked_by)
    ).fetchone()
    return str(returned(row)[0])


def containments(connection: psycopg.Connection[TupleRow]) -> list[ContainmentRow]:
    """List what is in force, the latest first."""
    with connection.cursor(row_factory=class_row(ContainmentRow)) as cursor:
        return cursor.execute("select * from gate.contained()").fetchall()


def frozen_accounts(connection: psycopg.Connection[TupleRow]) -> list[FrozenRow]:
    """List the accounts that the detectors froze, the latest first."""
    with connection.cursor(row_factory=class_row(FrozenRow)) as cursor:
        return cursor.execute("select * from gate.frozen()").fetchall()
