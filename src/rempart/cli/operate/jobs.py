"""`rempart jobs`: what the worker has to do, and what it gave up."""

from cyclopts import App

from rempart.cli.register.opened import opened
from rempart.cli.speech import say
from rempart.domain.errors.registration import JobUnknown
from rempart.limits import LISTED_JOBS_MAX
from rempart.store.jobs import board

app = App(name="jobs", help="Jobs of the worker: list those that wait or died, try a dead one again.")

_STATES = {"todo": "en attente", "doing": "en cours", "failed": "abandonné"}


@app.command(name="list")
def list_jobs(*, dead: bool = False, json: bool = False) -> None:
    """List the jobs that wait, run, or were given up after their last try.

    Parameters
    ----------
    dead
        Those that were given up, alone.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        found = board.list_jobs(connection, LISTED_JOBS_MAX, only_dead=dead)
    lines = [
        f"{row.job_id:>8}  {row.task:<22}  {_STATES.get(row.status, row.status):<10}  {row.attempts:>2} essais"
        + (f"  {row.last_event_at:%Y-%m-%d %H:%M}" if row.last_event_at else "")
        for row in found
    ]
    facts = [
        {
            "job_id": row.job_id,
            "task": row.task,
            "status": row.status,
            "attempts": row.attempts,
            "scheduled_at": row.scheduled_at.isoformat() if row.scheduled_at else None,
            "last_event_at": row.last_event_at.isoformat() if row.last_event_at else None,
        }
        for row in found
    ]
    say(json, {"jobs": facts}, "\n".join(lines) or "Aucune tâche n’attend, aucune n’a été abandonnée.")


@app.command
def retry(job_id: int, *, json: bool = False) -> None:
    """Have a job that was given up tried again, from its first attempt.

    Parameters
    ----------
    job_id
        Its number, as `rempart jobs list --dead` gives it.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        if not board.retry_job(connection, job_id):
            raise JobUnknown("job_id")
    say(json, {"job_id": job_id, "status": "todo"}, f"La tâche {job_id} sera tentée de nouveau.")
