"""The call of the gate: arrays in, arrays out. Nothing is decided here.

It is two transactions: the first decides and writes the receipts (`gate.ask`), the second reads the answers from them
(`gate.tell`). So no answer is out whose receipt could still be taken back, not even by whoever speaks SQL as a face.

Arrays travel as text literals: with a dozen columns of a few dozen short values, building them by hand costs a quarter of
what the driver's own array dumper does (measured). Every value is a number, a date, an enumerated code or hexadecimal, and an
AMC number is looked at once more, so nothing needs escaping.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from msgspec import Struct

from rempart.domain.errors.database import DatabaseOutOfRoom, DatabaseUnreachable
from rempart.domain.errors.gate import AnswersLost

CALL = """
call gate.ask_and_tell(
    %s::bytea[], %s::bytea[], %s::bytea[], %s::bigint[], %s::bytea[], %s::text[], %s::bytea[], %s::smallint[],
    %s::date[], %s::bytea[], %s::smallint[], %s::bytea[], %s::bytea[], %s::int[], %s::smallint[],
    %s::bytea[], %s::smallint[], %s::text[],
    null, null, null, null, null, null, null, null, null, null, null, null, null, null
)
"""

ANSWERS_LOST = "RP001"
"""The error of the second transaction: the first one stands."""


class AskRow(Struct, frozen=True):
    """One question as the gate takes it: digests only, no identity. `amc` None asks about nobody.

    `cell` is a keyed digest of the month and commune of birth, `birth` the region of birth; neither leads to anybody.
    """

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
    cell: int | None = None
    birth: int | None = None
    code: bytes | None = None
    asked_for: int | None = None
    standing_list: str | None = None


class ToldRow(NamedTuple):
    """One answer: what the gate said when it was asked, then what the receipt holds, if there is one."""

    receipt_id: int | None
    outcome: int
    retry_after_s: int
    next_nonce: str | None
    account_id: int | None
    why: dict[str, Any] | None
    repeat_of: int | None
    answer_on: date | None
    answer_domains: int
    coverages: str | None
    presence: int
    data_as_of: datetime | None
    data_is_stale: bool


def _bytes_array(values: Iterable[bytes | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else "\\\\x" + value.hex() for value in values]) + "}"


def _plain_array(values: Iterable[object]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _amc_array(numbers: Sequence[str | None]) -> str:
    """Write the only texts of a question; one that is no number must not become another one, or a question about nobody."""
    for number in numbers:
        if number is not None and not (number.isascii() and number.isalnum() and number.upper() != "NULL"):
            raise ValueError("not an AMC number")
    return _plain_array(numbers)


async def ask(connection: psycopg.AsyncConnection[Any], rows: Sequence[AskRow]) -> list[ToldRow]:
    """Ask a batch; answers come in the order of the questions.

    Refuses: DatabaseUnreachable, DatabaseOutOfRoom or a psycopg error, when nothing was decided; AnswersLost, when it was, and
    the answers did not come.
    """
    parameters = (
        _bytes_array([row.token for row in rows]),
        _bytes_array([row.thumbprint for row in rows]),
        _bytes_array([row.proof for row in rows]),
        _plain_array([row.proof_at for row in rows]),
        _bytes_array([row.nonce for row in rows]),
        _amc_array([row.amc for row in rows]),
        _bytes_array([row.alias for row in rows]),
        _plain_array([row.domain for row in rows]),
        _plain_array([row.care_date for row in rows]),
        _bytes_array([row.card for row in rows]),
        _plain_array([row.break_glass for row in rows]),
        _bytes_array([row.repeat_key for row in rows]),
        _bytes_array([row.body for row in rows]),
        _plain_array([row.cell for row in rows]),
        _plain_array([row.birth for row in rows]),
        _bytes_array([row.code for row in rows]),
        _plain_array([row.asked_for for row in rows]),
        [row.standing_list for row in rows],
    )
    if connection.closed:
        raise DatabaseUnreachable
    cursor = connection.cursor(binary=True)
    try:
        await cursor.execute(CALL, parameters, prepare=True)
    except psycopg.Error as error:
        if error.sqlstate == ANSWERS_LOST or connection.closed:
            raise AnswersLost from error
        if isinstance(error, psycopg.errors.DiskFull):
            raise DatabaseOutOfRoom from error
        if isinstance(error, psycopg.errors.QueryCanceled):  # somebody holds the rows that this waits for
            raise DatabaseUnreachable from error
        raise
    try:
        told = told_rows(await cursor.fetchone())
    except (psycopg.Error, TypeError, ValueError) as error:
        raise AnswersLost from error
    if len(told) != len(rows):
        raise AnswersLost
    return told


def told_rows(columns: Sequence[Any] | None) -> list[ToldRow]:
    """Turn the columns that the gate gives into answers. Refuses: ValueError where a receipt was not found."""
    if columns is None:
        raise ValueError("the gate gave no row")
    told = []
    for receipt_id, refusal, retry, nonce, account, why, outcome, *receipt in zip(*columns, strict=True):
        if receipt_id is None:
            told.append(ToldRow(None, refusal, retry, nonce, account, why, *_NO_RECEIPT))
        elif outcome is None:
            raise ValueError("a receipt is not there")
        else:
            told.append(ToldRow(receipt_id, outcome, retry, nonce, account, why, *receipt))
    return told


_NO_RECEIPT = (None, None, 0, None, 0, None, False)
