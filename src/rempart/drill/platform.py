"""The platform under attack: every process, in the environment `drill`, in a home and on ports of its own.

Its home is made from nothing and marked, and a home that is not marked is never touched.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rempart.adapters import process_guard, runtime_home
from rempart.settings import Settings, read_settings
from rempart.supervisor.beside import wait_until_ready
from rempart.supervisor.environment import needed_of

PORT: Final = 18_500
_MARK: Final = "drill"


def fresh_settings(home: Path, port: int = PORT) -> Settings:
    """Empty a drill's home and give the settings of a platform there. Refuses a home that no drill made."""
    if home.exists() and any(home.iterdir()) and not (home / _MARK).is_file():
        sys.exit(f"{home} contient autre chose qu’un exercice\u00a0: donnez un autre dossier avec --home.")
    settings = read_settings(
        {
            "REMPART_ENVIRONMENT": "drill",
            "REMPART_HOME": str(home),
            "REMPART_PORT": str(port),
            "REMPART_HOST": "127.0.0.1",
        }
    )
    shutil.rmtree(settings.runtime, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    (home / _MARK).touch()
    return read_settings(
        {
            "REMPART_ENVIRONMENT": "drill",
            "REMPART_HOME": str(home),
            "REMPART_PORT": str(port),
            "REMPART_HOST": "127.0.0.1",
        }
    )


@contextmanager
def served(settings: Settings) -> Iterator[None]:
    """Run every process for the time of the block; should this one be killed, they end too."""
    runtime_home.prepare(settings)
    this_process = os.getpid()
    with (settings.home / "platform.log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "rempart.supervisor", "--json"],
            env=needed_of({**os.environ, **settings.as_environ()}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the drill, which then stops these
            preexec_fn=lambda: process_guard.die_with(this_process),  # noqa: PLW1509 (one system call, no lock is taken)
        )
        try:
            wait_until_ready(started)
            yield
        finally:
            started.terminate()
            started.wait()
            if started.stdout is not None:
                started.stdout.close()
