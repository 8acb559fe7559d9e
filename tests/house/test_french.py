"""French typography: what stands before ; : ? ! » and after « never begins a line, so the space there does not break.

Source: Imprimerie nationale, Lexique des règles typographiques: a narrow space before ; ? and !, a whole one before : and » and
after «, none of them breaking.
"""

import json
import re
from collections.abc import Iterable, Iterator

import pytest
from babel.messages.extract import extract_from_dir

from tests.house.source import PACKAGE

MISSING = re.compile(
    r"(?:^|[^\u202f\s])(?: )?[;?!](?=\s|$)|(?:^|[^\u00a0\s])(?: )?[:»](?=\s|$)|«(?!\u00a0)|[0-9}] ?[%€]"
)

HEADER = re.compile(r"\b(?:Authorization|DPoP|Content-[A-Z][a-z]+|Accept): ")
"""The name of a header as HTTP writes it, which is no French."""

PAGE_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]


def unspaced(texts: Iterable[str]) -> list[str]:
    """Find the texts where a sign has an ordinary space, or none, where French wants one that does not break."""
    return [text for text in texts if MISSING.search(HEADER.sub("", text))]


def strings_in(found: object) -> Iterator[str]:
    """Walk through what a catalogue holds."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for part in found.values() if isinstance(found, dict) else found:
            yield from strings_in(part)


def texts_of_the_pages() -> Iterator[str]:
    """Extract what the pages and their scripts say."""
    for folder in ("pages", "portal", "counter"):
        for _, _, message, _, _ in extract_from_dir(
            PACKAGE / "faces" / folder, PAGE_METHODS, keywords={"_": None}
        ):
            if isinstance(message, str):
                yield message


@pytest.mark.parametrize(
    "text",
    [
        "Carte lue : merci.",
        "Carte lue: merci.",
        "Sans carte ?",
        "Sans carte?",
        "Gardé ; réessayez.",
        "Bravo !",
        "« Non »",
    ],
)
def test_an_ordinary_space_is_seen(text: str) -> None:
    assert unspaced([text]) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Carte lue\u00a0: merci.",
        "Sans carte\u202f?",
        "Gardé\u202f; réessayez.",
        "«\u00a0Non\u00a0»",
        "https://rempart.example",
        "12:30",
    ],
)
def test_a_space_that_does_not_break_is_left_alone(text: str) -> None:
    assert unspaced([text]) == []


@pytest.mark.parametrize(
    "catalogue",
    [
        "faces/wording_fr.json",
        "faces/public/words_fr.json",
        "faces/console/words_fr.json",
        "feeds/formats/advice_fr.json",
    ],
)
def test_what_a_catalogue_says_is_spaced_as_french_is(catalogue: str) -> None:
    texts = json.loads((PACKAGE / catalogue).read_text(encoding="utf-8"))
    assert unspaced(strings_in(texts)) == []


def test_the_texts_of_the_pages_are_spaced_as_french_is() -> None:
    texts = list(texts_of_the_pages())
    assert len(texts) > 100
    assert unspaced(texts) == []
