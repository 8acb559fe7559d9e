"""What the worker may know of requests and notices, and what it writes of them: functions of the gate, one row at a time."""

from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned

type_of_connection = psycopg.AsyncConnection[TupleRow]

ASK_PERSON = "ask_person"
TELL_PERSON = "tell_person"

_PERSON_TO_ASK = "select * from gate.person_to_ask(%s)"
_EXPECT_CODE = "select gate.expect_code(%s, %s)"
_APPROVE = "select gate.approve_presence(%s)"
_PERSON_TO_TELL = "select * from gate.person_to_tell(%s)"
_NOTE_NOTICE = "select gate.note_notice(%s, %s, %s, %s)"
_RETIRE = "select gate.retire_presence()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request to be passed on: at which insurer, by which reference of the person (hex), for which place, until when."""

    amc_number: str
    url: str
    person: str
    receipt_id: int
    place: str
    profession: str
    kind: int
    asked_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A notice to be passed on; `reason` of a broken glass, `list` and `ends_on` of a standing authorisation."""

    amc_number: str
    url: str
    person: str
    receipt_id: int
    place: str
    profession: str
    kind: int
    noted_at: datetime
    reason: int | None
    list: str | None
    ends_on: date | None


async def person_to_ask(connection: type_of_connection, request_id: int) -> Asking | None:
    """Read a request under way; None where there is nobody to ask, or no more time."""
    async with connection.cursor(row_factory=class_row(Asking)) as cursor:
        return await (await cursor.execute(_PERSON_TO_ASK, (request_id,))).fetchone()


async def expect_code(connection: type_of_connection, request_id: int, code_digest: bytes) -> bool:
    """Expect a code, in place of the one before; false if nobody waits for one."""
    return bool(
        returned(await (await connection.execute(_EXPECT_CODE, (request_id, code_digest))).fetchone())[0]
    )


async def approve(connection: type_of_connection, request_id: int) -> bool:
    """Note that the person approved; false if nobody waits for it."""
    return bool(returned(await (await connection.execute(_APPROVE, (request_id,))).fetchone())[0])


async def person_to_tell(connection: type_of_connection, notice_id: int) -> Telling | None:
    """Read a notice that was not told yet; None where there is none."""
    async with connection.cursor(row_factory=class_row(Telling)) as cursor:
        return await (await cursor.execute(_PERSON_TO_TELL, (notice_id,))).fetchone()


async def note_notice(
    connection: type_of_connection, notice_id: int, state: str, told_by: str, *, is_revoked: bool
) -> None:
    """Keep what the insurer reports of a notice: told, pending or undeliverable; and whether the person takes back."""
    await connection.execute(_NOTE_NOTICE, (notice_id, state, told_by, is_revoked))


async def retire(connection: type_of_connection) -> None:
    """Forget authorisations and notices that were over a year ago."""
    await connection.execute(_RETIRE)
