"""Step 6 of the gate: what a conviction does, to whom, for how long, and how it explains itself."""

import random

import pytest

from rempart.domain.detectors import Measure, Signal
from rempart.domain.rights import Outcome
from tests.support.shadow import acquaint
from tests.support.suspicion import (
    BRETAGNE,
    ENDED,
    NORMANDIE,
    deaf_but,
    people,
    shop,
    strangers,
    until_convicted,
)
from tests.support.world import Insurer, Session, World, outcome


def test_what_a_thief_has_before_he_is_stopped_is_small(
    world: World, till: Session, insurer: Insurer
) -> None:
    """60 % of an old list is right: each account gives some dozen answers, where 31 million people were read in three days."""
    confirmed = []
    for seed in range(10):
        rng = random.Random(seed)
        stolen = shop(world)
        asked = [
            world.person("Léa", insurer) if rng.random() < 0.6 else world.person("Hugo", insurer, ENDED) if rng.random() < 0.5
            else world.stranger("Personne", insurer)
            for _ in range(40)
        ]  # fmt: skip
        told = [
            outcome(answer)
            for answer in world.ask_all([stolen.about(person, birth=NORMANDIE) for person in asked])
        ]
        assert told[-1] in {Outcome.ACCOUNT_FROZEN, Outcome.PRESENCE_REQUIRED}
        confirmed.append(told.count(Outcome.OPEN))
    assert sum(confirmed) / len(confirmed) <= 16
    assert max(confirmed) <= 25


def test_a_conviction_stops_one_account_and_not_its_colleagues_in_the_same_batch(
    world: World, till: Session, insurer: Insurer
) -> None:
    staff = world.software_session(world.staff(till.account))
    lea = world.person("Léa", insurer)
    rows = [staff.about(person) for person in strangers(world, insurer, 20)]
    told = world.ask_all([*rows, staff.about(lea), till.about(lea), staff.about(lea)])
    expected = [Outcome.ACCOUNT_FROZEN, Outcome.OPEN, Outcome.ACCOUNT_FROZEN]
    assert [outcome(answer) for answer in told[-3:]] == expected


def test_a_frozen_account_stays_frozen_for_whoever_holds_a_card(
    world: World, till: Session, insurer: Insurer
) -> None:
    world.ask_all([till.about(person) for person in strangers(world, insurer, 20)])
    lea = world.person("Léa", insurer)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.ACCOUNT_FROZEN
    assert outcome(world.ask(till.about(None))) is Outcome.ACCOUNT_FROZEN


def stepped_up(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world, Signal.NOVELTY)
    until_convicted(
        world, [till.about(person) for person in people(world, insurer, 26)], Outcome.PRESENCE_REQUIRED
    )


def test_an_account_that_is_stepped_up_goes_on_with_cards_and_known_patients(
    world: World, till: Session, insurer: Insurer
) -> None:
    stepped_up(world, till, insurer)
    lea, hugo = people(world, insurer, 2)
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert outcome(world.ask(till.about(hugo))) is Outcome.PRESENCE_REQUIRED


def test_three_people_with_their_cards_put_a_shop_back_in_good_standing(
    world: World, till: Session, insurer: Insurer
) -> None:
    stepped_up(world, till, insurer)
    first, second, third, next_one = people(world, insurer, 4)
    for person in (first, first, second, second):
        world.ask(till.about(person, card=person.card))
    assert outcome(world.ask(till.about(next_one))) is Outcome.PRESENCE_REQUIRED
    world.ask(till.about(third, card=third.card))
    assert set(world.scores(till.account).values()) == {0}
    assert outcome(world.ask(till.about(next_one))) is Outcome.OPEN


def test_patients_proven_here_before_heal_nothing(world: World, till: Session, insurer: Insurer) -> None:
    """Three cards of accomplices would else give a thief twenty answers more, every day."""
    friends = people(world, insurer, 3)
    world.ask_all([till.about(person, card=person.card) for person in friends])
    stepped_up(world, till, insurer)
    world.ask_all([till.about(person, card=person.card) for person in friends])
    world.do("update gate.acquaintances set last_seen_on = last_seen_on - 1")
    world.ask_all([till.about(person, card=person.card) for person in friends])
    assert outcome(world.ask(till.about(world.person("Léa", insurer)))) is Outcome.PRESENCE_REQUIRED


@pytest.mark.parametrize(("days", "measure"), [(29, Measure.FREEZE), (31, Measure.STEP_UP)])
def test_a_second_conviction_within_thirty_days_freezes(
    world: World, till: Session, insurer: Insurer, days: int, measure: Measure
) -> None:
    deaf_but(world, Signal.NOVELTY)
    world.do(
        "update gate.account_state set watch.last_convicted_at = now() - make_interval(days => %s) where account_id = %s",
        days, till.account.account_id,
    )  # fmt: skip
    world.ask_all([till.about(person) for person in people(world, insurer, 25)])
    assert (
        world.one("select measure from gate.convictions where account_id = %s", till.account.account_id)
        == measure
    )


def test_a_conviction_that_healed_is_forgotten_and_the_next_one_takes_ten_times_as_many(
    world: World, till: Session, insurer: Insurer
) -> None:
    """On a coast in summer bad luck comes twice; a thief beside an owner at work, who shows cards for him, soon waits."""
    for needed in (3, 30):
        stepped_up(world, till, insurer)
        newcomers = [till.about(person, card=person.card) for person in people(world, insurer, needed)]
        world.ask_all(newcomers[:-1])
        assert world.state(till.account, "stepped_up_at") is not None
        world.ask(newcomers[-1])
        assert world.state(till.account, "stepped_up_at") is None
    assert world.state(till.account, "standing") == 0
    world.do("update gate.account_state set watch.healed_at = (watch).healed_at - interval '31 days'")
    stepped_up(world, till, insurer)
    world.ask_all([till.about(person, card=person.card) for person in people(world, insurer, 3)])
    assert world.state(till.account, "stepped_up_at") is None


def test_a_word_after_a_conviction_is_not_a_second_one(world: World, till: Session, insurer: Insurer) -> None:
    """Who is stepped up starts from nothing: one broken glass for one new patient freezes no honest shop."""
    stepped_up(world, till, insurer)
    scores = "select scores[2] >= threshold from gate.convictions where account_id = %s"
    assert world.one(scores, till.account.account_id) is True
    assert set(world.scores(till.account).values()) == {0}
    told = world.ask(till.about(world.person("Léa", insurer), break_glass=1))
    assert outcome(told) is Outcome.OPEN
    assert world.state(till.account, "standing") == 0


def test_refused_questions_move_no_score(world: World, till: Session, insurer: Insurer) -> None:
    person = world.stranger("Personne", insurer)
    world.ask_all([till.about(person, domain=10), till.about(person, amc="9999999999"), till.about(None)])
    assert set(world.scores(till.account).values()) == {0}


def test_a_canary_convicts_at_once_and_answers_as_anybody(
    world: World, till: Session, insurer: Insurer
) -> None:
    lea, canary = people(world, insurer, 2)
    world.do(
        "insert into gate.canaries values (%s, %s, 'liste du logiciel LGO')",
        canary.person_id,
        insurer.insurer_id,
    )
    real, lured = world.ask(till.about(lea)), world.ask(till.about(canary))
    told_apart = [
        name
        for name in real._fields
        if name not in ("receipt_id", "why") and getattr(real, name) != getattr(lured, name)
    ]
    assert told_apart == []
    assert outcome(world.ask(till.about(lea))) is Outcome.ACCOUNT_FROZEN
    signal, score = world.owner.execute(
        "select signal_id, score from gate.convictions where account_id = %s", (till.account.account_id,)
    ).fetchone() or (0, 0)
    assert (signal, score) == (Signal.CANARY, None)


def test_who_shows_a_canarys_card_is_convicted_too(world: World, till: Session, insurer: Insurer) -> None:
    """Nobody alive holds it: an operator might else plant some whose cards he knows, and prove them to heal a thief's account."""
    (canary,) = people(world, insurer, 1)
    world.do(
        "insert into gate.canaries values (%s, %s, 'liste du logiciel LGO')",
        canary.person_id,
        insurer.insurer_id,
    )
    world.ask(till.about(canary, card=canary.card))
    assert outcome(world.ask(till.about(people(world, insurer, 1)[0]))) is Outcome.ACCOUNT_FROZEN


def test_a_conviction_explains_itself(world: World, till: Session, insurer: Insurer) -> None:
    """Which signal, which values, and which answers: those of the receipts between `since` and the last one."""
    lea = world.person("Léa", insurer)
    assert lea.person_id is not None
    acquaint(world, till, lea.person_id, 90, world.today())
    world.ask(till.about(lea))
    told = [world.ask(till.about(person)) for person in strangers(world, insurer, 20)]
    answered = [answer.receipt_id for answer in told if outcome(answer) is Outcome.NOT_CONFIRMED]
    row = world.owner.execute(
        "select signal_id, score, threshold, scores, receipt_id, (select array_agg(r.receipt_id order by r.receipt_id)"
        " from evidence.receipts as r where r.account_id = c.account_id and r.asked_at between c.since and c.convicted_at)"
        " from gate.convictions as c where account_id = %s",
        (till.account.account_id,),
    ).fetchone()
    assert row is not None
    signal, score, threshold, scores, last, receipts = row
    assert scores[signal - 1] == score >= threshold
    assert last == answered[-1]
    assert receipts == answered


def test_a_change_of_the_rules_holds_from_the_next_question(
    world: World, till: Session, insurer: Insurer
) -> None:
    nobody = strangers(world, insurer, 3)
    assert outcome(world.ask(till.about(nobody[0]))) is Outcome.NOT_CONFIRMED
    world.detectors(Signal.FAILURES, threshold=2.0)
    assert outcome(world.ask(till.about(nobody[1]))) is Outcome.NOT_CONFIRMED
    assert outcome(world.ask(till.about(nobody[2]))) is Outcome.ACCOUNT_FROZEN


def test_rules_are_dated(world: World, till: Session, insurer: Insurer) -> None:
    """What ended yesterday convicts nobody today."""
    today = world.today()
    world.do("update access.detector_rules set valid_until = %s where signal_id <> 1", today)
    try:
        rows = [till.about(person) for person in people(world, insurer, 40)]
        assert {outcome(answer) for answer in world.ask_all(rows)} == {Outcome.OPEN}
    finally:
        world.do("update access.detector_rules set valid_until = 'infinity'")


def test_an_honest_mix_is_never_convicted(world: World, till: Session, insurer: Insurer) -> None:
    """One question in twenty fails at an honest shop, one person in five is new (security notes 5.1): 5,000 freeze nobody."""
    rng = random.Random(2024)
    shops = [shop(world) for _ in range(25)]
    regulars, newcomers, unknown = (
        people(world, insurer, 160),
        people(world, insurer, 40),
        strangers(world, insurer, 10),
    )
    today = world.today()
    for session in shops:
        for person in regulars:
            assert person.person_id is not None
            acquaint(world, session, person.person_id, 60, today)
    highest = 0.0
    for _ in range(50):
        rows = []
        for session in shops:
            for _ in range(4):
                draw = rng.random()
                person = rng.choice(unknown if draw < 0.05 else newcomers if draw < 0.24 else regulars)
                rows.append(session.about(person, birth=rng.choice((BRETAGNE, BRETAGNE, NORMANDIE, None))))
        refused = {Outcome.ACCOUNT_FROZEN, Outcome.PRESENCE_REQUIRED}
        assert not refused & {outcome(told) for told in world.ask_all(rows)}
        highest = max(highest, *(world.scores(session.account)[Signal.TOGETHER] for session in shops))
    assert 0 < highest < 20


def test_a_conviction_shows_all_the_answers_that_raised_its_score(
    world: World, till: Session, insurer: Insurer
) -> None:
    """A fresh list raises novelty alone: the sum of all signals stays at nothing until the end."""
    deaf_but(world, Signal.NOVELTY)
    rows = [till.about(person) for person in people(world, insurer, 30)]
    told = until_convicted(world, rows, Outcome.PRESENCE_REQUIRED)
    shown = world.one(
        "select jsonb_array_length(console.questions_of(v.account_id, v.since, v.convicted_at, 200,"
        " null, v.is_of_new_devices, v.devices_new_from))"
        " from gate.convictions as v where v.account_id = %s",
        till.account.account_id,
    )
    assert shown == told > 20
