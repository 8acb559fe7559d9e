"""What the console counts: each receipt once, whenever its batch was written, as if the whole day had been read again."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.rights import Outcome
from rempart.operations.console.counting import Step, Tally
from tests.support.operators import enrolled, entered
from tests.support.world import World

NOON_S = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
LATEST_S = 10  # how long after it began a batch may be written: the faces' statement_timeout

Row = tuple[int, int, int]


def rows_of(asked: list[tuple[int, int]], from_s: int, at_s: int) -> list[Row]:
    """Count as the database does: what is there, from a second up to the present."""
    seen = Counter((at - at % 60, outcome) for at, outcome in asked if from_s <= at <= at_s)
    return [(minute, outcome, count) for (minute, outcome), count in seen.items()]


def looks_equal(told: Tally, whole: Tally, at_s: int) -> bool:
    return (
        told.steps(at_s, 60, 60) == whole.steps(at_s, 60, 60)
        and told.steps(at_s, 3600, 24) == whole.steps(at_s, 3600, 24)
        and told.refusals(at_s) == whole.refusals(at_s)
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 100_000), st.integers(0, LATEST_S), st.sampled_from([1, 9, 21, 24, 31])),
        max_size=60,
    ),
    st.lists(st.integers(1, 4_000), min_size=1, max_size=40),
)
def test_looking_now_and_then_counts_as_reading_all_again(
    questions: list[tuple[int, int, int]], pauses: list[int]
) -> None:
    tally, at_s = Tally(), NOON_S
    for pause in pauses:
        at_s += pause
        written = [(NOON_S + at, outcome) for at, late, outcome in questions if NOON_S + at + late <= at_s]
        tally.take(at_s, rows_of(written, tally.settled_s or 0, at_s))
        whole = Tally()
        whole.take(at_s, rows_of(written, 0, at_s))
        assert looks_equal(tally, whole, at_s)


def test_a_step_in_which_nobody_asked_is_there() -> None:
    tally = Tally()
    tally.take(NOON_S + 30, [(NOON_S - 120, 1, 5), (NOON_S, 21, 2)])
    hour = tally.steps(NOON_S + 30, 60, 60)
    assert [step.asked for step in hour] == [0] * 57 + [5, 0, 2]
    assert hour[-1] == Step(datetime.fromtimestamp(NOON_S, UTC), 2, 0, 0, 2)
    assert tally.refusals(NOON_S + 30) == [(Outcome.PRESENCE_REQUIRED, 2)]


def test_what_is_older_than_a_day_is_forgotten() -> None:
    tally = Tally()
    tally.take(NOON_S, [(NOON_S - 60, 1, 5)])
    tally.take(NOON_S + 90_000, [])
    assert tally.minutes == {}


def test_the_database_counts_what_is_asked_for_and_the_last_minute(world: World) -> None:
    insurer, account = world.insurer(), world.account()
    session = world.software_session(account)
    for name in ("Léa", "Noé", "Zoé"):
        world.ask(session.about(world.person(name, insurer)))
    world.do(
        "update evidence.receipts set asked_at = asked_at - interval '10 minutes' where receipt_id ="
        " (select min(receipt_id) from evidence.receipts where account_id = %s)",
        account.account_id,
    )
    desk = entered(world, enrolled(world))

    def counted(since: str) -> tuple[int, int]:
        told: dict[str, Any] = (
            world.face("console")
            .execute(f"select console.counted(%s, {since})", (desk.token,))
            .fetchall()[0][0]
        )
        return sum(count for _, _, count in told["minutes"]), sum(count for _, count in told["lately"])

    assert counted("null") == (3, 2)
    assert counted("now() - interval '5 minutes'") == (2, 2)
    assert counted("now() - interval '3 days'") == (3, 2)
