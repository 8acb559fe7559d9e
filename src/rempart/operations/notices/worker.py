"""The worker: runs the jobs that business acts left in the database, each until it succeeds or is given up.

What is promised: a job is there if and only if its act was committed, and is run at least once. A worker that is killed loses
none: its heart stops beating, and the job goes to the next one. A job may run twice if a worker dies between doing it and saying
so; a letter sent twice then bears the same Message-ID. A job that failed for the last time stays, for `rempart jobs`.

Never: log the arguments of a job, which may name somebody.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from rempart.adapters import clock
from rempart.limits import (
    DEAD_JOBS_KEPT_H,
    FINISHED_JOBS_KEPT_H,
    JOB_GRACE_S,
    JOB_WAITS_S,
    JOBS_AT_ONCE,
    WORKER_HEARTBEAT_S,
    WORKER_SILENT_S,
)
from rempart.settings import Settings
from rempart.store.jobs.connector import QueueConnector

log = structlog.get_logger()

QUEUE = "rempart"
SWEEP = "sweep_finished_jobs"

_EVERY_HOUR = "17 * * * *"
_POLLING_S = 1.0
"""How long a job waits at most after its hour, or if the notification of it was lost: a person approves at the counter."""


class NotYet(Exception):
    """What a job waits for has not come: it is tried again as after a failure, and nothing is wrong."""


class PatientRetry(BaseRetryStrategy):
    """Try again, a longer while later each time, then give up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 (any of them)
        """Say when a job that failed is tried again; None for never."""
        if job.attempts >= len(JOB_WAITS_S):
            return None
        return RetryDecision(retry_at=clock.now() + timedelta(seconds=JOB_WAITS_S[job.attempts]))


def open_queue(settings: Settings, on_listening: Callable[[], None] = lambda: None) -> App:
    """Make the queue with the tasks that the worker knows of itself; nothing is connected yet."""
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # it would write the arguments
    queue = App(connector=QueueConnector(settings, on_listening))

    @queue.periodic(cron=_EVERY_HOUR)
    @queue.task(name=SWEEP, queue=QUEUE, queueing_lock=SWEEP, retry=PatientRetry())
    async def sweep_finished_jobs(timestamp: int) -> None:  # noqa: ARG001 (every periodic task is told its hour)
        await sweep(queue)

    return queue


async def sweep(queue: App) -> None:
    """Delete the jobs that ended long enough ago, and what they were told."""
    await queue.job_manager.delete_old_jobs(nb_hours=FINISHED_JOBS_KEPT_H, include_aborted=True)
    await queue.job_manager.delete_old_jobs(nb_hours=DEAD_JOBS_KEPT_H, include_failed=True)


async def run(queue: App) -> None:
    """Run jobs until told to stop by a signal; those under way are given a moment to end."""
    async with queue.open_async():
        rescuer = asyncio.create_task(_rescue_again_and_again(queue))
        try:
            await queue.run_worker_async(
                queues=[QUEUE],
                concurrency=JOBS_AT_ONCE,
                fetch_job_polling_interval=_POLLING_S,
                update_heartbeat_interval=WORKER_HEARTBEAT_S,
                stalled_worker_timeout=WORKER_SILENT_S,
                shutdown_graceful_timeout=JOB_GRACE_S,
                worker_middleware=[_tell_failures],
            )
        finally:
            rescuer.cancel()
            await asyncio.gather(rescuer, return_exceptions=True)


async def rescue(queue: App) -> int:
    """Take the jobs of workers that are gone back into the queue; give their number. One that killed too many is given up."""
    rescued = 0
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=WORKER_SILENT_S):
        try:
            if _is_given_up(queue, job):
                await queue.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            else:
                await queue.job_manager.retry_job(job)
        except ConnectorException:
            continue  # another worker was faster
        log.warning("job-rescued", task=job.task_name, job_id=job.id, attempts=job.attempts)
        rescued += 1
    return rescued


def _is_given_up(queue: App, job: Job) -> bool:
    """Whether a job's own task would not try it again; one whose task nobody knows is as patient as most."""
    task = queue.tasks.get(job.task_name)
    strategy = (task.retry_strategy if task is not None else None) or PatientRetry()
    return strategy.get_retry_decision(exception=NotYet(), job=job) is None


async def _rescue_again_and_again(queue: App) -> None:
    while True:
        try:
            await rescue(queue)
        except ConnectorException as error:
            log.warning("rescue-postponed", error=type(error).__name__)
        await asyncio.sleep(WORKER_HEARTBEAT_S)


async def _tell_failures(go_on: Callable[[], Awaitable[Any]], context: JobContext, _: Worker) -> Any:  # noqa: ANN401 (a task's)
    try:
        return await go_on()
    except NotYet:
        raise
    except Exception as error:
        is_dead = _is_given_up(context.app, context.job)
        log.warning(
            "job-dead" if is_dead else "job-failed",
            task=context.job.task_name,
            job_id=context.job.id,
            attempts=context.job.attempts + 1,
            error=type(error).__name__,
        )
        raise
