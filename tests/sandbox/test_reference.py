"""The pages say what the sandbox holds and does, and the client that one of them shows is the one that runs."""

import re
from pathlib import Path

import pytest

from rempart.domain.rights import OUTCOME_BY_NUMBER
from rempart.faces.fhir import outcomes as fhir
from rempart.faces.identity import problems as identity
from rempart.limits import BREAK_GLASS_PER_DAY, INVITATION_LIFE_DAYS, PROOF_AGE_MAX_S
from rempart.sandbox.people import INSURERS, PEOPLE, whole
from rempart.sandbox.professionals import PROFESSIONALS
from rempart.sandbox.reference import with_tables
from rempart.sandbox.refusals import FHIR, REFUSALS, TOKEN
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "reference" / "sandbox.md"
GUIDE = ROOT / "docs" / "guides" / "first-answer.md"
CLIENT = GUIDE.with_name("first_answer.py")


def client_of(page: Path) -> str:
    """Put together the Python that a page shows, in the order in which it shows it."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return "".join(blocks)


def test_the_tables_are_those_of_the_sandbox() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "python -m rempart.sandbox.reference docs/reference/sandbox.md"
    assert page.count("<!-- table:") == 6


def test_a_table_that_differs_is_seen() -> None:
    page = PAGE.read_text(encoding="utf-8").replace("| Alice |", "| Alyssa |")
    assert page != with_tables(page)


def test_the_guide_shows_the_client_that_is_there() -> None:
    shown, kept = (re.sub(r"\n\n+", "\n", text).strip() for text in (client_of(GUIDE), CLIENT.read_text()))
    assert shown == kept


def test_the_client_needs_nothing_of_rempart() -> None:
    assert "rempart." not in re.sub(r"https://rempart\.example\S+", "", client_of(GUIDE))
    assert len(client_of(GUIDE).splitlines()) <= 100, "a vendor reads it in five minutes"


def test_every_code_is_one_that_a_face_says() -> None:
    outcomes = {outcome.code for outcome in OUTCOME_BY_NUMBER.values()}
    for refusal in REFUSALS:
        says = {TOKEN: identity.CODES, FHIR: fhir.CODES}.get(refusal.at, ())
        assert refusal.code in outcomes or refusal.code in says, refusal.code


def test_no_two_people_professionals_or_numbers_are_the_same() -> None:
    keys = [
        (person.amc_number, number, person.birth_date, person.rank)
        for person in PEOPLE
        for number in (person.nir, *map(whole, person.other_aliases))
    ]
    assert len(set(keys)) == len(keys)
    assert len({person.reference for person in PEOPLE}) == len(PEOPLE)
    assert len({who.profession for who in PROFESSIONALS}) == len(PROFESSIONALS), "one of each trade"
    assert {person.amc_number for person in PEOPLE} == set(INSURERS)


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ("three times a day", BREAK_GLASS_PER_DAY == 3),
        ("within seven days", INVITATION_LIFE_DAYS == 7),
        ("two minutes before it is sent", PROOF_AGE_MAX_S < 120),
    ],
)
def test_the_figures_of_the_page_are_the_platforms(said: str, limit: bool) -> None:
    assert said in PAGE.read_text(encoding="utf-8")
    assert limit
