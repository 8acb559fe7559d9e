"""`rempart status`: what the public status page says beside what it finds out by itself.

What is contained shows there within seconds, without a word; a message says what only people know.
"""

from datetime import datetime

from cyclopts import App

from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.operations.status import publish as acts
from rempart.store import status as kept

app = App(name="status", help="The public status page: publish, list, end a message.")

_EVERYBODY = "tout le monde"


@app.command
def publish(
    sentence: str, *, population: str = "", next_news: str = "", by: str = "", json: bool = False
) -> None:
    """Publish a message on the public page, at once.

    Parameters
    ----------
    sentence
        What to say, in French, to people who have a customer waiting: what is closed, what works, what to do.
    population
        For whom: a profession's code (optician, pharmacist…), software, insurer, insured; nothing for everybody.
    next_news
        When more will be said, as 2026-11-22T14:30, in Paris.
    by
        Who publishes; the user of this machine when not said. Recorded, never shown to the public.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        message_id = acts.publish(connection, sentence, population, next_news, by or typist())
    said = f"Message {message_id} publié pour {population or _EVERYBODY}. Pour l’ôter\u00a0: rempart status end {message_id}"
    say(json, {"message_id": message_id, "population": population or None}, said)


@app.command(name="list")
def list_messages(*, json: bool = False) -> None:
    """List the messages in force and those of the last 30 days, the latest first.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        messages = kept.messages(connection)
    facts: dict[str, object] = {"messages": [_facts_of(row) for row in messages]}
    say(json, facts, "\n".join(_line_of(row) for row in messages) or "Aucun message.")


@app.command
def end(message_id: int, *, by: str = "", json: bool = False) -> None:
    """End a message: it leaves the page and stays in its history.

    Parameters
    ----------
    message_id
        Its number, as `rempart status list` gives it.
    by
        Who ends it; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        acts.end(connection, message_id, by or typist())
    say(json, {"message_id": message_id, "verdict": "ended"}, f"Message {message_id} ôté de la page.")


def _line_of(row: kept.MessageRow) -> str:
    ended = f"  ôté le {row.ended_at:%Y-%m-%d %H:%M} par {row.ended_by}" if row.ended_at else ""
    return (
        f"{row.message_id:>6}  {row.published_at:%Y-%m-%d %H:%M}  {row.population or _EVERYBODY:<16}  "
        f"{row.published_by}\u00a0: {row.sentence}{ended}"
    )


def _facts_of(row: kept.MessageRow) -> dict[str, object]:
    return {
        name: moment.isoformat() if isinstance(moment := getattr(row, name), datetime) else moment
        for name in row.__slots__
    }
