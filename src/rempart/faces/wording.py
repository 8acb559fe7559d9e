"""What Rempart says: for each code, a sentence and the next step, in French (the source) and in English.

Shared by the faces, so that the portal and the API say the same thing of the same outcome. The texts are in
`wording_fr.json` and `wording_en.json`, two files of the same shape that a translator can open. `{on}` and `{as_of}` are days,
written in words; the other braces are figures of limits.

Never: decide anything, or put in a sentence what a caller typed.
"""

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rempart import limits
from rempart.domain.errors import RempartError
from rempart.domain.rights import BreakGlassReason, Domain, Outcome, Presence, RightsAnswer


class Language(StrEnum):
    """A language that Rempart speaks; French is the one that it was written in."""

    FRENCH = "fr"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """What to say for one code: a sentence, and what the reader can do."""

    sentence: str
    next_step: str


FIGURES: Final = {
    "staff_per_day": limits.STAFF_ENROLLED_PER_DAY_TITULAIRE,
    "staff_per_day_structure": limits.STAFF_ENROLLED_PER_DAY_STRUCTURE,
    "care_date_past_days": limits.CARE_DATE_PAST_MAX_DAYS,
    "care_date_ahead_days": limits.CARE_DATE_AHEAD_MAX_DAYS,
    "request_body_max_bytes": limits.REQUEST_BODY_MAX_BYTES,
    "idempotency_key_max_chars": limits.IDEMPOTENCY_KEY_MAX_CHARS,
}

_HERE = Path(__file__).parent
_CATALOGUES: Final[dict[Language, dict[str, Any]]] = {
    language: json.loads((_HERE / f"wording_{language}.json").read_text(encoding="utf-8"))
    for language in Language
}

CODES: Final = frozenset(_CATALOGUES[Language.FRENCH]["codes"])
"""Every code that has words."""


@lru_cache(maxsize=4096)
def words_of(
    code: str, language: Language = Language.FRENCH, on: date | None = None, as_of: date | None = None
) -> Words:
    """Find the words of a code; `on` and `as_of` are the days that they may speak of."""
    entries = _CATALOGUES[language]["codes"]
    if on is None and as_of is None and f"{code}-undated" in entries:
        code = f"{code}-undated"
    days = {name: in_words(day, language) for name, day in (("on", on), ("as_of", as_of)) if day is not None}
    sentence, next_step = (text.format(**days, **FIGURES) for text in entries[code])
    return Words(sentence, next_step)


def words_of_answer(answer: RightsAnswer, language: Language = Language.FRENCH) -> Words:
    """Find the words of a rights answer."""
    if answer.outcome is Outcome.INSURER_DATA_STALE:
        return words_of(answer.outcome.code, language, as_of=answer.data_as_of and answer.data_as_of.date())
    return words_of(answer.outcome.code, language, on=answer.on)


def words_of_error(error: type[RempartError], language: Language = Language.FRENCH) -> Words:
    """Find the words of an error, or those of the family that it belongs to."""
    family = (kind for kind in error.__mro__ if issubclass(kind, RempartError))
    return words_of(next(kind.code for kind in family if kind.code in CODES), language)


def in_words(day: date, language: Language = Language.FRENCH) -> str:
    """Write a day as people read it: `1er janvier 2027`, `1 January 2027`."""
    number = "1er" if day.day == 1 and language is Language.FRENCH else str(day.day)
    return f"{number} {_CATALOGUES[language]['months'][day.month - 1]} {day.year}"


def domain_label(domain: Domain, language: Language = Language.FRENCH) -> str:
    """Name a domain of care."""
    return str(_CATALOGUES[language]["domains"][domain.name])


def break_glass_label(reason: BreakGlassReason, language: Language = Language.FRENCH) -> str:
    """Name a reason for asking without a card."""
    return str(_CATALOGUES[language]["break_glass"][reason.name])


def presence_label(presence: Presence, language: Language = Language.FRENCH) -> str:
    """Name a level of presence."""
    return str(_CATALOGUES[language]["presences"][presence.name])


@lru_cache(maxsize=256)
def language_of(accept_language: str) -> Language:
    """Choose the language that an Accept-Language header likes best; French when it likes neither or says nothing."""
    best, best_weight = Language.FRENCH, 0.0
    for choice in accept_language.lower().split(",")[:16]:
        tag, _, parameter = choice.partition(";")
        weight = _weight_of(parameter.strip())
        for language in Language:
            if tag.strip().partition("-")[0] == language and weight > best_weight:
                best, best_weight = language, weight
    return best


def _weight_of(parameter: str) -> float:
    name, _, number = parameter.partition("=")
    if name != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
