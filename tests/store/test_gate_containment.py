"""Step 3 of the gate: what is contained, who may no longer ask, and what cannot be asked at all."""

from collections.abc import Callable
from datetime import date, timedelta

import psycopg
import pytest

from rempart.domain.rights import Domain, Outcome
from rempart.limits import CARE_DATE_AHEAD_MAX_DAYS, CARE_DATE_PAST_MAX_DAYS
from rempart.store.database import connect_sync
from tests.support.world import REUNION, Person, Session, World, digest, outcome

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


def test_who_has_an_account_that_is_held_has_no_free_one_beside_it(
    world: World, till: Session, lea: Person
) -> None:
    """One command would else give a frozen professional a fresh account, which takes two to release."""
    world.set_state(till.account, standing=2)
    beside = world.account(professional_id=till.account.professional_id)
    assert outcome(world.ask(world.software_session(beside).about(lea))) is Outcome.ACCOUNT_FROZEN
    world.set_state(till.account, standing=0, stepped_up_at="2026-01-01")
    world.do("update gate.account_state set standing = 0 where account_id = %s", beside.account_id)
    again = world.account(professional_id=till.account.professional_id)
    assert outcome(world.ask(world.software_session(again).about(lea))) is Outcome.PRESENCE_REQUIRED


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


def test_a_frozen_account_is_refused_and_its_colleagues_are_not(
    world: World, till: Session, lea: Person
) -> None:
    staff = world.software_session(world.staff(till.account))
    world.set_state(staff.account, standing=2)
    assert outcome(world.ask(staff.about(lea))) is Outcome.ACCOUNT_FROZEN
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


def test_a_professional_struck_off_is_refused_with_all_his_accounts_and_staff(
    world: World, till: Session, neighbour: Session, lea: Person
) -> None:
    staff = world.software_session(world.staff(till.account))
    world.do(
        "update access.professionals set struck_off_at = now() where professional_id = %s",
        till.account.professional_id,
    )
    for session in (till, staff):
        told = world.ask(session.about(lea))
        assert outcome(told) is Outcome.PROFESSIONAL_STRUCK_OFF
        assert told.receipt_id is not None
    assert outcome(world.ask(neighbour.about(lea))) is Outcome.OPEN


def test_an_account_opened_for_somebody_struck_off_is_of_no_use(world: World, lea: Person) -> None:
    account = world.account()
    world.do("update access.accounts set revoked_at = now() where account_id = %s", account.account_id)
    world.do(
        "update access.professionals set struck_off_at = now() where professional_id = %s",
        account.professional_id,
    )
    opened = world.one("select nextval('access.accounts_account_id_seq')")
    world.do(
        """
        insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id,
                                     display_name)
        overriding system value values (%s, 'professional', %s, %s, 1, %s, 'Camille Martin')
        """,
        opened,
        account.organisation_id,
        account.professional_id,
        opened,
    )
    assert world.one("select standing from gate.account_state where account_id = %s", opened) == 1


@pytest.mark.parametrize("whose", ["his", "the titulaire's"])
def test_a_revoked_account_stops_itself_and_its_staff(
    world: World, till: Session, lea: Person, whose: str
) -> None:
    staff = world.software_session(world.staff(till.account))
    revoked = staff.account if whose == "his" else till.account
    world.do("update access.accounts set revoked_at = now() where account_id = %s", revoked.account_id)
    assert outcome(world.ask(staff.about(lea))) is Outcome.PROFESSIONAL_STRUCK_OFF
    titulaire = outcome(world.ask(till.about(lea)))
    assert titulaire is (Outcome.OPEN if whose == "his" else Outcome.PROFESSIONAL_STRUCK_OFF)


@pytest.mark.parametrize(
    "change",
    [
        "holder_account_id = (select max(account_id) from access.accounts)",
        "organisation_id = (select max(organisation_id) from access.organisations)",
        "profession_id = 9",
    ],
)
def test_an_account_is_neither_moved_nor_given_another_purse(
    world: World, till: Session, change: str
) -> None:
    staff = world.staff(till.account)
    world.account()
    with pytest.raises(Exception, match="an account is not moved"):
        world.do(f"update access.accounts set {change} where account_id = %s", staff.account_id)


def test_a_revoked_account_is_not_revived(world: World, till: Session) -> None:
    world.do("update access.accounts set revoked_at = now() where account_id = %s", till.account.account_id)
    with pytest.raises(Exception, match="an account is not moved or revived"):
        world.do(
            "update access.accounts set revoked_at = null where account_id = %s", till.account.account_id
        )


def test_an_insurer_that_is_not_here_is_said_so_whoever_is_asked_about(
    world: World, till: Session, lea: Person
) -> None:
    assert outcome(world.ask(till.about(lea, amc="9999999999"))) is Outcome.INSURER_NOT_SERVED


def test_an_insurer_that_left_is_not_served_any_more(world: World, till: Session, lea: Person) -> None:
    world.do("update members.insurers set served_until = now() where insurer_id = %s", lea.insurer.insurer_id)
    assert outcome(world.ask(till.about(lea))) is Outcome.INSURER_NOT_SERVED


def test_an_insurer_that_will_leave_is_still_served(world: World, till: Session, lea: Person) -> None:
    world.do(
        "update members.insurers set served_until = now() + interval '1 h' where insurer_id = %s",
        lea.insurer.insurer_id,
    )
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


def test_a_person_of_another_insurer_is_not_found_under_this_one(
    world: World, till: Session, lea: Person
) -> None:
    told = world.ask(till.about(lea, amc=world.insurer().amc))
    assert outcome(told) is Outcome.NOT_CONFIRMED
    assert world.one("select subject from evidence.receipts where receipt_id = %s", told.receipt_id) < 0


@pytest.mark.parametrize("domain", Domain)
def test_a_profession_asks_about_its_own_domains_only(
    world: World, till: Session, neighbour: Session, lea: Person, domain: Domain
) -> None:
    for session, own in ((till, {Domain.PHAR, Domain.DIPR}), (neighbour, {Domain.OPTI})):
        expected = Outcome.OPEN if domain in own else Outcome.DOMAIN_OUTSIDE_PROFESSION
        assert outcome(world.ask(session.about(lea, domain=int(domain)))) is expected


@pytest.mark.parametrize("domain", [-1, 13, 15, 31, 32, 42, 32767])
def test_a_number_that_is_no_domain_is_outside_every_profession(
    world: World, lea: Person, domain: int
) -> None:
    hospital = world.software_session(world.account("hospital"))
    assert outcome(world.ask(hospital.about(lea, domain=domain))) is Outcome.DOMAIN_OUTSIDE_PROFESSION


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (-CARE_DATE_PAST_MAX_DAYS, Outcome.OPEN),
        (-CARE_DATE_PAST_MAX_DAYS - 1, Outcome.CARE_DATE_OUT_OF_RANGE),
        (CARE_DATE_AHEAD_MAX_DAYS, Outcome.OPEN),
        (CARE_DATE_AHEAD_MAX_DAYS + 1, Outcome.CARE_DATE_OUT_OF_RANGE),
    ],
)
def test_care_is_neither_too_old_nor_too_far_ahead(
    world: World, till: Session, lea: Person, number: int, expected: Outcome
) -> None:
    day = world.today() + timedelta(days=number)
    assert outcome(world.ask(till.about(lea, care_date=day))) is expected


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_at_the_end_of_the_calendar_breaks_nothing(
    world: World, till: Session, lea: Person, day: date
) -> None:
    assert outcome(world.ask(till.about(lea, care_date=day))) is Outcome.CARE_DATE_OUT_OF_RANGE


def test_without_a_date_the_care_is_today_where_the_shop_is(world: World, lea: Person) -> None:
    for timezone in (REUNION, "America/Martinique", "Pacific/Noumea", "Pacific/Tahiti"):
        shop = world.software_session(world.account(timezone=timezone))
        told = world.ask(shop.about(lea))
        care_date = world.one(
            "select care_date from evidence.receipts where receipt_id = %s", told.receipt_id
        )
        assert care_date == world.today(timezone)
