"""Each wrong question has its own code, place and status; and nobody is asked about."""

import contextlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.faces.fhir import errors, systems
from rempart.faces.fhir.errors import RequestRefused
from rempart.faces.fhir.reading import read_request
from tests.faces.fhir.bad_questions import FHIR_FORM, QUESTIONS
from tests.faces.fhir.conftest import Desk, judge
from tests.faces.fhir.requests import ABSENT, NADIA, question, spoilt, with_extension

ROOT = "CoverageEligibilityRequest"
AMC = "0775627391"
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role",
    "practitioner": {"identifier": {"system": "https://rpps.esante.gouv.fr", "value": "10005173140"}},
    "organization": {"identifier": {"system": systems.IDNST, "value": "1750712184"}},
}


def test_each_wrong_question_has_its_own_code_place_and_status(desk: Desk) -> None:
    receipts = desk.receipts()
    answers = []
    for wrong in FHIR_FORM + QUESTIONS:
        answer = desk.ask(spoilt(question(wrong.person, AMC), wrong.path, wrong.content))
        place = f"{ROOT}.{wrong.place}".rstrip(".")
        assert (answer.status, answer.code, answer.place) == (wrong.status, wrong.code, place), wrong
        assert answer.trace is None
        answers.append(answer)
    judge(*answers)
    assert desk.receipts() == receipts, "nobody was asked about, yet there is a receipt"


def test_no_two_sentences_are_the_same(desk: Desk) -> None:
    said: dict[str, str] = {}
    for wrong in FHIR_FORM + QUESTIONS:
        answer = desk.ask(spoilt(question(wrong.person, AMC), wrong.path, wrong.content))
        said[answer.code] = answer.resource["issue"][0]["details"]["text"]
    assert len(set(said.values())) == len(said)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"nir=285057800608441", b'{"resourceType":"CoverageEligibilityRequest"', b"\xff\xfe{}", b'{"a":NaN}', b"{}{}",
        b'{"resourceType":"CoverageEligibilityRequest","status":"\xff"}', b'{"status":"\\ud800"}',
        b'{"resourceType":"CoverageEligibilityRequest","extension":' + b'[{"url":"u","extension":' * 2_000,
        b'{"resourceType":"CoverageEligibilityRequest","status":"active",}',
    ],
)  # fmt: skip
def test_what_is_not_json_is_told_so(desk: Desk, body: bytes) -> None:
    answer = desk.send(body)
    assert (answer.status, answer.code) == (400, "body-not-json")
    assert re.fullmatch("byte [0-9]+", answer.place)


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"CoverageEligibilityRequest"', b"{}"])
def test_what_is_json_but_no_resource_is_told_so(desk: Desk, body: bytes) -> None:
    answer = desk.send(body)
    assert (answer.status, answer.code) == (400, "resource-type-unexpected")


def test_an_escaped_name_does_not_hide_a_modifier_extension(desk: Desk) -> None:
    body = json.dumps(spoilt(question(NADIA, AMC), "modifierExtension", [{"url": "urn:x"}]))
    answer = desk.send(body.replace("modifierExtension", "modifier\\u0045xtension").encode())
    assert answer.code == "modifier-extension-unknown"


def test_parameters_show_where_the_defect_is_in_them(desk: Desk) -> None:
    asked = spoilt(question(NADIA, AMC), "status", "actif")
    answer = desk.ask({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]})
    assert answer.place == "Parameters.parameter[0].resource.status"


def test_parameters_hold_a_request_that_says_what_it_is(desk: Desk) -> None:
    asked = spoilt(question(NADIA, AMC), "resourceType", ABSENT)
    answer = desk.ask({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]})
    assert answer.code == "resource-type-unexpected"


def test_a_provider_is_only_checked_for_its_form(desk: Desk) -> None:
    asked = spoilt(question(NADIA, desk.insurer.amc), "contained.1", ROLE)
    asked = spoilt(asked, "provider", {"reference": "#role"})
    assert desk.ask(asked).code == "open"
    wrong = spoilt(asked, "contained.1.organization.identifier.value", "1750712185")
    assert (desk.ask(wrong).code, desk.ask(wrong).place) == (
        "finess-key", f"{ROOT}.contained[1].organization.identifier[0].value",
    )  # fmt: skip


def test_a_role_that_refers_to_itself_does_not_turn_for_ever(desk: Desk) -> None:
    asked = spoilt(
        question(NADIA, desk.insurer.amc), "contained.1", {**ROLE, "practitioner": {"reference": "#role"}}
    )
    other = {"resourceType": "PractitionerRole", "id": "other", "practitioner": {"reference": "#role"}}
    asked = spoilt(asked, "contained.2", other)
    asked = spoilt(asked, "contained.1.organization", {"reference": "#other"})
    answer = desk.ask(spoilt(asked, "provider", {"reference": "#role"}))
    assert answer.status == 422


def test_an_insurer_may_be_a_contained_organization(desk: Desk) -> None:
    insurer = {
        "resourceType": "Organization",
        "id": "mutuelle",
        "identifier": [{"system": systems.AMC_NUMBER, "value": desk.insurer.amc[1:]}],
    }
    asked = spoilt(question(NADIA, desk.insurer.amc), "contained.1", insurer)
    assert desk.ask(spoilt(asked, "insurer", {"reference": "#mutuelle"})).code == "open"


def test_a_birth_of_tomorrow_is_asked_about_and_one_of_the_day_after_is_not(desk: Desk) -> None:
    today = desk.world.today()
    asked = question(NADIA, desk.insurer.amc)
    late = spoilt(asked, "contained.0.birthDate", (today + timedelta(days=3)).isoformat())
    soon = spoilt(asked, "contained.0.birthDate", today.isoformat())
    assert (desk.ask(late).code, desk.ask(soon).code) == ("birth-date-ahead", "not-confirmed")


def test_an_extension_of_somebody_else_is_passed_over(desk: Desk) -> None:
    asked = with_extension(
        question(NADIA, desk.insurer.amc), "https://editeur.example/note", valueString="urgent"
    )
    assert desk.ask(asked).code == "open"


def test_every_code_of_the_questions_is_shown_here() -> None:
    shown = {wrong.code for wrong in FHIR_FORM + QUESTIONS}
    families = {"resource-refused", "question-refused"}
    codes = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.ResourceRefused | errors.QuestionRefused)
    }
    assert codes - families <= shown


json_parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=10,
)
PATHS = (
    "contained.0", "contained", "contained.0.identifier", "contained.0.birthDate", "patient", "insurer", "item",
    "item.0.category", "purpose", "extension", "provider", "servicedDate", "contained.0.extension", "meta", "text",
)  # fmt: skip


@given(path=st.sampled_from(PATHS), content=json_parts)
def test_any_part_can_be_anything_and_is_read_or_refused(path: str, content: Any) -> None:
    body = json.dumps(spoilt(question(NADIA, AMC), path, content)).encode()
    with contextlib.suppress(RequestRefused):
        assert read_request(body).status == "active"


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(body: bytes) -> None:
    with pytest.raises(RequestRefused):
        read_request(body)
