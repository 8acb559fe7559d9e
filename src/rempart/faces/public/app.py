"""The status page put together: one page and one JSON document, made again at each look, the same for everybody.

No sign-in, no script, no question to anybody while it answers: what it says was made before it was asked. So it answers when all
else is closed, and says since when it knows nothing new.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio._backends._asyncio  # noqa: F401 (Starlette asks for it by name at its first need, when files may be out of reach)
import msgspec
from jinja2 import Template
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rempart.faces.pages.assets import read_assets
from rempart.faces.pages.headers import SecurityHeaders, security_headers
from rempart.faces.pages.serving import asset_routes, health
from rempart.faces.pages.shells import environment_of
from rempart.faces.public.view import Links, view_of
from rempart.limits import STATUS_CACHED_S
from rempart.operations.status.watch import Known, Watch
from rempart.settings import Settings

_TEMPLATES = Path(__file__).parent / "templates"
_HEADERS: Final = {
    "Cache-Control": f"public, max-age={STATUS_CACHED_S}, stale-if-error=86400",
    "Access-Control-Allow-Origin": "*",  # it is public: software may show it
}


class Page:
    """What is told, ready to be sent; made again whenever somebody looked."""

    def __init__(self, template: Template, assets: str, links: Links) -> None:
        self._template = template
        self._assets = assets
        self._links = links
        self._html = self._json = b""

    def make(self, known: Known) -> None:
        """Make both forms of what is known."""
        view = view_of(known, self._links)
        html = self._template.render(view, assets=self._assets, portal_url=self._links.portal)
        self._json = msgspec.json.encode({name: view[name] for name in _TOLD_TO_PROGRAMS})
        self._html = html.encode()

    async def html(self, _: Request) -> Response:
        """Show the page."""
        return Response(self._html, media_type="text/html", headers=_HEADERS)

    async def document(self, _: Request) -> Response:
        """Give the same to programs."""
        return Response(self._json, media_type="application/json", headers=_HEADERS)


_TOLD_TO_PROGRAMS: Final = (
    "looked_at", "known_at", "base_silent_since", "is_current", "all_open", "touched", "untouched", "general", "history",
)  # fmt: skip


def build(settings: Settings) -> Starlette:
    """Build the application; it begins to look when it starts."""
    assets = read_assets()
    template = environment_of(_TEMPLATES, lambda text: text).get_template("status.html")
    page = Page(template, assets.root, Links(settings.portal_url, settings.counter_url))
    watch = Watch(settings, page.make)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with watch:
            yield

    styles = {path: asset for path, asset in assets.by_path.items() if not path.endswith(".js")}
    return Starlette(
        routes=[
            Route("/", page.html),
            Route("/status.json", page.document),
            Route("/health", health),
            *asset_routes(styles),
        ],
        middleware=[Middleware(SecurityHeaders, headers=security_headers(settings.status_url))],
        lifespan=lifespan,
    )
