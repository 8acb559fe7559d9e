"""The database's clock jumps, forwards and back: what was spent stays spent, and no honest account waits for it to catch up.

The clock that moves is the server's own (tests/support/moving_clock.py), under the whole gate.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from rempart.adapters import clock as wall
from rempart.domain.rights import Outcome
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.reception import Reception
from rempart.settings import read_settings
from rempart.supervisor.supervise import Supervisor
from tests.store.test_gate_mutants import function_of
from tests.support.database import Database
from tests.support.moving_clock import MovedClock, server_with_a_clock
from tests.support.world import Person, Session, World, outcome

HOUR_S, DAY_S = 3_600, 86_400
PEOPLE = 4
MIDWIFE = 10


@pytest.fixture(scope="module")
def moved() -> Iterator[tuple[Database, MovedClock]]:
    with server_with_a_clock() as (database, clock):
        yield database, clock


@pytest.fixture
def clock(moved: tuple[Database, MovedClock]) -> Iterator[MovedClock]:
    _, clock = moved
    yield clock
    clock.ahead_by_s = 0


@pytest.fixture
def world(moved: tuple[Database, MovedClock], clock: MovedClock) -> Iterator[World]:
    made = World(moved[0])
    made.do(
        "update access.profession_rules set rate_interval_ms = 60000, rate_burst = 5, people_per_day = %s"
        " where profession_id = %s",
        PEOPLE,
        MIDWIFE,
    )
    yield made
    clock.ahead_by_s = 0
    made.close()


@pytest.fixture
def till(world: World) -> Session:
    """A midwife's: hers is the small budget."""
    return world.software_session(world.account("midwife"))


Ask = Callable[[Session, Person], Outcome]


@pytest.fixture
def ask(world: World, clock: MovedClock) -> Ask:
    """Ask with a proof made by the server's clock, as software does that follows the Date of its answers."""

    def one(session: Session, person: Person) -> Outcome:
        return outcome(world.ask(session.about(person, proof_at=int(time.time()) + clock.ahead_by_s)))

    return one


def crowd(world: World, number: int) -> list[Person]:
    insurer = world.insurer()
    return [world.person(f"Louise {place}", insurer) for place in range(number)]


def test_the_clock_that_moves_is_the_gates(world: World, clock: MovedClock) -> None:
    for seconds in (HOUR_S, -HOUR_S, 0):
        clock.ahead_by_s = seconds
        now_s = world.one("select extract(epoch from platform.present())::float8")
        assert now_s - time.time() == pytest.approx(seconds, abs=5)


def test_a_proof_made_by_another_clock_is_refused_and_nothing_is_spent(
    world: World, clock: MovedClock, till: Session
) -> None:
    lea = world.person("Léa", world.insurer())
    for seconds in (HOUR_S, -4 * 60):
        clock.ahead_by_s = seconds
        assert outcome(world.ask(till.about(lea))) is Outcome.PROOF_STALE
    assert world.state(till.account, "people_today") == 0


def test_an_hour_ahead_and_back_does_not_slow_an_honest_account(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    lea = world.person("Léa", world.insurer())
    clock.ahead_by_s = HOUR_S
    assert ask(till, lea) is Outcome.OPEN
    clock.ahead_by_s = 0
    asked = till.about(lea)
    told = world.ask(asked)
    assert outcome(told) is Outcome.OPEN or told.retry_after_s <= 60, "one turn, not an hour"
    world.set_state(till.account, next_free_s=world.state(till.account, "next_free_s") - 60)
    assert ask(till, lea) is Outcome.OPEN


def test_a_clock_put_back_gives_no_second_burst(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    lea = world.person("Léa", world.insurer())
    assert [ask(till, lea) for _ in range(5)] == [Outcome.OPEN] * 5
    world.do("update access.sessions set opened_at = opened_at - interval '2 hours'")
    clock.ahead_by_s = -HOUR_S
    assert [ask(till, lea) for _ in range(3)] == [Outcome.PRESENCE_REQUIRED] * 3


def test_the_people_of_a_day_are_counted_once_however_often_the_day_comes(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000 where profession_id = %s",
        MIDWIFE,
    )
    people = iter(crowd(world, 20))
    world.do("update access.sessions set expires_at = now() + interval '30 days'")
    assert [ask(till, next(people)) for _ in range(PEOPLE)] == [Outcome.OPEN] * PEOPLE
    clock.ahead_by_s = DAY_S
    assert [ask(till, next(people)) for _ in range(PEOPLE + 1)] == [Outcome.OPEN] * PEOPLE + [
        Outcome.PRESENCE_REQUIRED
    ], "tomorrow's"
    for seconds in (0, DAY_S, 0):
        clock.ahead_by_s = seconds
        assert ask(till, next(people)) is Outcome.PRESENCE_REQUIRED, "no day comes back"


def test_a_clock_that_was_days_ahead_does_not_close_the_days_in_between(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    world.do("update access.sessions set expires_at = now() + interval '60 days'")
    people = iter(crowd(world, 20))
    clock.ahead_by_s = 30 * DAY_S
    for _ in range(PEOPLE):
        assert ask(till, next(people)) is Outcome.OPEN
    clock.ahead_by_s = 0
    assert ask(till, next(people)) is Outcome.PRESENCE_REQUIRED, "spent all the same"
    clock.ahead_by_s = 2 * DAY_S
    assert ask(till, next(people)) is Outcome.OPEN, "and given back after tomorrow, not in a month"


def test_a_proof_forgotten_while_the_clock_was_ahead_does_not_serve_again(
    world: World, clock: MovedClock, till: Session
) -> None:
    used = till.about(world.person("Léa", world.insurer()))
    assert outcome(world.ask(used)) is Outcome.OPEN
    clock.ahead_by_s = HOUR_S
    world.face("identity").execute("select gate.forget_expired()")
    clock.ahead_by_s = 0
    assert outcome(world.ask(used)) is Outcome.PROOF_REPLAYED


def test_a_session_opened_while_the_clock_was_ahead_does_not_live_an_hour_longer(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    lea = world.person("Léa", world.insurer())
    clock.ahead_by_s = HOUR_S
    of_the_future = world.software_session(till.account)
    assert ask(of_the_future, lea) is Outcome.OPEN
    clock.ahead_by_s = 0
    world.set_state(till.account, next_free_s=0)
    assert ask(of_the_future, lea) is Outcome.SESSION_EXPIRED
    assert ask(world.software_session(till.account), lea) is Outcome.OPEN, "and one opens another one"


def test_an_approval_asked_for_while_the_clock_was_ahead_is_over_when_it_is_put_back(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    insurer = world.insurer()
    lea = world.person("Léa", insurer)
    world.policy(insurer.insurer_id, 3)
    clock.ahead_by_s = HOUR_S
    world.do(
        "insert into gate.presence_requests (account_id, subject, insurer_id, kind, receipt_id, asked_at, ends_at, approved_at)"
        " values (%s, %s, %s, 5, 1, now(), now() + interval '10 minutes', now())",
        till.account.account_id, lea.person_id, insurer.insurer_id,
    )  # fmt: skip
    assert ask(till, lea) is Outcome.OPEN
    clock.ahead_by_s = 0
    assert ask(till, lea) is Outcome.PRESENCE_REQUIRED


def test_a_machines_rhythm_is_heard_again_after_the_clock_was_put_back(
    world: World, clock: MovedClock, till: Session, ask: Ask
) -> None:
    louise, lea = crowd(world, 2)
    clock.ahead_by_s = HOUR_S
    ask(till, louise)
    clock.ahead_by_s = 0
    world.set_state(till.account, next_free_s=0)
    ask(till, lea)
    assert world.state(till.account, "(watch).last_asked_s") <= time.time() + 5, "deaf for an hour otherwise"


@pytest.mark.parametrize("seconds", [HOUR_S, DAY_S])
def test_what_is_contained_or_frozen_without_a_term_stays_so(
    world: World, clock: MovedClock, ask: Ask, seconds: int
) -> None:
    lea = world.person("Léa", world.insurer())
    contained, frozen = (world.software_session(world.account("midwife")) for _ in range(2))
    world.do("update access.sessions set expires_at = now() + interval '60 days'")
    world.do("update access.sessions set opened_at = now() - interval '60 days'")
    world.contain("account", contained.account.account_id, 2)
    world.set_state(frozen.account, standing=2)
    for ahead_by_s in (seconds, -seconds, 0):
        clock.ahead_by_s = ahead_by_s
        assert (ask(contained, lea), ask(frozen, lea)) == (Outcome.CONTAINED, Outcome.ACCOUNT_FROZEN)


def test_the_glasses_of_a_day_are_not_whole_again_when_the_clock_is_put_back(
    world: World, clock: MovedClock, till: Session
) -> None:
    world.do("update access.sessions set opened_at = now() - interval '60 days'")
    insurer = world.insurer()
    world.policy(insurer.insurer_id, 3)

    def breaks_a_glass(place: int) -> Outcome:
        asked_at = int(time.time()) + clock.ahead_by_s
        person = world.person(f"Noé {place}", insurer)
        return outcome(world.ask(till.about(person, break_glass=1, proof_at=asked_at)))

    assert [breaks_a_glass(place) for place in range(3)] == [Outcome.OPEN] * 3
    for seconds in (-HOUR_S, -DAY_S, 0):
        clock.ahead_by_s = seconds
        assert breaks_a_glass(-seconds) is Outcome.BREAK_GLASS_EXHAUSTED


def test_an_address_that_asked_while_the_clock_was_ahead_is_not_shut_out_when_it_is_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true_s = wall.now_s
    monkeypatch.setattr(wall, "now_s", lambda: true_s() + HOUR_S)
    settings = read_settings({})
    throttles = [Reception(settings).throttle, ConsoleDesk(settings).throttle]
    for throttle in throttles:
        throttle.count("192.0.2.1")
    monkeypatch.setattr(wall, "now_s", true_s)
    for throttle in throttles:
        throttle.count("192.0.2.1")


Story = Callable[[World, MovedClock, Session, Ask], None]
MENDS: list[tuple[str, str, str, Story]] = [
    ("gate.ask", "least(purse.next_free_s, batch_s + (q.rate_burst - 1 + pace) * q.interval_s)", "purse.next_free_s",
     test_an_hour_ahead_and_back_does_not_slow_an_honest_account),
    ("gate.ask", "least(purse.next_free_s, batch_s + (q.rate_burst - 1 + pace) * q.interval_s)", "batch_s",
     test_a_clock_put_back_gives_no_second_burst),
    ("gate.ask", "if purse.day < q.today then", "if purse.day <> q.today then",
     test_the_people_of_a_day_are_counted_once_however_often_the_day_comes),
    ("gate.ask",
     "            me.day := least(me.day, q.today + 1);\n            purse.day := least(purse.day, q.today + 1);\n", "",
     test_a_clock_that_was_days_ahead_does_not_close_the_days_in_between),
    ("gate.ask", "or s.opened_at > batch_at + interval '5 minutes'", "",
     test_a_session_opened_while_the_clock_was_ahead_does_not_live_an_hour_longer),
    ("gate.ask", "and e.asked_at < batch_at + interval '5 minutes'", "",
     test_an_approval_asked_for_while_the_clock_was_ahead_is_over_when_it_is_put_back),
    ("gate.ask", "or gap_s < -60", "", test_a_machines_rhythm_is_heard_again_after_the_clock_was_put_back),
]  # fmt: skip


@pytest.mark.parametrize(("function", "piece", "instead", "story"), MENDS)
def test_without_this_piece_a_story_of_the_clock_fails(
    world: World,
    clock: MovedClock,
    till: Session,
    ask: Ask,
    function: str,
    piece: str,
    instead: str,
    story: Story,
) -> None:
    whole = function_of(function)
    assert whole.count(piece) == 1, f"the gate has changed: find {piece!r} again"
    world.do(whole.replace(piece, instead).replace("%", "%%"))
    try:
        with pytest.raises(AssertionError):
            story(world, clock, till, ask)
    finally:
        clock.ahead_by_s = 0
        world.do(whole.replace("%", "%%"))


def test_forgetting_proofs_as_soon_as_they_are_old_would_let_one_serve_again(
    world: World, clock: MovedClock, till: Session
) -> None:
    whole = function_of("gate.forget_expired")
    world.do(whole.replace("3720", "120"))
    try:
        with pytest.raises(AssertionError):
            test_a_proof_forgotten_while_the_clock_was_ahead_does_not_serve_again(world, clock, till)
    finally:
        world.do(whole)


def test_the_supervisor_says_that_the_clock_was_set_and_says_it_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor = Supervisor(read_settings({}), ())
    true_s = wall.now_s
    for seconds in (HOUR_S, 0):
        monkeypatch.setattr(wall, "now_s", lambda seconds=seconds: true_s() + seconds)
        supervisor._watch_clock()
        supervisor._watch_clock()
    shown = "".join(capsys.readouterr())
    assert shown.count("clock-jumped") == 2
    assert str(HOUR_S) in shown
    assert str(-HOUR_S) in shown
