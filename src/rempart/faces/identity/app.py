"""The identity face put together: addresses, who may call from a browser, what is held while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio._backends._asyncio  # noqa: F401 (Starlette asks for it by name at its first need, when files may be out of reach)
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rempart.faces.identity import browser, contacts, discovery, passkeys, psc, recovery, staff, tokens
from rempart.faces.identity.endpoints import ANY_PAGE, answered, authenticated
from rempart.faces.identity.problems import method_problem
from rempart.operations.reception import Reception
from rempart.settings import Settings

_TOKEN_PATH = "/oauth/token"  # noqa: S105 (an address)


def build(settings: Settings) -> Starlette:
    """Build the application; its connections are opened when it starts."""
    reception = Reception(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with reception:
            yield

    app = Starlette(
        routes=[*_routes(), *(() if reception.psc is None else psc.routes(reception.psc))],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=[reception.portal_url, reception.counter_url],
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "DPoP", "Accept-Language"],
                expose_headers=["DPoP-Nonce", "Retry-After"],
                max_age=600,
            )
        ],
        exception_handlers={HTTPException: _tell_http_error},
        lifespan=lifespan,
    )
    app.state.reception = reception
    app.state.fhir_url = settings.fhir_url.rstrip("/")
    return app


def _routes() -> list[Route]:
    return [
        Route(_TOKEN_PATH, tokens.token, methods=["POST"]),
        Route("/.well-known/openid-configuration", discovery.metadata),
        Route("/.well-known/oauth-authorization-server", discovery.metadata),
        Route("/errors/{code}", discovery.error_page),
        Route("/health", discovery.health),
        Route("/browser/invitation", answered(browser.see_invitation), methods=["POST"]),
        Route("/browser/passkeys/options", answered(browser.begin_enrolment), methods=["POST"]),
        Route("/browser/passkeys", answered(browser.enrol), methods=["POST"]),
        Route("/browser/passkeys/another/options", authenticated(browser.begin_another), methods=["POST"]),
        Route("/browser/passkeys/another", authenticated(browser.enrol_another), methods=["POST"]),
        Route("/browser/sign-in/options", answered(browser.begin_sign_in), methods=["POST"]),
        Route("/browser/sign-in", answered(browser.sign_in), methods=["POST"]),
        Route("/browser/session", authenticated(browser.see_session, faces=ANY_PAGE), methods=["GET"]),
        Route(
            "/browser/sign-out",
            authenticated(browser.sign_out, faces=ANY_PAGE, ends_session=True),
            methods=["POST"],
        ),
        Route("/browser/passkeys", authenticated(passkeys.list_passkeys), methods=["GET"]),
        Route("/browser/passkeys/{credential_id}", authenticated(passkeys.revoke), methods=["DELETE"]),
        Route("/browser/recovery", authenticated(recovery.see), methods=["GET"]),
        Route("/browser/recovery", authenticated(recovery.vouch), methods=["POST"]),
        Route("/browser/recovery/options", authenticated(recovery.begin), methods=["POST"]),
        Route("/browser/recovery/guarantors", authenticated(recovery.name), methods=["POST"]),
        Route(
            "/browser/recovery/guarantors/{account_id:int}",
            authenticated(recovery.remove),
            methods=["DELETE"],
        ),
        Route("/browser/contacts", authenticated(contacts.list_contacts), methods=["GET"]),
        Route("/browser/contacts", authenticated(contacts.add), methods=["POST"]),
        Route("/browser/contacts/{contact_id:int}/code", authenticated(contacts.confirm), methods=["POST"]),
        Route("/browser/contacts/{contact_id:int}", authenticated(contacts.remove), methods=["DELETE"]),
        Route("/browser/staff", authenticated(staff.list_staff), methods=["GET"]),
        Route("/browser/staff", authenticated(staff.invite), methods=["POST"]),
        Route("/browser/staff/{account_id:int}", authenticated(staff.revoke), methods=["DELETE"]),
    ]


async def _tell_http_error(request: Request, error: Exception) -> Response:
    """Tell an address that is not there, or a method that it does not know."""
    if not isinstance(error, HTTPException):
        raise error
    if request.url.path == _TOKEN_PATH and error.status_code == 405:
        return method_problem(error.headers or {})
    code = {404: "address-unknown", 405: "method-unknown"}.get(error.status_code, "request-unreadable")
    return JSONResponse(
        {"code": code, "message": error.detail, "place": ""}, error.status_code, error.headers
    )
