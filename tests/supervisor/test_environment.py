"""Processes are born with what they need of their caller's environment, and nothing else."""

from pathlib import Path

from rempart.supervisor.environment import needed_of, without_the_administrator
from tests.support.database import Database
from tests.support.platform import processes


def test_no_process_is_born_with_what_the_callers_shell_held(database: Database) -> None:
    secret = {"CLOUD_TOKEN": "of-the-caller", "SSH_AUTH_SOCK": "/tmp/agent", "EDITOR": "ed"}
    with processes(database.settings, "keyring", "fhir", **secret) as running:
        born = {
            process_id: Path(f"/proc/{process_id}/environ").read_bytes().split(b"\0")
            for ids in (*running.process_ids.values(), [running.supervisor.pid])
            for process_id in ids
        }
    for process_id, variables in born.items():
        names = {variable.partition(b"=")[0].decode() for variable in variables if variable}
        assert not names & {*secret, "HOME", "USER"}, process_id
        assert {"PATH", "REMPART_HOME"} <= names, process_id


def test_settings_and_the_locale_are_kept() -> None:
    kept = {
        "REMPART_PORT": "8400",
        "PATH": "/bin",
        "LANG": "fr_FR.UTF-8",
        "LC_TIME": "C",
        "TZ": "Europe/Paris",
    }
    assert needed_of({**kept, "HOME": "/root", "AWS_SECRET_ACCESS_KEY": "x"}) == kept


def test_the_reader_of_a_file_is_not_told_who_the_administrator_is() -> None:
    told = {"REMPART_DATABASE_URL": "postgresql://admin:word@db:5433/platform", "PGPASSWORD": "word"}
    left = without_the_administrator({**told, "PGSSLMODE": "require"})
    assert left == {"REMPART_DATABASE_URL": "dbname=platform host=db port=5433", "PGSSLMODE": "require"}
    assert without_the_administrator(left) == left
