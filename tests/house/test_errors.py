"""Every refusal has its own public code, and every face knows what to say for it."""

import importlib
import importlib.util
import inspect
import re

import pytest

from rempart.domain import errors
from rempart.domain.errors import Bug, Outage, Refusal, RempartError
from tests.house.source import PACKAGE

CODE = re.compile(r"[a-z]+(-[a-z0-9]+)*")
TABLES = {
    "fhir": "rempart.faces.fhir.outcomes",
    "identity": "rempart.faces.identity.problems",
    "portal": "rempart.faces.portal.problems",
}


def family_of(root: type[RempartError]) -> list[type[RempartError]]:
    """List an error and all that descends from it."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(family_of(child))
    return found


def of_the_house() -> list[type[RempartError]]:
    """List every error that Rempart itself defines: those that a test makes up are not its own."""
    for file in PACKAGE.rglob("errors.py"):
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


def test_the_tree_at_the_top_of_the_file_names_the_three_families() -> None:
    drawn = inspect.getdoc(errors) or ""
    assert all(name in drawn for name in ("RempartError", "Refusal", "Outage", "Bug"))


@pytest.mark.parametrize("face", TABLES)
def test_every_face_can_say_every_error(face: str) -> None:
    if (
        importlib.util.find_spec("rempart.faces") is None
        or importlib.util.find_spec(f"rempart.faces.{face}") is None
    ):
        pytest.skip(f"the {face} face is not here yet")
    table = importlib.import_module(TABLES[face])
    untold = [error.code for error in of_the_house() if error.code not in table.CODES]
    assert untold == []
