"""Processes for the time of one command: a feed needs the keyring even while no platform runs, a demonstration needs them all.

    with beside(settings, "keyring"):
        ...

What already answers is used as it is. What was started here stops at the end of the block, and when the command is killed in it.
"""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rempart.adapters import postgres_embedded, process_guard
from rempart.domain.errors.database import DatabaseUnreachable
from rempart.settings import Settings
from rempart.supervisor.caller import mourned
from rempart.supervisor.complaints import told_of
from rempart.supervisor.environment import needed_of

_START_TIMEOUT_S = 30.0


@contextmanager
def beside(settings: Settings, *names: str, database: bool = True) -> Iterator[None]:
    """Have the database and the named processes up (the keyring alone knows whether it is there already).

    Refuses: DatabaseUnreachable, where nobody made a database yet; a command that only asks makes none.
    """
    if database and settings.is_database_embedded and not postgres_embedded.is_made(settings):
        raise DatabaseUnreachable
    with mourned(settings) as caller, postgres_embedded.running(settings) if database else nullcontext():
        missing = [name for name in names if not (name == "keyring" and _keyring_answers(settings))]
        if not missing:
            yield
            return
        started = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "rempart.supervisor", "--json", "--with-caller", *missing],
            env={**needed_of(os.environ), **settings.as_environ()},
            stdin=caller,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the command, which then stops these
        )
        with _until_the_end(started):
            yield


@contextmanager
def whole_platform(settings: Settings, log: Path) -> Iterator[None]:
    """Run every process for the time of the block, what they say in `log`; should the caller be killed, they end too.

    Refuses: SystemExit, where they do not start.
    """
    this_process = os.getpid()
    with log.open("wb") as journal:
        started = subprocess.Popen(
            [sys.executable, "-m", "rempart.supervisor", "--json"],
            env=needed_of({**os.environ, **settings.as_environ()}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=journal,
            start_new_session=True,  # Ctrl-C is for the caller, which then stops these
            preexec_fn=lambda: process_guard.die_with(this_process),  # noqa: PLW1509 (one system call, no lock is taken)
        )
        with _until_the_end(started):
            yield


@contextmanager
def _until_the_end(started: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        wait_until_ready(started)
        yield
    finally:
        started.terminate()
        started.wait()
        if started.stdout is not None:
            started.stdout.close()


def wait_until_ready(started: "subprocess.Popen[bytes]", timeout_s: float = _START_TIMEOUT_S) -> bytes:
    """Wait for the line that says that all answers; refuse a start that fails or takes too long."""
    if started.stdout is None:
        raise ValueError("the output of the supervisor must be a pipe")
    readable, _, _ = select.select([started.stdout], [], [], timeout_s)
    line = started.stdout.readline() if readable else b""
    if not line:
        started.terminate()
        raise SystemExit("Les processus n’ont pas démarré\u00a0: voyez les lignes ci-dessus.")
    facts = json.loads(line)
    if facts.get("verdict") == "refused":
        raise SystemExit(told_of(facts))
    return line


def _keyring_answers(settings: Settings) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(settings.keyring_socket("operator")))
        except OSError:
            return False
    return True
