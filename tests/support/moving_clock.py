"""A database server whose clock a test moves, by libfaketime: the machine's own clock stays what it is.

    with server_with_a_clock() as (database, clock):
        clock.ahead_by_s = 3600          # from now on, for everything that this server decides

Only its wall clock moves. What waits and measures goes on by the steady one, as on a machine whose time is set.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from rempart.adapters import postgres_embedded, runtime_home, system_users
from rempart.settings import SYSTEM_GROUP, Settings, read_settings
from rempart.store.database import migrate
from tests.support.database import Database

_LIBRARY = Path("vendor") / "libfaketime" / "src" / "libfaketime.so.1"


class MovedClock:
    """How far a server's clock is from the machine's, in seconds."""

    def __init__(self, told_in: Path) -> None:
        self._told_in = told_in
        self.ahead_by_s = 0

    @property
    def ahead_by_s(self) -> int:
        return self._ahead_by_s

    @ahead_by_s.setter
    def ahead_by_s(self, seconds: int) -> None:
        self._ahead_by_s = seconds
        draft = self._told_in.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n")
        draft.chmod(0o644)
        draft.replace(self._told_in)  # read at each call: never half written


@contextmanager
def server_with_a_clock() -> Iterator[tuple[Database, MovedClock]]:
    """Run a migrated server of one's own under a clock that can be moved."""
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    home.chmod(0o755 if os.geteuid() == 0 else 0o700)
    settings = read_settings({"REMPART_HOME": str(home)})
    runtime_home.prepare(settings)
    clock = MovedClock(home / "clock")
    postgres_embedded.start(settings, {"fsync": "off", "shared_buffers": "64MB"})
    postgres_embedded.stop(settings)
    _start_under(settings, _library_in(home), home / "clock")
    try:
        migrate(settings)
        yield Database(settings), clock
    finally:
        postgres_embedded.stop(settings)
        shutil.rmtree(home, ignore_errors=True)


def _library_in(home: Path) -> Path:
    """Copy the library where the server's user may read it."""
    spec = find_spec("libfaketime")
    if spec is None or spec.origin is None or os.uname().machine != "x86_64":
        pytest.skip("libfaketime is built for x86_64 only")
    return Path(shutil.copy(Path(spec.origin).parent / _LIBRARY, home))


def _start_under(settings: Settings, library: Path, told_in: Path) -> None:
    user_id, group_id = system_users.owner_of("owner")
    privileged = system_users.are_in_force()
    programs = postgres_embedded.programs_directory(settings)
    log = settings.logs_home / "postgres" / "start.log"
    subprocess.run(
        [programs / "pg_ctl", f"--pgdata={settings.postgres_home}", f"--log={log}", "--wait", "--silent", "start"],
        env={
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(told_in),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
        stdin=subprocess.DEVNULL,
        cwd="/",
        check=True,
        user=user_id if privileged else None,
        group=group_id if privileged else None,
        extra_groups=[SYSTEM_GROUP] if privileged else None,
    )  # fmt: skip
