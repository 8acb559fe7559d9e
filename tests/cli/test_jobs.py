"""`rempart jobs` as an operator types it when a letter did not leave."""

from rempart.store.database import connect_sync
from tests.cli.test_register import run, told
from tests.support.database import Database


def test_a_dead_job_is_listed_and_tried_again(fresh_database: Database) -> None:
    assert run(fresh_database, "jobs", "list").stdout == "Aucune tâche n’attend, aucune n’a été abandonnée.\n"
    with connect_sync(fresh_database.settings, "operator") as operator:
        operator.execute("select platform.defer('tell_contact', '{\"contact_id\": 4711}')")
    assert told(fresh_database, "jobs", "list", "--dead")["jobs"] == []
    with connect_sync(fresh_database.settings, "owner") as owner:
        owner.execute("set search_path = jobs")
        owner.execute("update procrastinate_jobs set status = 'failed'")
    (dead,) = told(fresh_database, "jobs", "list", "--dead")["jobs"]
    assert (dead["task"], dead["status"]) == ("tell_contact", "failed")
    listed = run(fresh_database, "jobs", "list").stdout
    assert "abandonné" in listed
    assert "4711" not in listed, "what a job was told is no business of a list"
    assert told(fresh_database, "jobs", "retry", str(dead["job_id"]))["status"] == "todo"
    again = run(fresh_database, "jobs", "retry", str(dead["job_id"]))
    assert (again.returncode, "job-unknown" in again.stderr) == (1, True)
