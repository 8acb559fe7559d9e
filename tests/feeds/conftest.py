"""What the tests of loads share: an insurer with a platform of its own."""

from pathlib import Path

import pytest

from rempart.settings import Settings
from tests.support.database import Database
from tests.support.insurer import Insurer, forget_insurers


@pytest.fixture
def insurer(database: Database, keyring: Settings, tmp_path: Path) -> Insurer:
    """Register the only insurer of a database where nothing was loaded; the keyring of the run holds its keys."""
    assert keyring.sockets == database.settings.sockets
    forget_insurers(database.settings)
    return Insurer(database.settings, tmp_path).register()
