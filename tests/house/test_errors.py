"""Every refusal has its own public code, and every face knows what to say for it."""

import importlib
import inspect
import json
import re
from collections.abc import Callable
from datetime import date

import pytest

from rempart.domain import errors
from rempart.domain.errors import Bug, Outage, Refusal, RempartError
from rempart.domain.rights import Kind, Outcome, RightsAnswer
from rempart.faces.fhir import outcomes as fhir
from rempart.faces.identity import problems as identity
from rempart.faces.pages import problems as pages
from rempart.faces.wording import CODES as WORDED
from rempart.faces.wording import Language, words_of
from rempart.feeds.formats.advice import advice
from rempart.supervisor.complaints import OPERATORS_WORDS
from tests.house.source import PACKAGE

CODE = re.compile(r"[a-z]+(-[a-z0-9]+)*")

AT_THE_COMMAND_LINE = {
    "MemberFileRefused", "FileApprovalRefused", "RegistrationRefused", "KeySetRefused", "InsurerKnown",
    "GenerationImpossible", "ContainmentRefused", "DetectorsRefused", "StatusRefused", "JobUnknown", "OperatorRefused",
    "DirectoryTaken", "CardsRefused", "CanaryRefused", "LoadUnderWay", "LoadInterrupted", "ReportUnwritable",
}  # fmt: skip
"""Families that only an insurer's or an operator's command meets, or the console, which is French; no two languages."""

AT_THE_TOKEN_ENDPOINT = {"ClientRefused", "SubjectTokenRefused", "TokenRequestRefused"}
"""Families that only a programmer meets, in English: RFC 6749 5.2 wants `error_description` in ASCII."""

STATUS_OF: dict[str, Callable[[RempartError], int]] = {
    "fhir": lambda error: fhir.row_of_error(type(error)).status,
    "identity": lambda error: identity.translation_of(error).status,
    "pages": pages.status_of,
}
"""How each face finds the HTTP status of an error, in the code that serves it."""


def family_of(root: type[RempartError]) -> list[type[RempartError]]:
    """List an error and all that descends from it."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(family_of(child))
    return found


def of_the_house() -> list[type[RempartError]]:
    """List every error that Rempart itself defines: those that a test makes up are not its own."""
    for file in (*PACKAGE.rglob("errors.py"), *(PACKAGE / "domain" / "errors").glob("[a-z]*.py")):
        importlib.import_module("rempart." + ".".join(file.relative_to(PACKAGE).with_suffix("").parts))
    return [error for error in family_of(RempartError) if error.__module__.startswith("rempart.")]


def code_breaches(found: list[type[RempartError]]) -> list[str]:
    """Find the errors without a code of their own, with an ugly one, or with somebody else's."""
    breaches: list[str] = []
    owners: dict[str, str] = {}
    for error in found:
        if "code" not in vars(error):
            breaches.append(f"{error.__name__} has no code of its own")
            continue
        if not CODE.fullmatch(error.code):
            breaches.append(f"{error.__name__} has the code {error.code!r}, which is not kebab-case")
        if error.code in owners:
            breaches.append(f"{error.__name__} has the code of {owners[error.code]}")
        owners[error.code] = error.__name__
    return breaches


def test_two_errors_with_one_code_are_seen() -> None:
    one = type("One", (Refusal,), {"code": "one"})
    also_one = type("AlsoOne", (Refusal,), {"code": "one"})
    assert code_breaches([one, also_one]) == ["AlsoOne has the code of One"]


def test_an_error_without_a_code_and_an_ugly_code_are_seen() -> None:
    inherited = type("Inherited", (Refusal,), {})
    ugly = type("Ugly", (Refusal,), {"code": "Not_Kebab"})
    assert len(code_breaches([inherited, ugly])) == 2


def test_a_code_of_its_own_is_left_alone() -> None:
    assert code_breaches([type("Fine", (Refusal,), {"code": "fine-1a"})]) == []


def test_every_error_has_a_code_of_its_own() -> None:
    assert code_breaches(of_the_house()) == []


def test_every_error_is_a_refusal_an_outage_or_a_bug() -> None:
    strays = [error for error in of_the_house() if not issubclass(error, Refusal | Outage | Bug)]
    assert strays == [RempartError]


def test_every_error_says_what_it_refuses() -> None:
    assert [
        error for error in of_the_house() if not inspect.getdoc(error) or "__doc__" not in vars(error)
    ] == []


def test_an_error_never_carries_what_was_typed() -> None:
    for error in of_the_house():
        parameters = list(inspect.signature(error).parameters)
        assert parameters in (["place"], []), f"{error.__name__} takes {parameters}"


def test_whoever_imports_the_tree_has_every_branch() -> None:
    branches = {file.stem for file in (PACKAGE / "domain" / "errors").glob("[a-z]*.py")} - {"families"}
    assert branches <= set(errors.__all__)


def test_the_tree_at_the_top_of_the_file_names_the_three_families() -> None:
    drawn = inspect.getdoc(errors) or ""
    assert all(name in drawn for name in ("RempartError", "Refusal", "Outage", "Bug"))


def without_words(found: list[type[RempartError]]) -> list[str]:
    """Find the errors that a face could meet and that have no sentence of their own in both languages."""
    excused = AT_THE_COMMAND_LINE | AT_THE_TOKEN_ENDPOINT
    met = [error for error in found if not {kind.__name__ for kind in error.__mro__} & excused]
    met = [
        error for error in met if error is Bug or not issubclass(error, Bug)
    ]  # a bug says no more than its family
    catalogues = [
        json.loads((PACKAGE / "faces" / f"wording_{language}.json").read_text(encoding="utf-8"))["codes"]
        for language in ("fr", "en")
    ]
    return [error.code for error in met if any(error.code not in catalogue for catalogue in catalogues)]


def without_french(found: list[type[RempartError]]) -> list[str]:
    """Find the refusals and outages that a command or the console would say in English.

    Not those of the token endpoint, which a programmer reads, nor a family that is never raised itself.
    """
    at_the_console = json.loads((PACKAGE / "faces" / "console" / "words_fr.json").read_text(encoding="utf-8"))
    said = {*OPERATORS_WORDS, *advice(), *WORDED, *_strings(at_the_console)}
    return [
        error.code
        for error in found
        if not issubclass(error, Bug)
        and not error.__subclasses__()
        and not {kind.__name__ for kind in error.__mro__} & AT_THE_TOKEN_ENDPOINT
        and error.code not in said
    ]


def _strings(words: object) -> set[str]:
    """List the keys of words inside words."""
    if not isinstance(words, dict):
        return set()
    return {*words} | {key for inner in words.values() for key in _strings(inner)}


def test_an_error_in_english_is_seen() -> None:
    english = type("English", (errors.registration.RegistrationRefused,), {"code": "english"})
    assert without_french([english, errors.registration.SoftwareUnknown]) == ["english"]


def test_every_refusal_of_a_command_is_in_french() -> None:
    assert without_french(of_the_house()) == []


def misplaced(error: type[RempartError], status: int) -> bool:
    """Whether a status does not belong to the family: a refusal is 4xx, an outage 503, a bug 500."""
    if issubclass(error, Refusal):
        return not 400 <= status <= 499
    return status != (503 if issubclass(error, Outage) else 500)


def test_an_error_without_words_is_seen() -> None:
    untold = type("Untold", (Refusal,), {"code": "untold"})
    file_untold = type("FileUntold", (errors.member_files.MemberFileRefused,), {"code": "file-untold"})
    assert without_words([untold, file_untold, errors.identifiers.NirKeyWrong]) == ["untold"]


def test_every_error_that_a_face_can_meet_has_words_in_both_languages() -> None:
    assert without_words([error for error in of_the_house() if error is not RempartError]) == []


def test_no_words_are_kept_for_what_nobody_says() -> None:
    said = {error.code for error in of_the_house()} | {outcome.code for outcome in Outcome}
    kept = {code.removesuffix("-undated") for code in WORDED}
    assert kept - said == set()


def test_a_status_of_another_family_is_seen() -> None:
    assert misplaced(Refusal, 503)
    assert misplaced(Refusal, 200)
    assert misplaced(Outage, 500)
    assert misplaced(Bug, 400)
    assert not misplaced(Refusal, 422)


@pytest.mark.parametrize("face", STATUS_OF)
def test_every_face_gives_every_error_a_status_of_its_family(face: str) -> None:
    wrong = [
        error.code
        for error in of_the_house()
        if issubclass(error, Refusal | Outage | Bug) and misplaced(error, STATUS_OF[face](error()))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in Outcome if outcome.kind in (Kind.REFUSED, Kind.UNAUTHENTICATED)]
)
def test_every_refusal_of_the_gate_has_a_row_in_each_face(outcome: Outcome) -> None:
    row = fhir.row_of_answer(RightsAnswer(outcome))
    assert row is not None
    assert 400 <= row.status <= 499
    if outcome.kind is Kind.REFUSED:
        assert 400 <= pages.STATUS_OF_OUTCOME[outcome] <= 499


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words_in_both_languages(outcome: Outcome) -> None:
    for language in Language:
        assert words_of(outcome.code, language, on=date(2026, 11, 22), as_of=date(2026, 11, 22)).sentence
