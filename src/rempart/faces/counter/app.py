"""The counter put together: one page, one question, no list, no history.

Its process, role, port and origin are its own, so that it answers when the portal is closed, whatever closed it.
"""

from pathlib import Path

from starlette.applications import Starlette

from rempart.faces.pages.question_form import CardForm
from rempart.faces.pages.serving import serve_site
from rempart.faces.pages.shells import Site
from rempart.settings import Settings

ROLE = "counter"
PATHS = {"counter": ""}


def build(settings: Settings) -> Starlette:
    """Build the application; its connections are opened when it starts."""
    site = Site(
        templates=Path(__file__).parent / "templates",
        paths=PATHS,
        identity_url=settings.identity_url.rstrip("/"),
        status_url=settings.status_url,
    )
    elsewhere = {"status": settings.status_url}
    return serve_site(site, settings, ROLE, settings.counter_url, CardForm, elsewhere)
