"""A thief beside an owner at work: what a device of his own, heard apart, leaves him."""

import pytest

from rempart.drill.model.beside import BESIDE, ThiefBeside, steal_beside
from rempart.drill.model.parameters import SHIPPED


@pytest.mark.parametrize("thief", BESIDE, ids=lambda thief: f"{thief.profession}, own {thief.is_own_device}")
def test_a_device_of_his_own_takes_the_owners_regulars_from_a_thief(thief: ThiefBeside) -> None:
    most = max(steal_beside(thief, SHIPPED[thief.profession], seed) for seed in range(5))
    if thief.is_own_device:
        assert 10 < most <= (25 if thief.profession == "pharmacist" else 54)
    elif thief.profession == "pharmacist":
        assert most > 200, "his regulars speak for both: reported, not promised"
