"""An insurer, and a till whose budgets are no matter here."""

import pytest

from tests.support.suspicion import shop
from tests.support.world import Insurer, Session, World


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


@pytest.fixture
def till(world: World) -> Session:
    """A pharmacy in Bretagne whose budgets are no matter here."""
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000000, people_per_day = 1000000"
    )
    return shop(world)
