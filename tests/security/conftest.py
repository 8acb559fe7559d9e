"""A village and a till, for the tests of the door."""

import pytest

from rempart.settings import Settings
from tests.support.door import Village, found_village
from tests.support.world import Session, World


@pytest.fixture
async def village(world: World, keyring: Settings) -> Village:
    return await found_village(world, keyring)


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())
