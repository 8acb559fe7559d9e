"""Every text of the pages has an English translation, with the same parts to fill in; none is left over."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from rempart.faces.pages.catalogue import LOCALE, translator
from rempart.faces.wording import Language

FACES = Path(translator.__code__.co_filename).parents[1]
FOLDERS = ("pages", "portal", "counter")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
PART = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def english() -> Catalog:
    """Read the English catalogue."""
    with (LOCALE / "en" / "LC_MESSAGES" / "pages.po").open("rb") as file:
        return read_po(file, locale="en")


def texts_of_the_pages() -> set[str]:
    """Extract the texts of the pages and of the scripts, as pybabel does."""
    found = (extract_from_dir(FACES / folder, METHODS, keywords={"_": None}) for folder in FOLDERS)
    return {message for texts in found for _, _, message, _, _ in texts if isinstance(message, str)}


def test_every_text_is_translated_and_no_translation_is_left_over(english: Catalog) -> None:
    translated = {str(message.id) for message in english if message.id and message.string}
    assert translated == texts_of_the_pages()
    assert len(translated) > 100


def test_a_translation_has_the_parts_of_its_source(english: Catalog) -> None:
    for message in english:
        if message.id:
            assert set(PART.findall(str(message.string))) == set(PART.findall(str(message.id))), message.id


def test_french_is_the_source_itself() -> None:
    assert translator(Language.FRENCH)("Demander") == "Demander"
    assert translator(Language.ENGLISH)("Demander") == "Ask"
