"""A batch equals its questions asked one by one in the same order: the same answers, and the same things written down."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings

from rempart.domain.rights import Outcome
from tests.support.gate_scripts import BROWSERS, SOFTWARE, People, Step, Town, scripts
from tests.support.world import World, outcome

SETTINGS = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

REACHED: Counter[Outcome] = Counter()


@pytest.fixture
def people(world: World) -> People:
    return People(world)


def compare(world: World, people: People, script: list[Step], role: str) -> None:
    together, alone = Town(world, people), Town(world, people)
    rows = together.rows(script)
    told = world.ask_all(rows, role)
    told_alone = [world.ask(row, role) for row in alone.rows(script)]
    assert together.what_was_told(told) == alone.what_was_told(told_alone)
    assert together.what_remains(told) == alone.what_remains(told_alone)
    REACHED.update(outcome(answer) for answer in told)


@SETTINGS
@given(script=scripts(SOFTWARE))
@example(
    script=[
        Step("staff", "Personne"),
        Step("staff", "Nul"),
        Step("staff", "Hugo"),
        Step("staff", "Léa"),
        Step("titulaire", "Léa"),
    ]
)
@example(
    script=[
        Step("titulaire", "Hugo"),
        Step("titulaire", "Hugo", card="Hugo"),
        Step("staff", "Hugo"),
        Step("staff", "Adam"),
    ]
)
@example(script=[Step("titulaire", "Inès", break_glass=1, key=key) for key in ("a", "b", "c", "c", "d", "a")])
@example(script=[Step("staff", "Inès", key="a", body=body) for body in ("one", "other", "one")])
@example(
    script=[
        *(Step("neighbour", name, break_glass=1) for name in ("Louise", "Inès", "Personne")),
        *(Step("neighbour", "Jade"), Step("neighbour", "Adam"), Step("neighbour", "Adam", card="Adam")),
        *(
            Step("titulaire", "Léa", is_thief=True),
            Step("titulaire", "Léa", seconds=-100),
            Step("titulaire", "Léa", proof=0),
        ),
        *(
            Step("titulaire", "Léa", proof=8),
            Step("titulaire", "Léa", domain=10),
            Step("titulaire", "Léa", days=400),
        ),
        *(Step("titulaire", "Léa", amc="9999999999"), Step("titulaire", None), Step("other staff", "Léa")),
    ]
)
def test_a_batch_of_software_equals_its_questions_one_by_one(
    world: World, people: People, script: list[Step]
) -> None:
    compare(world, people, script, "fhir")


@SETTINGS
@given(script=scripts((*BROWSERS, "titulaire")))
@example(script=[Step("titulaire", "Léa"), *(Step("staff's browser", "Léa") for _ in range(3))])
def test_a_batch_of_browsers_equals_its_questions_one_by_one(
    world: World, people: People, script: list[Step]
) -> None:
    compare(world, people, script, "portal")


def test_the_scripts_reached_what_they_were_made_to_reach() -> None:
    """An equality over scripts that all end in the same refusal would say nothing."""
    if not REACHED:
        pytest.skip("the scripts were not asked in this run")
    never = {
        Outcome.SESSION_EXPIRED,
        Outcome.SESSION_IDLE,
        Outcome.SESSION_UNKNOWN,
        Outcome.PROFESSIONAL_STRUCK_OFF,
    }
    rare = {
        Outcome.CONTAINED,
        Outcome.OPENS_ON,
        Outcome.RENEWAL_IN_PROGRESS,
        Outcome.DOMAIN_NOT_COVERED,
        Outcome.WITHOUT_TIERS_PAYANT,
    }
    assert set(Outcome) - set(REACHED) <= never | rare | {
        Outcome.WAITING_PERIOD,
        Outcome.PRESENCE_REQUESTS_EXHAUSTED,
    }
