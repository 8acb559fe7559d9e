"""The process of the worker: it reads what only the caller may read before the drop, and connects after it."""

from collections.abc import Callable

import uvloop

from rempart.settings import Settings
from rempart.supervisor.child import Work


def prepare_worker(settings: Settings) -> Work:
    """Import the tasks and all that they need; give the work to do after the drop."""
    from rempart.operations.notices import worker  # noqa: PLC0415 (the supervisor runs no job)

    def work(is_ready: Callable[[], None]) -> None:
        uvloop.run(worker.run(worker.open_queue(settings, is_ready)))

    return work
