"""The supervisor: starts the processes of a platform, brings back those that end, stops them in order.

It holds the sockets and the lease of the embedded database, and no secret: an external database's
administrator address is used before, by another image of this program (see __main__). It does no work of
its own.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import structlog

from rempart import app
from rempart.adapters import clock, postgres_embedded, process_guard
from rempart.settings import Settings
from rempart.supervisor.acceptor import Loads
from rempart.supervisor.child import Child, Task, fork
from rempart.supervisor.face_process import GRACE_S, prepare_face
from rempart.supervisor.keyring_process import bind_doors, prepare_keyring
from rempart.supervisor.listeners import bind_port
from rempart.supervisor.worker_process import prepare_worker

log = structlog.get_logger()

_BACKOFF_FIRST_S = 0.1
_BACKOFF_MAX_S = 10.0
_STEADY_AFTER_S = 60.0
"""A process that lived this long is started again at once: it was not failing at its start."""

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_WATCH_INTERVAL_S = 1.0
"""How often the embedded database and the clock are looked at: neither is a child of ours."""

_CLOCK_JUMP_MIN_S = 5.0
"""A clock that is set by less is being kept right; by more, proofs are refused and terms end early or late (PROOF_LEAD_MAX_S)."""


@dataclass(slots=True)
class Post:
    """A place that one process fills, again and again."""

    task: Task
    child: Child | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    is_ready: bool = False


@dataclass(slots=True)
class Supervisor:
    """The processes of one platform, from their start to their stop."""

    settings: Settings
    names: tuple[str, ...]
    watches_database: bool = False
    caller: int | None = None
    posts: list[Post] = field(default_factory=list)
    _stopping: bool = False
    _began_at_s: float = 0.0

    def __post_init__(self) -> None:
        self._began_at_s = _wall_begins_at_s()
        for name in self.names:
            self.posts += [Post(task) for task in _tasks_of(name, self.settings)]

    def run(self, on_ready: "Callable[[Supervisor, float], None]") -> None:
        """Keep every post filled until a signal says stop; tell once when all answer."""
        wake = self._listen_to_signals()
        told = False
        next_watch = time.monotonic()
        while not self._stopping:
            self._fill_posts()
            self._wait(wake)
            self._collect_ended()
            if not told and all(post.is_ready for post in self.posts):
                told = True
                on_ready(self, process_guard.age_s())
            if time.monotonic() >= next_watch:
                next_watch = time.monotonic() + _WATCH_INTERVAL_S
                self._watch_database()
                self._watch_clock()
        self._stop()

    def _fill_posts(self) -> None:
        for post in self.posts:
            if post.child is None and time.monotonic() >= post.start_at:
                post.child = fork(post.task)
                post.started_at = time.monotonic()
                post.is_ready = False

    def _wait(self, wake: int) -> None:
        """Wait for a signal, for a process to be ready, or for the time to start one again."""
        waiting = {
            post.child.ready: post for post in self.posts if post.child is not None and not post.is_ready
        }
        starts = [post.start_at - time.monotonic() for post in self.posts if post.child is None]
        timeout = max(0.0, min([_WATCH_INTERVAL_S, *starts]))
        callers = [] if self.caller is None else [self.caller]
        readable, _, _ = select.select([wake, *callers, *waiting], [], [], timeout)
        for descriptor in readable:
            if descriptor == wake:
                os.read(wake, 4096)
            elif descriptor == self.caller:
                self._stopping = True  # nobody writes there: it is readable because it has ended
            elif os.read(descriptor, 1):
                post = waiting[descriptor]
                post.is_ready = True
                log.info(
                    "process-ready", name=post.task.name, seconds=round(time.monotonic() - post.started_at, 2)
                )

    def _collect_ended(self) -> None:
        for post in self.posts:
            if post.child is None:
                continue
            ended, status = os.waitpid(post.child.process_id, os.WNOHANG)
            if ended:
                self._vacate(post, os.waitstatus_to_exitcode(status))

    def _vacate(self, post: Post, code: int) -> None:
        """Say that a process ended, and when the next one takes its place."""
        if post.child is not None:
            os.close(post.child.ready)
        lived_s = time.monotonic() - post.started_at
        post.child = None
        post.failures = 0 if lived_s > _STEADY_AFTER_S else post.failures + 1
        delay_s = min(_BACKOFF_MAX_S, _BACKOFF_FIRST_S * 2 ** (post.failures - 1)) if post.failures else 0.0
        post.start_at = time.monotonic() + delay_s
        if not self._stopping:
            log.error(
                "process-ended", name=post.task.name, code=code, lived_s=round(lived_s, 1), again_in_s=delay_s
            )

    def _watch_database(self) -> None:
        if not self.watches_database or postgres_embedded.is_running(self.settings):
            return
        log.error("database-ended")
        try:
            postgres_embedded.start(self.settings)
        except (SystemExit, OSError) as error:  # the disk is full: the faces say so meanwhile; tried again
            log.error("database-does-not-start", error=type(error).__name__)  # noqa: TRY400 (its message quotes the server's log)
        else:
            log.warning("database-started-again")

    def _watch_clock(self) -> None:
        """Say that the machine's clock was set: by it budgets begin, sessions and containments end (docs/guides/operate.md)."""
        began_at_s = _wall_begins_at_s()
        jumped_by_s = began_at_s - self._began_at_s
        if abs(jumped_by_s) >= _CLOCK_JUMP_MIN_S:
            log.error("clock-jumped", by_s=round(jumped_by_s))
            self._began_at_s = began_at_s

    def _listen_to_signals(self) -> int:
        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)

        def stop(number: int, _: object) -> None:
            self._stopping = number in _STOPS

        for number in _STOPS:
            signal.signal(number, stop)
        signal.signal(signal.SIGCHLD, _wake_up)
        return read

    def _stop(self) -> None:
        """Stop the faces, which finish what they had begun, then the keyring that they needed for it."""
        log.info("stopping")
        keyring = [post for post in self.posts if post.task.name == app.KEYRING]
        self._end([post for post in self.posts if post not in keyring])
        self._end(keyring)

    def _end(self, posts: list[Post]) -> None:
        deadline = time.monotonic() + GRACE_S + 2
        running = [post for post in posts if post.child is not None]
        _signal_all(running, signal.SIGTERM)
        while running and time.monotonic() < deadline:
            self._collect_ended()
            running = [post for post in running if post.child is not None]
            time.sleep(0.02)
        _signal_all(running, signal.SIGKILL)
        for post in running:
            if post.child is not None:
                os.waitpid(post.child.process_id, 0)
                post.child = None


def _wall_begins_at_s() -> float:
    """Say where on the wall's clock the steady one began: it moves only if somebody sets the wall's."""
    return clock.now_s() - time.monotonic()


def _wake_up(_: int, __: object) -> None:
    """Do nothing: the wake-up pipe has told already."""


def _signal_all(posts: Iterable[Post], number: signal.Signals) -> None:
    for post in posts:
        if post.child is not None:
            os.kill(post.child.process_id, number)


def _tasks_of(name: str, settings: Settings) -> list[Task]:
    """Bind what a process listens on, and say how it is made."""
    if name == app.KEYRING:
        doors = bind_doors(settings)
        sockets = tuple(door.listener for door in doors.values())
        return [Task(name, "keyring", lambda: prepare_keyring(settings, doors), sockets)]
    if name == app.WORKER:
        return [Task(name, app.WORKER, lambda: prepare_worker(settings))]
    face = app.FACES[name]
    listener = bind_port(settings.host, settings.port + face.port_offset)
    workers = face.workers(settings)
    loads = Loads(workers)
    return [
        Task(name, face.role, partial(prepare_face, name, settings, listener, loads, worker), (listener,))
        for worker in range(workers)
    ]
