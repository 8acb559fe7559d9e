"""What the operator sees of the queue, and may do to it: list jobs, try a dead one again; never read their arguments."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.store.rows import returned

type_of_operator = psycopg.Connection[TupleRow]

LIST_JOBS = "select * from platform.list_jobs(%s, %s)"
RETRY_JOB = "select platform.retry_job(%s)"


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job that waits (todo), runs (doing) or has failed for good (failed)."""

    job_id: int
    task: str
    status: str
    attempts: int
    scheduled_at: datetime | None
    last_event_at: datetime | None


def list_jobs(connection: type_of_operator, most: int, *, only_dead: bool) -> list[JobRow]:
    """List the jobs that are not done, the oldest first."""
    with connection.cursor(row_factory=class_row(JobRow)) as cursor:
        return cursor.execute(LIST_JOBS, (only_dead, most)).fetchall()


def retry_job(connection: type_of_operator, job_id: int) -> bool:
    """Have a dead job tried again; false if there is none of that number."""
    return bool(returned(connection.execute(RETRY_JOB, (job_id,)).fetchone())[0])
