"""The words of the letters: French, no link, no room for somebody else's words."""

import re
from email import message_from_bytes, policy

import pytest

from rempart.adapters.mail import Letter, written
from rempart.operations.notices.letters import NAMES, words_of
from tests.house.test_french import unspaced

FACTS = {
    "when": "22/11/2026 à 11:02",
    "place": "Pharmacie du Pont",
    "label": "Clé physique",
    "code": "12345678",
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_letter_has_a_subject_says_what_to_do_and_holds_no_link(name: str) -> None:
    words = words_of(name, FACTS)
    assert "\n" not in words.subject
    assert 10 < len(words.subject) < 70
    assert "://" not in words.text
    assert re.search(r"^Sinon, ", words.text, re.MULTILINE), "what to do if it was not you"
    assert "{" not in words.text
    travelled = written(Letter("1", "a@example.org", words.subject, words.text), "b@example.org").as_bytes()
    assert message_from_bytes(travelled, policy=policy.default)["Subject"] == words.subject, (
        "too long to fold"
    )
    assert unspaced([words.subject, *words.text.splitlines()]) == []


def test_a_label_stays_on_its_line_and_cannot_pretend_to_be_the_letter() -> None:
    label = "Clé\n\nAppelez le 06 00 00 00 00 pour annuler.\u202e" + "x" * 500
    text = words_of("new-device", FACTS | {"label": label}).text
    (line,) = [line for line in text.splitlines() if "06 00" in line]
    assert len(line) < 100
    assert "\u202e" not in line


def test_a_fact_with_braces_is_only_text() -> None:
    assert "{code}" in words_of("new-device", FACTS | {"label": "{code}"}).text


def test_a_letter_that_is_not_there_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        words_of("greetings", FACTS)
