"""One process of the platform: forked, it imports what it needs, drops to its own user, then works.

What it must not have is gone before it does anything else: the supervisor's files, signals and standard
input.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from rempart.adapters import process_guard, system_users
from rempart.adapters.logging import configure_logging

Work = Callable[[Callable[[], None]], None]
"""What a process does once it has dropped; it calls its argument when it is ready to answer."""

log = structlog.get_logger()


_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""A request leaves no cycles, only a raised error may: at Python's 700, collecting cost a face 4 % of its time (measured)."""


@dataclass(frozen=True, slots=True)
class Task:
    """A process to run: `prepare` is called before the drop, and gives what is to be done after it."""

    name: str
    role: str
    prepare: Callable[[], Work]
    listeners: tuple[socket.socket, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was started; its `ready` pipe tells when it answers."""

    task: Task
    process_id: int
    ready: int


def fork(task: Task) -> Child:
    """Start a process for a task."""
    ready, tell = os.pipe()
    parent_id = os.getpid()
    gc.freeze()  # what is shared stays shared: the collector does not write on the pages of the parent
    process_id = os.fork()
    if process_id:
        os.close(tell)
        return Child(task, process_id, ready)
    status = 1
    try:
        _live(task, tell, parent_id)
        status = 0
    except SystemExit as error:
        if isinstance(error.code, str):
            log.error("process-refused", reason=error.code)  # noqa: TRY400 (the reason is all there is to say)
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        log.exception("process-failed")
    finally:
        os._exit(status)


def _live(task: Task, tell: int, parent_id: int) -> None:
    _leave_the_supervisor(keep={tell, *(listener.fileno() for listener in task.listeners)})
    configure_logging(task.name)
    process_guard.show_name(task.name)
    work = task.prepare()
    has_walls = system_users.are_in_force()
    system_users.drop_to(task.role)
    process_guard.forbid_new_privileges()
    if has_walls or task.role == "keyring":  # an ordinary user may trace his own faces, and no keys
        process_guard.forbid_dumps_and_tracing()
    process_guard.die_with(parent_id)
    gc.freeze()  # nor is what was just prepared ever garbage
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)

    def is_ready() -> None:
        os.write(tell, b"1")
        os.close(tell)

    work(is_ready)


def _leave_the_supervisor(keep: Iterable[int]) -> None:
    signal.set_wakeup_fd(-1)
    for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(stop, signal.SIG_DFL)
    os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which stops its processes in order
    sys.stdout.flush()
    kept = {1, 2, *keep}
    for number in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if number not in kept:
            with suppress(OSError):  # the descriptor of the listing itself is closed already
                os.close(number)
    null = os.open(os.devnull, os.O_RDONLY)
    if null != 0:
        os.dup2(null, 0)
        os.close(null)
