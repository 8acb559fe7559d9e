"""What a member of a staff may ask: his first day with a proof of presence, and glasses and requests that are the holder's."""

from contextlib import closing
from dataclasses import replace

import pytest

from rempart.domain.detectors import Signal
from rempart.domain.rights import Outcome, Presence
from rempart.limits import (
    BREAK_GLASS_PER_DAY,
    BREAK_GLASS_PER_DAY_STRUCTURE,
    PRESENCE_REQUESTS_PER_DAY,
    PRESENCE_REQUESTS_PER_DAY_STRUCTURE,
    STAFF_ENROLLED_PER_DAY_TITULAIRE,
    STAFF_NEW_HOURS,
)
from rempart.store.database import connect_sync
from tests.store.test_gate_presence import ENDED, prove
from tests.support.shadow import acquaint
from tests.support.world import Account, Person, Session, World, days, outcome

CODE = int(Presence.CODE)


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer(), ENDED)


def newcomer(world: World, holder: Account) -> Session:
    return world.software_session(world.staff(holder, is_new=True))


def a_day_passes(world: World, session: Session) -> None:
    world.do(
        "update gate.account_state set new_until = new_until - interval '24 hours' where account_id = %s",
        session.account.account_id,
    )


def test_a_new_member_of_the_staff_proves_presence_for_a_day(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    noe = newcomer(world, till.account)
    left = "extract(epoch from new_until - now())::float8 / 3600"
    assert world.state(noe.account, left) == pytest.approx(STAFF_NEW_HOURS, abs=0.1)
    assert world.state(till.account, "new_until") is None
    assert outcome(world.ask(noe.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert outcome(world.ask(noe.about(lea, card=lea.card))) is Outcome.OPEN
    hugo = world.person("Hugo", lea.insurer)
    assert outcome(world.ask(noe.about(hugo))) is Outcome.PRESENCE_REQUIRED
    a_day_passes(world, noe)
    assert outcome(world.ask(noe.about(hugo))) is Outcome.OPEN


@pytest.mark.parametrize("change", ["timezone = 'Indian/Reunion'", "region = 11", "opening_until = now()"])
def test_what_changes_of_the_place_makes_nobody_less_new(world: World, till: Session, change: str) -> None:
    lea = world.person("Léa", world.insurer())
    noe = newcomer(world, till.account)
    statement = f"update access.organisations set {change} where organisation_id = %s"
    world.do(statement, till.account.organisation_id)
    assert outcome(world.ask(noe.about(lea))) is Outcome.PRESENCE_REQUIRED


@pytest.mark.parametrize("is_new", [True, False])
def test_nothing_that_a_new_member_asks_speaks_for_the_shop(
    world: World, till: Session, is_new: bool
) -> None:
    """A known patient is answered without a card, and is a relief to anybody else."""
    insurer = world.insurer()
    lea, hugo = world.person("Léa", insurer), world.person("Hugo", insurer, ENDED)
    for person in (lea, hugo):
        prove(world, till, person, world.today() - days(30))
        assert person.person_id is not None
        acquaint(world, till, person.person_id, 90, world.today())
    noe = world.software_session(world.staff(till.account, is_new=is_new))
    world.set_state(noe.account, **{"watch.scores": "{5,5,5,0,0,0,5}"})
    assert outcome(world.ask(noe.about(lea))) is Outcome.OPEN
    reliefs = world.scores(noe.account)
    assert (reliefs[Signal.FAILURES] < 5, reliefs[Signal.NOVELTY] < 5) == (not is_new, not is_new)
    assert (reliefs[Signal.STALE] < 5, reliefs[Signal.TOGETHER] < 5) == (not is_new, not is_new)
    assert outcome(world.ask(noe.about(hugo))) is Outcome.ENDED_ON
    assert world.scores(noe.account)[Signal.STALE] > reliefs[Signal.STALE], "what speaks for a thief is heard"


def test_the_glasses_of_a_titulaire_and_his_staff_are_three_in_all(
    world: World, till: Session, lea: Person
) -> None:
    staff = [world.software_session(world.staff(till.account)) for _ in range(3)]
    told = [outcome(world.ask(one.about(lea, break_glass=1))) for one in (till, *staff, staff[0])]
    assert told == [Outcome.ENDED_ON] * BREAK_GLASS_PER_DAY + [Outcome.BREAK_GLASS_EXHAUSTED] * 2
    assert world.state(till.account, "glasses_of_all_today") == BREAK_GLASS_PER_DAY
    assert world.state(till.account, "break_glass_today") == 1
    for one in (till, *staff):
        world.set_state(one.account, day=world.today() - days(1))
    assert outcome(world.ask(staff[0].about(lea, break_glass=1))) is Outcome.ENDED_ON, "tomorrow"


def test_a_thief_who_enrols_all_that_he_may_is_told_of_nobody_and_breaks_three_glasses(
    world: World, till: Session
) -> None:
    """It was 84 people and 12 glasses in four minutes. He asks through each new member, with and without a glass."""
    insurer = world.insurer()
    crowd = [world.person(f"Louise {place}", insurer) for place in range(30)]
    enrolled = []
    with closing(connect_sync(world.database.settings, "identity")) as identity:
        while True:
            row = identity.execute(
                "select account_id, refusal from gate.enrol_staff(%s, 'Personne')", (till.account.account_id,)
            ).fetchone()
            assert row is not None
            if row[1] is not None:
                break
            enrolled.append(replace(till.account, account_id=row[0], professional_id=None))
    assert len(enrolled) == STAFF_ENROLLED_PER_DAY_TITULAIRE
    told = []
    for account in enrolled:
        member = world.browser_session(account)
        told += [outcome(world.ask(member.about(person))) for person in crowd]
        told += [outcome(world.ask(member.about(person, break_glass=1))) for person in crowd[:4]]
    assert told.count(Outcome.OPEN) == BREAK_GLASS_PER_DAY
    assert set(told) == {Outcome.OPEN, Outcome.PRESENCE_REQUIRED, Outcome.BREAK_GLASS_EXHAUSTED}


def test_the_glasses_of_one_batch_are_three_too(world: World, till: Session, lea: Person) -> None:
    staff = [world.software_session(world.staff(till.account)) for _ in range(4)]
    told = world.ask_all([one.about(lea, break_glass=1) for one in staff])
    assert [outcome(answer) for answer in told] == [Outcome.ENDED_ON] * 3 + [Outcome.BREAK_GLASS_EXHAUSTED]


def test_each_account_of_a_structure_has_three_glasses_and_all_have_sixty(world: World, lea: Person) -> None:
    structure = world.structure()
    desk, night = (world.software_session(world.staff(structure)) for _ in range(2))
    desk_told = [outcome(world.ask(desk.about(lea, break_glass=1, domain=0))) for _ in range(4)]
    assert desk_told == [Outcome.ENDED_ON] * 3 + [Outcome.BREAK_GLASS_EXHAUSTED]
    assert outcome(world.ask(night.about(lea, break_glass=1, domain=0))) is Outcome.ENDED_ON
    world.set_state(structure, glasses_of_all_today=BREAK_GLASS_PER_DAY_STRUCTURE - 1)
    told = [outcome(world.ask(night.about(lea, break_glass=1, domain=0))) for _ in range(2)]
    assert told == [Outcome.ENDED_ON, Outcome.BREAK_GLASS_EXHAUSTED]
    assert world.state(night.account, "break_glass_today") == 2
    card = night.about(lea, card=lea.card, break_glass=1, domain=0)
    assert outcome(world.ask(card)) is Outcome.ENDED_ON, "a card needs no glass"


def test_a_structures_own_software_has_three_glasses_whatever_its_staff_breaks(
    world: World, lea: Person
) -> None:
    structure = world.structure()
    software, desk = world.software_session(structure), world.software_session(world.staff(structure))
    for _ in range(3):
        world.ask(desk.about(lea, break_glass=1, domain=0))
    told = [outcome(world.ask(software.about(lea, break_glass=1, domain=0))) for _ in range(4)]
    assert told == [Outcome.ENDED_ON] * 3 + [Outcome.BREAK_GLASS_EXHAUSTED]


def test_the_requests_of_a_titulaire_and_his_staff_are_forty_in_all(
    world: World, till: Session, lea: Person
) -> None:
    staff = world.software_session(world.staff(till.account))
    assert outcome(world.ask(staff.about(lea, asked_for=CODE))) is Outcome.PRESENCE_ASKED
    assert world.state(till.account, "asked_of_all_today") == 1
    assert outcome(world.ask(till.about(lea, asked_for=CODE))) is Outcome.PRESENCE_ASKED
    assert world.state(till.account, "asked_of_all_today") == 2
    world.set_state(till.account, asked_of_all_today=PRESENCE_REQUESTS_PER_DAY - 1)
    told = [outcome(world.ask(one.about(lea, asked_for=CODE))) for one in (staff, staff, till)]
    assert told == [Outcome.PRESENCE_ASKED, *[Outcome.PRESENCE_REQUESTS_EXHAUSTED] * 2]
    for one in (till, staff):
        world.set_state(one.account, day=world.today() - days(1))
    assert outcome(world.ask(staff.about(lea, asked_for=CODE))) is Outcome.PRESENCE_ASKED, "tomorrow"


def test_each_account_of_a_structure_has_forty_requests_and_all_have_four_hundred(
    world: World, lea: Person
) -> None:
    structure = world.structure()
    desk, night = (world.software_session(world.staff(structure)) for _ in range(2))
    world.set_state(structure, day=world.today(), asked_of_all_today=PRESENCE_REQUESTS_PER_DAY_STRUCTURE - 1)
    world.set_state(desk.account, day=world.today(), presence_asked_today=PRESENCE_REQUESTS_PER_DAY)
    told = [outcome(world.ask(one.about(lea, asked_for=CODE, domain=0))) for one in (desk, night, night)]
    assert told == [
        Outcome.PRESENCE_REQUESTS_EXHAUSTED,
        Outcome.PRESENCE_ASKED,
        Outcome.PRESENCE_REQUESTS_EXHAUSTED,
    ]


@pytest.mark.parametrize("is_lately", [True, False])
def test_whom_a_titulaire_enrolled_lately_stands_and_falls_with_him(
    world: World, till: Session, is_lately: bool
) -> None:
    """A thief at the titulaire's account would else go on through those whom he enrolled; his old staff works on."""
    noe, lea = enrolled(world, till, is_lately=is_lately), world.person("Léa", world.insurer())
    world.set_state(till.account, standing=2)
    assert outcome(world.ask(noe.about(lea))) is (Outcome.ACCOUNT_FROZEN if is_lately else Outcome.OPEN)


@pytest.mark.parametrize("is_lately", [True, False])
def test_whom_a_titulaire_enrolled_lately_is_contained_with_him(
    world: World, till: Session, is_lately: bool
) -> None:
    noe, lea = enrolled(world, till, is_lately=is_lately), world.person("Léa", world.insurer())
    world.contain("account", till.account.account_id, 2)
    assert outcome(world.ask(noe.about(lea))) is (Outcome.CONTAINED if is_lately else Outcome.OPEN)


def enrolled(world: World, till: Session, *, is_lately: bool) -> Session:
    """Enrol a member 29 or 31 days ago."""
    noe = world.software_session(world.staff(till.account))
    world.do(
        "update gate.account_state set new_until = now() - make_interval(days => %s) where account_id = %s",
        29 if is_lately else 31, noe.account.account_id,
    )  # fmt: skip
    return noe


def strangers_told_to_newcomers(world: World, days_ago: int) -> int:
    """Let ten members of a hospital's staff, enrolled so long ago, ask about strangers in turn until each is refused."""
    hospital, insurer, software = world.structure(), world.insurer(), world.software()
    members = [world.software_session(world.staff(hospital), software) for _ in range(10)]
    for member in members:
        world.set_state(member.account, new_until=world.ago(days_ago))
    told = 0
    while members:
        member = members.pop(0)
        if outcome(world.ask(member.about(world.person("Louise", insurer)))) is Outcome.OPEN:
            told += 1
            members.append(member)
    return told


def test_the_newcomers_of_one_holder_are_one_thief_until_somebody_speaks_for_them(world: World) -> None:
    """Fifty members of a stolen structure, each stopping just before his own conviction, met 2,150 people in a day."""
    world.detectors(threshold=1e9)
    world.detectors(Signal.NOVELTY, threshold=3.0, measure=1)
    alone = 3.0 / world.one(
        "select gain from access.detector_rules where profession_id = 9 and signal_id = 2"
    )
    assert strangers_told_to_newcomers(world, 58) <= alone + 1 + 2 * 10
    assert strangers_told_to_newcomers(world, 61) > 9 * alone, (
        "who has been there for two months has scores of his own"
    )


def test_what_convicted_a_newcomer_says_that_it_was_the_newcomers(world: World) -> None:
    world.detectors(threshold=1e9)
    world.detectors(Signal.NOVELTY, threshold=0.5, measure=1)
    hospital, insurer = world.structure(), world.insurer()
    gain = world.one("select gain from access.detector_rules where profession_id = 9 and signal_id = 2")
    first, second = (world.software_session(world.staff(hospital)) for _ in range(2))
    for member in (first, second):
        world.set_state(member.account, new_until=world.ago(20))
        world.ask(member.about(world.person("Louise", insurer)))
    row = world.owner.execute(
        "select account_id, score, is_of_newcomers from gate.convictions where account_id in (%s, %s)",
        (first.account.account_id, second.account.account_id),
    ).fetchall()
    assert row == [(second.account.account_id, pytest.approx(2 * gain), True)]
    assert world.scores(hospital, "newcomers")[Signal.NOVELTY] == 0.0, "0.5 below the threshold"
