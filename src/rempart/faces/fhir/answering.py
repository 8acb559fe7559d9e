"""Write what the gate answered as FHIR, and a refusal as an OperationOutcome.

An answer holds no identity: its references are made for it and lead nowhere, and nothing that was sent about the person comes
back. Two negative answers without presence have the same length whatever is true, because everything in them that varies has a
fixed width.

Never: add to what the gate answered, or read the request.
"""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from rempart.domain.errors import RempartError
from rempart.domain.rights import Coverage, Domain, Kind, Outcome, Presence, RightsAnswer
from rempart.faces.fhir import systems
from rempart.faces.fhir.outcomes import Row
from rempart.faces.fhir.r4.datatypes import CodeableConcept, Coding, Identifier, Period, Reference
from rempart.faces.fhir.r4.elements import Extension
from rempart.faces.fhir.r4.eligibility import (
    CoverageEligibilityResponse,
    ResponseError,
    ResponseInsurance,
    ResponseItem,
)
from rempart.faces.fhir.r4.outcome import Issue, OperationOutcome
from rempart.faces.wording import Language, Words, words_of_answer, words_of_error

_encode = msgspec.json.Encoder().encode

_PRESENCE_CODES: Final = {presence: presence.name.lower().replace("_", "-") for presence in Presence}
_ITEMS: Final = {
    domain: ResponseItem(
        category=CodeableConcept(coding=[Coding(system=systems.CARE_DOMAIN, code=domain.name)])
    )
    for domain in Domain
}
_PRESENCES: Final = {
    presence: Extension(url=systems.PRESENCE, value_code=code) for presence, code in _PRESENCE_CODES.items()
}


def response_of(answer: RightsAnswer, language: Language, now_s: float) -> bytes:
    """Write a granted or a negative answer as a CoverageEligibilityResponse."""
    words = words_of_answer(answer, language)
    patient, request, insurer, *coverages = _opaque_references(3 + max(1, len(answer.coverages)))
    return _encode(
        CoverageEligibilityResponse(
            language=language,
            extension=_extensions_of(answer),
            identifier=[Identifier(system=systems.TRACE, value=answer.trace)],
            status="active",
            purpose=["validation"],
            patient=patient,
            created=_instant(now_s),
            request=request,
            outcome="complete",
            disposition=words.sentence,
            insurer=insurer,
            insurance=_insurance_of(answer, coverages),
            pre_auth_ref=answer.engagement,
            error=_errors_of(answer, words),
        )
    )


def outcome_of_answer(answer: RightsAnswer, row: Row, language: Language) -> bytes:
    """Write an outcome that is no answer as an OperationOutcome, with its trace number."""
    words = words_of_answer(answer, language)
    extensions = []
    if answer.trace is not None:
        extensions.append(Extension(url=systems.TRACE_NUMBER, value_string=answer.trace))
    if answer.why is not None:
        extensions.append(_why(answer.why))
    return _outcome(answer.outcome.code, row, words, language, place="", extensions=extensions)


def outcome_of_error(error: RempartError, row: Row, language: Language, incident: str = "") -> bytes:
    """Write an error as an OperationOutcome; a bug shows its incident number and nothing else."""
    extensions = [Extension(url=systems.INCIDENT, value_string=incident)] if incident else []
    words = words_of_error(type(error), language)
    return _outcome(error.code, row, words, language, place=error.place, extensions=extensions)


def _outcome(
    code: str, row: Row, words: Words, language: Language, *, place: str, extensions: list[Extension]
) -> bytes:
    issue = Issue(
        severity="error",
        code=row.issue,
        details=CodeableConcept(
            coding=[Coding(system=systems.OUTCOME, code=code, display=words.sentence)], text=words.sentence
        ),
        diagnostics=words.next_step,
        expression=[place] if place else None,
    )
    return _encode(OperationOutcome(language=language, extension=extensions or None, issue=[issue]))


def _insurance_of(answer: RightsAnswer, references: Sequence[Reference]) -> list[ResponseInsurance]:
    """Write each open coverage with its rank, or one that is not in force."""
    if answer.outcome.kind is Kind.GRANTED:
        return [
            ResponseInsurance(
                extension=[Extension(url=systems.COVERAGE_RANK, value_positive_int=coverage.rank)],
                coverage=reference,
                inforce=True,
                benefit_period=None if coverage.until is None else Period(end=coverage.until.isoformat()),
                item=[_ITEMS[domain] for domain in coverage.domains] or None,
            )
            for reference, coverage in zip(
                references, answer.coverages or (_only_coverage(answer),), strict=True
            )
        ]
    return [
        ResponseInsurance(
            coverage=references[0], inforce=False, benefit_period=_period_of(answer.outcome, answer.on)
        )
    ]


def _only_coverage(answer: RightsAnswer) -> Coverage:
    return Coverage(1, answer.on, answer.domains)


def _period_of(outcome: Outcome, on: date | None) -> Period | None:
    """Say the day that a negative answer speaks of: the first day, or the last."""
    if on is None:
        return None
    if outcome is Outcome.ENDED_ON:
        return Period(end=on.isoformat())
    return Period(start=on.isoformat())


def _errors_of(answer: RightsAnswer, words: Words) -> list[ResponseError] | None:
    if answer.outcome.kind is Kind.GRANTED:
        return None
    coding = Coding(system=systems.OUTCOME, code=answer.outcome.code, display=words.sentence)
    return [ResponseError(code=CodeableConcept(coding=[coding], text=words.next_step))]


def _extensions_of(answer: RightsAnswer) -> list[Extension]:
    extensions = [_PRESENCES[answer.presence]]
    if answer.data_as_of is not None:
        as_of = answer.data_as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        extensions.append(Extension(url=systems.DATA_AS_OF, value_instant=as_of))
    if answer.repeat_of is not None:
        extensions.append(Extension(url=systems.REPEAT_OF, value_string=answer.repeat_of))
    if answer.why is not None:
        extensions.append(_why(answer.why))
    return extensions


def _why(why: dict[str, object]) -> Extension:
    return Extension(url=systems.WHY, value_string=_encode(why).decode())


def _opaque_references(count: int) -> list[Reference]:
    """Make logical references that lead nowhere: random UUIDs (RFC 9562, version 4).

    They are identifiers and not literal references, because there is nothing to fetch behind them.
    """
    digits = os.urandom(16 * count).hex()
    return [
        Reference(
            identifier=Identifier(
                system=systems.URI,
                value=f"urn:uuid:{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
                f"-a{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}",
            )
        )
        for at in range(0, 32 * count, 32)
    ]


def _instant(now_s: float) -> str:
    return datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
