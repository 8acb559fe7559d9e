"""Step 5 of the gate: the rate, and the number of different people a day. Past them presence is asked for, nobody is refused."""

import time

import pytest

from rempart.domain.rights import Outcome
from tests.support.world import PARIS, REUNION, Account, Person, Session, World, days, outcome

INTERVAL_MS, BURST, PEOPLE = 60_000, 5, 4


@pytest.fixture
def till(world: World) -> Session:
    """A midwife's till: her profession has a small budget here, and is no other test's."""
    world.do(
        "update access.profession_rules set rate_interval_ms = %s, rate_burst = %s, people_per_day = 1000"
        " where profession_id = 10",
        INTERVAL_MS,
        BURST,
    )
    return world.software_session(world.account("midwife"))


@pytest.fixture
def small_day(world: World, till: Session) -> Session:
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000, people_per_day = %s"
        " where profession_id = 10",
        PEOPLE,
    )
    return till


def crowd(world: World, number: int) -> list[Person]:
    insurer = world.insurer()
    return [world.person(f"Louise {place}", insurer) for place in range(number)]


@pytest.mark.parametrize("together", [False, True])
def test_a_burst_is_answered_and_the_next_question_is_told_when_to_come_back(
    world: World, till: Session, together: bool
) -> None:
    lea = world.person("Léa", world.insurer())
    rows = [till.about(lea) for _ in range(BURST + 1)]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    assert [outcome(answer) for answer in told] == [Outcome.OPEN] * BURST + [Outcome.PRESENCE_REQUIRED]
    assert [answer.retry_after_s for answer in told[:-1]] == [0] * BURST
    assert told[-1].retry_after_s == pytest.approx(60, abs=1)


def test_the_rate_refills_one_question_an_interval(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    world.ask_all([till.about(lea) for _ in range(BURST)])
    next_free_s = world.state(till.account, "next_free_s")
    world.set_state(till.account, next_free_s=next_free_s - 2 * INTERVAL_MS / 1000)
    told = world.ask_all([till.about(lea) for _ in range(4)])
    assert [outcome(answer) for answer in told] == [Outcome.OPEN] * 2 + [Outcome.PRESENCE_REQUIRED] * 2


def test_a_refused_question_does_not_push_the_next_one_further_away(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    world.ask_all([till.about(lea) for _ in range(BURST)])
    before = world.state(till.account, "next_free_s")
    refused = world.ask_all([till.about(lea) for _ in range(20)])
    assert {outcome(told) for told in refused} == {Outcome.PRESENCE_REQUIRED}
    assert world.state(till.account, "next_free_s") == before


def test_an_unused_rate_does_not_pile_up(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    world.set_state(till.account, next_free_s=time.time() - 86_400)
    told = world.ask_all([till.about(lea) for _ in range(BURST + 1)])
    assert [outcome(answer) for answer in told].count(Outcome.OPEN) == BURST


def test_past_the_rate_a_card_is_answered(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    world.ask_all([till.about(lea) for _ in range(BURST + 1)])
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN


@pytest.mark.parametrize("together", [False, True])
def test_so_many_different_people_a_day_and_no_more_without_presence(
    world: World, small_day: Session, together: bool
) -> None:
    people = crowd(world, PEOPLE + 1)
    rows = [small_day.about(person) for person in people]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    assert [outcome(answer) for answer in told] == [Outcome.OPEN] * PEOPLE + [Outcome.PRESENCE_REQUIRED]
    assert outcome(world.ask(small_day.about(people[-1], card=people[-1].card))) is Outcome.OPEN


@pytest.mark.parametrize("together", [False, True])
def test_the_same_person_again_is_free(world: World, small_day: Session, together: bool) -> None:
    people = crowd(world, PEOPLE)
    stranger = world.stranger("Personne", people[0].insurer)
    rows = [
        small_day.about(person) for person in [*people[:-1], stranger, stranger, *people[:-1], people[-1]]
    ]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    expected = (
        [Outcome.OPEN] * 3 + [Outcome.NOT_CONFIRMED] * 2 + [Outcome.OPEN] * 3 + [Outcome.PRESENCE_REQUIRED]
    )
    assert [outcome(answer) for answer in told] == expected
    assert world.state(small_day.account, "people_today") == PEOPLE


def test_unknown_people_count_like_known_ones(world: World, small_day: Session) -> None:
    insurer = world.insurer()
    told = [
        world.ask(small_day.about(world.stranger(f"Personne {place}", insurer)))
        for place in range(PEOPLE + 1)
    ]
    assert outcome(told[-1]) is Outcome.PRESENCE_REQUIRED
    assert {outcome(answer) for answer in told[:-1]} == {Outcome.NOT_CONFIRMED}


def test_two_numbers_of_one_person_are_one_person(world: World, small_day: Session) -> None:
    lea = world.person("Léa", world.insurer())
    other = world.stranger("Léa, par le numéro de son père", lea.insurer)
    world.do(
        "insert into members.aliases values (%s, %s, %s)", other.alias, lea.person_id, lea.insurer.insurer_id
    )
    world.ask_all([small_day.about(lea), small_day.about(other)])
    assert world.state(small_day.account, "people_today") == 1


@pytest.mark.parametrize("together", [False, True])
def test_the_staff_spends_the_titulaires_day(world: World, small_day: Session, together: bool) -> None:
    people = crowd(world, PEOPLE + 2)
    sessions = [small_day, *(world.software_session(world.staff(small_day.account)) for _ in range(2))]
    rows = [
        sessions[place % 3].about(person)
        for place, person in enumerate([*people[:PEOPLE], people[0], *people[PEOPLE:]])
    ]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    assert [outcome(answer) for answer in told] == [Outcome.OPEN] * (PEOPLE + 1) + [
        Outcome.PRESENCE_REQUIRED
    ] * 2
    assert world.state(small_day.account, "people_today") == PEOPLE
    assert {world.state(session.account, "people_today") for session in sessions[1:]} == {0}


def test_known_patients_pass_until_the_day_has_had_twice_its_people(world: World, small_day: Session) -> None:
    """Who carried a shop's own files off would else have all its patients in a minute."""
    people = crowd(world, 2 * PEOPLE + 1)
    for person in people:
        world.do(
            "insert into gate.known_patients (organisation_id, subject, proven_on) values (%s, %s, current_date - 40)",
            small_day.account.organisation_id,
            person.person_id,
        )
    told = world.ask_all([small_day.about(person) for person in people])
    assert [outcome(answer) for answer in told] == [Outcome.OPEN] * 2 * PEOPLE + [Outcome.PRESENCE_REQUIRED]
    again, shown = small_day.about(people[0]), small_day.about(people[-1], card=people[-1].card)
    assert [outcome(answer) for answer in world.ask_all([again, shown])] == [Outcome.OPEN] * 2


def test_another_shop_has_a_day_of_its_own(world: World, small_day: Session) -> None:
    people = crowd(world, PEOPLE + 1)
    world.ask_all([small_day.about(person) for person in people])
    other = world.software_session(world.account("midwife"))
    assert outcome(world.ask(other.about(people[-1]))) is Outcome.OPEN


def test_a_new_day_begins_at_midnight_where_the_shop_is(world: World, small_day: Session) -> None:
    for timezone in (PARIS, REUNION, "Pacific/Kiritimati"):
        account = world.account("midwife", timezone)
        shop = world.software_session(account)
        people = crowd(world, PEOPLE + 1)
        world.ask_all([shop.about(person) for person in people])
        assert world.state(account, "day") == world.today(timezone)
        assert outcome(world.ask(shop.about(people[-1]))) is Outcome.PRESENCE_REQUIRED
        world.set_state(account, day=world.today(timezone) - days(1))
        assert outcome(world.ask(shop.about(people[-1]))) is Outcome.OPEN


def test_staff_in_another_time_zone_does_not_give_the_titulaire_a_second_day(
    world: World, small_day: Session
) -> None:
    """West of the date line it is yesterday, east of it tomorrow: whoever asks first, the day only goes forward."""
    east, west = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # 25 hours apart: never the same day
    titulaire = world.account("midwife", east)
    far = world.account("midwife", west)
    shop = world.software_session(titulaire)
    staff = world.software_session(world.staff(titulaire, far.organisation_id))
    told = [
        world.ask((shop if place % 2 else staff).about(person))
        for place, person in enumerate(crowd(world, 4 * PEOPLE))
    ]
    answered = [answer for answer in told if outcome(answer) is Outcome.OPEN]
    assert len(answered) <= PEOPLE + 1, "one question of yesterday, then one day"


@pytest.mark.parametrize("refusal", ["insurer", "domain", "date", "frozen", "key"])
def test_a_refused_question_spends_nothing(world: World, small_day: Session, refusal: str) -> None:
    lea = world.person("Léa", world.insurer())
    changes = {
        "insurer": {"amc": "9999999999"},
        "domain": {"domain": 10},
        "date": {"care_date": world.today() + days(900)},
        "key": {"thumbprint": b"\0" * 32},
    }
    if refusal == "frozen":
        world.contain("account", small_day.account.account_id, 2)
    told = world.ask(small_day.about(lea, **changes.get(refusal, {})))
    assert told.outcome >= 20
    assert told.receipt_id is not None
    assert world.state(small_day.account, "people_today") == 0
    assert world.state(small_day.account, "next_free_s") == 0


def test_a_profession_without_a_rule_in_force_is_not_answered(world: World) -> None:
    account: Account = world.account("transporter")
    shop = world.software_session(account)
    world.do("update access.profession_rules set valid_from = '2090-01-01' where profession_id = 8")
    with pytest.raises(Exception, match="null"):
        world.ask(shop.about(world.person("Léa", world.insurer())))
