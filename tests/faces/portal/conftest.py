"""The portal's application, called without its connections."""

import pytest
from starlette.applications import Starlette

from rempart.faces.portal.app import build
from rempart.settings import Settings, read_settings
from tests.support.calling import caller_of, type_of_call


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Give the settings of a platform that was set up with nothing but defaults."""
    return read_settings({"REMPART_HOME": "/tmp/rempart-nowhere"})


@pytest.fixture(scope="module")
def app(settings: Settings) -> Starlette:
    """Build the portal."""
    return build(settings)


@pytest.fixture
def call(app: Starlette) -> type_of_call:
    """Send one request to the application."""
    return caller_of(app)
