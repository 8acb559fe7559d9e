"""The portal put together: its pages, and where to go when it is closed."""

from pathlib import Path

from starlette.applications import Starlette

from rempart.faces.pages.question_form import QuestionForm
from rempart.faces.pages.serving import serve_site
from rempart.faces.pages.shells import Site
from rempart.settings import Settings

ROLE = "portal"
PATHS = {"rights": "", "invitation": "invitation", "staff": "staff", "account": "account"}

PSC_PATHS = {"psc": "psc"}
"""The page to which Pro Santé Connect sends a browser back: there only where it is connected."""


def build(settings: Settings) -> Starlette:
    """Build the application; its connections are opened when it starts."""
    site = Site(
        templates=Path(__file__).parent / "templates",
        paths=PATHS | PSC_PATHS if settings.psc_address else PATHS,
        identity_url=settings.identity_url.rstrip("/"),
        status_url=settings.status_url,
    )
    elsewhere = {"counter": settings.counter_url, "status": settings.status_url}
    return serve_site(site, settings, ROLE, settings.portal_url, QuestionForm, elsewhere)
