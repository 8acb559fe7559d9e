"""A guessed code that is refused for lack of presence: a failure for each request, which right proofs pay back."""

from math import ceil

import pytest

from rempart.domain.detectors import SCORED, Signal
from rempart.domain.rights import Outcome, Presence
from rempart.store.gate import AskRow
from tests.support.suspicion import deaf_but, people, rule, strangers
from tests.support.world import Insurer, Person, Session, World, digest, outcome


@pytest.fixture
def strict(world: World) -> Insurer:
    """An insurer that demands presence of everybody."""
    return world.insurer(required_presence=int(Presence.CARD))


def wrong(session: Session, person: Person) -> AskRow:
    return session.about(person, code=digest("wrong"))


@pytest.mark.parametrize("who", ["somebody", "nobody"])
@pytest.mark.parametrize("together", [False, True])
def test_guessing_where_presence_is_demanded_convicts_as_anywhere_and_whoever_it_is_about(
    world: World, till: Session, strict: Insurer, who: str, together: bool
) -> None:
    gain, _, threshold = rule(world, Signal.FAILURES)
    most = ceil(threshold / gain)
    (person,) = people(world, strict, 1) if who == "somebody" else strangers(world, strict, 1)
    rows = [wrong(till, person) for _ in range(most + 1)]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    said = [outcome(answer) for answer in told]
    assert said == [Outcome.PRESENCE_REQUIRED] * most + [Outcome.ACCOUNT_FROZEN]
    kept = world.owner.execute(
        "select v.signal_id, v.measure, v.receipt_id, v.since = r.asked_at, v.scores[1]"
        " from gate.convictions as v, evidence.receipts as r"
        " where v.account_id = %s and r.receipt_id = %s",
        (till.account.account_id, told[0].receipt_id),
    ).fetchall()
    assert kept == [(Signal.FAILURES, 2, told[most - 1].receipt_id, True, pytest.approx(most * gain))]


@pytest.mark.parametrize("refusal", [Outcome.PRESENCE_REQUIRED, Outcome.BREAK_GLASS_EXHAUSTED])
def test_it_speaks_wherever_presence_lacks(
    world: World, till: Session, insurer: Insurer, refusal: Outcome
) -> None:
    gain, *_ = rule(world, Signal.FAILURES)
    (lea,) = people(world, insurer, 1)
    glass = 1 if refusal is Outcome.BREAK_GLASS_EXHAUSTED else None
    if glass is None:
        world.set_state(till.account, **{"watch.stepped_up_at": "2026-01-01"})
    else:
        world.set_state(till.account, day=world.today(), break_glass_today=3)
    told = world.ask(till.about(lea, code=digest("wrong"), break_glass=glass))
    assert outcome(told) is refusal
    assert world.scores(till.account) == dict.fromkeys(SCORED, 0.0) | {Signal.FAILURES: pytest.approx(gain)}
    spoke = "select signals from evidence.receipts where receipt_id = %s"
    assert world.one(spoke, told.receipt_id) == 1


def test_a_refusal_without_a_wrong_proof_says_nothing(world: World, till: Session, strict: Insurer) -> None:
    (lea,) = people(world, strict, 1)
    for person in (lea, *strangers(world, strict, 1)):
        assert outcome(world.ask(till.about(person))) is Outcome.PRESENCE_REQUIRED
    assert world.scores(till.account) == dict.fromkeys(SCORED, 0.0)


def test_a_shop_that_mistypes_one_code_in_five_is_never_convicted(
    world: World, till: Session, strict: Insurer
) -> None:
    """Where presence is always demanded nothing but right cards could speak for a shop, and everybody mistypes."""
    for person in people(world, strict, 80):
        if person.person_id is not None and person.person_id % 5 == 0:
            assert outcome(world.ask(wrong(till, person))) is Outcome.PRESENCE_REQUIRED
        assert outcome(world.ask(till.about(person, card=person.card))) is Outcome.OPEN
    assert world.scores(till.account)[Signal.FAILURES] < 2 * rule(world, Signal.FAILURES)[0]


def test_one_borrowed_card_pays_back_one_relief_a_day(world: World, till: Session, strict: Insurer) -> None:
    gain, relief, _ = rule(world, Signal.FAILURES)
    lea, hugo = people(world, strict, 2)
    for _ in range(3):
        world.ask(wrong(till, hugo))
    for _ in range(5):
        assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(3 * gain + relief)
    assert world.state(till.account, "(watch).guess_nats") == pytest.approx(3 * gain + relief)


def test_a_card_pays_back_no_other_failure(
    world: World, till: Session, strict: Insurer, insurer: Insurer
) -> None:
    """What was answered is a failure that no card acquits of: else a relief would be bought."""
    deaf_but(world)
    gain, *_ = rule(world, Signal.FAILURES)
    for person in strangers(world, insurer, 3):
        assert outcome(world.ask(till.about(person))) is Outcome.NOT_CONFIRMED
    for person in people(world, strict, 4):
        world.ask(till.about(person, card=person.card))
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(3 * gain)
    (lea,) = people(world, strict, 1)
    world.ask(wrong(till, lea))
    for person in people(world, strict, 9):
        world.ask(till.about(person, card=person.card))
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(3 * gain), "the wrong one alone"


def test_a_score_that_fell_for_another_reason_leaves_nothing_to_pay_back(
    world: World, till: Session, strict: Insurer, insurer: Insurer
) -> None:
    deaf_but(world)
    gain, *_ = rule(world, Signal.FAILURES)
    (lea,) = people(world, strict, 1)
    world.ask(wrong(till, lea))
    for person in people(world, insurer, 4):
        assert outcome(world.ask(till.about(person))) is Outcome.OPEN
    assert (world.scores(till.account)[Signal.FAILURES], world.state(till.account, "(watch).guess_nats")) == (
        0,
        0,
    )
    for person in strangers(world, insurer, 2):
        world.ask(till.about(person))
    world.ask(till.about(lea, card=lea.card))
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(2 * gain)


def test_a_guess_that_is_answered_is_a_failure_too(world: World, till: Session, insurer: Insurer) -> None:
    gain, *_ = rule(world, Signal.FAILURES)
    (lea,) = people(world, insurer, 1)
    for _ in range(3):
        assert outcome(world.ask(wrong(till, lea))) is Outcome.NOT_CONFIRMED
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(3 * gain)


def test_the_guesses_of_one_request_are_one_failure(world: World, till: Session, insurer: Insurer) -> None:
    """An older code is read out, a digit is mistyped; five guesses of one code are as far from it as one."""
    gain, *_ = rule(world, Signal.FAILURES)
    (lea,) = people(world, insurer, 1)
    assert outcome(world.ask(till.about(lea, asked_for=4))) is Outcome.PRESENCE_ASKED
    for _ in range(4):
        world.ask(wrong(till, lea))
    assert world.scores(till.account)[Signal.FAILURES] <= gain
    (hugo,) = people(world, insurer, 1)
    world.ask(till.about(hugo, asked_for=4))
    world.ask_all([wrong(till, hugo) for _ in range(4)])
    assert world.scores(till.account)[Signal.FAILURES] <= 2 * gain
