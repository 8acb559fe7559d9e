"""Write what the gate answered as FHIR, and a refusal as an OperationOutcome.

An answer holds no identity: its references are made for it and lead nowhere, and nothing that was sent about the person comes
back. Two negative answers without presence have the same length whatever is true, because everything in them that varies has a
fixed width.

Never: add to what the gate answered, or read the request.
"""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

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
_INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
_CREATED, _TRACE, _ENGAGEMENT, _REPEAT_OF = b"created", b"trace", b"engagement", b"repeat_of"

TEMPLATES_MAX: Final = 4_096
"""Shapes of answers kept by a process: insurers by last days by domains; each is one or two kilobytes."""


def response_of(answer: RightsAnswer, language: Language, now_s: float) -> bytes:
    """Write a granted or a negative answer as a CoverageEligibilityResponse.

    Answers differ little: all but the numbers made for one answer is written once by the structs, and kept as a template.
    """
    shape = _Shape(
        answer.outcome,
        answer.on,
        answer.coverages or (Coverage(1, answer.on, answer.domains),),
        answer.presence,
        answer.data_as_of,
        language,
        is_repeat=answer.repeat_of is not None,
    )
    made = _opaque_urns(3 + len(shape.coverages))
    made[_CREATED] = _instant(int(now_s))
    made[_TRACE] = (answer.trace or "").encode()
    made[_ENGAGEMENT] = (answer.engagement or "").encode()
    made[_REPEAT_OF] = (answer.repeat_of or "").encode()
    written = _template_of(shape) % made
    return written if answer.why is None else _with_why(written, answer.why)


class _Shape(NamedTuple):
    """What an answer shares with others."""

    outcome: Outcome
    on: date | None
    coverages: tuple[Coverage, ...]
    presence: Presence
    data_as_of: datetime | None
    language: Language
    is_repeat: bool


@lru_cache(maxsize=TEMPLATES_MAX)
def _template_of(shape: _Shape) -> bytes:
    """Write a shape with a hole, `%(name)b`, where each number made for an answer goes."""
    written = _encode(_response_of_shape(shape)).replace(b"%", b"%%")
    for hole in (_CREATED, _TRACE, _ENGAGEMENT, _REPEAT_OF):
        written = written.replace(b'"<%b>"' % hole, b'"%%(%b)b"' % hole)
    for place in range(3 + len(shape.coverages)):
        written = written.replace(b'"<urn%d>"' % place, b'"%%(urn%d)b"' % place)
    return written


def _response_of_shape(shape: _Shape) -> CoverageEligibilityResponse:
    """Fill the structs, a hole's name in angle brackets where each number made for an answer goes."""
    words = words_of_answer(
        RightsAnswer(shape.outcome, on=shape.on, data_as_of=shape.data_as_of), shape.language
    )
    patient, request, insurer, *coverages = (
        Reference(identifier=Identifier(system=systems.URI, value=f"<urn{place}>"))
        for place in range(3 + len(shape.coverages))
    )
    is_granted = shape.outcome.kind is Kind.GRANTED
    is_error = shape.outcome.kind is Kind.NEGATIVE
    return CoverageEligibilityResponse(
        language=shape.language,
        extension=_extensions_of(shape),
        identifier=[Identifier(system=systems.TRACE, value="<trace>")],
        status="active",
        purpose=["validation"],
        patient=patient,
        created="<created>",
        request=request,
        outcome="queued" if shape.outcome.kind is Kind.PENDING else "complete",
        disposition=words.sentence,
        insurer=insurer,
        insurance=_insurance_of(shape, coverages),
        pre_auth_ref="<engagement>" if is_granted else None,
        error=[_error_of(shape.outcome.code, words)] if is_error else None,
    )


def _with_why(written: bytes, why: dict[str, object]) -> bytes:
    """Add the trace of a sandbox to a written answer."""
    mark = b'"extension":['
    return written.replace(mark, mark + _encode(_why(why)) + b",", 1)


def outcome_of_answer(answer: RightsAnswer, row: Row, language: Language) -> bytes:
    """Write an outcome that is no answer as an OperationOutcome, with its trace number."""
    words = words_of_answer(answer, language)
    extensions = []
    if answer.trace is not None:
        extensions.append(Extension(url=systems.TRACE_NUMBER, value_string=answer.trace))
    if answer.why is not None:
        extensions.append(_why(answer.why))
    return _outcome(answer.outcome.code, row, words, language, place=row.place, extensions=extensions)


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


def _insurance_of(shape: _Shape, references: Sequence[Reference]) -> list[ResponseInsurance]:
    """Write each open coverage with its rank, or one that is not in force."""
    if shape.outcome.kind is Kind.GRANTED:
        return [
            ResponseInsurance(
                extension=[Extension(url=systems.COVERAGE_RANK, value_positive_int=coverage.rank)],
                coverage=reference,
                inforce=True,
                benefit_period=None if coverage.until is None else Period(end=coverage.until.isoformat()),
                item=[_ITEMS[domain] for domain in coverage.domains] or None,
            )
            for reference, coverage in zip(references, shape.coverages, strict=True)
        ]
    period = _period_of(shape.outcome, shape.on)
    return [ResponseInsurance(coverage=references[0], inforce=False, benefit_period=period)]


def _period_of(outcome: Outcome, on: date | None) -> Period | None:
    """Say the day that a negative answer speaks of: the first day, or the last."""
    if on is None:
        return None
    if outcome is Outcome.ENDED_ON:
        return Period(end=on.isoformat())
    return Period(start=on.isoformat())


def _error_of(code: str, words: Words) -> ResponseError:
    coding = Coding(system=systems.OUTCOME, code=code, display=words.sentence)
    return ResponseError(code=CodeableConcept(coding=[coding], text=words.next_step))


def _extensions_of(shape: _Shape) -> list[Extension]:
    extensions = [Extension(url=systems.PRESENCE, value_code=_PRESENCE_CODES[shape.presence])]
    if shape.data_as_of is not None:
        as_of = shape.data_as_of.astimezone(UTC).strftime(_INSTANT)
        extensions.append(Extension(url=systems.DATA_AS_OF, value_instant=as_of))
    if shape.is_repeat:
        extensions.append(Extension(url=systems.REPEAT_OF, value_string="<repeat_of>"))
    return extensions


def _why(why: dict[str, object]) -> Extension:
    return Extension(url=systems.WHY, value_string=_encode(why).decode())


def _opaque_urns(count: int) -> dict[bytes, bytes]:
    """Make identifiers that lead nowhere, as there is nothing to fetch: random UUIDs (RFC 9562, version 4), by their holes."""
    digits = os.urandom(16 * count).hex().encode()
    return {
        b"urn%d" % place: b"urn:uuid:%b-%b-4%b-a%b-%b"
        % (
            digits[at : at + 8],
            digits[at + 8 : at + 12],
            digits[at + 13 : at + 16],
            digits[at + 17 : at + 20],
            digits[at + 20 : at + 32],
        )
        for place, at in enumerate(range(0, 32 * count, 32))
    }


@lru_cache(maxsize=2)
def _instant(now_s: int) -> bytes:
    return datetime.fromtimestamp(now_s, UTC).strftime(_INSTANT).encode()
