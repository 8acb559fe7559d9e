"""The words of the console, in French: labels of what the platform numbers, and a sentence for each code that is refused here."""

import json
from pathlib import Path
from typing import Any, Final

from rempart.domain.rights import Outcome

WORDS: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("words_fr.json").read_text(encoding="utf-8")
)

_ABOUT_A_PERSON: Final = frozenset({"passkey-refused", "invitation-unknown"})


def has(code: str) -> bool:
    """Whether the console has a sentence for a code."""
    return code in WORDS["codes"]


def sentence_of(code: str) -> str:
    """Say what a code means, and what to do."""
    return str(WORDS["codes"].get(code, WORDS["codes"]["refused"]))


def is_about_a_person(code: str) -> bool:
    """Whether a refusal is of a key or an invitation, and not of a session that is over."""
    return code in _ABOUT_A_PERSON


def label(kind: str, code: str) -> str:
    """Name one of the things that the platform numbers."""
    return str(WORDS[kind].get(code, code))


def outcome_label(outcome: Outcome) -> str:
    """Name an outcome in a few words, as a line of a table wants it."""
    return label("outcomes", outcome.code)


def for_scripts() -> dict[str, Any]:
    """Compose what each page carries for its scripts."""
    return {
        name: WORDS[name] for name in ("texts", "codes", "modes", "standings", "scopes", "roles", "faces")
    }
