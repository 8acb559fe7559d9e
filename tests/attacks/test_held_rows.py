"""A face that was taken over holds what others wait for: containments come into force all the same."""

import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import TupleRow

from rempart.domain.rights import Outcome
from rempart.store import containment
from rempart.store.database import connect, connect_sync
from rempart.store.database.held import end_held_transactions
from tests.support.world import Person, Session, World, outcome

REVOKE = 3
type_of_connection = psycopg.Connection[TupleRow]


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


@pytest.fixture
def thief(world: World) -> Iterator[type_of_connection]:
    """The identity process, taken over, which has lifted its own time limits."""
    with closing(connect_sync(world.database.settings, "identity")) as connection:
        connection.execute("set statement_timeout = 0")
        connection.execute("set idle_in_transaction_session_timeout = 0")
        connection.autocommit = False
        yield connection


@pytest.fixture
def operator(world: World) -> Iterator[type_of_connection]:
    with closing(connect_sync(world.database.settings, "operator")) as connection:
        yield connection
    world.do("update gate.containments set released_at = now() where released_at is null")


def test_sessions_that_a_thief_holds_do_not_hold_a_revocation_up(
    world: World, till: Session, lea: Person, thief: type_of_connection, operator: type_of_connection
) -> None:
    beside = world.software_session(till.account)
    thief.execute("select from access.sessions where token_digest = %s for update", (till.token,))
    began = time.monotonic()
    named = str(till.account.account_id)
    assert containment.contain(operator, "account", named, REVOKE, "vol", "nadia") is not None
    assert time.monotonic() - began < 10, "the design gives ten seconds"
    assert outcome(world.ask(beside.about(lea))) is Outcome.SESSION_REVOKED
    thief.rollback()
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED, "what was held is refused all the same"


async def test_what_a_thief_holds_is_taken_from_him(
    world: World, till: Session, lea: Person, thief: type_of_connection
) -> None:
    thief.execute("select gate.reduce_budget(account_id) from access.accounts")
    thief.execute("select pg_sleep(1.1)")
    worker = await connect(world.database.settings, "worker")
    try:
        assert await end_held_transactions(worker, 1) == ["rempart_identity"]
    finally:
        await worker.close()
    with pytest.raises(errors.OperationalError):
        thief.execute("select 1")
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


async def test_what_is_not_a_faces_or_is_young_is_left_alone(world: World, thief: type_of_connection) -> None:
    thief.execute("select 1")
    with connect_sync(world.database.settings, "operator") as operator:
        operator.autocommit = False
        operator.execute("select 1")
        operator.execute("select pg_sleep(1.1)")
        worker = await connect(world.database.settings, "worker")
        try:
            assert await end_held_transactions(worker, 15) == []
            assert await end_held_transactions(worker, 0) == ["rempart_identity"]
        finally:
            await worker.close()
        assert operator.execute("select 1").fetchone() == (1,)
