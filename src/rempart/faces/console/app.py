"""The console put together: four pages that hold nobody's data, and the addresses from which these fetch it with a proof.

Its process, role, port and origin are its own. No cookie, no third party, no script of another face's acts.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio._backends._asyncio  # noqa: F401 (Starlette asks for it by name at its first need, when files may be out of reach)
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rempart.faces.console import acts, views, ways_in, words
from rempart.faces.console.endpoints import answered, bound
from rempart.faces.pages.assets import read_assets
from rempart.faces.pages.headers import SecurityHeaders, security_headers
from rempart.faces.pages.serving import KEPT_BY_NOBODY, Endpoint, asset_routes, health
from rempart.faces.pages.shells import environment_of
from rempart.operations.console.counting import Counting
from rempart.operations.console.desk import ConsoleDesk
from rempart.settings import Settings

PATHS = {"live": "/", "account": "/account", "containments": "/containments", "invitation": "/invitation"}

_TEMPLATES = Path(__file__).parent / "templates"


def build(settings: Settings) -> Starlette:
    """Build the application; its connections are opened when it starts."""
    desk = ConsoleDesk(settings)
    assets = read_assets()
    shells = _shells(assets.root)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with desk:
            yield

    async def tell_http_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404 and not request.url.path.startswith(("/api/", "/assets/")):
            return HTMLResponse(shells["not_found"], 404, KEPT_BY_NOBODY)
        return Response(status_code=error.status_code, headers={**(error.headers or {}), **KEPT_BY_NOBODY})

    app = Starlette(
        routes=[
            *(Route(path, _page(shells[page])) for page, path in PATHS.items()),
            *asset_routes(assets.by_path),
            Route("/health", health),
            *_api(),
        ],
        middleware=[Middleware(SecurityHeaders, headers=security_headers(settings.console_url))],
        exception_handlers={HTTPException: tell_http_error},
        lifespan=lifespan,
    )
    app.state.desk = desk
    app.state.counting = Counting(desk)
    return app


def _api() -> list[Route]:
    return [
        Route("/api/invitation", answered(ways_in.see_invitation), methods=["POST"]),
        Route("/api/passkeys/options", answered(ways_in.begin_enrolment), methods=["POST"]),
        Route("/api/passkeys", answered(ways_in.enrol), methods=["POST"]),
        Route("/api/sign-in/options", answered(ways_in.begin_sign_in), methods=["POST"]),
        Route("/api/sign-in", answered(ways_in.sign_in), methods=["POST"]),
        Route("/api/sign-out", bound(ways_in.sign_out, ends_session=True), methods=["POST"]),
        Route("/api/live", bound(views.live, is_by_hand=False), methods=["GET"]),
        Route("/api/waiting", bound(views.wanted, is_by_hand=False), methods=["GET"]),
        Route("/api/counts", bound(views.counts, is_by_hand=False), methods=["GET"]),
        Route("/api/search", bound(views.search), methods=["POST"]),
        Route("/api/accounts/{account_id:int}", bound(views.account), methods=["POST"]),
        Route("/api/containments", bound(views.containments), methods=["POST"]),
        Route("/api/acts/options", bound(acts.begin), methods=["POST"]),
        Route("/api/acts", bound(acts.perform), methods=["POST"]),
    ]


def _shells(assets: str) -> dict[str, str]:
    """Render each page once; a page is the same for everybody."""
    environment = environment_of(_TEMPLATES, lambda text: text)
    frame = {"assets": assets, "paths": PATHS, "wording": words.for_scripts(), "words": words.WORDS}
    return {
        page: environment.get_template(f"{page}.html").render(frame | {"page": page})
        for page in (*PATHS, "not_found")
    }


def _page(html: str) -> Endpoint:
    async def page(_: Request) -> Response:
        return HTMLResponse(html, headers=KEPT_BY_NOBODY)

    return page
