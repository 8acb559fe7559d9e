"""The pages of the reference say what the code does."""

import importlib.util
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fhirkit

from rempart.domain.errors.identifiers import NirKeyWrong
from rempart.domain.rights import BreakGlassReason, Coverage, Domain, Outcome, RightsAnswer
from rempart.faces.fhir import systems
from rempart.faces.fhir.answering import outcome_of_error, response_of
from rempart.faces.fhir.outcomes import row_of_error
from rempart.faces.fhir.question import BREAK_GLASS_CODES
from rempart.faces.fhir.reading import read_request
from rempart.faces.wording import Language
from tests.faces.fhir.bad_questions import FHIR_FORM, QUESTIONS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "reference" / "fhir.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
SHOWN = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]


def _writer() -> Any:
    spec = importlib.util.spec_from_file_location("writer", ROOT / "tooling" / "write_error_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_codes_is_what_the_code_says() -> None:
    assert _writer().page() == ERRORS, "run tooling/write_error_reference.py"


def test_every_code_has_one_entry() -> None:
    entries = re.findall(r"^### `([a-z0-9-]+)`$", ERRORS, re.MULTILINE)
    assert len(entries) == len(set(entries))
    assert {wrong.code for wrong in FHIR_FORM + QUESTIONS} <= set(entries)


def test_the_guide_names_every_system_extension_domain_and_reason() -> None:
    named = [
        content for name, content in vars(systems).items() if name.isupper() and isinstance(content, str)
    ]
    for name in [*named, *systems.NIR_SYSTEMS, *systems.RPPS_SYSTEMS, *systems.FINESS_SYSTEMS]:
        assert f"`{name.removeprefix(systems.CANONICAL)}" in GUIDE or f"`{name}`" in GUIDE, name
    assert all(f"`{domain.name}`" in GUIDE for domain in Domain)
    assert all(f"`{code}`" in GUIDE for code in BREAK_GLASS_CODES)
    assert set(BREAK_GLASS_CODES.values()) == set(BreakGlassReason)


def test_the_requests_shown_in_the_guide_can_be_asked() -> None:
    requests = [each for each in SHOWN if each["resourceType"] == "CoverageEligibilityRequest"]
    assert requests
    for request in requests:
        assert read_request(json.dumps(request).encode()).status == "active"


def test_what_the_guide_shows_is_valid() -> None:
    assert {each["resourceType"] for each in SHOWN} == {
        "CoverageEligibilityRequest", "CoverageEligibilityResponse", "OperationOutcome",
    }  # fmt: skip
    for each in SHOWN:
        assert [str(issue) for issue in fhirkit.validate(each)] == []


def test_the_answer_of_the_guide_has_the_shape_of_an_answer() -> None:
    answer = RightsAnswer(
        Outcome.OPEN,
        trace="0000-0000-2JMX-53",
        engagement="0000-0000-2JMX-53",
        on=date(2026, 12, 31),
        coverages=(Coverage(1, date(2026, 12, 31), (Domain.PHAR,)),),
        data_as_of=datetime(2026, 11, 22, 1, 2, 54, tzinfo=UTC),
    )
    now_s = datetime(2026, 11, 22, 9, tzinfo=UTC).timestamp()
    written = json.loads(response_of(answer, Language.ENGLISH, now_s))
    (shown,) = (each for each in SHOWN if each["resourceType"] == "CoverageEligibilityResponse")
    urn = re.compile(r"urn:uuid:[0-9a-f-]{36}")
    assert urn.sub("…", json.dumps(written, sort_keys=True)) == urn.sub(
        "…", json.dumps(shown, sort_keys=True)
    )


def test_the_refusal_of_the_guide_is_the_one_that_is_written() -> None:
    place = "CoverageEligibilityRequest.contained[0].identifier[0].value"
    written = json.loads(outcome_of_error(NirKeyWrong(place), row_of_error(NirKeyWrong), Language.ENGLISH))
    (shown,) = (each for each in SHOWN if each["resourceType"] == "OperationOutcome")
    assert written == shown
