"""What an operator with a session sees and does: each function asks the database for that session again, and acts under its name.

Counts, accounts and their questions come as the database composes them; never whom a question was about.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from rempart.limits import CONSOLE_PAGE_LINES
from rempart.store.connections import type_of_connection
from rempart.store.console.operators import Signed
from rempart.store.rows import returned

type_of_facts = dict[str, Any]

LIVE = "select console.live(%s)"
CONTAINED = "select console.contained(%s, %s, %s, %s, %s, %s)"
WANTED = "select console.wanted(%s)"
ACCOUNT = "select console.account(%s, %s, %s, %s)"
COUNTED = "select console.counted(%s, %s)"
FIND = "select * from console.find_accounts(%s, %s, %s)"
BEGIN_ACT = "select verdict, sentence, challenge from console.begin_act(%s, %s, %s)"
PERFORM = "select verdict, sentence from console.perform(%s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page of each list that an attack makes long, from 1 on; beyond the last one is the last one."""

    in_force: int = 1
    past: int = 1
    convicted: int = 1
    releases: int = 1


@dataclass(frozen=True, slots=True)
class FoundRow:
    """An account that was looked for."""

    account_id: int
    name: str
    place: str
    finess: str
    profession: str
    standing: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class BegunRow:
    """An act that waits for a signature: the verdict is `begun`, or the code of a refusal."""

    verdict: str
    sentence: str | None
    challenge: bytes | None


@dataclass(frozen=True, slots=True)
class DoneRow:
    """What became of an act: `done`, `asked`, `released`, or the code of a refusal."""

    verdict: str
    sentence: str | None


async def live(connection: type_of_connection, token_digest: bytes) -> type_of_facts:
    """Say what happens now."""
    return dict(returned(await (await connection.execute(LIVE, (token_digest,))).fetchone())[0])


async def wanted(connection: type_of_connection, token_digest: bytes) -> int:
    """Count what waits for the signature of an operator."""
    return int(returned(await (await connection.execute(WANTED, (token_digest,))).fetchone())[0])


async def contained(connection: type_of_connection, token_digest: bytes, pages: Pages) -> type_of_facts:
    """Say what is and was contained, what waits, what the public is told, who the operators are and what they did.

    `in_force`, `past`, `convicted` and `releases` hold one page: `rows`, its number `page`, `lines` in all, `most` a page.
    """
    asked = (
        token_digest, pages.in_force, pages.past, pages.convicted, pages.releases, CONSOLE_PAGE_LINES,
    )  # fmt: skip
    return dict(returned(await (await connection.execute(CONTAINED, asked)).fetchone())[0])


async def account(
    connection: type_of_connection,
    token_digest: bytes,
    account_id: int,
    until: datetime | None,
    before: int | None,
) -> type_of_facts | None:
    """Say all that is known of an account; None if there is none of that number. `before` is a receipt at `until`."""
    row = await (await connection.execute(ACCOUNT, (token_digest, account_id, until, before))).fetchone()
    return None if row is None else dict(row[0])


async def counted(
    connection: type_of_connection, token_digest: bytes, since: datetime | None
) -> type_of_facts:
    """Count the questions since an instant (None: of a whole day), and those of the last 60 seconds.

    `minutes` holds [minute in seconds since 1970, outcome, count]; `lately` [outcome, count]; `at` is the present.
    """
    return dict(returned(await (await connection.execute(COUNTED, (token_digest, since))).fetchone())[0])


async def find_accounts(
    connection: type_of_connection, token_digest: bytes, text: str, receipt_id: int | None
) -> list[FoundRow]:
    """Find accounts by FINESS, RPPS, number, receipt or a part of a name: fifty at most."""
    async with connection.cursor(row_factory=class_row(FoundRow)) as cursor:
        return await (await cursor.execute(FIND, (token_digest, text, receipt_id))).fetchall()


async def begin_act(
    connection: type_of_connection, token_digest: bytes, act: type_of_facts, life_s: int
) -> BegunRow:
    """Have the database write an act's sentence, and the challenge that is bound to it."""
    async with connection.cursor(row_factory=class_row(BegunRow)) as cursor:
        return returned(
            await (await cursor.execute(BEGIN_ACT, (token_digest, Jsonb(act), life_s))).fetchone()
        )


async def perform(connection: type_of_connection, token_digest: bytes, signed: Signed) -> DoneRow:
    """Perform the act whose challenge was signed."""
    async with connection.cursor(row_factory=class_row(DoneRow)) as cursor:
        return returned(await (await cursor.execute(PERFORM, (token_digest, *signed.parts))).fetchone())
