"""Step 6 of the gate: failures are counted in the answer's own transaction, and a conviction freezes at once."""

import math
import random
from datetime import date

import pytest

from rempart.domain.rights import Outcome
from tests.support.world import Insurer, Person, Right, Session, World, digest, outcome

HONEST, THIEF, THRESHOLD = 0.10, 0.30, 13.8
GAIN = math.log(THIEF / HONEST)
RELIEF = math.log((1 - THIEF) / (1 - HONEST))
FAILURES_IN_A_ROW = math.ceil(THRESHOLD / GAIN)


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


def strangers(world: World, insurer: Insurer, number: int) -> list[Person]:
    return [world.stranger(f"Personne {place}", insurer) for place in range(number)]


def test_the_parameters_in_force_are_those_of_the_security_notes(world: World) -> None:
    rules = world.owner.execute(
        "select distinct failure_honest, failure_thief, failure_threshold, failure_gain, failure_relief"
        " from access.profession_rules"
    ).fetchall()
    assert rules == [(HONEST, THIEF, THRESHOLD, pytest.approx(GAIN), pytest.approx(RELIEF))]


@pytest.mark.parametrize("together", [False, True])
def test_failures_in_a_row_convict_at_the_computed_count_and_not_one_before(
    world: World, till: Session, insurer: Insurer, together: bool
) -> None:
    rows = [till.about(person) for person in strangers(world, insurer, FAILURES_IN_A_ROW + 3)]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    expected = [Outcome.NOT_CONFIRMED] * FAILURES_IN_A_ROW + [Outcome.ACCOUNT_FROZEN] * 3
    assert [outcome(answer) for answer in told] == expected
    assert all(answer.receipt_id is not None for answer in told)
    frozen = world.state(till.account, "frozen_because")
    assert frozen["signal"] == "failures"
    assert frozen["score"] == pytest.approx(GAIN * FAILURES_IN_A_ROW)


def test_what_a_thief_has_before_he_is_frozen_is_small(world: World, insurer: Insurer) -> None:
    """Half of an old list is right: he is stopped after some thirty questions (security notes 5.3), never after sixty."""
    asked = []
    for seed in range(10):
        rng = random.Random(seed)
        stolen = world.software_session(world.account())
        people = [
            world.person("Léa", insurer) if rng.random() < 0.5 else world.stranger("Personne", insurer)
            for _ in range(60)
        ]
        told = [outcome(answer) for answer in world.ask_all([stolen.about(person) for person in people])]
        asked.append(told.index(Outcome.ACCOUNT_FROZEN))
    assert sum(asked) / len(asked) < 45


@pytest.mark.parametrize(
    ("rights", "is_failure"),
    [
        (Right(), False),
        (Right(ends_on=date(2026, 1, 1)), True),
    ],
)
def test_an_ended_right_is_a_failure_and_an_open_one_is_not(
    world: World, till: Session, insurer: Insurer, rights: Right, is_failure: bool
) -> None:
    world.ask(till.about(world.person("Léa", insurer, rights)))
    assert world.state(till.account, "failure_score") == pytest.approx(GAIN if is_failure else 0)


@pytest.mark.parametrize(
    "rights",
    [
        Right(opens_on=date(2099, 1, 1)),
        Right(situation=1),
        Right(situation=2, ends_on=date(2025, 1, 1)),
        Right(domains=0),
        Right(domains=0, domains_without_tp=8191),
    ],
)
def test_what_an_honest_shop_meets_every_day_is_no_failure(
    world: World, till: Session, insurer: Insurer, rights: Right
) -> None:
    world.set_state(till.account, failure_score=5.0)
    world.ask(till.about(world.person("Léa", insurer, rights)))
    assert world.state(till.account, "failure_score") == pytest.approx(5 + RELIEF)


def test_a_wrong_card_is_a_failure_even_for_a_person_with_rights(
    world: World, till: Session, insurer: Insurer
) -> None:
    world.ask(till.about(world.person("Léa", insurer), card=digest("guess")))
    assert world.state(till.account, "failure_score") == pytest.approx(GAIN)


def test_the_score_never_falls_below_nothing(world: World, till: Session, insurer: Insurer) -> None:
    lea = world.person("Léa", insurer)
    world.ask_all([till.about(lea) for _ in range(50)])
    assert world.state(till.account, "failure_score") == 0


def test_a_frozen_account_stays_frozen_for_whoever_holds_a_card(
    world: World, till: Session, insurer: Insurer
) -> None:
    world.ask_all([till.about(person) for person in strangers(world, insurer, FAILURES_IN_A_ROW)])
    lea = world.person("Léa", insurer)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.ACCOUNT_FROZEN
    assert outcome(world.ask(till.about(None))) is Outcome.ACCOUNT_FROZEN


def test_a_conviction_stops_one_account_and_not_its_colleagues_in_the_same_batch(
    world: World, till: Session, insurer: Insurer
) -> None:
    staff = world.software_session(world.staff(till.account))
    lea = world.person("Léa", insurer)
    rows = [staff.about(person) for person in strangers(world, insurer, FAILURES_IN_A_ROW)]
    told = world.ask_all([*rows, staff.about(lea), till.about(lea), staff.about(lea)])
    assert [outcome(answer) for answer in told[-3:]] == [
        Outcome.ACCOUNT_FROZEN,
        Outcome.OPEN,
        Outcome.ACCOUNT_FROZEN,
    ]


def test_refused_questions_move_no_score(world: World, till: Session, insurer: Insurer) -> None:
    person = world.stranger("Personne", insurer)
    world.ask_all([till.about(person, domain=10), till.about(person, amc="9999999999"), till.about(None)])
    assert world.state(till.account, "failure_score") == 0


def test_an_honest_mix_is_never_convicted(world: World, insurer: Insurer) -> None:
    """One question in twenty fails at an honest shop (security notes 5.1): 10,000 questions of 25 shops freeze nobody."""
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000000, people_per_day = 1000000"
    )
    rng = random.Random(2024)
    shops = [world.software_session(world.account()) for _ in range(25)]
    people = [world.person(f"Louise {place}", insurer) for place in range(50)]
    unknown = strangers(world, insurer, 50)
    highest = 0.0
    for _ in range(100):
        rows = [
            shop.about(rng.choice(unknown if rng.random() < 0.05 else people))
            for shop in shops
            for _ in range(4)
        ]
        assert Outcome.ACCOUNT_FROZEN not in {outcome(told) for told in world.ask_all(rows)}
        highest = max(highest, *(world.state(shop.account, "failure_score") for shop in shops))
    assert 0 < highest < THRESHOLD
