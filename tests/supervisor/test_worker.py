"""The worker as a process: it hears of a job at once, and works again after its connections were cut."""

import time

from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.supervisor.test_supervise import eventually
from tests.support.database import Database
from tests.support.platform import processes


def defer(settings: Settings) -> None:
    with connect_sync(settings, "operator") as operator:
        operator.execute("select platform.defer('sweep_finished_jobs', '{\"timestamp\": 0}')")


def is_idle(settings: Settings) -> bool:
    with connect_sync(settings, "operator") as operator:
        return operator.execute("select count(*) from platform.list_jobs(false, 10)").fetchone() == (0,)


def test_a_job_is_done_within_a_second_and_again_after_the_database_cut_every_connection(
    database: Database,
) -> None:
    settings = database.settings
    with processes(settings, "worker"):
        began = time.monotonic()
        defer(settings)
        assert eventually(lambda: is_idle(settings), 5)
        assert time.monotonic() - began < 3, "it was told, and did not wait to look"
        with connect_sync(settings, "owner") as owner:
            cut = owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'rempart_worker' and datname = current_database()"
            ).fetchall()
        assert len(cut) >= 2
        defer(settings)
        assert eventually(lambda: is_idle(settings), 20)
