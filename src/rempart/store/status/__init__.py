"""The public state of the service, and the messages that operators publish (migration 0020)."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned


@dataclass(frozen=True, slots=True)
class PublicRow:
    """What everybody may know: a containment or a message, as `gate.public_status` gives it."""

    kind: str
    scope: str
    named: str | None
    mode: int
    since: datetime
    until: datetime | None
    sentence: str
    next_news_at: datetime | None
    region: int | None  # of a shape; 0: not known
    back_by: datetime | None  # the end of a return by waves that goes on


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as operators see it, with who published and who ended it."""

    message_id: int
    population: str | None
    sentence: str
    next_news_at: datetime | None
    published_at: datetime
    published_by: str
    ended_at: datetime | None
    ended_by: str | None


async def read_public(connection: psycopg.AsyncConnection[TupleRow]) -> list[PublicRow]:
    """Read what everybody may know, of now and of the last 30 days: what is in force first, the widest first."""
    async with connection.cursor(row_factory=class_row(PublicRow)) as cursor:
        await cursor.execute("select * from gate.public_status()")
        return await cursor.fetchall()


def publish(
    connection: psycopg.Connection[TupleRow],
    population: str | None,
    sentence: str,
    next_news_at: datetime | None,
    published_by: str,
) -> int | None:
    """Publish a message; give its number, or None where there is no such population."""
    row = connection.execute(
        "select gate.publish_status(%s, %s, %s, %s)", (population, sentence, next_news_at, published_by)
    ).fetchone()
    found: int | None = returned(row)[0]
    return found


def end(connection: psycopg.Connection[TupleRow], message_id: int, ended_by: str) -> bool:
    """End a message; say whether it was in force."""
    row = connection.execute("select gate.end_status(%s, %s)", (message_id, ended_by)).fetchone()
    return bool(returned(row)[0])


def messages(connection: psycopg.Connection[TupleRow]) -> list[MessageRow]:
    """List the messages in force and those of the last 30 days, the latest first."""
    with connection.cursor(row_factory=class_row(MessageRow)) as cursor:
        return cursor.execute("select * from gate.status_messages()").fetchall()
