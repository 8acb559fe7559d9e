"""Many connections at once on the same few shops: no deadlock, and every budget exact to the unit."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from rempart.domain.rights import Outcome
from rempart.store.database import connect_sync
from rempart.store.gate import AskRow, ToldRow
from tests.support.world import Person, Session, World, ask_batch, digest, outcome

CONNECTIONS, BATCHES, QUESTIONS = 6, 40, 16
PEOPLE_PER_DAY = 60


@pytest.fixture
def shops(world: World) -> list[Session]:
    """Four shops, with two members of the staff each: whoever asks, a titulaire's row is wanted."""
    world.do(
        "update access.profession_rules set people_per_day = %s, rate_burst = 1000000",
        PEOPLE_PER_DAY,
    )
    world.detectors(threshold=1e9)
    sessions = []
    for _ in range(4):
        titulaire = world.account()
        sessions += [
            world.software_session(who) for who in (titulaire, world.staff(titulaire), world.staff(titulaire))
        ]
    return sessions


def run(world: World, make_batch: Callable[[random.Random], list[AskRow]]) -> list[tuple[AskRow, ToldRow]]:
    """Ask batches from several connections at once; give every question with its answer."""

    def ask(seed: int) -> list[tuple[AskRow, ToldRow]]:
        rng = random.Random(seed)
        answered = []
        with closing(connect_sync(world.database.settings, "fhir")) as connection:
            for _ in range(BATCHES):
                batch = make_batch(rng)
                answered += list(zip(batch, ask_batch(connection, batch), strict=True))
        return answered

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [pair for answered in pool.map(ask, range(CONNECTIONS)) for pair in answered]


def deadlocks(world: World) -> int:
    return int(world.one("select deadlocks from pg_stat_database where datname = current_database()"))


def test_batches_with_the_same_shops_in_any_order_never_wait_in_a_circle(
    world: World, shops: list[Session]
) -> None:
    insurer = world.insurer()
    people = [world.person(f"Louise {place}", insurer) for place in range(100)]
    before = deadlocks(world)
    answered = run(world, lambda rng: [rng.choice(shops).about(rng.choice(people)) for _ in range(QUESTIONS)])
    assert len(answered) == CONNECTIONS * BATCHES * QUESTIONS
    assert deadlocks(world) == before
    by_token = {session.token: session for session in shops}
    by_alias = {person.alias: person for person in people}
    met: dict[int, set[int]] = {}
    for row, told in answered:
        assert outcome(told) in (Outcome.OPEN, Outcome.PRESENCE_REQUIRED)
        if outcome(told) is Outcome.OPEN:
            holder = by_token[row.token].account.holder_account_id
            met.setdefault(holder, set()).add(by_alias[row.alias or b""].person_id or 0)
    for session in shops:
        if session.account.account_id == session.account.holder_account_id:
            assert (
                world.state(session.account, "people_today")
                == len(met[session.account.account_id])
                == PEOPLE_PER_DAY
            )
    written = world.one(
        "select count(*) from evidence.receipts where account_id = any(%s)",
        [session.account.account_id for session in shops],
    )
    assert written == len(answered)


def test_one_proof_sent_at_once_on_every_connection_serves_once(world: World, shops: list[Session]) -> None:
    lea = world.person("Léa", world.insurer())
    rows = [shops[place % 3].about(lea) for place in range(BATCHES)]
    told = run(world, lambda rng: [rng.choice(rows)])
    answered = [row.proof for row, answer in told if outcome(answer) is Outcome.OPEN]
    assert len(answered) == len(set(answered)) == len({row.proof for row, _ in told})
    assert {outcome(answer) for _, answer in told} == {Outcome.OPEN, Outcome.PROOF_REPLAYED}


def test_one_key_sent_at_once_on_every_connection_has_one_answer(world: World, shops: list[Session]) -> None:
    lea = world.person("Léa", world.insurer())
    told = run(
        world, lambda rng: [shops[0].about(lea, repeat_key=digest(rng.randrange(50)), body=digest("body"))]
    )
    firsts: dict[bytes, set[int | None]] = {}
    for row, answer in told:
        firsts.setdefault(row.repeat_key or b"", set()).add(answer.repeat_of or answer.receipt_id)
    assert {len(numbers) for numbers in firsts.values()} == {1}


def test_three_glasses_are_three_however_many_connections_break_them(
    world: World, shops: list[Session]
) -> None:
    lea = world.person("Léa", world.insurer())
    told = run(world, lambda _: [shops[0].about(lea, break_glass=1)])
    assert [outcome(answer) for _, answer in told].count(Outcome.OPEN) == 3


def test_strikes_and_sweeps_in_the_middle_wait_in_no_circle_either(world: World) -> None:
    """A professional with several places is struck off while batches hold some of them, in whatever order."""
    insurer = world.insurer()
    people: list[Person] = [world.person(f"Louise {place}", insurer) for place in range(30)]
    rng = random.Random(3)
    places = [world.account() for _ in range(12)]
    one_professional = places[0].professional_id
    rng.shuffle(places)
    for account in places:
        world.do(
            "update gate.account_state set professional_id = %s where account_id = %s",
            one_professional,
            account.account_id,
        )
        world.do("alter table access.accounts disable trigger account_state_follows")
        world.do("drop index if exists access.one_account_per_professional_and_place")
        world.do(
            "update access.accounts set professional_id = %s where account_id = %s",
            one_professional,
            account.account_id,
        )
        world.do("alter table access.accounts enable trigger account_state_follows")
    shops = [world.software_session(account) for account in places]
    world.do("alter table access.professionals disable trigger no_professional_struck_off_comes_back")
    before = deadlocks(world)

    def disturb(_: int) -> None:
        operator, identity = (
            connect_sync(world.database.settings, role) for role in ("operator", "identity")
        )
        with closing(operator), closing(identity):
            for _ in range(BATCHES):
                operator.execute(
                    "update access.professionals set struck_off_at = now() where professional_id = %s",
                    (one_professional,),
                )
                world_reset(operator, one_professional)
                identity.execute("select gate.forget_expired()")

    with ThreadPoolExecutor(1) as pool:
        disturbance = pool.submit(disturb, 0)
        answered = run(world, lambda r: [r.choice(shops).about(r.choice(people)) for _ in range(QUESTIONS)])
        disturbance.result()
    assert {outcome(told) for _, told in answered} <= {Outcome.OPEN, Outcome.PROFESSIONAL_STRUCK_OFF}
    world.do("alter table access.professionals enable trigger no_professional_struck_off_comes_back")
    assert outcome(answered[-1][1]) is Outcome.PROFESSIONAL_STRUCK_OFF
    assert deadlocks(world) == before


def world_reset(operator: "psycopg.Connection[tuple[object, ...]]", professional_id: int | None) -> None:
    """Lift the strike in the register, so that it can fall again: the accounts stay as they are."""
    operator.execute(
        "update access.professionals set struck_off_at = null where professional_id = %s", (professional_id,)
    )
