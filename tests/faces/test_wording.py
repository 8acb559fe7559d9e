"""The catalogue says everything, in both languages, and repeats nothing that was typed."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.rights import BreakGlassReason, Domain, Outcome, Presence, RightsAnswer
from rempart.faces import wording
from rempart.faces.wording import (
    FIGURES,
    Language,
    break_glass_label,
    domain_label,
    in_words,
    language_of,
    presence_label,
    words_of,
    words_of_answer,
)

CATALOGUES = {
    language: json.loads(Path(wording.__file__).with_name(f"wording_{language}.json").read_text("utf-8"))
    for language in Language
}


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_codes_and_the_same_figures() -> None:
    french, english = CATALOGUES[Language.FRENCH]["codes"], CATALOGUES[Language.ENGLISH]["codes"]
    assert list(french) == list(english)
    for code, texts in french.items():
        for source, translation in zip(texts, english[code], strict=True):
            assert _fields(source) == _fields(translation), code
            assert source != translation, code


def test_the_only_braces_are_days_and_figures() -> None:
    for catalogue in CATALOGUES.values():
        for code, texts in catalogue["codes"].items():
            assert set().union(*map(_fields, texts)) <= {"on", "as_of", *FIGURES}, code


def test_every_text_is_a_sentence() -> None:
    for catalogue in CATALOGUES.values():
        for code, (sentence, next_step) in catalogue["codes"].items():
            assert re.fullmatch(r"[A-ZÀÉ“].*[.]", sentence), code
            assert re.fullmatch(r"[A-ZÀÉÊ“].*[.]", next_step), code


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words(outcome: Outcome, language: Language) -> None:
    words = words_of_answer(RightsAnswer(outcome, on=date(2026, 12, 31)), language)
    assert "{" not in words.sentence + words.next_step
    assert "None" not in words.sentence + words.next_step


def test_an_open_right_says_until_when() -> None:
    answer = RightsAnswer(Outcome.OPEN, on=date(2026, 12, 31))
    assert words_of_answer(answer).sentence == "Droits ouverts jusqu’au 31 décembre 2026."
    assert words_of_answer(answer, Language.ENGLISH).sentence == "Rights open until 31 December 2026."


def test_an_open_right_without_end_does_not_invent_one() -> None:
    assert words_of_answer(RightsAnswer(Outcome.OPEN)).sentence == "Droits ouverts, sans date de fin connue."


def test_a_late_insurer_is_told_with_the_day_of_its_data() -> None:
    as_of = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    late = RightsAnswer(Outcome.INSURER_DATA_STALE, data_as_of=as_of)
    assert "20 novembre 2026" in words_of_answer(late).sentence
    assert (
        "encore transmis aucune donnée" in words_of_answer(RightsAnswer(Outcome.INSURER_DATA_STALE)).sentence
    )


def test_the_first_of_a_month_is_written_as_the_french_write_it() -> None:
    assert in_words(date(2027, 1, 1)) == "1er janvier 2027"
    assert in_words(date(2027, 1, 1), Language.ENGLISH) == "1 January 2027"


@pytest.mark.parametrize("language", Language)
def test_every_label_is_there(language: Language) -> None:
    assert len({domain_label(domain, language) for domain in Domain}) == len(Domain)
    assert len({break_glass_label(reason, language) for reason in BreakGlassReason}) == len(BreakGlassReason)
    assert len({presence_label(presence, language) for presence in Presence}) == len(Presence)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.FRENCH),
        ("fr-FR,fr;q=0.9,en;q=0.8", Language.FRENCH),
        ("en-GB,en;q=0.9,fr;q=0.2", Language.ENGLISH),
        ("de,en;q=0.5", Language.ENGLISH),
        ("de", Language.FRENCH),
        ("en;q=0, fr;q=0.1", Language.FRENCH),
        ("en;q=zero", Language.FRENCH),
    ],
)
def test_the_language_is_the_one_liked_best(header: str, language: Language) -> None:
    assert language_of(header) is language


@given(st.text(max_size=200))
def test_any_header_gives_a_language(header: str) -> None:
    assert language_of(header) in Language


def test_words_are_found_for_a_code_only_once() -> None:
    assert words_of("nir-key") is words_of("nir-key")
