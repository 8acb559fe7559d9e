"""What happens when a command that had processes started for it is killed: they stop, as if it had ended by itself.

A pipe tells. The command holds the writing end and nobody else does, so that however the command ends, the pipe ends; the
supervisors that it started have the other end as their standard input, and a small process here gives back the database.
"""

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from rempart.adapters import postgres_embedded, process_guard
from rempart.settings import Settings

log = structlog.get_logger()


@contextmanager
def mourned(settings: Settings) -> Iterator[int]:
    """Give the reading end of a pipe that ends with this process; should it be killed, its database stops too."""
    reading, writing = os.pipe()
    keeper = os.fork()
    if not keeper:
        _keep(settings, reading)
    try:
        yield reading
    finally:
        os.kill(keeper, signal.SIGKILL)  # an ordinary end: the command has given the database back itself
        os.waitpid(keeper, 0)
        os.close(reading)
        os.close(writing)


def _keep(settings: Settings, reading: int) -> None:
    """Wait in the command's shadow for its end, then give the database back in its place."""
    try:
        os.setsid()  # Ctrl-C is for the command
        gc.disable()  # a collector would write on pages that are shared with the command
        process_guard.show_name("keeper")
        _let_go_of_all_but(reading)
        os.read(reading, 1)
        if settings.is_database_embedded and postgres_embedded.is_running(settings):
            with postgres_embedded.running(settings):
                pass  # whoever leaves last stops the server
    except BaseException:
        log.exception("database-not-given-back")
    finally:
        os._exit(0)


def _let_go_of_all_but(kept: int) -> None:
    for number in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if number not in {2, kept}:
            with suppress(OSError):  # the descriptor of the listing itself is closed already
                os.close(number)
