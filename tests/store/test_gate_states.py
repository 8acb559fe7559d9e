"""Step 7 of the gate: every precise state of a right, of one contract and of several, and what data that is too old may say."""

from collections.abc import Callable
from datetime import date

import pytest

from rempart.domain.rights import Domain, Outcome
from tests.support.world import Insurer, Person, Right, Session, World, days, outcome

PHAR, DIPR = Domain.PHAR.bit, Domain.DIPR.bit
CARE = date(2026, 6, 15)
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def till(world: World) -> Session:
    """A till whose profession never meets a budget: these tests are about rights."""
    world.do("update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000")
    world.detectors(threshold=1e9)
    return world.software_session(world.account("pharmacist"))


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


@pytest.fixture
def precise(world: World, till: Session, insurer: Insurer) -> Callable[..., tuple[Outcome, date | None]]:
    """Ask with the card about somebody who has these rights, and give the state and its day."""

    def ask(*rights: Right, **changes: object) -> tuple[Outcome, date | None]:
        lea = world.person("Léa", insurer, *rights)
        told = world.ask(till.about(lea, **({"card": lea.card, "care_date": CARE} | changes)))
        return outcome(told), told.answer_on

    return ask


State = Callable[..., tuple[Outcome, date | None]]


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (Right(), (Outcome.OPEN, None)),
        (Right(opens_on=CARE), (Outcome.OPEN, None)),
        (Right(ends_on=CARE), (Outcome.OPEN, CARE)),
        (Right(domains=PHAR), (Outcome.OPEN, None)),
        (Right(opens_on=CARE + days(1)), (Outcome.OPENS_ON, CARE + days(1))),
        (Right(ends_on=CARE - days(1)), (Outcome.ENDED_ON, CARE - days(1))),
        (Right(ends_on=CARE - days(1), situation=1), (Outcome.ENDED_ON, CARE - days(1))),
        (Right(ends_on=CARE - days(1), situation=2), (Outcome.RENEWAL_IN_PROGRESS, None)),
        (Right(ends_on=CARE, situation=2), (Outcome.OPEN, CARE)),
        (Right(situation=1), (Outcome.SUSPENDED, None)),
        (Right(domains=DIPR), (Outcome.DOMAIN_NOT_COVERED, None)),
        (Right(domains=DIPR, domains_without_tp=PHAR), (Outcome.WITHOUT_TIERS_PAYANT, None)),
        (Right(waiting_domains=PHAR, waiting_until=CARE + days(1)), (Outcome.WAITING_PERIOD, CARE + days(1))),
        (Right(waiting_domains=PHAR, waiting_until=CARE), (Outcome.OPEN, None)),
        (Right(waiting_domains=DIPR, waiting_until=CARE + days(1)), (Outcome.OPEN, None)),
    ],
)
def test_one_contract_has_each_state_to_the_day(
    precise: State, right: Right, expected: tuple[Outcome, date | None]
) -> None:
    assert precise(right) == expected


@pytest.mark.parametrize(("until", "told_of"), [(CARE + days(1), PHAR), (CARE, PHAR | DIPR)])
def test_a_domain_is_told_of_once_its_wait_is_over(
    world: World, till: Session, insurer: Insurer, until: date, told_of: int
) -> None:
    lea = world.person("Léa", insurer, Right(waiting_domains=DIPR, waiting_until=until))
    told = world.ask(till.about(lea, card=lea.card, care_date=CARE))
    assert (outcome(told), told.answer_domains, told.coverages) == (Outcome.OPEN, told_of, f"1::{told_of}")


def test_nobody_is_not_known(world: World, till: Session, insurer: Insurer) -> None:
    told = world.ask(till.about(world.stranger("Personne", insurer), break_glass=1))
    assert (outcome(told), told.answer_on, told.coverages) == (Outcome.NOT_KNOWN, None, None)


def test_somebody_without_any_right_is_not_known_either(
    world: World, till: Session, insurer: Insurer
) -> None:
    lea = world.person("Léa", insurer)
    world.do("delete from members.rights where person_id = %s", lea.person_id)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.NOT_KNOWN


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ((Right(ends_on=CARE - days(9)), Right(ends_on=CARE - days(3))), (Outcome.ENDED_ON, CARE - days(3))),
        (
            (Right(opens_on=CARE + days(9)), Right(opens_on=CARE + days(3))),
            (Outcome.OPENS_ON, CARE + days(3)),
        ),
        ((Right(ends_on=CARE - days(9)), Right(opens_on=CARE + days(3))), (Outcome.OPENS_ON, CARE + days(3))),
        ((Right(situation=1), Right()), (Outcome.OPEN, None)),
        ((Right(ends_on=CARE - days(1)), Right(ends_on=CARE + days(1))), (Outcome.OPEN, CARE + days(1))),
        ((Right(domains=0), Right(ends_on=CARE - days(1))), (Outcome.DOMAIN_NOT_COVERED, None)),
        ((Right(domains=0), Right(situation=1)), (Outcome.SUSPENDED, None)),
        ((Right(ends_on=CARE - days(1), situation=2), Right(situation=1)), (Outcome.SUSPENDED, None)),
        ((Right(ends_on=CARE - days(1), situation=2), Right(domains=0)), (Outcome.RENEWAL_IN_PROGRESS, None)),
        ((Right(domains=0, domains_without_tp=PHAR), Right(domains=0)), (Outcome.WITHOUT_TIERS_PAYANT, None)),
        (
            (
                Right(waiting_domains=PHAR, waiting_until=CARE + days(5)),
                Right(domains=0, domains_without_tp=PHAR),
            ),
            (Outcome.WAITING_PERIOD, CARE + days(5)),
        ),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_several_contracts_the_best_line_decides_in_whatever_order_they_came(
    precise: State, rights: tuple[Right, ...], expected: tuple[Outcome, date | None], is_reversed: bool
) -> None:
    assert precise(*(reversed(rights) if is_reversed else rights)) == expected


def test_the_open_contracts_are_all_told_with_their_ranks_and_the_first_rank_gives_the_end(
    world: World, till: Session, insurer: Insurer
) -> None:
    lea = world.person(
        "Léa",
        insurer,
        Right(coverage_rank=2, ends_on=date(2027, 12, 31), domains=PHAR | DIPR),
        Right(coverage_rank=1, ends_on=date(2026, 12, 31), domains=PHAR),
        Right(coverage_rank=3, situation=1),
        Right(coverage_rank=4, domains=DIPR),
    )
    told = world.ask(till.about(lea, care_date=CARE))
    assert (outcome(told), told.answer_on) == (Outcome.OPEN, date(2026, 12, 31))
    assert told.answer_domains == PHAR | DIPR
    assert told.coverages is not None
    assert set(told.coverages.split(";")) == {f"1:2026-12-31:{PHAR}", f"2:2027-12-31:{PHAR | DIPR}"}


def test_the_day_of_care_decides_and_not_the_day_of_asking(precise: State) -> None:
    period = Right(opens_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
    assert precise(period, care_date=date(2026, 3, 31)) == (Outcome.OPEN, date(2026, 3, 31))
    assert precise(period, care_date=date(2026, 4, 1)) == (Outcome.ENDED_ON, date(2026, 3, 31))
    assert precise(period, care_date=date(2025, 12, 31)) == (Outcome.OPENS_ON, date(2026, 1, 1))


def test_two_periods_of_one_contract_are_told_by_the_one_that_holds_the_day(precise: State) -> None:
    first = Right(opens_on=LONG_AGO, ends_on=date(2026, 5, 31))
    second = Right(opens_on=date(2026, 7, 1))
    assert precise(first, second) == (Outcome.OPENS_ON, date(2026, 7, 1))
    assert precise(first, second, care_date=date(2026, 7, 1)) == (Outcome.OPEN, None)


@pytest.mark.parametrize("age_h", [49, None])
@pytest.mark.parametrize("with_card", [False, True])
def test_an_insurer_whose_data_is_old_denies_nobody(
    world: World, till: Session, age_h: float | None, with_card: bool
) -> None:
    late = world.insurer(data_age_h=age_h)
    people = [world.person("Léa", late, Right(ends_on=date(2025, 1, 1))), world.stranger("Personne", late)]
    for person in people:
        told = world.ask(till.about(person, care_date=CARE, card=person.card if with_card else None))
        assert (outcome(told), told.answer_on, told.data_is_stale) == (Outcome.INSURER_DATA_STALE, None, True)


def test_an_open_right_is_told_from_old_data_with_the_age_said(world: World, till: Session) -> None:
    late = world.insurer(data_age_h=49)
    told = world.ask(till.about(world.person("Léa", late)))
    assert (outcome(told), told.data_is_stale) == (Outcome.OPEN, True)
    assert told.data_as_of is not None


def test_each_insurer_says_when_its_data_is_old(world: World, till: Session) -> None:
    patient = world.insurer(data_age_h=49)
    world.do("update members.insurers set data_age_max_h = 72 where insurer_id = %s", patient.insurer_id)
    assert outcome(world.ask(till.about(world.stranger("Personne", patient)))) is Outcome.NOT_CONFIRMED


def test_an_answer_holds_the_state_and_nothing_of_the_person(
    world: World, till: Session, insurer: Insurer
) -> None:
    lea: Person = world.person("Léa", insurer)
    told = world.ask(till.about(lea))
    text = repr(told)
    for secret in (str(lea.alias), lea.alias.hex(), str(lea.card), lea.card.hex(), "Léa"):
        assert secret not in text
    assert told.why is None, "only a sandbox says why"


def test_only_a_sandbox_says_why(world: World, till: Session, insurer: Insurer) -> None:
    world.do("update platform.environment set name = 'sandbox'")
    try:
        told = world.ask(till.about(world.person("Léa", insurer, Right(situation=1))))
    finally:
        world.do("update platform.environment set name = 'production'")
    assert told.why is not None
    assert told.why["truth"] == Outcome.SUSPENDED.number
    assert told.why["person_found"] is True


def test_a_caller_hears_of_the_domains_of_the_profession_and_of_no_other(
    world: World, till: Session, insurer: Insurer
) -> None:
    everything = sum(domain.bit for domain in Domain)
    ines = world.person(
        "Inès", insurer, Right(domains=everything), Right(domains=everything, coverage_rank=2)
    )
    told = world.ask(till.about(ines))
    assert told.answer_domains == PHAR | DIPR
    assert told.coverages is not None
    assert {line.rpartition(":")[2] for line in told.coverages.split(";")} == {str(PHAR | DIPR)}
