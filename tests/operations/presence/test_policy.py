"""What an insurer asks for follows from day to day: tightened at once, whatever is planned, and what is planned is taken back."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import psycopg
import pytest
from psycopg.rows import TupleRow

from rempart.adapters import clock
from rempart.domain.errors.member_files import InsurerUnregistered
from rempart.domain.errors.registration import PolicyNotPlanned, PolicyRefused, PolicyTooEarly
from rempart.domain.identifiers import AmcNumber
from rempart.domain.rights import Outcome, Presence
from rempart.operations.presence.policy import cancel_planned_policy, set_presence_policy
from rempart.store.database import connect_sync
from rempart.store.presence.policies import list_policies
from tests.support.world import Insurer, World, outcome

NONE, KNOWN, CARD = Presence.NONE, Presence.KNOWN_PATIENT, Presence.CARD
type_of_operator = psycopg.Connection[TupleRow]


def in_days(days: int) -> date:
    return clock.today("Europe/Paris") + timedelta(days=days)


@pytest.fixture
def operator(world: World) -> Iterator[type_of_operator]:
    with closing(connect_sync(world.database.settings, "operator")) as connection:
        yield connection


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


def begin(
    operator: type_of_operator,
    insurer: Insurer,
    required: Presence,
    days: int = 0,
    *,
    stepped_up: Presence = KNOWN,
    accepted: list[Presence] | None = None,
) -> list[date]:
    before = {row.valid_from for row in list_policies(operator, insurer.amc)}
    set_presence_policy(
        operator, AmcNumber(insurer.amc), today=in_days(0), valid_from=in_days(days), required=required,
        required_when_stepped_up=stepped_up, accepted=accepted or list(Presence), because="essai", by="nadia",
    )  # fmt: skip
    return sorted(before - {row.valid_from for row in list_policies(operator, insurer.amc)})


def cancel(operator: type_of_operator, insurer: Insurer, days: int) -> None:
    cancel_planned_policy(
        operator,
        AmcNumber(insurer.amc),
        today=in_days(0),
        planned_for=in_days(days),
        because="essai",
        by="nadia",
    )


def told(operator: type_of_operator, insurer: Insurer) -> list[tuple[int, int | None, int]]:
    """List the policies: first day and the one after the last, in days from today, and what is required."""
    return [
        (
            (row.valid_from - in_days(0)).days,
            None if row.valid_until is None else (row.valid_until - in_days(0)).days,
            row.required,
        )
        for row in list_policies(operator, insurer.amc)
    ]


def test_what_is_planned_does_not_forbid_to_tighten_today(
    operator: type_of_operator, world: World, insurer: Insurer
) -> None:
    assert begin(operator, insurer, CARD, 10) == []
    assert begin(operator, insurer, KNOWN) == []
    assert told(operator, insurer) == [(0, 10, KNOWN), (10, None, CARD)]
    lea = world.person("Léa", insurer)
    till = world.software_session(world.account())
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED


def test_a_planned_policy_that_asks_for_less_is_taken_back_and_told(
    operator: type_of_operator, insurer: Insurer
) -> None:
    begin(operator, insurer, KNOWN, 10)
    begin(operator, insurer, CARD, 20)
    assert begin(operator, insurer, CARD) == [in_days(10)]
    assert told(operator, insurer) == [(0, 20, CARD), (20, None, CARD)]


@pytest.mark.parametrize(
    ("today", "planned"),
    [
        ({"required": KNOWN, "stepped_up": CARD}, {"required": CARD}),
        ({"required": KNOWN, "accepted": [KNOWN, CARD]}, {"required": CARD}),
    ],
)
def test_less_in_any_respect_is_less(
    operator: type_of_operator, insurer: Insurer, today: dict[str, object], planned: dict[str, object]
) -> None:
    begin(operator, insurer, days=10, **planned)  # type: ignore[arg-type]
    assert begin(operator, insurer, **today) == [in_days(10)]  # type: ignore[arg-type]


def test_a_policy_that_asks_for_less_today_leaves_what_is_planned(
    operator: type_of_operator, insurer: Insurer
) -> None:
    begin(operator, insurer, KNOWN)
    begin(operator, insurer, CARD, 10)
    assert begin(operator, insurer, NONE) == []
    assert told(operator, insurer) == [(0, 10, NONE), (10, None, CARD)]


def test_the_same_day_again_is_the_same_policy_corrected(
    operator: type_of_operator, insurer: Insurer
) -> None:
    begin(operator, insurer, CARD, 10)
    begin(operator, insurer, KNOWN, 10)
    assert told(operator, insurer) == [(10, None, KNOWN)]


def test_between_two_that_are_planned_there_is_room_for_a_third(
    operator: type_of_operator, insurer: Insurer
) -> None:
    begin(operator, insurer, KNOWN)
    begin(operator, insurer, CARD, 20, stepped_up=CARD)
    begin(operator, insurer, CARD, 10)
    assert told(operator, insurer) == [(0, 10, KNOWN), (10, 20, CARD), (20, None, CARD)]


def test_a_planned_policy_is_cancelled_and_what_was_before_goes_on(
    operator: type_of_operator, insurer: Insurer
) -> None:
    begin(operator, insurer, KNOWN)
    begin(operator, insurer, CARD, 10)
    begin(operator, insurer, CARD, 20, stepped_up=CARD)
    cancel(operator, insurer, 10)
    assert told(operator, insurer) == [(0, 20, KNOWN), (20, None, CARD)]
    cancel(operator, insurer, 20)
    assert told(operator, insurer) == [(0, None, KNOWN)]


def test_to_cancel_a_loosening_keeps_the_later_plans(operator: type_of_operator, insurer: Insurer) -> None:
    begin(operator, insurer, CARD)
    begin(operator, insurer, NONE, 10)
    begin(operator, insurer, KNOWN, 20)
    cancel(operator, insurer, 10)
    assert told(operator, insurer) == [(0, 20, CARD), (20, None, KNOWN)]


def test_the_first_one_is_cancelled_too(operator: type_of_operator, insurer: Insurer) -> None:
    begin(operator, insurer, CARD, 10)
    cancel(operator, insurer, 10)
    assert told(operator, insurer) == []


@pytest.mark.parametrize("days", [0, -5, 11])
def test_what_is_not_planned_is_not_cancelled(
    operator: type_of_operator, world: World, insurer: Insurer, days: int
) -> None:
    world.do(
        "insert into members.presence_policies values (%s, %s, 'infinity', 1, 1, 126)",
        insurer.insurer_id,
        in_days(-5),
    )
    begin(operator, insurer, CARD)
    begin(operator, insurer, CARD, 10, stepped_up=CARD)
    with pytest.raises(PolicyNotPlanned):
        cancel(operator, insurer, days)
    assert told(operator, insurer) == [(-5, 0, KNOWN), (0, 10, CARD), (10, None, CARD)], (
        "what held stays written"
    )


def test_each_refusal_says_which_it_is(operator: type_of_operator, insurer: Insurer) -> None:
    with pytest.raises(PolicyTooEarly):
        begin(operator, insurer, CARD, -1)
    with pytest.raises(PolicyRefused):
        begin(operator, insurer, CARD, accepted=[KNOWN])
    with pytest.raises(InsurerUnregistered):
        begin(operator, Insurer(0, "9999999999"), CARD)
    assert told(operator, insurer) == []
