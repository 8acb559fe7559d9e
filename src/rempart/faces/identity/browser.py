"""The browser's endpoints: invitation, passkeys, sign-in, session. The portal's scripts are their only callers.

Shapes are in docs/reference/identity.md. Nothing here sets a cookie.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rempart.domain.access import AccountLabel
from rempart.domain.rights import Domain, domains_of
from rempart.faces.bodies import read_json
from rempart.faces.ceremonies import Code, CodeAndCredential, Credential
from rempart.faces.identity.endpoints import proof_of, reception_of
from rempart.limits import BROWSER_SESSION_IDLE_S, BROWSER_SESSION_LIFE_S
from rempart.operations import enrol_passkey, open_browser_session
from rempart.operations.open_browser_session import BrowserSession
from rempart.security.admission import AdmittedCaller


async def see_invitation(request: Request) -> Response:
    """Say whom an invitation is for."""
    body = await read_json(request, Code)
    view = await enrol_passkey.see_invitation(reception_of(request), body.code)
    account = view.account
    return JSONResponse(
        {
            "display_name": account.display_name,
            "kind": account.kind,
            "profession_label": account.profession_label,
            "organisation": account.organisation,
            "expires_at": view.expires_at.isoformat(),
        }
    )


async def begin_enrolment(request: Request) -> Response:
    """Begin the registration of a first passkey."""
    body = await read_json(request, Code)
    return JSONResponse(
        {"publicKey": await enrol_passkey.begin_by_invitation(reception_of(request), body.code)}
    )


async def enrol(request: Request) -> Response:
    """Register a first passkey and open a session."""
    proof = proof_of(request)
    body = await read_json(request, CodeAndCredential)
    reception = reception_of(request)
    session = await enrol_passkey.enrol_by_invitation(reception, body.code, body.credential, proof)
    return JSONResponse(session_json(session), 201)


async def begin_sign_in(request: Request) -> Response:
    """Begin a sign-in, for the key that the proof shows."""
    proof = proof_of(request)
    return JSONResponse({"publicKey": await open_browser_session.begin_sign_in(reception_of(request), proof)})


async def sign_in(request: Request) -> Response:
    """Open a session by a passkey."""
    proof = proof_of(request)
    body = await read_json(request, Credential)
    session = await open_browser_session.sign_in(reception_of(request), body.credential, proof)
    return JSONResponse(session_json(session))


async def see_session(request: Request, caller: AdmittedCaller) -> Response:
    """Say under which account a session works."""
    return JSONResponse(
        {"account": _account(await open_browser_session.see_account(reception_of(request), caller))}
    )


async def sign_out(request: Request, caller: AdmittedCaller) -> Response:
    """End a session; there is no nonce to give any more."""
    await open_browser_session.sign_out(reception_of(request), caller)
    return Response(status_code=204)


async def begin_another(request: Request, caller: AdmittedCaller) -> Response:
    """Begin the registration of another passkey."""
    return JSONResponse({"publicKey": await enrol_passkey.begin_another(reception_of(request), caller)})


async def enrol_another(request: Request, caller: AdmittedCaller) -> Response:
    """Register another passkey."""
    body = await read_json(request, Credential)
    await enrol_passkey.enrol_another(reception_of(request), caller, body.credential)
    return JSONResponse({}, 201)


def session_json(session: BrowserSession) -> dict[str, Any]:
    """Write a session as the browser is told of it."""
    return {
        "access_token": session.access_token,
        "token_type": "DPoP",
        "expires_in": BROWSER_SESSION_LIFE_S,
        "idle_s": BROWSER_SESSION_IDLE_S,
        "nonce": session.nonce,
        "account": _account(session.account),
    }


def _account(account: AccountLabel) -> dict[str, Any]:
    return {
        "display_name": account.display_name,
        "kind": account.kind,
        "profession": account.profession,
        "profession_label": account.profession_label,
        "organisation": account.organisation,
        "domains": [domain.name for domain in domains_of(account.domains)],
        "default_domain": Domain(account.default_domain).name,
        "may_enrol_staff": account.may_enrol_staff,
        "new_until": account.new_until.isoformat() if account.new_until else None,
    }
