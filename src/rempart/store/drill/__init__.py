"""What a drill does to its own database, under the operator's role; any other database refuses it (migration 0022).

The clock is moved, the acquaintances of a year are loaded, and parameters are set as an operator sets them: a detector's rule is
closed from today on, a budget is made wide, an insurer asks for presence. Never: switch the gate's code off.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import psycopg
from psycopg import errors, sql
from psycopg.rows import TupleRow

from rempart.store.rows import returned

type_of_operator = psycopg.Connection[TupleRow]

WIDE: Final = 1_000_000_000
"""A budget that nobody reaches."""

READ_BUDGETS: Final = """
select people_per_day, rate_interval_ms, rate_burst, profession_id
from access.profession_rules where valid_until = 'infinity' order by profession_id
"""

SET_BUDGETS: Final = "select drill.set_budgets(%s::smallint[], %s::int[], %s::int[], %s::int[])"

REQUIRE_PRESENCE: Final = "select drill.require_presence(%s::smallint)"

TABLES_OF_PEOPLE: Final = (
    ("members", "people"), ("members", "aliases"), ("members", "rights"), ("members", "rights_history"),
    ("members", "identities"),
    ("gate", "acquaintances"), ("gate", "known_patients"), ("evidence", "receipts"),
)  # fmt: skip
"""What only the gate and the loader read; whoever else tries is refused by the database."""

type_of_budgets = list[tuple[int, int, int, int]]


def advance(connection: type_of_operator, by: timedelta) -> datetime:
    """Let time pass; give the drill's present."""
    row = connection.execute("select drill.advance(%s)", (by,)).fetchone()
    present: datetime = returned(row)[0]
    return present


def present(connection: type_of_operator) -> datetime:
    """Give the drill's present."""
    row = connection.execute("select platform.present()").fetchone()
    found: datetime = returned(row)[0]
    return found


def count_accounts(connection: type_of_operator) -> int:
    """Count the accounts that are there, those of former drills included."""
    return int(returned(connection.execute("select count(*) from access.accounts").fetchone())[0])


def load_history(
    connection: type_of_operator,
    accounts: Sequence[int],
    aliases: Sequence[bytes],
    first_days_ago: Sequence[int],
    last_days_ago: Sequence[int],
    proven: Sequence[bool],
) -> int:
    """Make accounts acquainted with people; give the number of acquaintances made."""
    row = connection.execute(
        "select drill.load_history(%s::bigint[], %s::bytea[], %s::int[], %s::int[], %s::boolean[])",
        (list(accounts), list(aliases), list(first_days_ago), list(last_days_ago), list(proven)),
    ).fetchone()
    return int(returned(row)[0])


def age_devices(connection: type_of_operator, accounts: Sequence[int]) -> None:
    """Let accounts have had for a year the devices that they signed in with so far."""
    connection.execute("select drill.age_devices(%s)", (list(accounts),))


def told_to_convicted(connection: type_of_operator, accounts: Sequence[int]) -> set[int]:
    """List the receipts by which the convicted devices of accounts, of those named, were told that somebody is insured."""
    rows = connection.execute(
        "select receipt_id from drill.told_to_convicted() where account_id = any(%s)", (list(accounts),)
    ).fetchall()
    return {int(row[0]) for row in rows}


def close_rules(connection: type_of_operator, signals: Sequence[str]) -> int:
    """Close the detectors' rules of some signals from today on; give how many. A signal without a rule convicts nobody."""
    row = connection.execute("select drill.close_rules(%s)", (list(signals),)).fetchone()
    return int(returned(row)[0])


def reopen_rules(connection: type_of_operator) -> int:
    """Open again the rules that were closed; give how many."""
    row = connection.execute("select drill.reopen_rules()").fetchone()
    return int(returned(row)[0])


def read_budgets(connection: type_of_operator) -> type_of_budgets:
    """Read the budgets in force: people a day, milliseconds a question, questions at once, profession."""
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(READ_BUDGETS).fetchall()]


def set_budgets(connection: type_of_operator, budgets: type_of_budgets) -> None:
    """Set the budgets in force."""
    people, intervals_ms, bursts, professions = (list(column) for column in zip(*budgets, strict=True))
    connection.execute(SET_BUDGETS, (professions, people, intervals_ms, bursts))


def readable_tables(connection: type_of_operator) -> list[str]:
    """Try to read every table of people under the connection's own role; list those that it could read."""
    readable = []
    for schema, table in TABLES_OF_PEOPLE:
        with suppress(errors.InsufficientPrivilege):
            connection.execute(sql.SQL("select from {} limit 1").format(sql.Identifier(schema, table)))
            readable.append(f"{schema}/{table}")
    return readable


def require_presence(connection: type_of_operator, presence: int) -> int:
    """Set what every insurer asks for (domain/rights.py: 0 nothing, 1 a known patient, 3 the card); give how many insurers."""
    return int(returned(connection.execute(REQUIRE_PRESENCE, (presence,)).fetchone())[0])
