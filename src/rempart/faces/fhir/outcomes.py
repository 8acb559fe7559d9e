"""From what the house decided to what HTTP and FHIR say: the status and the issue type of each outcome and each error.

An error without a row of its own has its family's. `CODES` lists the public codes that this face can say; a house test fails if
an error is missing.

Sources: https://hl7.org/fhir/R4/valueset-issue-type.html, RFC 9110 15, RFC 6585, RFC 9449 7.1, RFC 6750 3.1
"""

from typing import Final, NamedTuple

from rempart.domain.errors import Bug, Outage, Refusal, RempartError
from rempart.domain.errors.access import AccessRefused, ProofRefused, TokenMissing, TokenRefused
from rempart.domain.errors.identifiers import (
    BirthDateAhead,
    CardSecretRefused,
    CareBeforeBirth,
    IdentifierRefused,
)
from rempart.domain.rights import Kind, Outcome, RightsAnswer
from rempart.faces.fhir.errors import (
    AmcNumberMissing,
    AnswerTypeRefused,
    BirthDateMissing,
    BirthRankMissing,
    BodyEncodingRefused,
    BodyInterrupted,
    BodyMissing,
    BodyTooLarge,
    BodyTypeRefused,
    CareDomainSystemUnknown,
    CareDomainUnknown,
    ElementCodeUnknown,
    ElementFormatWrong,
    ElementMissing,
    IdentifierSystemUnknown,
    ImplicitRulesUnknown,
    MethodNotAllowed,
    ModifierExtensionUnknown,
    NirMissing,
    PathUnknown,
    QuestionRefused,
    RequestRefused,
    ResourceRefused,
)
from rempart.faces.fhir.r4.outcome import IssueCode
from rempart.faces.fhir.reading import ROOT
from rempart.faces.fhir.systems import BREAK_GLASS, CARD_SECRET, PRESENCE_REQUEST


class Row(NamedTuple):
    """How HTTP and FHIR say a refusal.

    `challenge` is the error of the WWW-Authenticate header (RFC 9449, RFC 6750); `place` what of the request an outcome speaks
    of, an element or a header: an error brings its own.
    """

    status: int
    issue: IssueCode
    challenge: str = ""
    place: str = ""


NO_CREDENTIALS: Final = "none"
"""The challenge of a request that shows no token: it names no error (RFC 6750 3.1)."""

INVALID_TOKEN: Final = "invalid_token"  # noqa: S105 (a word of RFC 6750)
INVALID_PROOF: Final = "invalid_dpop_proof"
_TOKEN, _PROOF = "Authorization", "DPoP"

ROWS_OF_OUTCOMES: Final[dict[Outcome, Row]] = {
    Outcome.INSURER_NOT_SERVED: Row(422, "not-supported", place=f"{ROOT}.insurer"),
    Outcome.PRESENCE_REQUIRED: Row(403, "suppressed", place=f"{ROOT}.extension('{CARD_SECRET}')"),
    Outcome.BREAK_GLASS_EXHAUSTED: Row(429, "throttled", place=f"{ROOT}.extension('{BREAK_GLASS}')"),
    Outcome.PRESENCE_REQUESTS_EXHAUSTED: Row(
        429, "throttled", place=f"{ROOT}.extension('{PRESENCE_REQUEST}')"
    ),
    Outcome.CONTAINED: Row(403, "forbidden", place=_TOKEN),
    Outcome.ACCOUNT_FROZEN: Row(403, "forbidden", place=_TOKEN),
    Outcome.PROFESSIONAL_STRUCK_OFF: Row(403, "forbidden", place=_TOKEN),
    Outcome.DOMAIN_OUTSIDE_PROFESSION: Row(403, "forbidden", place=f"{ROOT}.item[0].category"),
    Outcome.IDEMPOTENCY_CONFLICT: Row(409, "conflict", place="Idempotency-Key"),
    Outcome.CARE_DATE_OUT_OF_RANGE: Row(422, "value", place=f"{ROOT}.servicedDate"),
    Outcome.SESSION_UNKNOWN: Row(401, "unknown", INVALID_TOKEN, place=_TOKEN),
    Outcome.SESSION_EXPIRED: Row(401, "expired", INVALID_TOKEN, place=_TOKEN),
    Outcome.SESSION_REVOKED: Row(401, "security", INVALID_TOKEN, place=_TOKEN),
    Outcome.SESSION_IDLE: Row(401, "expired", INVALID_TOKEN, place=_TOKEN),
    Outcome.KEY_MISMATCH: Row(401, "security", INVALID_TOKEN, place=_PROOF),
    Outcome.PROOF_REPLAYED: Row(401, "security", INVALID_PROOF, place=_PROOF),
    Outcome.NONCE_DIVERGED: Row(401, "security", INVALID_TOKEN, place=_PROOF),
    Outcome.PROOF_STALE: Row(401, "expired", INVALID_PROOF, place=_PROOF),
    Outcome.FACE_NOT_ALLOWED: Row(401, "security", INVALID_TOKEN, place=_TOKEN),
}
"""The outcomes that are no answer; the others are a CoverageEligibilityResponse with status 200."""

THROTTLED: Final = ROWS_OF_OUTCOMES[Outcome.PRESENCE_REQUIRED]._replace(status=429, issue="throttled")
"""A proof of presence is asked for because questions came too fast: who cannot give it may wait."""

ROWS_OF_ERRORS: Final[dict[type[RempartError], Row]] = {
    Refusal: Row(422, "processing"),
    IdentifierRefused: Row(422, "value"),
    BirthDateAhead: Row(422, "business-rule"),
    CareBeforeBirth: Row(422, "business-rule"),
    CardSecretRefused: Row(422, "value"),
    AccessRefused: Row(401, "security", INVALID_TOKEN),
    TokenRefused: Row(401, "login", INVALID_TOKEN),
    TokenMissing: Row(401, "login", NO_CREDENTIALS),
    ProofRefused: Row(401, "security", INVALID_PROOF),
    RequestRefused: Row(400, "structure"),
    PathUnknown: Row(404, "not-found"),
    MethodNotAllowed: Row(405, "not-supported"),
    AnswerTypeRefused: Row(406, "not-supported"),
    BodyMissing: Row(400, "required"),
    BodyInterrupted: Row(408, "timeout"),
    BodyTooLarge: Row(413, "too-long"),
    BodyTypeRefused: Row(415, "not-supported"),
    BodyEncodingRefused: Row(415, "not-supported"),
    ResourceRefused: Row(400, "structure"),
    ElementMissing: Row(400, "required"),
    ElementFormatWrong: Row(400, "value"),
    ElementCodeUnknown: Row(400, "code-invalid"),
    ModifierExtensionUnknown: Row(400, "extension"),
    ImplicitRulesUnknown: Row(400, "not-supported"),
    QuestionRefused: Row(422, "business-rule"),
    NirMissing: Row(422, "required"),
    AmcNumberMissing: Row(422, "required"),
    BirthDateMissing: Row(422, "required"),
    BirthRankMissing: Row(422, "required"),
    IdentifierSystemUnknown: Row(422, "code-invalid"),
    CareDomainSystemUnknown: Row(422, "code-invalid"),
    CareDomainUnknown: Row(422, "code-invalid"),
    Outage: Row(503, "transient"),
    Bug: Row(500, "exception"),
}


def row_of_error(error: type[RempartError]) -> Row:
    """Find the row of an error, or that of the nearest family that has one."""
    return next(ROWS_OF_ERRORS[kind] for kind in error.__mro__ if kind in ROWS_OF_ERRORS)


def row_of_answer(answer: RightsAnswer) -> Row | None:
    """Find the row of an outcome that is no answer; None for an answer."""
    if answer.outcome.kind in (Kind.GRANTED, Kind.NEGATIVE, Kind.PENDING):
        return None
    if answer.outcome is Outcome.PRESENCE_REQUIRED and answer.retry_after_s:
        return THROTTLED
    return ROWS_OF_OUTCOMES[answer.outcome]


def _family_of(error: type[RempartError]) -> set[type[RempartError]]:
    return {error}.union(*map(_family_of, error.__subclasses__()))


CODES: Final[dict[str, Row]] = {
    error.code: row_of_error(error) for error in _family_of(RempartError) - {RempartError}
}
"""Every error that this face can say, by its public code."""
