"""The words of the letters: one file each, its first line the subject; French, plain text.

A letter says what happened, when, at which place, and what to do if it was not you. It holds no link, for a letter with a
link is what a thief sends too: the reader opens the portal himself. It says nothing about anybody but its reader. Read at
the start, before the process gives up its rights. Never: put in a letter what somebody else typed, but the name that a
device gave itself, on one line.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rempart.limits import CONTACT_CODE_LIFE_S

_FOLDER: Final = Path(__file__).parent / "letters"
_FIGURES: Final = {"code_life_min": CONTACT_CODE_LIFE_S // 60}
_LABEL_MAX_CHARS = 80


@dataclass(frozen=True, slots=True)
class Words:
    """A letter before it is addressed."""

    subject: str
    text: str


_PATTERNS: Final = {
    file.stem: Words(*file.read_text(encoding="utf-8").split("\n\n", 1)) for file in _FOLDER.glob("*.txt")
}

NAMES: Final = frozenset(_PATTERNS)
"""Every letter that there is."""


def words_of(name: str, facts: dict[str, Any]) -> Words:
    """Fill a letter in. Raises: KeyError, for a letter or a fact that is not there."""
    pattern = _PATTERNS[name]
    said = {key: _on_one_line(str(fact)) for key, fact in facts.items()} | _FIGURES
    return Words(pattern.subject.format_map(said), pattern.text.format_map(said))


def _on_one_line(text: str) -> str:
    """Keep what prints, on one line of a readable length: a label could otherwise pretend to be the letter."""
    printable = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return printable if len(printable) <= _LABEL_MAX_CHARS else printable[: _LABEL_MAX_CHARS - 1] + "…"
