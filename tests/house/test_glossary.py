"""One word per concept: a French noun in the code is in GLOSSARY.md, and what GLOSSARY.md promises is in the code."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, Module, modules, planted

# Nouns of the trade that tempt a French hand; those that English spells alike ("participation") are not among them.
FRENCH = frozenset(Path(__file__).with_name("french_nouns.txt").read_text(encoding="utf-8").split())

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def words_of(identifier: str) -> list[str]:
    """Split an identifier, however it is written, into lower-case words."""
    return [word.lower() for word in WORD.findall(identifier)]


def _identifiers(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        for field in ("name", "id", "attr", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                names.add(name)
    return names


def _sql_identifiers(text: str) -> set[str]:
    without_comments = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    without_texts = re.sub(r"'(?:[^']|'')*'", " ", without_comments)
    return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", without_texts))


def glossary(text: str) -> dict[str, tuple[str, str]]:
    """Read the first table: each word of the code with its meaning and its source."""
    found: dict[str, tuple[str, str]] = {}
    table = text.partition("## French in the code")[2].partition("\n## ")[0]
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if row.startswith("|") and len(cells) == 4 and "`" in cells[1]:
            for word in re.findall(r"`([^`]+)`", cells[1]):
                found[word] = (cells[2], cells[3])
    return found


def unexplained(identifiers: set[str], explained: set[str]) -> set[str]:
    """Find the French nouns that identifiers use and the glossary does not explain."""
    allowed = {part for word in explained for part in word.split("_")}
    return {word for name in identifiers for word in words_of(name) if word in FRENCH and word not in allowed}


def _all_identifiers() -> set[str]:
    names = {name for module in modules() for name in _identifiers(module.tree)}
    names |= {part for module in modules() for part in Path(module.path).with_suffix("").parts}
    for file in PACKAGE.rglob("*.sql"):
        names |= _sql_identifiers(file.read_text(encoding="utf-8"))
    return names


@pytest.mark.parametrize(
    "text",
    [
        "def lire_droits(): ...",
        "mutuelleName = 1",
        "class FactureRefused: ...",
        "def f(*, montant_cents): ...",
        "x.soin = 1",
    ],
)
def test_a_french_noun_without_an_entry_is_seen(text: str) -> None:
    assert unexplained(_identifiers(planted(text).tree), {"nir"})


@pytest.mark.parametrize(
    "text", ["nir = 1", "class NirKeyWrong: ...", "def read_rights(): ...", "'les droits'", "sagedate = 1"]
)
def test_english_and_explained_nouns_are_left_alone(text: str) -> None:
    module: Module = planted(text)
    assert not unexplained(_identifiers(module.tree), {"nir"})


def test_a_french_column_is_seen_and_a_french_comment_is_not() -> None:
    sql = "-- les droits\ncreate table members.rights (montant_cents int, label text default 'soins');"
    assert unexplained(_sql_identifiers(sql), set()) == {"montant"}


def test_every_french_noun_of_the_code_is_in_the_glossary() -> None:
    explained = glossary((ROOT / "GLOSSARY.md").read_text(encoding="utf-8"))
    assert unexplained(_all_identifiers(), set(explained)) == set()


def test_every_word_of_the_glossary_is_used_meant_and_sourced() -> None:
    used = {"_".join(words_of(name)) for name in _all_identifiers()}
    for word, (meaning, source) in glossary((ROOT / "GLOSSARY.md").read_text(encoding="utf-8")).items():
        assert any(re.search(rf"(^|_){word}(_|$)", name) for name in used), f"{word} is not in the code"
        assert len(meaning) > 20, f"{word} has no meaning"
        assert len(source) > 5, f"{word} has no source"
