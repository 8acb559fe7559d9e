"""The call of `gate.ask`: arrays in, rows out. Nothing is decided here.

Arrays travel as text literals: with a dozen columns of a few dozen short values, building them by hand costs a quarter of
what the driver's own array dumper does (measured). Every value is a number, a date, an enumerated code or hexadecimal, and an
AMC number is checked to be alphanumeric before it comes here, so nothing needs escaping.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

ASK = """
select ordinal, outcome, receipt_id, repeat_of, answer_on, answer_domains, coverages, presence, data_as_of, data_is_stale,
       retry_after_s, next_nonce, account_id, why
from gate.ask(%s::bytea[], %s::bytea[], %s::bytea[], %s::bigint[], %s::bytea[], %s::text[], %s::bytea[], %s::smallint[],
              %s::date[], %s::bytea[], %s::smallint[], %s::bytea[], %s::bytea[])
"""


@dataclass(frozen=True, slots=True)
class AskRow:
    """One question as the gate takes it: digests only, no identity. `amc` None asks about nobody."""

    token: bytes
    thumbprint: bytes
    proof: bytes
    proof_at: int
    nonce: bytes | None
    amc: str | None = None
    alias: bytes | None = None
    domain: int | None = None
    care_date: date | None = None
    card: bytes | None = None
    break_glass: int | None = None
    repeat_key: bytes | None = None
    body: bytes | None = None


class ToldRow(NamedTuple):
    """One answer as the gate gives it."""

    ordinal: int
    outcome: int
    receipt_id: int | None
    repeat_of: int | None
    answer_on: date | None
    answer_domains: int
    coverages: str | None
    presence: int
    data_as_of: datetime | None
    data_is_stale: bool
    retry_after_s: int
    next_nonce: str | None
    account_id: int | None
    why: dict[str, Any] | None


def _bytes_array(values: Iterable[bytes | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else "\\\\x" + value.hex() for value in values]) + "}"


def _plain_array(values: Iterable[object]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


async def ask(connection: psycopg.AsyncConnection[Any], rows: Sequence[AskRow]) -> list[ToldRow]:
    """Ask a batch in one transaction; answers come in the order of the questions."""
    parameters = (
        _bytes_array([row.token for row in rows]),
        _bytes_array([row.thumbprint for row in rows]),
        _bytes_array([row.proof for row in rows]),
        _plain_array([row.proof_at for row in rows]),
        _bytes_array([row.nonce for row in rows]),
        _plain_array([row.amc for row in rows]),
        _bytes_array([row.alias for row in rows]),
        _plain_array([row.domain for row in rows]),
        _plain_array([row.care_date for row in rows]),
        _bytes_array([row.card for row in rows]),
        _plain_array([row.break_glass for row in rows]),
        _bytes_array([row.repeat_key for row in rows]),
        _bytes_array([row.body for row in rows]),
    )
    cursor = connection.cursor(binary=True)
    await cursor.execute(ASK, parameters, prepare=True)
    told = [ToldRow._make(row) for row in await cursor.fetchall()]
    if len(told) != len(rows):
        raise psycopg.InternalError("the gate did not answer each question once")
    return told
