"""An iterator that works ahead in a thread of its own, so that the stages of a load use the machine at the same time.

Memory is bounded by the depth. Never used with a connection that another stage uses.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_PATIENCE_S: Final = 0.1  # how often a stage that waits for room looks whether anybody still wants its work


def ahead(items: Iterator[T], depth: int) -> Iterator[T]:
    """Yield the items in order while up to `depth` more are made; an error comes where it happened."""
    worker = _Worker(items, depth)
    worker.thread.start()
    try:
        yield from worker.made()
    finally:
        worker.stop()


class _Worker(Generic[T]):
    """A thread that makes items and puts them where they are asked for."""

    def __init__(self, items: Iterator[T], depth: int) -> None:
        self._items = items
        self._ready: queue.Queue[T | _End] = queue.Queue(depth)
        self._stopped = threading.Event()
        self.thread = threading.Thread(target=self._work, name="load-ahead", daemon=True)

    def made(self) -> Iterator[T]:
        """Yield what was made until there is no more."""
        while not isinstance(item := self._ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    def stop(self) -> None:
        """Let the thread go, whatever it was doing."""
        self._stopped.set()
        self.thread.join()

    def _work(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001 (it is raised again where the items are used)
            self._put(_End(error))
        else:
            self._put(_End(None))
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()

    def _put(self, item: "T | _End") -> bool:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._ready.put(item, timeout=_PATIENCE_S)
                return True
        return False


class _End:
    """The end of the items, with the error that brought it."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error
