"""A face of pages put together: shells, scripts and styles, and the one request that concerns a person.

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

from rempart.faces.pages import rights
from rempart.faces.pages.answer_view import Elsewhere
from rempart.faces.pages.assets import Asset, read_assets
from rempart.faces.pages.catalogue import translator
from rempart.faces.pages.headers import SecurityHeaders, security_headers
from rempart.faces.pages.question_form import CardForm
from rempart.faces.pages.rights import RightsEndpoint
from rempart.faces.pages.shells import Shells, Site, language_at, render_shells
from rempart.faces.wording import Language
from rempart.operations.desk import Desk
from rempart.settings import Settings

Endpoint = Callable[[Request], Awaitable[Response]]
ExceptionHandler = Callable[[Request, Exception], Awaitable[Response]]

KEPT_BY_NOBODY = {"Cache-Control": "no-store"}
KEPT_FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


def serve_site(
    site: Site, settings: Settings, role: str, url: str, form: type[CardForm], elsewhere: Elsewhere
) -> Starlette:
    """Build the application of a face known at `url`; its connections are opened when it starts.

    `form` is the question that its page sends; `elsewhere` is where else to go when what one asks is contained.
    """
    desk = Desk(settings, role)
    translators = {language: translator(language) for language in Language}
    assets = read_assets()
    shells = render_shells(site, translators, assets.root)
    question = RightsEndpoint(desk, url, translators, form, elsewhere)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with desk:
            yield

    return Starlette(
        routes=[
            *(Route(path, _page(html)) for path, html in shells.by_path.items()),
            *asset_routes(assets.by_path),
            Route("/health", health),
            Route(rights.PATH, question.answer, methods=["POST"]),
        ],
        middleware=[Middleware(SecurityHeaders, headers=security_headers(url, site.identity_url))],
        exception_handlers={HTTPException: _tell_http_error(shells)},
        lifespan=lifespan,
    )


def asset_routes(assets: dict[str, Asset]) -> list[Route]:
    """Serve scripts and styles under the addresses that hold their digest."""
    return [Route(path, _asset(asset)) for path, asset in assets.items()]


async def health(_: Request) -> Response:
    """Say that the process is there; its Date header is also how a page with a wrong clock learns the time."""
    return JSONResponse({"status": "ok"}, headers=KEPT_BY_NOBODY)


def _page(html: str) -> Endpoint:
    async def page(_: Request) -> Response:
        return HTMLResponse(html, headers=KEPT_BY_NOBODY)

    return page


def _asset(asset: Asset) -> Endpoint:
    async def file(_: Request) -> Response:
        return Response(asset.content, media_type=asset.media_type, headers=KEPT_FOR_A_YEAR)

    return file


def _tell_http_error(shells: Shells) -> ExceptionHandler:
    async def tell(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404 and not request.url.path.startswith(("/api/", "/assets/")):
            return HTMLResponse(shells.not_found[language_at(request.url.path)], 404, KEPT_BY_NOBODY)
        return Response(status_code=error.status_code, headers={**(error.headers or {}), **KEPT_BY_NOBODY})

    return tell
