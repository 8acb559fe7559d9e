"""The embedded PostgreSQL comes up again whatever happened to it, and goes when nobody needs it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import TupleRow

from rempart.adapters import postgres_embedded, runtime_home
from rempart.settings import Settings, read_settings
from rempart.store.database import connect_sync, migrate

IS_ROOT = os.geteuid() == 0


@pytest.fixture
def settings() -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    home.chmod(0o755)
    settings = read_settings({"REMPART_HOME": str(home)})
    yield settings
    postgres_embedded.stop(settings)
    shutil.rmtree(home)


def write(settings: Settings, text: str) -> None:
    with connect_sync(replace(settings, database_name="postgres"), "owner") as connection:
        connection.execute("create table if not exists kept (said text)")
        connection.execute("insert into kept values (%s)", (text,))


def read(settings: Settings) -> list[str]:
    with connect_sync(replace(settings, database_name="postgres"), "owner") as connection:
        return [str(said) for (said,) in connection.execute("select said from kept order by said").fetchall()]


def _copy_twice(cursor: psycopg.Cursor[TupleRow], nir: str) -> None:
    with cursor.copy("copy people from stdin") as copy:
        copy.write(f"{nir}\n{nir}\n")


def server_process(settings: Settings) -> int:
    process_id = postgres_embedded.server_process(settings)
    assert process_id is not None
    return process_id


def test_what_was_committed_survives_a_server_that_was_killed(settings: Settings) -> None:
    postgres_embedded.start(settings)
    write(settings, "before")
    killed = server_process(settings)
    os.kill(killed, signal.SIGKILL)
    while Path(f"/proc/{killed}").exists():
        time.sleep(0.001)
    postgres_embedded.start(settings)
    assert read(settings) == ["before"]


def test_a_pid_file_whose_number_belongs_to_another_process_is_no_obstacle(settings: Settings) -> None:
    postgres_embedded.start(settings)
    write(settings, "before")
    pid_file = settings.postgres_home / "postmaster.pid"
    lock_file = settings.postgres_sockets / ".s.PGSQL.5432.lock"
    left = {path: path.read_text() for path in (pid_file, lock_file)}
    owner = pid_file.stat()
    postgres_embedded.stop(settings)
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid if IS_ROOT else None) as stranger:
        for path, text in left.items():
            path.write_text("\n".join([str(stranger.pid), *text.splitlines()[1:]]) + "\n")
            os.chown(path, owner.st_uid, owner.st_gid)
        assert not postgres_embedded.is_running(settings)
        postgres_embedded.start(settings)
        assert read(settings) == ["before"]
        assert stranger.poll() is None
        stranger.kill()


def test_a_data_directory_that_was_half_made_is_made_again(settings: Settings) -> None:
    runtime_home.prepare(settings)
    draft = settings.postgres_home.with_name("postgres.draft")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    postgres_embedded.start(settings)
    write(settings, "here")
    assert read(settings) == ["here"]


def test_data_of_another_version_is_refused_with_a_way_out(settings: Settings) -> None:
    postgres_embedded.start(settings)
    postgres_embedded.stop(settings)
    (settings.postgres_home / "PG_VERSION").write_text("15\n")
    with pytest.raises(SystemExit, match=r"fait par PostgreSQL 15.*pg_dump"):
        postgres_embedded.start(settings)
    (settings.postgres_home / "PG_VERSION").write_text("18\n")


def test_the_last_who_needs_the_server_stops_it(settings: Settings) -> None:
    with postgres_embedded.running(settings):
        with postgres_embedded.running(settings):
            first = server_process(settings)
        assert server_process(settings) == first
    assert not postgres_embedded.is_running(settings)


HOLD_THE_SERVER = """
import time
from rempart.adapters.postgres_embedded import running
from rempart.settings import read_settings
with running(read_settings()):
    print("up", flush=True)
    time.sleep(60)
"""

START_THE_SERVER = """
from rempart.adapters import postgres_embedded
from rempart.settings import read_settings
settings = read_settings()
postgres_embedded.start(settings)
print(postgres_embedded.server_process(settings))
"""


def test_a_command_that_was_killed_holds_no_lease(settings: Settings) -> None:
    environment = {**os.environ, "REMPART_HOME": str(settings.home)}
    command = [sys.executable, "-c", HOLD_THE_SERVER]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        with postgres_embedded.running(settings):
            holder.kill()
            holder.wait()
            server_process(settings)
    assert not postgres_embedded.is_running(settings)


def test_a_server_that_is_to_stay_stays(settings: Settings) -> None:
    with postgres_embedded.running(settings):
        postgres_embedded.keep(settings, up=True)
    server_process(settings)
    postgres_embedded.keep(settings, up=False)
    with postgres_embedded.running(settings):
        pass
    assert not postgres_embedded.is_running(settings)


def test_many_who_start_it_at_once_start_it_once(settings: Settings) -> None:
    environment = {**os.environ, "REMPART_HOME": str(settings.home)}
    command = [sys.executable, "-c", START_THE_SERVER]
    starters = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = {starter.communicate()[0] for starter in starters}
    assert told == {f"{server_process(settings)}\n"}


def test_a_home_whose_path_is_too_long_for_a_socket_still_works(settings: Settings) -> None:
    home = settings.home / ("a" * 60) / ("b" * 60)
    deep = read_settings({"REMPART_HOME": str(home)})
    assert not deep.sockets.is_relative_to(home)
    try:
        with postgres_embedded.running(deep):
            write(deep, "deep")
            assert read(deep) == ["deep"]
    finally:
        shutil.rmtree(deep.sockets)


def test_the_short_directory_for_sockets_is_refused_when_somebody_else_made_it(settings: Settings) -> None:
    target = settings.home / "elsewhere"
    target.mkdir()
    link = settings.home / "sockets"
    link.symlink_to(target)
    with pytest.raises(SystemExit, match="est un lien"):
        runtime_home.prepare(replace(settings, sockets=link))


def test_the_log_of_the_server_holds_nothing_of_what_failed(settings: Settings) -> None:
    postgres_embedded.start(settings)
    with connect_sync(replace(settings, database_name="postgres"), "owner") as connection:
        connection.execute("create table people (nir text primary key)")
        with pytest.raises(errors.UniqueViolation, match="1850578006048"):
            connection.execute("insert into people values (%s), (%s)", ("1850578006048", "1850578006048"))
        with pytest.raises(errors.DatetimeFieldOverflow, match="1850578006048"):
            connection.execute("select %s::date", ("1850578006048",))
        with pytest.raises(errors.UniqueViolation), connection.cursor() as cursor:
            _copy_twice(cursor, "1850578006048")
    postgres_embedded.stop(settings)
    logs = list((settings.logs_home / "postgres").iterdir())
    assert any("database system is ready" in log.read_text() for log in logs)
    assert not any("1850578006048" in log.read_text() for log in logs)


def test_the_server_listens_on_no_network(settings: Settings) -> None:
    postgres_embedded.start(settings)
    with connect_sync(replace(settings, database_name="postgres"), "owner") as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)
        assert connection.execute("show data_checksums").fetchone() == ("on",)


@pytest.mark.skipif(not IS_ROOT, reason="only root has system users that may be locked out")
def test_a_home_closed_to_the_system_users_is_left_for_one_they_can_reach(settings: Settings) -> None:
    closed = settings.home / "closed"
    closed.mkdir(mode=0o700)
    relocated = read_settings({"REMPART_HOME": str(closed / "var")})
    try:
        assert not relocated.runtime.is_relative_to(closed)
        with postgres_embedded.running(relocated):
            assert migrate(relocated)
        assert (closed / "var" / "runtime").readlink() == relocated.runtime
        assert read_settings({"REMPART_HOME": str(closed / "var")}) == relocated
    finally:
        shutil.rmtree(relocated.runtime)


@pytest.mark.skipif(not IS_ROOT, reason="only root has system users that may be locked out")
def test_programs_that_the_servers_user_cannot_run_are_copied(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres_embedded._can_run
    monkeypatch.setattr(
        postgres_embedded,
        "_can_run",
        lambda programs: programs.is_relative_to(settings.runtime) and real(programs),
    )
    postgres_embedded.start(settings)
    program = Path(f"/proc/{server_process(settings)}/exe").readlink()
    assert program.is_relative_to(settings.runtime)


def test_starting_an_existing_server_takes_under_a_second_and_a_half(settings: Settings) -> None:
    postgres_embedded.start(settings)
    postgres_embedded.stop(settings)
    began = time.monotonic()
    postgres_embedded.start(settings)
    assert time.monotonic() - began < 1.5
