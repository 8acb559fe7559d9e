"""What every endpoint of this face goes through: the throttle, the proof, the gate, the translation of errors."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address, ip_network

from starlette.requests import Request
from starlette.responses import Response

from rempart.domain.access import Face
from rempart.domain.errors import RempartError
from rempart.domain.rights import Outcome
from rempart.faces.identity.problems import NO_STORE, bug_of, problem, problem_of_outcome
from rempart.operations.reception import Reception
from rempart.security.admission import AdmittedCaller, TurnedAway
from rempart.security.dpop import Proof, proof_headers

type_of_endpoint = Callable[[Request], Awaitable[Response]]
type_of_act = Callable[[Request, AdmittedCaller], Awaitable[Response]]


PORTAL_ONLY = frozenset({Face.PORTAL})
ANY_PAGE = frozenset({Face.PORTAL, Face.COUNTER})

_IPV6_NETWORK_BITS = 64  # what one subscriber is given


def reception_of(request: Request) -> Reception:
    """Find what this process holds."""
    reception: Reception = request.app.state.reception
    return reception


def address_of(request: Request) -> str:
    """Write the public address that a proof must be made for."""
    return reception_of(request).issuer + str(request.scope["path"])


def proof_of(request: Request) -> Proof:
    """Verify the proof of a request that has no session yet. Refuses: ProofRefused."""
    _, dpop = proof_headers(request.scope["headers"])
    return reception_of(request).proofs.verify_proof(dpop, request.method, address_of(request))


def throttle(request: Request) -> None:
    """Count a request that nothing proves yet against whoever sent it. Refuses: RequestsTooMany."""
    sender = _sender_of(request)
    if sender is not None:
        reception_of(request).throttle.count(sender)


def _sender_of(request: Request) -> str | None:
    """Name the network that a request came from; None for a program of this machine, which has other ways to tire it.

    The proxy beside us adds the last address of X-Forwarded-For; what stands before it is the sender's own word.
    """
    host = request.client.host if request.client else "127.0.0.1"
    try:
        sender = ip_address(host)
        if sender.is_loopback:
            forwarded = request.headers.get("x-forwarded-for")
            if forwarded is None:
                return None
            sender = ip_address(forwarded.rpartition(",")[2].strip())
    except ValueError:
        return host
    if sender.version == 6:
        return str(ip_network((sender, _IPV6_NETWORK_BITS), strict=False))
    return str(sender)


def answered(act: type_of_endpoint) -> type_of_endpoint:
    """Make an endpoint for callers without a session: throttled, and its errors translated."""

    async def endpoint(request: Request) -> Response:
        try:
            throttle(request)
            response = await act(request)
        except RempartError as error:
            response = problem(error, request)
        except Exception as error:  # noqa: BLE001 (the last net: nothing of it leaves the house)
            response = problem(bug_of(error), request)
        response.headers.update(NO_STORE)
        return response

    return endpoint


def authenticated(
    act: type_of_act, *, faces: frozenset[Face] = PORTAL_ONLY, ends_session: bool = False
) -> type_of_endpoint:
    """Make an endpoint for callers with a session opened for one of `faces`: at the counter one asks, and administers nothing.

    Each answer, errors included, carries the nonce of the next proof; the one that ends the session has none to give.
    """

    async def endpoint(request: Request) -> Response:
        next_nonce = None
        try:
            caller = await _admit(request, faces)
            next_nonce = caller.next_nonce
            response = (
                problem_of_outcome(caller.outcome, request)
                if isinstance(caller, TurnedAway)
                else await act(request, caller)
            )
        except RempartError as error:
            response = problem(error, request)
        except Exception as error:  # noqa: BLE001 (the last net: nothing of it leaves the house)
            response = problem(bug_of(error), request)
        response.headers.update(NO_STORE)
        if next_nonce is not None and not (ends_session and response.status_code < 400):
            response.headers["DPoP-Nonce"] = next_nonce
        return response

    return endpoint


async def _admit(request: Request, faces: frozenset[Face]) -> AdmittedCaller | TurnedAway:
    reception = reception_of(request)
    authorization, dpop = proof_headers(request.scope["headers"])
    caller = reception.proofs.verify_request(authorization, dpop, request.method, address_of(request))
    admitted = await reception.admit(caller)
    if isinstance(admitted, AdmittedCaller) and admitted.face not in faces:
        return TurnedAway(Outcome.FACE_NOT_ALLOWED, admitted.next_nonce)
    return admitted
