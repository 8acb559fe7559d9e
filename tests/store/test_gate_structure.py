"""A structure and its staff at the gate: one budget for all who work there and for its software; one standing each."""

from dataclasses import dataclass

import pytest
from psycopg import errors

from rempart.domain.rights import Outcome
from tests.support.world import Account, Person, Session, World, outcome

PROFESSION_ID = 9
PEOPLE, BURST, SLOW = 4, 5, 4


@dataclass
class Hospital:
    """A hospital: its own software, and two of its staff at the portal."""

    account: Account
    software: Session
    staff: list[Session]

    @property
    def sessions(self) -> list[Session]:
        return [self.software, *self.staff]


def hospital_of(world: World) -> Hospital:
    account = world.structure()
    staff = [world.browser_session(world.staff(account)) for _ in range(2)]
    return Hospital(account, world.software_session(account), staff)


@pytest.fixture
def hospital(world: World) -> Hospital:
    return hospital_of(world)


def budget(world: World, interval_ms: int, burst: int, people: int) -> None:
    world.do(
        "update access.profession_rules set rate_interval_ms = %s, rate_burst = %s, people_per_day = %s"
        " where profession_id = %s",
        interval_ms,
        burst,
        people,
        PROFESSION_ID,
    )


def crowd(world: World, number: int) -> list[Person]:
    insurer = world.insurer()
    return [world.person(f"Louise {place}", insurer) for place in range(number)]


def told(world: World, hospital: Hospital, people: list[Person], *, together: bool) -> list[Outcome]:
    """Ask about each, by the hospital's sessions in turn; in one batch a face, or one by one."""
    turns = [(hospital.sessions[place % 3], person) for place, person in enumerate(people)]
    if not together:
        return [outcome(world.ask(session.about(person))) for session, person in turns]
    said: list[Outcome] = []
    by_software = [(one, person) for one, person in turns if one is hospital.software]
    said += [outcome(answer) for answer in world.ask_all([one.about(person) for one, person in by_software])]
    others = [(one, person) for one, person in turns if one is not hospital.software]
    for one, person in others:  # a browser's next proof needs the nonce of the answer before
        said.append(outcome(world.ask(one.about(person))))
    return said


@pytest.mark.parametrize("together", [False, True])
def test_all_who_work_there_spend_one_day_of_people(world: World, hospital: Hospital, together: bool) -> None:
    budget(world, 1, 1000, PEOPLE)
    said = told(world, hospital, crowd(world, PEOPLE + 3), together=together)
    assert said == [Outcome.OPEN] * PEOPLE + [Outcome.PRESENCE_REQUIRED] * 3
    assert world.state(hospital.account, "people_today") == PEOPLE


@pytest.mark.parametrize("together", [False, True])
def test_all_who_work_there_spend_one_rate(world: World, hospital: Hospital, together: bool) -> None:
    budget(world, 60_000, BURST, 1000)
    said = told(world, hospital, crowd(world, BURST + 3), together=together)
    assert said == [Outcome.OPEN] * BURST + [Outcome.PRESENCE_REQUIRED] * 3


@pytest.mark.parametrize("noise", ["plain", "cards", "slowed"])
def test_one_members_noise_leaves_the_others_their_part_of_the_rate(
    world: World, hospital: Hospital, noise: str
) -> None:
    """One stolen account of a hospital would else stop all who work there; so would slowing it."""
    budget(world, 60_000, BURST, 1_000)
    lea, zoe = crowd(world, 2)
    loud, colleague = hospital.staff
    if noise == "slowed":
        world.contain("account", loud.account.account_id, SLOW)
    shown = {"card": lea.card} if noise == "cards" else {}
    said = [outcome(world.ask(loud.about(lea, **shown))) for _ in range(20)]
    if noise != "cards":
        assert said[-1] is Outcome.PRESENCE_REQUIRED
    answers = [outcome(world.ask(colleague.about(zoe))) for _ in range(2)]
    assert answers == [Outcome.OPEN] * 2


def test_past_the_rate_of_the_structure_a_card_is_answered(world: World, hospital: Hospital) -> None:
    budget(world, 60_000, BURST, 1000)
    people = crowd(world, BURST + 1)
    told(world, hospital, people, together=False)
    card = hospital.staff[0].about(people[-1], card=people[-1].card)
    assert outcome(world.ask(card)) is Outcome.OPEN


@pytest.mark.parametrize("which", [0, 1], ids=["the software", "one of the staff"])
def test_one_who_is_frozen_freezes_nobody_else(world: World, hospital: Hospital, which: int) -> None:
    budget(world, 1, 1000, 1000)
    (lea,) = crowd(world, 1)
    frozen, *others = hospital.sessions[which:] + hospital.sessions[:which]
    world.set_state(frozen.account, standing=2)
    assert outcome(world.ask(frozen.about(lea))) is Outcome.ACCOUNT_FROZEN
    assert {outcome(world.ask(session.about(lea))) for session in others} == {Outcome.OPEN}


def test_who_is_stepped_up_asks_for_presence_and_the_others_do_not(world: World, hospital: Hospital) -> None:
    budget(world, 1, 1000, 1000)
    (lea,) = crowd(world, 1)
    world.set_state(hospital.staff[0].account, **{"watch.stepped_up_at": "2026-01-01"})
    said = [outcome(world.ask(session.about(lea))) for session in hospital.sessions]
    assert said == [Outcome.OPEN, Outcome.PRESENCE_REQUIRED, Outcome.OPEN]


def test_a_structure_that_is_closed_closes_for_all(world: World, hospital: Hospital) -> None:
    budget(world, 1, 1000, 1000)
    (lea,) = crowd(world, 1)
    world.do(
        "update access.accounts set revoked_at = now() where account_id = %s", hospital.account.account_id
    )
    said = {outcome(world.ask(session.about(lea))) for session in hospital.sessions}
    assert said == {Outcome.PROFESSIONAL_STRUCK_OFF}


def test_staff_is_not_hung_on_other_staff_for_a_second_budget(world: World) -> None:
    titulaire = world.account()
    staff = world.staff(titulaire)
    with pytest.raises(errors.RaiseException, match="not of other staff"):
        world.staff(staff)


def test_staff_has_the_profession_of_the_titulaire_whose_budget_it_spends(world: World) -> None:
    titulaire = world.account()
    with pytest.raises(errors.RaiseException, match="same profession"):
        world.do(
            "insert into access.accounts (kind, organisation_id, profession_id, holder_account_id, display_name)"
            " values ('staff', %s, 9, %s, 'Noé Bernard')",
            titulaire.organisation_id,
            titulaire.account_id,
        )
