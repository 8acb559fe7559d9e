"""The worker: it loses no job when it is killed, tries again what failed, and gives up in the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from procrastinate import App

from rempart import limits
from rempart.operations.notices import worker
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.jobs import board
from tests.support.database import Database

STUCK = """
import asyncio, sys, uvloop
from pathlib import Path
from rempart.operations.notices import worker
from rempart.settings import read_settings

queue = worker.open_queue(read_settings())
queue.periodic_registry.periodic_tasks.clear()  # which would run or not by the minute of the hour

@queue.task(name="note", queue=worker.QUEUE, retry=worker.PatientRetry())
async def note() -> None:
    with Path(sys.argv[1]).open("a") as file:
        file.write("began\\n")
    await asyncio.sleep(3600)

uvloop.run(worker.run(queue))
"""


def defer(settings: Settings, task: str) -> int:
    with connect_sync(settings, "operator") as operator:
        row = operator.execute("select platform.defer(%s, '{}')", (task,)).fetchone()
    assert row is not None
    return int(row[0])


def jobs_left(settings: Settings) -> list[board.JobRow]:
    with connect_sync(settings, "operator") as operator:
        return board.list_jobs(operator, 100, only_dead=False)


def set_jobs(settings: Settings, assignment: str) -> None:
    with connect_sync(settings, "owner") as owner:
        owner.execute("set search_path = jobs")
        owner.execute(f"update procrastinate_jobs set {assignment}".encode())


@contextmanager
def stuck(database: Database, began: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Have a worker in the middle of a job that never ends."""
    with subprocess.Popen([sys.executable, "-c", STUCK, str(began)], env=database.environ()) as started:
        while not began.exists():
            assert started.poll() is None
            time.sleep(0.05)
        yield started


async def run_what_waits(queue: App) -> None:
    """Run the jobs that are due, and come back."""
    async with queue.open_async():
        await queue.run_worker_async(
            wait=False, install_signal_handlers=False, worker_middleware=[worker._tell_failures]
        )


async def test_a_job_is_run_and_is_gone_from_the_list(fresh_database: Database) -> None:
    done: list[str] = []
    queue = worker.open_queue(fresh_database.settings)

    @queue.task(name="note", queue=worker.QUEUE)
    async def note() -> None:
        done.append("note")

    defer(fresh_database.settings, "note")
    await run_what_waits(queue)
    assert done == ["note"]
    assert jobs_left(fresh_database.settings) == []


async def test_a_job_that_fails_waits_longer_each_time_and_dies_in_the_end(
    fresh_database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    queue = worker.open_queue(fresh_database.settings)
    tries = 0

    @queue.task(name="note", queue=worker.QUEUE, retry=worker.PatientRetry())
    async def note() -> None:
        nonlocal tries
        tries += 1
        raise OSError("camille@example.org does not answer")

    job_id = defer(fresh_database.settings, "note")
    waited = []
    for _ in range(20):
        await run_what_waits(queue)
        (job,) = jobs_left(fresh_database.settings)
        if job.status == "failed":
            break
        assert job.scheduled_at is not None
        assert job.last_event_at is not None
        waited.append(round((job.scheduled_at - job.last_event_at).total_seconds()))
        await run_what_waits(queue)  # too early: nothing happens
        set_jobs(fresh_database.settings, "scheduled_at = now() - interval '1 second'")
    assert tries == len(limits.JOB_WAITS_S) + 1
    assert all(abs(found - asked) <= 2 for found, asked in zip(waited, limits.JOB_WAITS_S, strict=True)), (
        waited
    )
    said = "".join(capfd.readouterr())
    assert "job-dead" in said
    assert "camille" not in said
    with connect_sync(fresh_database.settings, "operator") as operator:
        assert board.retry_job(operator, job_id)
    await run_what_waits(queue)
    assert tries == len(limits.JOB_WAITS_S) + 2


async def test_a_task_that_nobody_knows_dies_and_is_seen(fresh_database: Database) -> None:
    defer(fresh_database.settings, "from_a_later_version")
    await run_what_waits(worker.open_queue(fresh_database.settings))
    (job,) = jobs_left(fresh_database.settings)
    assert job.status == "failed"


async def test_the_jobs_of_a_worker_that_was_killed_go_to_the_next_one(
    fresh_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = fresh_database.settings
    began = tmp_path / "began"
    defer(settings, "note")
    with stuck(fresh_database, began) as killed:
        os.kill(killed.pid, signal.SIGKILL)
    queue = worker.open_queue(settings)
    done: list[str] = []

    @queue.task(name="note", queue=worker.QUEUE)
    async def note() -> None:
        done.append("note")

    async with queue.open_async():
        assert await worker.rescue(queue) == 0, "it may only be slow: its heart beat a moment ago"
    with connect_sync(settings, "owner") as owner:
        owner.execute(
            "update jobs.procrastinate_workers set last_heartbeat = last_heartbeat - make_interval(secs => %s)",
            (limits.WORKER_SILENT_S,),
        )
    async with queue.open_async():
        assert await worker.rescue(queue) == 1
        assert await worker.rescue(queue) == 0
    await run_what_waits(queue)
    assert done == ["note"]


async def test_a_job_that_kills_every_worker_is_given_up(fresh_database: Database) -> None:
    defer(fresh_database.settings, "note")
    set_jobs(fresh_database.settings, f"status = 'doing', attempts = {len(limits.JOB_WAITS_S)}")
    queue = worker.open_queue(fresh_database.settings)
    async with queue.open_async():
        assert await worker.rescue(queue) == 1
    (job,) = jobs_left(fresh_database.settings)
    assert job.status == "failed"


async def test_a_worker_that_is_told_to_stop_puts_back_what_it_could_not_end(
    fresh_database: Database, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    defer(fresh_database.settings, "note")
    with stuck(fresh_database, began) as stopped:
        psutil.Process(stopped.pid).terminate()
        stopped.wait(limits.JOB_GRACE_S + 10)
    (job,) = jobs_left(fresh_database.settings)
    assert (job.status, job.attempts) == ("todo", 1)


async def test_what_ended_long_ago_is_swept_and_what_died_waits_for_somebody(
    fresh_database: Database,
) -> None:
    settings = fresh_database.settings
    queue = worker.open_queue(settings)
    assert [task.task.name for task in queue.periodic_registry.periodic_tasks.values()] == [worker.SWEEP]
    for status in ("succeeded", "succeeded", "failed", "todo"):
        job_id = defer(settings, "note")
        with connect_sync(settings, "owner") as owner:
            owner.execute("set search_path = jobs")
            owner.execute("update procrastinate_jobs set status = 'doing' where id = %s", (job_id,))
            owner.execute(
                "update procrastinate_jobs set status = %s::procrastinate_job_status where id = %s",
                (status, job_id),
            )
    with connect_sync(settings, "owner") as owner:
        owner.execute("update jobs.procrastinate_events set at = at - interval '25 hours' where job_id <> 2")
    async with queue.open_async():
        await worker.sweep(queue)
    with connect_sync(settings, "owner") as owner:
        rows = owner.execute("select id, status::text from jobs.procrastinate_jobs order by id").fetchall()
    assert rows == [(2, "succeeded"), (3, "failed"), (4, "todo")]
