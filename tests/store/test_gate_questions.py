"""Step 3 of the gate: what cannot be asked at all, whoever it is about."""

from datetime import date, timedelta

import pytest

from rempart.domain.rights import Domain, Outcome
from rempart.limits import CARE_DATE_AHEAD_MAX_DAYS, CARE_DATE_PAST_MAX_DAYS
from tests.support.world import REUNION, Person, Session, World, outcome


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


@pytest.fixture
def neighbour(world: World) -> Session:
    return world.software_session(world.account("optician"))


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
