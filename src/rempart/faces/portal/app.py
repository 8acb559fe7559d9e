"""The portal put together: pages, scripts and styles, and the one request that concerns a person.

Everything that is read from disk is read here, before the process gives up its rights.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio._backends._asyncio  # noqa: F401 (Starlette asks for it by name at its first need, when files may be out of reach)
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from rempart.faces.portal import rights
from rempart.faces.portal.assets import Asset, read_assets
from rempart.faces.portal.catalogue import translator
from rempart.faces.portal.headers import SecurityHeaders, security_headers
from rempart.faces.portal.pages import Shells, language_at, render_shells
from rempart.faces.wording import Language
from rempart.operations.desk import Desk
from rempart.settings import Settings

Endpoint = Callable[[Request], Awaitable[Response]]
ExceptionHandler = Callable[[Request, Exception], Awaitable[Response]]

ROLE = "portal"
_KEPT_BY_NOBODY = {"Cache-Control": "no-store"}
_KEPT_FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


def build(settings: Settings) -> Starlette:
    """Build the application; its connections are opened when it starts."""
    desk = Desk(settings, ROLE)
    translators = {language: translator(language) for language in Language}
    assets = read_assets()
    shells = render_shells(translators, settings.identity_url.rstrip("/"), assets.root)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with desk:
            yield

    return Starlette(
        routes=[
            *(Route(path, _page(html)) for path, html in shells.by_path.items()),
            *(Route(path, _asset(asset)) for path, asset in assets.by_path.items()),
            Route("/health", _health),
            Route(
                rights.PATH,
                rights.RightsEndpoint(desk, settings.portal_url, translators).answer,
                methods=["POST"],
            ),
        ],
        middleware=[Middleware(SecurityHeaders, headers=security_headers(settings))],
        exception_handlers={HTTPException: _tell_http_error(shells)},
        lifespan=lifespan,
    )


def _page(html: str) -> Endpoint:
    async def page(_: Request) -> Response:
        return HTMLResponse(html, headers=_KEPT_BY_NOBODY)

    return page


def _asset(asset: Asset) -> Endpoint:
    async def file(_: Request) -> Response:
        return Response(asset.content, media_type=asset.media_type, headers=_KEPT_FOR_A_YEAR)

    return file


async def _health(_: Request) -> Response:
    """Say that the process is there; its Date header is also how a page with a wrong clock learns the time."""
    return JSONResponse({"status": "ok"}, headers=_KEPT_BY_NOBODY)


def _tell_http_error(shells: Shells) -> ExceptionHandler:
    async def tell(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404 and not request.url.path.startswith(("/api/", "/assets/")):
            return HTMLResponse(shells.not_found[language_at(request.url.path)], 404, _KEPT_BY_NOBODY)
        return Response(status_code=error.status_code, headers={**(error.headers or {}), **_KEPT_BY_NOBODY})

    return tell
