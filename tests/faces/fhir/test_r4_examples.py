"""The structs read and write every official R4 example of the resources that we speak, without loss."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rempart.faces.fhir.r4.capability import CapabilityStatement
from rempart.faces.fhir.r4.coverage import Coverage
from rempart.faces.fhir.r4.elements import read_number, write_number
from rempart.faces.fhir.r4.eligibility import CoverageEligibilityRequest, CoverageEligibilityResponse
from rempart.faces.fhir.r4.outcome import OperationOutcome
from rempart.faces.fhir.r4.people import Organization, Patient, Practitioner, PractitionerRole
from tests.support.programs import NODE_TESTS, missing

PACKAGE = NODE_TESTS / "node_modules" / "hl7.fhir.r4.examples"
SPOKEN = {
    kind.__name__: kind
    for kind in (
        CapabilityStatement, Coverage, CoverageEligibilityRequest, CoverageEligibilityResponse, OperationOutcome,
        Organization, Patient, Practitioner, PractitionerRole,
    )
}  # fmt: skip
EXAMPLES = [path for name in SPOKEN for path in sorted(PACKAGE.glob(f"{name}-*.json"))]

COST = (
    b'{"resourceType":"Coverage","status":"active","beneficiary":{"display":"Nadia"},"payor":[{"display":"Mutuelle"}],'
    b'"costToBeneficiary":[{"valueMoney":{"value":%s}}]}'
)

_write = msgspec.json.Encoder(decimal_format="number", enc_hook=write_number).encode


def _read(kind: type, body: bytes) -> Any:
    return msgspec.json.Decoder(kind, dec_hook=read_number, float_hook=Decimal).decode(body)


def _exact(body: bytes) -> str:
    """Give JSON with sorted names and every digit of its numbers."""
    return json.dumps(json.loads(body, parse_float=Decimal), default=repr, sort_keys=True)


def test_the_official_examples_are_all_there() -> None:
    if not PACKAGE.is_dir():
        missing("The package of official examples", "make test installs it")
    assert len(EXAMPLES) == 74


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_is_read_and_written_without_loss(path: Path) -> None:
    body = path.read_bytes()
    kind = SPOKEN[json.loads(body)["resourceType"]]
    assert _exact(_write(_read(kind, body))) == _exact(body)


@pytest.mark.parametrize(
    ("element", "content"),
    [
        ("active", "yes"),
        ("active", 1),
        ("gender", "femme"),
        ("birthDate", "17/05/1985"),
        ("birthDate", "1985-13-01"),
        ("name", []),
        ("name", {"family": "Benali"}),
        ("name", [{"family": ""}]),
        ("multipleBirthInteger", "2"),
        ("multipleBirthInteger", 2.5),
        ("id", "not an id"),
        ("deceasedDateTime", "2026-11-22T25:00:00Z"),
        ("birthPlace", "Oran"),
    ],
)
def test_what_r4_does_not_allow_is_not_read(element: str, content: object) -> None:
    body = json.dumps({"resourceType": "Patient", element: content}).encode()
    with pytest.raises(msgspec.ValidationError):
        _read(Patient, body)


@pytest.mark.parametrize("number", ["3748.00", "0.010", "1E+2", "12345678901234567890.123456789"])
def test_the_digits_of_a_decimal_are_kept(number: str) -> None:
    body = COST % number.encode()
    read = _read(Coverage, body)
    assert Decimal(number).as_tuple() == read.cost_to_beneficiary[0].value_money.value.as_tuple()
    assert _exact(_write(read)) == _exact(body)


def test_a_decimal_written_as_text_is_not_a_decimal() -> None:
    with pytest.raises(msgspec.ValidationError):
        _read(Coverage, COST % b'"1"')


def test_a_primitive_keeps_what_stands_beside_it() -> None:
    body = (
        b'{"resourceType":"Patient","_birthDate":{"extension":[{"url":"urn:x","valueString":"lunaire"}]},'
        b'"name":[{"given":[null,"Nadia"],"_given":[{"id":"a"},null]}]}'
    )
    assert _exact(_write(_read(Patient, body))) == _exact(body)
