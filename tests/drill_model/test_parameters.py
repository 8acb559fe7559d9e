"""The parameters that the model plays with are those of a fresh database."""

from rempart.domain.detectors import Measure, Signal
from rempart.domain.detectors import Test as Likelihood  # pytest would take a class Test for tests
from rempart.domain.detectors.standing import Budget
from rempart.drill.model.parameters import BUDGETS, SHIPPED
from tests.support.world import World, world

__all__ = ["world"]


def test_the_tests_are_those_of_the_migration(world: World) -> None:
    rows = world.owner.execute(
        "select f.code, r.signal_id, r.honest, r.thief, r.threshold, r.measure from access.detector_rules as r"
        " join access.professions as f using (profession_id) where r.valid_until = 'infinity'"
    ).fetchall()
    found: dict[str, dict[Signal, Likelihood]] = {}
    for code, signal, honest, thief, threshold, measure in rows:
        found.setdefault(code, {})[Signal(signal)] = Likelihood(threshold, Measure(measure), honest, thief)
    assert found == SHIPPED


def test_the_budgets_are_those_of_the_migration(world: World) -> None:
    rows = world.owner.execute(
        "select f.code, r.people_per_day, r.rate_interval_ms / 1000.0::float8, r.rate_burst from access.profession_rules as r"
        " join access.professions as f using (profession_id) where r.valid_until = 'infinity'"
    ).fetchall()
    assert {code: Budget(*budget) for code, *budget in rows} == BUDGETS
