"""`rempart status` as an operator types it, with the telephone ringing."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.test_register import run, told
from tests.support.database import Database


def test_a_message_is_published_listed_and_ended_under_a_name(database: Database) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    sentence = "Le portail est fermé, le comptoir répond."
    message = (
        "status",
        "publish",
        sentence,
        "--population",
        "optician",
        "--next-news",
        soon,
        "--by",
        "nadia",
    )
    number = told(database, *message)["message_id"]
    listed = told(database, "status", "list")["messages"]
    assert [(row["message_id"], row["population"], row["published_by"]) for row in listed] == [
        (number, "optician", "nadia")
    ]
    done = run(database, "status", "end", str(number), "--by", "camille")
    assert done.stdout == f"Message {number} ôté de la page.\n"
    (row,) = told(database, "status", "list")["messages"]
    assert (row["ended_by"], row["ended_at"] is not None) == ("camille", True)
    again = run(database, "status", "end", str(number))
    assert (again.returncode, "status-message-unknown" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("Phrase.", "--population", "plumber"), "status-population-unknown"),
        (("Phrase.", "--next-news", "demain"), "status-time-malformed"),
        (("Phrase.", "--next-news", "2020-01-01T10:00"), "status-time-malformed"),
        ((" ",), "status-sentence-wrong"),
        (("x" * 501,), "status-sentence-wrong"),
        (("deux\nlignes",), "status-sentence-wrong"),
    ],
)
def test_what_cannot_be_published_says_why(database: Database, words: tuple[str, ...], code: str) -> None:
    done = run(database, "status", "publish", *words)
    assert done.returncode == 1
    assert code in done.stderr
