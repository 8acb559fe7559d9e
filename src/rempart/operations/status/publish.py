"""Publish and end the messages of the status page: one person does it, by name, and the name stays in the house."""

from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import TupleRow

from rempart.adapters import clock
from rempart.domain.errors.gate import (
    StatusMessageUnknown,
    StatusPopulationUnknown,
    StatusSentenceWrong,
    StatusTimeMalformed,
)
from rempart.limits import STATUS_SENTENCE_CHARS_MAX
from rempart.store import status as kept

type_of_operator = psycopg.Connection[TupleRow]

_TIMEZONE = ZoneInfo("Europe/Paris")


def publish(
    connection: type_of_operator, sentence: str, population: str, next_news_at: str, published_by: str
) -> int:
    """Publish a message for a population, or for everybody (""); give its number.

    Units: `next_news_at` is a date and time as ISO 8601 writes it, of Paris unless it says otherwise; "" for none.
    Refuses: StatusSentenceWrong, StatusTimeMalformed, StatusPopulationUnknown.
    """
    sentence = sentence.strip()
    if not 1 <= len(sentence) <= STATUS_SENTENCE_CHARS_MAX or not sentence.isprintable():
        raise StatusSentenceWrong("sentence")
    message_id = kept.publish(connection, population or None, sentence, _instant(next_news_at), published_by)
    if message_id is None:
        raise StatusPopulationUnknown("population")
    return message_id


def end(connection: type_of_operator, message_id: int, ended_by: str) -> None:
    """End a message. Refuses: StatusMessageUnknown."""
    if not kept.end(connection, message_id, ended_by):
        raise StatusMessageUnknown("message")


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise StatusTimeMalformed("next-news") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=_TIMEZONE)
    if instant <= clock.now():
        raise StatusTimeMalformed("next-news")
    return instant
