"""A rights answer as the page shows it: every text ready in the reader's language, no identity, nothing that was typed.

The shape is the same for every outcome; a negative answer without presence has the same members, and texts as long, whatever
the truth behind it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from rempart.domain.rights import Coverage, Kind, Outcome, RightsAnswer, RightsQuestion
from rempart.faces.pages.catalogue import Translate
from rempart.faces.pages.problems import PLACE_OF_OUTCOME, words_at_the_counter
from rempart.faces.wording import (
    Language,
    domain_label,
    in_words,
    presence_label,
    words_of_answer,
)


class CoverageView(msgspec.Struct):
    """One line of the table; the page names the domains, those of the profession only."""

    rank: int
    label: str
    until: str
    domains: list[str]


class Link(msgspec.Struct):
    """Another place to go, as the page shows it."""

    label: str
    address: str


Elsewhere = Mapping[str, str]
"""The addresses where one goes when this face is closed: `counter`, `status`."""


def links_of(elsewhere: Elsewhere, _: Translate) -> list[Link]:
    """Name the places where one goes when this face is closed."""
    labels = {
        "counter": _("Ouvrir le comptoir, qui reste ouvert quand le portail est fermé"),
        "status": _("Voir l’état du service"),
    }
    return [Link(labels[place], address) for place, address in elsewhere.items()]


class AnswerView(msgspec.Struct):
    """What the page's script puts in front of a professional."""

    code: str
    kind: str
    sentence: str
    next_step: str
    place: str
    about: str
    coverages: list[CoverageView]
    trace: str | None
    engagement: str | None
    repeat_of: str | None
    presence: str
    data_as_of: str | None
    retry_after_s: int
    why: dict[str, Any] | None
    links: list[Link] = []


def view_of(answer: RightsAnswer, question: RightsQuestion, language: Language, _: Translate) -> AnswerView:
    """Put an answer in words."""
    sentence, next_step = _words(answer, language, _)
    return AnswerView(
        code=answer.outcome.code,
        kind=answer.outcome.kind.value,
        sentence=sentence,
        next_step=next_step,
        place=PLACE_OF_OUTCOME.get(answer.outcome, ""),
        about=_about(question, language, _),
        coverages=[_coverage_view(coverage, language, _) for coverage in answer.coverages],
        trace=answer.trace,
        engagement=answer.engagement,
        repeat_of=answer.repeat_of,
        presence=presence_label(answer.presence, language),
        data_as_of=None if answer.data_as_of is None else in_words(answer.data_as_of.date(), language),
        retry_after_s=answer.retry_after_s,
        why=answer.why,
    )


def _words(answer: RightsAnswer, language: Language, _: Translate) -> tuple[str, str]:
    if answer.outcome.kind is Kind.UNAUTHENTICATED:
        return words_at_the_counter(answer.outcome.code, language, _)
    words = words_of_answer(answer, language)
    if answer.outcome is Outcome.PRESENCE_REQUIRED and answer.retry_after_s:
        hurried = _(
            "Vous posez beaucoup de questions sans carte\u00a0: scannez le code, ou attendez {seconds} s."
        )
        return words.sentence, hurried.format(seconds=answer.retry_after_s)
    return words.sentence, words.next_step


def _about(question: RightsQuestion, language: Language, _: Translate) -> str:
    domain = "" if question.domain is None else domain_label(question.domain, language)
    if question.care_date is None:
        return _("{domain}, soins d’aujourd’hui").format(domain=domain)
    return _("{domain}, soins du {day}").format(domain=domain, day=in_words(question.care_date, language))


def _coverage_view(coverage: Coverage, language: Language, _: Translate) -> CoverageView:
    return CoverageView(
        rank=coverage.rank,
        label=_("Complémentaire") if coverage.rank == 1 else _("Surcomplémentaire"),
        until=_until(coverage.until, language, _),
        domains=[domain.name for domain in coverage.domains],
    )


def _until(until: date | None, language: Language, _: Translate) -> str:
    return _("sans fin connue") if until is None else in_words(until, language)
