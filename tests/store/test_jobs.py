"""The queue of jobs: who may put one in, who may see them, and how its schema keeps up with its package."""

import asyncio
import json

import pytest
from psycopg import Connection, errors

from rempart.domain.errors.database import DatabaseAhead
from rempart.store.database import connect_sync, migrate, roles
from rempart.store.jobs import board, connector, schema
from tests.support.database import Database

MAY_DEFER = {"identity", "operator"}
DEFER = "select platform.defer('tell_contact', '{}')"

FORGING = {
    "reading jobs": "select * from jobs.procrastinate_jobs",
    "reading events": "select * from jobs.procrastinate_events",
    "a job of one's own": "insert into jobs.procrastinate_jobs (queue_name, task_name) values ('rempart', 'tell_contact')",
    "losing a job": "delete from jobs.procrastinate_jobs",
    "ending a job": "select jobs.procrastinate_finish_job_v1(1, 'succeeded', true)",
    "taking a job": "select jobs.procrastinate_fetch_job_v2(null, 1)",
    "the owner of jobs": "set role rempart_jobs",
    "telling the database that it is up to date": "insert into platform.job_migrations (name) values ('x')",
}


def is_granted(connection: Connection, statement: str) -> bool:
    try:
        connection.execute(statement.encode())
    except errors.InsufficientPrivilege:
        return False
    except errors.RaiseException:
        return True
    return True


@pytest.mark.parametrize("role", [role for role in roles.LOGIN_ROLES if role != "worker"])
def test_no_role_but_the_workers_reads_takes_or_forges_a_job(database: Database, role: str) -> None:
    with connect_sync(database.settings, role) as connection:
        assert [what for what, statement in FORGING.items() if is_granted(connection, statement)] == []


@pytest.mark.parametrize("role", roles.LOGIN_ROLES)
def test_only_those_with_business_acts_enqueue(database: Database, role: str) -> None:
    with connect_sync(database.settings, role) as connection:
        assert is_granted(connection, DEFER) == (role in MAY_DEFER)


def test_a_job_is_there_if_and_only_if_its_transaction_was_committed(fresh_database: Database) -> None:
    settings = fresh_database.settings
    with connect_sync(settings, "identity") as connection:
        with connection.transaction(force_rollback=True):
            connection.execute(DEFER)
        with connect_sync(settings, "operator") as operator:
            assert board.list_jobs(operator, 10, only_dead=False) == []
            connection.execute(DEFER)
            (job,) = board.list_jobs(operator, 10, only_dead=False)
    assert (job.task, job.status, job.attempts) == ("tell_contact", "todo", 0)


def test_a_dead_job_is_tried_again_once(fresh_database: Database) -> None:
    settings = fresh_database.settings
    with connect_sync(settings, "operator") as operator:
        operator.execute(DEFER)
        (job,) = board.list_jobs(operator, 10, only_dead=False)
        assert not board.retry_job(operator, job.job_id), "it waits: nothing to bring back"
        with connect_sync(settings, "owner") as owner:
            owner.execute("set search_path = jobs")
            owner.execute("update procrastinate_jobs set status = 'failed', attempts = 8")
        assert [dead.job_id for dead in board.list_jobs(operator, 10, only_dead=True)] == [job.job_id]
        assert board.retry_job(operator, job.job_id)
        assert not board.retry_job(operator, job.job_id)
        (again,) = board.list_jobs(operator, 10, only_dead=False)
    assert (again.status, again.attempts) == ("todo", 0)


def test_the_schema_of_a_new_database_stands_for_every_migration_of_the_package(database: Database) -> None:
    with connect_sync(database.settings, "owner") as owner:
        rows = owner.execute("select name from platform.job_migrations").fetchall()
    assert {name for (name,) in rows} == schema.known_to_the_package().keys()
    assert len(rows) > 30


def test_a_later_package_brings_the_tables_up_to_date_as_their_owner(fresh_database: Database) -> None:
    known = schema.known_to_the_package() | {
        "99.00.00_01_later.sql": b"alter table procrastinate_jobs add column later int; create table procrastinate_later (a int);"
    }
    with connect_sync(fresh_database.settings, "owner") as owner:
        assert schema.bring_up_to_date(owner, known) == ["99.00.00_01_later.sql"]
        assert schema.bring_up_to_date(owner, known) == []
        found = owner.execute(
            "select tableowner from pg_tables where tablename = 'procrastinate_later'"
        ).fetchone()
        assert found == ("rempart_jobs",)
    with connect_sync(fresh_database.settings, "worker") as worker:
        worker.execute("select later from jobs.procrastinate_jobs")
        worker.execute("table jobs.procrastinate_later")
    with pytest.raises(DatabaseAhead):
        migrate(fresh_database.settings)


@pytest.mark.parametrize(
    "payload", ["", "x", "[]", '"job_inserted"', '{"type": "abort_job_requested", "job_id": 1}', "{}"]
)
def test_what_a_stranger_notifies_is_not_believed(payload: str) -> None:
    assert not connector.says_look(payload)


async def test_a_stranger_cannot_have_a_job_aborted_by_a_notification(fresh_database: Database) -> None:
    settings = fresh_database.settings
    heard: list[str] = []
    listening = asyncio.Event()

    async def hear(*, channel: str, payload: str) -> None:
        heard.append(payload)

    queue = connector.QueueConnector(settings, listening.set)
    listener = asyncio.create_task(queue.listen_notify(hear, ["procrastinate_any_queue_v1"]))
    await asyncio.wait_for(listening.wait(), 10)
    abort = json.dumps({"type": "abort_job_requested", "job_id": 1})
    with connect_sync(settings, "fhir") as stranger:
        stranger.execute("select pg_notify('procrastinate_any_queue_v1', %s)", (abort,))
    with connect_sync(settings, "operator") as operator:
        operator.execute(DEFER)
    for _ in range(100):
        if heard:
            break
        await asyncio.sleep(0.05)
    listener.cancel()
    assert [json.loads(payload)["type"] for payload in heard] == ["job_inserted"]
