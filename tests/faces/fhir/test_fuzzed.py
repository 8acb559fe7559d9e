"""schemathesis reads our own description and tries what it allows and what it forbids: no 500, and every answer as described.

Each request carries a fresh proof, so that what is made up goes as deep as the gate; one test sends none.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from rempart.faces.fhir.submit import PATH
from tests.faces.fhir.conftest import Desk
from tests.faces.fhir.requests import NADIA, question, spoilt

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW = 25  # schemathesis makes up some three requests a second
MANY = 300
BOUNDED = settings(
    max_examples=FEW,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]


@pytest.fixture
def described(desk: Desk) -> Any:
    """Give the description as the running face publishes it."""
    return schemathesis.openapi.from_url(f"{desk.running.settings.fhir_url}/openapi.json")


@pytest.mark.parametrize("mode", MODES, ids=["allowed", "forbidden"])
def test_whatever_is_sent_with_a_proof_is_answered_as_described(
    desk: Desk, described: Any, mode: schemathesis.GenerationMode
) -> None:
    asked = described[PATH]["POST"].as_strategy(generation_mode=mode)
    seen: set[int] = set()

    @given(case=asked)
    @BOUNDED
    def send(case: Any) -> None:
        headers = desk.software.key.headers("POST", desk.url, desk.software.token)
        seen.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

    send()
    assert seen - {401}, "nothing got past the proof"


def test_whatever_is_sent_without_a_proof_is_answered_as_described(described: Any) -> None:
    @given(case=described[PATH]["POST"].as_strategy())
    @settings(BOUNDED, max_examples=10)
    def send(case: Any) -> None:
        case.headers = {}
        assert case.call_and_validate(checks=CHECKS).status_code in {400, 401}

    send()


@pytest.mark.parametrize(
    "path", ["/fhir/metadata", "/.well-known/smart-configuration", "/openapi.json", "/health"]
)
def test_each_document_is_as_described(described: Any, path: str) -> None:
    described[path]["GET"].Case().call_and_validate(checks=CHECKS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
PARTS = (
    "contained.0.identifier.0.value", "contained.0.birthDate", "contained.0.multipleBirthInteger", "contained.0.extension",
    "insurer.identifier.value", "servicedDate", "item.0.category.coding.0.code", "extension", "provider.identifier.value",
)  # fmt: skip


def test_a_sound_question_with_one_part_made_up_is_answered_or_refused(desk: Desk) -> None:
    @given(path=st.sampled_from(PARTS), content=JSON, language=st.sampled_from(["fr", "en"]))
    @settings(BOUNDED, max_examples=MANY)
    def send(path: str, content: object, language: str) -> None:
        asked = spoilt(question(NADIA, desk.insurer.amc), path, content)
        assert desk.ask(asked, Accept_Language=language).status in {200, 400, 403, 422, 429}

    send()
