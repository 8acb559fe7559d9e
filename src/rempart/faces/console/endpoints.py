"""What every address of the console does around its act: the proof, the nonce, and errors in the words of the console."""

import secrets
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from rempart.domain.errors import Outage, Refusal, RempartError
from rempart.domain.errors.access import AccessRefused
from rempart.domain.errors.requests import RequestsTooMany
from rempart.faces.console import words
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.console.ways_in import NotAdmitted, PresentOperator, admit
from rempart.security.dpop import Proof, proof_headers

log = structlog.get_logger()

type_of_endpoint = Callable[[Request], Awaitable[Response]]
type_of_bound_act = Callable[[Request, PresentOperator], Awaitable[Response]]

_NO_STORE = {"Cache-Control": "no-store"}
_RETRY_AFTER_S = "2"


def desk_of(request: Request) -> ConsoleDesk:
    """Find what this process holds."""
    desk: ConsoleDesk = request.app.state.desk
    return desk


def json_of(content: object, status: int = 200) -> Response:
    """Write an answer that nobody keeps."""
    return Response(msgspec.json.encode(content), status, media_type="application/json", headers=_NO_STORE)


def proof_of(request: Request) -> Proof:
    """Verify the proof of a request that has no session yet. Refuses: ProofRefused."""
    _, dpop = proof_headers(request.scope["headers"])
    return desk_of(request).proofs.verify_proof(dpop, request.method, _address_of(request))


def answered(act: type_of_endpoint) -> type_of_endpoint:
    """Make an endpoint for who has no session yet: counted against whoever sends, its errors told."""

    async def endpoint(request: Request) -> Response:
        try:
            desk_of(request).throttle.count(request.client.host if request.client else "")
            return await act(request)
        except Exception as error:  # noqa: BLE001 (the last net: nothing of it leaves the house)
            return _tell(error)

    return endpoint


def bound(act: type_of_bound_act, *, is_by_hand: bool = True, ends_session: bool = False) -> type_of_endpoint:
    """Make an endpoint for operators with a session; each answer, refusals included, carries the next nonce.

    `is_by_hand` False is for what a page asks by itself: it keeps no session alive.
    """

    async def endpoint(request: Request) -> Response:
        next_nonce = None
        try:
            authorization, dpop = proof_headers(request.scope["headers"])
            desk = desk_of(request)
            caller = desk.proofs.verify_request(authorization, dpop, request.method, _address_of(request))
            operator = await admit(desk, caller, is_by_hand=is_by_hand)
            next_nonce = operator.next_nonce
            response = (
                _problem(401, operator.code)
                if isinstance(operator, NotAdmitted)
                else await act(request, operator)
            )
        except Exception as error:  # noqa: BLE001 (the last net)
            response = _tell(error)
        if next_nonce is not None and not (ends_session and response.status_code < 400):
            response.headers["DPoP-Nonce"] = next_nonce
        return response

    return endpoint


def status_of(error: RempartError) -> int:
    """Choose the HTTP status of an error; 401 is for a session that is over, which a key or an invitation refused is not."""
    if isinstance(error, Outage):
        return 503
    if isinstance(error, RequestsTooMany):
        return 429
    if isinstance(error, AccessRefused):
        return 403 if words.is_about_a_person(error.code) else 401
    return 422 if isinstance(error, Refusal) else 500


def _address_of(request: Request) -> str:
    return desk_of(request).url + str(request.scope["path"])


def _tell(error: Exception) -> Response:
    if isinstance(error, Refusal | Outage):
        families = (getattr(kind, "code", "") for kind in type(error).__mro__)
        return _problem(status_of(error), error.code, next(code for code in families if words.has(code)))
    reference = secrets.token_hex(6).upper()
    log.error("bug", reference=reference, error=type(error).__name__)
    return _problem(500, "bug", reference=reference)


def _problem(status: int, code: str, worded: str = "", reference: str = "") -> Response:
    told = {"code": code, "sentence": words.sentence_of(worded or code), "reference": reference}
    response = json_of(told, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'DPoP error="invalid_token"'
    if status == 503:
        response.headers["Retry-After"] = _RETRY_AFTER_S
    return response
