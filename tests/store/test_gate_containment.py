"""Step 3 of the gate: what is contained, by whom, and whom that stops."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from rempart.domain.rights import Outcome
from rempart.store.database import connect_sync
from tests.support.world import Person, Session, World, digest, outcome

STEP_UP, FREEZE, REVOKE, SLOW = 1, 2, 3, 4

SCOPES: dict[str, Callable[[Session, Person], int | None]] = {
    "platform": lambda session, person: 0,
    "face": lambda session, person: 1,
    "software": lambda session, person: session.software_id,
    "organisation": lambda session, person: session.account.organisation_id,
    "professional": lambda session, person: session.account.professional_id,
    "profession": lambda session, person: session.account.profession_id,
    "account": lambda session, person: session.account.account_id,
    "insurer": lambda session, person: person.insurer.insurer_id,
    "person": lambda session, person: person.person_id,
    "shape": lambda session, person: session.account.profession_id,
}

BRETAGNE, NORMANDIE = 53, 28


def contain(world: World, scope: str, till: Session, lea: Person, mode: int) -> None:
    """Contain what the till, or the person, stands in."""
    shape = (till.software_id, BRETAGNE) if scope == "shape" else (None, None)
    world.contain(scope, SCOPES[scope](till, lea) or 0, mode, *shape)


PLACES_OF_ALL = {"platform", "face"}
"""Scopes in which everybody of this test stands."""


@pytest.fixture
def till(world: World) -> Session:
    account = world.account("pharmacist")
    world.do(
        "update access.organisations set region = %s where organisation_id = %s",
        BRETAGNE,
        account.organisation_id,
    )
    return world.software_session(account)


@pytest.fixture
def neighbour(world: World) -> Session:
    return world.software_session(world.account("optician"))


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


def test_every_scope_of_the_table_is_tried_here(world: World) -> None:
    rule = world.one(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'containments_scope_check'"
    )
    assert set(rule.split("'")[1::2]) == set(SCOPES)


@pytest.mark.parametrize("scope", sorted(set(SCOPES) - {"person"}))
def test_a_frozen_scope_refuses_and_stops_nobody_else(
    world: World, till: Session, neighbour: Session, lea: Person, scope: str
) -> None:
    contain(world, scope, till, lea, FREEZE)
    told = world.ask(till.about(lea))
    assert outcome(told) is Outcome.CONTAINED
    assert told.receipt_id is not None
    assert told.coverages is None
    others = world.ask(neighbour.about(world.person("Hugo", world.insurer())))
    assert outcome(others) is (Outcome.CONTAINED if scope in PLACES_OF_ALL else Outcome.OPEN)


@pytest.mark.parametrize("scope", sorted(set(SCOPES) - {"person"}))
def test_a_scope_that_steps_up_asks_for_presence(
    world: World, till: Session, lea: Person, scope: str
) -> None:
    contain(world, scope, till, lea, STEP_UP)
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_that_is_released_is_open_again(world: World, till: Session, lea: Person, scope: str) -> None:
    contain(world, scope, till, lea, FREEZE)
    world.do(
        "update gate.containments set released_at = now(), released_by = 'on call' where released_at is null"
    )
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


@pytest.mark.parametrize("other", ["profession", "software", "region"])
def test_a_shape_is_all_three_of_profession_software_and_region(
    world: World, till: Session, lea: Person, other: str
) -> None:
    account = world.account("optician" if other == "profession" else "pharmacist")
    region = NORMANDIE if other == "region" else BRETAGNE
    world.do(
        "update access.organisations set region = %s where organisation_id = %s",
        region,
        account.organisation_id,
    )
    alike = world.software_session(account, None if other == "software" else till.software_id)
    contain(world, "shape", till, lea, FREEZE)
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED
    assert outcome(world.ask(alike.about(lea))) is Outcome.OPEN


@pytest.mark.parametrize("mode", [STEP_UP, FREEZE])
@pytest.mark.parametrize("glass", [None, 1])
@pytest.mark.parametrize("is_regular", [False, True])
def test_a_person_who_is_contained_is_told_as_nobody_is(
    world: World, till: Session, lea: Person, mode: int, glass: int | None, is_regular: bool
) -> None:
    """Else containing somebody would tell whoever asks that they exist, and that something happened to them."""
    if is_regular:
        world.ask(till.about(lea, card=lea.card))
    contain(world, "person", till, lea, mode)
    nobody = world.stranger("Personne", lea.insurer)
    theirs, nobodys = (world.ask(till.about(person, break_glass=glass)) for person in (lea, nobody))
    told_apart = [
        name
        for name in theirs._fields
        if name not in ("receipt_id", "why") and getattr(theirs, name) != getattr(nobodys, name)
    ]
    assert told_apart == []
    assert outcome(theirs) is (Outcome.NOT_CONFIRMED if glass is None else Outcome.NOT_KNOWN)
    wrong, nobodys = (world.ask(till.about(person, card=digest("wrong"))) for person in (lea, nobody))
    assert outcome(wrong) is outcome(nobodys) is Outcome.NOT_CONFIRMED


@pytest.mark.parametrize(("mode", "told"), [(STEP_UP, Outcome.OPEN), (FREEZE, Outcome.NOT_CONFIRMED)])
def test_a_contained_person_who_shows_their_card_is_answered_unless_frozen(
    world: World, till: Session, lea: Person, mode: int, told: Outcome
) -> None:
    contain(world, "person", till, lea, mode)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is told
    assert outcome(world.ask(till.about(world.person("Hugo", lea.insurer)))) is Outcome.OPEN


def test_no_operator_moves_a_place_out_of_a_shape(world: World, till: Session) -> None:
    """Some are contained by region, which is that of their number: to move one out would release it alone."""
    with pytest.raises(errors.InsufficientPrivilege):
        world.face("operator").execute(
            "update access.organisations set region = 99 where organisation_id = %s",
            (till.account.organisation_id,),
        )


def test_what_an_operator_contains_does_not_start_the_count_again(
    world: World, till: Session, neighbour: Session, lea: Person
) -> None:
    """Whoever contains a shape for a second after every nine convictions would else switch the fleet mode off."""
    assert till.software_id is not None
    burn(world, 9, till.software_id)
    contain(world, "shape", till, lea, STEP_UP)
    world.do("update gate.containments set released_at = now()")
    burn(world, 1, till.software_id)
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED


def test_an_open_transaction_keeps_nobody_else_from_containing(
    world: World, till: Session, lea: Person
) -> None:
    statement = "select gate.contain(%s, %s, 2::smallint, 'essai', 'nadia')"
    with connect_sync(world.database.settings, "operator") as other, other.transaction():
        other.execute(statement, ("profession", "laboratory"))
        world.owner.execute("set lock_timeout = '2s'")
        try:
            assert world.one(statement, "profession", "pharmacist") is not None
        finally:
            world.owner.execute("reset lock_timeout")
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED


def test_who_is_contained_since_is_not_told_again(world: World, till: Session, lea: Person) -> None:
    """A repeat has its first answer again, but not about somebody who has been contained in between."""
    again = {"repeat_key": digest("key"), "body": digest("body")}
    assert outcome(world.ask(till.about(lea, **again))) is Outcome.OPEN
    contain(world, "person", till, lea, FREEZE)
    assert outcome(world.ask(till.about(lea, **again))) is Outcome.NOT_CONFIRMED


def test_a_person_is_not_slowed_down(world: World, till: Session, lea: Person) -> None:
    """What it would take from the caller's budgets would tell who is contained."""
    with pytest.raises(psycopg.errors.CheckViolation, match="a_person_has_no_budget"):
        contain(world, "person", till, lea, SLOW)


@pytest.mark.parametrize("scope", sorted(set(SCOPES) - {"person"}))
def test_a_scope_that_is_slowed_has_a_tenth_of_its_budgets(
    world: World, till: Session, neighbour: Session, lea: Person, scope: str
) -> None:
    world.do("update access.profession_rules set people_per_day = 20")
    contain(world, scope, till, lea, SLOW)
    told = [outcome(world.ask(till.about(world.person("Louise", lea.insurer)))) for _ in range(3)]
    assert told == [Outcome.OPEN, Outcome.OPEN, Outcome.PRESENCE_REQUIRED]
    world.do("update access.profession_rules set people_per_day = 400")


def test_a_new_device_has_half_a_budget_for_a_day(world: World, till: Session, lea: Person) -> None:
    world.do("update access.profession_rules set people_per_day = 4")
    world.set_state(till.account, reduced_until=world.one("select now() + interval '1 hour'"))
    people = [world.person("Louise", lea.insurer) for _ in range(3)]
    expected = [Outcome.OPEN, Outcome.OPEN, Outcome.PRESENCE_REQUIRED]
    assert [outcome(world.ask(till.about(person))) for person in people] == expected
    world.set_state(till.account, reduced_until=world.one("select now() - interval '1 second'"))
    assert outcome(world.ask(till.about(people[2]))) is Outcome.OPEN
    world.do("update access.profession_rules set people_per_day = 400")


def test_a_place_that_has_just_opened_brings_presence(world: World, till: Session, lea: Person) -> None:
    world.do(
        "update access.organisations set opening_until = now() + interval '30 days' where organisation_id = %s",
        till.account.organisation_id,
    )
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN
    world.do(
        "update access.organisations set opening_until = now() where organisation_id = %s",
        till.account.organisation_id,
    )
    assert outcome(world.ask(till.about(world.person("Hugo", lea.insurer)))) is Outcome.OPEN


def burn(world: World, number: int, software_id: int, region: int | None = BRETAGNE) -> None:
    """Convict so many accounts of one shape."""
    insurer = world.insurer()
    nobody = [world.stranger("Personne", insurer) for _ in range(20)]
    for _ in range(number):
        account = world.account("pharmacist")
        world.do(
            "update access.organisations set region = %s where organisation_id = %s",
            region,
            account.organisation_id,
        )
        stolen = world.software_session(account, software_id)
        assert (
            outcome(world.ask_all([stolen.about(person) for person in nobody])[-1]) is Outcome.ACCOUNT_FROZEN
        )


def test_ten_accounts_of_one_shape_in_a_day_demand_presence_of_that_shape_for_four_hours(
    world: World, till: Session, neighbour: Session, lea: Person
) -> None:
    assert till.software_id is not None
    burn(world, 9, till.software_id)
    burn(world, 3, till.software_id, NORMANDIE)
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    burn(world, 1, till.software_id)
    hugo = world.person("Hugo", lea.insurer)
    assert outcome(world.ask(till.about(hugo))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(hugo, card=hugo.card))) is Outcome.OPEN
    assert outcome(world.ask(neighbour.about(hugo))) is Outcome.OPEN
    row = world.owner.execute(
        "select scope, mode, released_at - since, decided_by, named from gate.containments"
        " where released_at > now() and software_id = %s",
        (till.software_id,),
    ).fetchall()
    client_id = world.one("select client_id from access.software where software_id = %s", till.software_id)
    assert row == [("shape", STEP_UP, timedelta(hours=4), "détecteurs", f"pharmacist/{client_id}/{BRETAGNE}")]


def test_places_whose_region_is_not_known_are_a_shape_too(
    world: World, till: Session, neighbour: Session, lea: Person
) -> None:
    assert till.software_id is not None
    burn(world, 10, till.software_id, None)
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN, "of a region that is known"
    unknown = world.software_session(world.account("pharmacist"), till.software_id)
    assert world.state(unknown.account, "region") is None
    assert outcome(world.ask(unknown.about(lea))) is Outcome.PRESENCE_REQUIRED
    named = "select named, region from gate.containments where released_at > now() and software_id = %s"
    client_id = world.one("select client_id from access.software where software_id = %s", till.software_id)
    assert world.owner.execute(named, (till.software_id,)).fetchall() == [(f"pharmacist/{client_id}/0", 0)]
    world.do("update gate.containments set released_at = now() where released_at > now()")
    burn(world, 1, till.software_id, None)
    assert outcome(world.ask(unknown.about(lea))) is Outcome.OPEN, "those ten do not count again"


def test_the_accounts_that_made_one_demand_do_not_make_the_next(
    world: World, till: Session, lea: Person
) -> None:
    """Burning one account an hour must not keep a whole shape in suspicion."""
    assert till.software_id is not None
    burn(world, 10, till.software_id)
    world.do("update gate.containments set released_at = now() where released_at > now()")
    burn(world, 1, till.software_id)
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


def test_the_strongest_of_two_containments_holds(world: World, till: Session, lea: Person) -> None:
    world.contain("account", till.account.account_id, STEP_UP)
    world.contain("profession", till.account.profession_id, FREEZE)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.CONTAINED


def test_a_frozen_portal_leaves_the_software_route(world: World, till: Session, lea: Person) -> None:
    counter = world.browser_session(world.account())
    world.contain("face", 2, FREEZE)
    assert outcome(world.ask(counter.about(lea))) is Outcome.CONTAINED
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


def test_a_contained_professional_is_not_there_through_his_staff_either(
    world: World, till: Session, lea: Person
) -> None:
    staff = world.software_session(world.staff(till.account))
    world.contain("professional", till.account.professional_id or 0, FREEZE)
    assert outcome(world.ask(staff.about(lea))) is Outcome.CONTAINED


def test_a_contained_caller_is_not_admitted_either(world: World, till: Session) -> None:
    world.contain("account", till.account.account_id, FREEZE)
    assert outcome(world.ask(till.about(None))) is Outcome.CONTAINED
