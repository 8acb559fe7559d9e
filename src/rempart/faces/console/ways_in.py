"""How an operator comes in, over HTTP: invitation, passkey, session."""

from starlette.requests import Request
from starlette.responses import Response

from rempart.faces.bodies import read_json
from rempart.faces.ceremonies import Code, CodeAndCredential, Credential
from rempart.faces.console.endpoints import desk_of, json_of, proof_of
from rempart.limits import BROWSER_SESSION_IDLE_S, BROWSER_SESSION_LIFE_S
from rempart.operations.console import ways_in as acts
from rempart.operations.console.ways_in import PresentOperator


async def see_invitation(request: Request) -> Response:
    """Say whom an invitation is for."""
    body = await read_json(request, Code)
    invited = await acts.see_invitation(desk_of(request), body.code)
    return json_of(
        {
            "name": invited.name,
            "role": invited.role,
            "needs_approval": invited.needs_approval,
            "expires_at": invited.expires_at,
        }
    )


async def begin_enrolment(request: Request) -> Response:
    """Begin the registration of a passkey."""
    body = await read_json(request, Code)
    return json_of({"publicKey": await acts.begin_enrolment(desk_of(request), body.code)})


async def enrol(request: Request) -> Response:
    """Register a passkey; signing in with it is the next act."""
    body = await read_json(request, CodeAndCredential)
    await acts.enrol(desk_of(request), body.code, body.credential)
    return json_of({}, 201)


async def begin_sign_in(request: Request) -> Response:
    """Begin a sign-in."""
    return json_of({"publicKey": await acts.begin_sign_in(desk_of(request), proof_of(request))})


async def sign_in(request: Request) -> Response:
    """Open a session by a passkey."""
    proof = proof_of(request)
    body = await read_json(request, Credential)
    session = await acts.sign_in(desk_of(request), body.credential, proof)
    return json_of(
        {
            "access_token": session.access_token,
            "token_type": "DPoP",
            "expires_in": BROWSER_SESSION_LIFE_S,
            "idle_s": BROWSER_SESSION_IDLE_S,
            "nonce": session.nonce,
            "operator": {"name": session.name, "role": session.role},
        }
    )


async def sign_out(request: Request, operator: PresentOperator) -> Response:
    """End the session; there is no nonce to give any more."""
    await acts.sign_out(desk_of(request), operator)
    return Response(status_code=204)
