"""Errors in the words of this face: OAuth's for the token endpoint, a code and a sentence everywhere else.

What is unexpected is logged by type and place in the code, never by its message, which may quote what was sent; the caller
gets a reference number and nothing else.

Sources: RFC 6749 5.2, RFC 8693 2.2.2 (a subject token that is refused is an `invalid_request`), RFC 9449 5 and 7.1.
"""

import inspect
import secrets
import traceback
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

from rempart.domain import errors
from rempart.domain.rights import Kind, Outcome
from rempart.faces import wording
from rempart.security.dpop import PROOF_ALGORITHMS

log = structlog.get_logger()

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_RETRY_AFTER_S: Final = "2"


class Translation(NamedTuple):
    """How an error and its descendants are told: HTTP status, OAuth's word at the token endpoint."""

    status: int
    oauth_error: str


TRANSLATIONS: Final[dict[type[errors.RempartError], Translation]] = {
    errors.token_exchange.ClientRefused: Translation(401, "invalid_client"),
    errors.access.ProofRefused: Translation(401, "invalid_dpop_proof"),
    errors.access.TokenRefused: Translation(401, "invalid_token"),
    errors.token_exchange.SubjectTokenRefused: Translation(403, "invalid_request"),
    errors.token_exchange.GrantTypeUnsupported: Translation(400, "unsupported_grant_type"),
    errors.token_exchange.ScopeUnknown: Translation(400, "invalid_scope"),
    errors.token_exchange.TargetUnknown: Translation(400, "invalid_target"),
    errors.token_exchange.TokenRequestRefused: Translation(400, "invalid_request"),
    errors.identifiers.IdentifierRefused: Translation(400, "invalid_request"),
    errors.requests.BodyOversize: Translation(413, "invalid_request"),
    errors.requests.BodyTypeWrong: Translation(415, "invalid_request"),
    errors.requests.RequestUnreadable: Translation(400, "invalid_request"),
    errors.requests.RequestsTooMany: Translation(429, "temporarily_unavailable"),
    errors.accounts.InvitationUnknown: Translation(404, "invalid_request"),
    errors.accounts.StaffMemberUnknown: Translation(404, "invalid_request"),
    errors.accounts.NotATitulaire: Translation(403, "access_denied"),
    errors.accounts.StaffTooMany: Translation(409, "invalid_request"),
    errors.accounts.EnrolmentsTooMany: Translation(409, "invalid_request"),
    errors.accounts.PasskeysTooMany: Translation(409, "invalid_request"),
    errors.accounts.PasskeyInUse: Translation(409, "invalid_request"),
    errors.accounts.PasskeyUnknown: Translation(404, "invalid_request"),
    errors.accounts.ContactUnknown: Translation(404, "invalid_request"),
    errors.accounts.ContactsTooMany: Translation(409, "invalid_request"),
    errors.accounts.AccountClosed: Translation(403, "access_denied"),
    errors.accounts.PasskeyRefused: Translation(403, "access_denied"),
    errors.access.AccessRefused: Translation(403, "access_denied"),
    errors.Refusal: Translation(400, "invalid_request"),
    errors.Outage: Translation(503, "temporarily_unavailable"),
    errors.RempartError: Translation(500, "server_error"),
}
"""Read from the error's own class upwards, so that a new error is told as its family is."""

_TOKEN_ENDPOINT_STATUS: Final = {"invalid_client": 401, "temporarily_unavailable": 503, "server_error": 500}


class _Codes:
    """The codes that this face can say: all, each as its family is told."""

    def __contains__(self, code: object) -> bool:
        return any(kind.code == code for kind in kinds_of_error())


CODES: Final = _Codes()


def kinds_of_error(
    root: type[errors.RempartError] = errors.RempartError,
) -> Iterator[type[errors.RempartError]]:
    """Walk through the tree of errors."""
    yield root
    for child in root.__subclasses__():
        yield from kinds_of_error(child)


def translation_of(error: errors.RempartError) -> Translation:
    """Find how an error is told."""
    return next(TRANSLATIONS[kind] for kind in type(error).__mro__ if kind in TRANSLATIONS)


def sentence_of_kind(kind: type[errors.RempartError]) -> str:
    """Give the sentence of a kind of error: the first line of what its class says of itself."""
    return (inspect.getdoc(kind) or kind.code).splitlines()[0]


def problem(error: errors.RempartError, request: Request) -> JSONResponse:
    """Tell an error to a browser, in its language."""
    reason = "invalid_dpop_proof" if isinstance(error, errors.access.ProofRefused) else "invalid_token"
    words = _words(error.code, request) or error.sentence
    return _problem(translation_of(error).status, error.code, words, error.place, reason)


def problem_of_outcome(outcome: Outcome, request: Request) -> JSONResponse:
    """Tell what the gate decided: 401 where the session does not hold, 403 where it may not go on."""
    status = 401 if outcome.kind is Kind.UNAUTHENTICATED else 403
    return _problem(status, outcome.code, _words(outcome.code, request) or outcome.code, "", "invalid_token")


def oauth_problem(error: errors.RempartError, issuer: str) -> JSONResponse:
    """Tell an error to a software at the token endpoint."""
    oauth_error = translation_of(error).oauth_error
    status = translation_of(error).status
    if status not in (413, 415, 429):
        status = _TOKEN_ENDPOINT_STATUS.get(oauth_error, 400)
    headers = NO_STORE | ({"Retry-After": _RETRY_AFTER_S} if status in (429, 503) else {})
    body = {
        "error": oauth_error,
        "error_description": error.sentence + (f" ({error.place})" if error.place else ""),
        "error_uri": f"{issuer}/errors/{error.code}",
        "code": error.code,
    }
    return JSONResponse(body, status, headers)


def method_problem(headers: Mapping[str, str]) -> JSONResponse:
    """Tell a software that the token endpoint is asked by POST alone (RFC 6749 3.2), in the form of its other errors."""
    body = {
        "error": "invalid_request",
        "error_description": "The token endpoint is asked by POST.",
        "code": "method-unknown",
    }
    return JSONResponse(body, 405, {**headers, **NO_STORE})


def bug_of(error: Exception) -> errors.RempartError:
    """Log what should not have happened, without its message, and give the error that the caller is told."""
    reference = secrets.token_hex(6)
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    log.error("bug", reference=reference, error=type(error).__name__, frames=frames)
    return errors.Bug(reference)


def _problem(status: int, code: str, message: str, place: str, reason: str) -> JSONResponse:
    headers = dict(NO_STORE)
    if status == 401:
        headers["WWW-Authenticate"] = f'DPoP error="{reason}", algs="{" ".join(PROOF_ALGORITHMS)}"'
    if status in (429, 503):
        headers["Retry-After"] = _RETRY_AFTER_S
    return JSONResponse({"code": code, "message": message, "place": place}, status, headers)


def _words(code: str, request: Request) -> str | None:
    """Find the sentence and the next step of a code that people may read."""
    if code not in wording.CODES:
        return None
    words = wording.words_of(code, wording.language_of(request.headers.get("accept-language", "")))
    return f"{words.sentence} {words.next_step}".strip()
