"""What bytes give away is found, wherever it stands; what the asker sent is not."""

import json
from typing import Any

import numpy as np
import pytest

from rempart.drill.callers.asking import Question, read
from rempart.drill.callers.wire import Heard
from rempart.drill.truth import Exchange, Loot, identities_in
from rempart.drill.world.people import People

PEOPLE = People(
    amc_number=["0990000010", "0990000010"],
    nir=["284110924899388", "184129939780538"],
    birth_date=["19841102", "19841230"],
    rank=[1, 1],
    names=["LEGRAND Sophie Laëtitia", "BRETON Nicolas"],
    numbers=[("B31415926535", "C27182818"), ("B31489865668",)],
    secret={},
    covered=np.array([1, 1]),
    region=np.array([76, 0]),
    is_ended=np.array([0, 0]),
)
NUMBERS = {nir[:13] for nir in PEOPLE.nir}


def heard(text: str) -> Exchange:
    question = Question(0, 1, PEOPLE.nir[0])
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
