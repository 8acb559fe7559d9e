"""What bytes give away is found, wherever it stands; what the asker sent is not."""

import json
from typing import Any

import numpy as np
import pytest

from rempart.domain.rights import Coverage, Domain, Outcome, RightsAnswer
from rempart.drill.callers.asking import Question, read
from rempart.drill.callers.wire import Heard
from rempart.drill.truth import Exchange, Loot, identities_in
from rempart.drill.world.people import People
from rempart.faces.fhir.answering import response_of
from rempart.faces.fhir.systems import CARE_DOMAIN

PEOPLE = People(
    amc_number=["0990000010", "0990000010", "0990000010"],
    nir=["284110924899388", "184129939780538", "184129939780635"],
    birth_date=["19841102", "19841230", "19841230"],
    rank=[1, 1, 1],
    names=["LEGRAND Sophie Laëtitia", "BRETON Nicolas", "TRAN Nicolas"],
    numbers=[("B31415926535", "C27182818"), ("B31489865668",), ("B31489865669",)],
    secret={},
    covered=np.array([1, 1, 1]),
    region=np.array([76, 0, 0]),
    is_ended=np.array([0, 0, 0]),
)
NUMBERS = {nir[:13] for nir in PEOPLE.nir}


TRAN = 2
"""Who bears the name of a domain of care."""


def heard(text: str, person: int = 0) -> Exchange:
    question = Question(person, 1, PEOPLE.nir[person])
    return Exchange(1, 0.0, question, read(Heard(200, b"HTTP/1.1 200 OK\r\n\r\n", text.encode(), 0.0)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"patient": "Laëtitia"}', ["name"]),
        ('{"patient": "LEGRAND"}', ["name"]),
        ('{"contract": "C27182818"}', ["number"]),
        ('{"other": "1841299397805"}', ["nir"]),
        ('{"other": "184129939780538"}', ["nir"]),
        ('{"born": "1984-12-30"}', ["date"]),
        ('{"born": "19841230"}', ["date"]),
    ],
)
def test_an_identity_in_the_bytes_is_seen(text: str, found: list[str]) -> None:
    assert identities_in(heard(text), PEOPLE, NUMBERS) == found


@pytest.mark.parametrize(
    "text",
    [
        '{"until": "2027-12-31"}',
        '{"id": "urn:uuid:674fbe94-5c91-491d-aebf-201712304def"}',
        '{"sent": "284110924899388", "born": "1984-11-02"}',
    ],
)
def test_what_is_no_identity_or_was_sent_is_left_alone(text: str) -> None:
    assert identities_in(heard(text), PEOPLE, NUMBERS) == []


def item(**coding: str) -> str:
    """Write what a right covers, as answers do."""
    return json.dumps({"category": {"coding": [{"system": CARE_DOMAIN, **coding}]}}, separators=(",", ":"))


def test_the_code_of_a_domain_of_care_is_nobodys_name() -> None:
    written = response_of(
        RightsAnswer(Outcome.OPEN, coverages=(Coverage(1, None, tuple(Domain)),)), "fr", 1_800_000_000.0
    ).decode()
    assert item(code="TRAN") in written
    assert identities_in(heard(written, TRAN), PEOPLE, NUMBERS) == []


@pytest.mark.parametrize(
    "text",
    [
        item(code="TRAN", display="TRAN"),
        item(display="TRAN", code="TRAN"),
        item(code="TRAN") + '{"text":"TRAN"}',
        '{"system":"urn:other","code":"TRAN"}',
        '{"code":"TRAN"}',
        '{"diagnostics":"Nicolas est inconnu"}',
        '{"name":[{"family":"TRAN"}]}',
        '{"name":[{"given":["Nicolas"]}]}',
    ],
)
def test_a_name_that_is_a_code_too_is_seen_wherever_else_it_stands(text: str) -> None:
    assert identities_in(heard(text, TRAN), PEOPLE, NUMBERS) == ["name"]


def answer(inforce: bool, code: str | None = None) -> str:
    content: dict[str, Any] = {
        "resourceType": "CoverageEligibilityResponse", "disposition": "…", "identifier": [{"value": "0000-0000-0001-01"}],
        "insurance": [{"inforce": inforce}], "outcome": "complete",
    }  # fmt: skip
    if code:
        content["error"] = [{"code": {"coding": [{"code": code}]}}]
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "confirms"),
    [
        (answer(inforce=True), True),
        (answer(inforce=False, code="ended-on"), True),
        (answer(inforce=False, code="not-confirmed"), False),
        (
            '{"resourceType": "OperationOutcome", "issue": [{"details": {"coding": [{"code": "x"}], "text": ""}}]}',
            False,
        ),
        ("no JSON at all", False),
    ],
)
def test_who_is_confirmed_is_read_in_the_bytes(text: str, confirms: bool) -> None:
    loot = Loot([heard(text)])
    assert loot.confirmed() == ({0} if confirms else set())
    assert loot.curve()[-1][1] == int(confirms)
