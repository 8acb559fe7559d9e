"""What the tests of loads share: an insurer with a platform of its own."""

from pathlib import Path

import pytest

from rempart.settings import Settings
from tests.support.database import Database
from tests.support.insurer import Insurer


@pytest.fixture
def insurer(fresh_database: Database, keyring: Settings, tmp_path: Path) -> Insurer:
    """Register an insurer in a database of its own; the keyring of the run holds its keys."""
    assert keyring.sockets == fresh_database.settings.sockets
    return Insurer(fresh_database.settings, tmp_path).register()
