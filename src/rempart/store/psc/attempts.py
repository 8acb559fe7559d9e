"""What waits between the page that leaves for Pro Santé Connect and the page that comes back, bound to the browser's key."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow, class_row

type_of_connection = psycopg.AsyncConnection[TupleRow]

BEGIN = "select access.begin_psc(%s, %s, %s, %s, %s, %s)"

TAKE = "select verifier, nonce_digest, redirect_uri from access.take_psc(%s, %s)"

FIND_ACCOUNTS = """
select account_id, finess, organisation, profession_codes, is_open, objection from access.psc_accounts(%s)
"""

OFFER_PLACES = "select access.offer_places(%s, %s, %s, %s)"

CHOOSE_PLACE = "select access.choose_place(%s, %s, %s)"

FORGET_EXPIRED = "select access.forget_psc()"


@dataclass(frozen=True, slots=True)
class KeptAttempt:
    """A sign-in that was begun: the verifier of its challenge, the digest of its nonce, the page it comes back to."""

    verifier: str
    nonce_digest: bytes
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class AccountOfPractitioner:
    """An account of a professional at a place; `objection` is what the register has against it, None for nothing."""

    account_id: int
    finess: str
    organisation: str
    profession_codes: list[str]
    is_open: bool
    objection: str | None


async def keep_attempt(
    connection: type_of_connection,
    state_digest: bytes,
    key_thumbprint: bytes,
    attempt: KeptAttempt,
    life_s: int,
) -> None:
    """Remember a sign-in that begins."""
    parameters = (
        state_digest,
        key_thumbprint,
        attempt.verifier,
        attempt.nonce_digest,
        attempt.redirect_uri,
        life_s,
    )
    await connection.execute(BEGIN, parameters)


async def take_attempt(
    connection: type_of_connection, state_digest: bytes, key_thumbprint: bytes
) -> KeptAttempt | None:
    """Take a sign-in back, once; None for one that is unknown, too old, or of another browser."""
    async with connection.cursor(row_factory=class_row(KeptAttempt)) as cursor:
        return await (await cursor.execute(TAKE, (state_digest, key_thumbprint))).fetchone()


async def find_accounts(connection: type_of_connection, rpps: str) -> list[AccountOfPractitioner]:
    """List the accounts of a professional, one a place, by the names of the places."""
    async with connection.cursor(row_factory=class_row(AccountOfPractitioner)) as cursor:
        return await (await cursor.execute(FIND_ACCOUNTS, (rpps,))).fetchall()


async def offer_places(
    connection: type_of_connection,
    choice_digest: bytes,
    key_thumbprint: bytes,
    account_ids: list[int],
    life_s: int,
) -> None:
    """Remember between which accounts somebody who signed in may choose."""
    await connection.execute(OFFER_PLACES, (choice_digest, key_thumbprint, account_ids, life_s))


async def choose_place(
    connection: type_of_connection, choice_digest: bytes, key_thumbprint: bytes, finess: str
) -> int | None:
    """Take a choice back, once; give the account at the place, None if it was not offered to this browser."""
    row = await (await connection.execute(CHOOSE_PLACE, (choice_digest, key_thumbprint, finess))).fetchone()
    return None if row is None else row[0]


async def forget_expired(connection: type_of_connection) -> None:
    """Sweep the sign-ins and choices that can no longer serve."""
    await connection.execute(FORGET_EXPIRED)
