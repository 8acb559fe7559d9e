"""How the workers of one face share its callers: each takes a connection only when no other has fewer.

They listen on the same socket. Left to themselves, one wakes first and takes the whole burst: of 16 callers measured, all 16
went to one of two workers, and half of the machine stood idle. So each worker writes the number of its connections where the
others read it, takes one connection at a time, and gives the less busy a moment to come first. Only a moment: if that one is
stuck or gone, the caller is served all the same.
"""

import asyncio
import mmap
import socket
import struct
from collections.abc import Callable

_COUNT = struct.Struct("=I")

_MOMENT_S = 0.002
"""How long the busier worker waits before it takes a connection after all: ten times what the other needs to take it."""


class Loads:
    """The number of connections of each worker, in memory that they share."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._shared = mmap.mmap(-1, _COUNT.size * workers)

    def write(self, worker: int, count: int) -> None:
        """Say how many connections a worker has."""
        _COUNT.pack_into(self._shared, worker * _COUNT.size, count)

    def is_least(self, worker: int, count: int) -> bool:
        """Whether no other worker has fewer connections."""
        others = (number for number in range(self._workers) if number != worker)
        return all(count <= _COUNT.unpack_from(self._shared, other * _COUNT.size)[0] for other in others)


class Acceptor:
    """Takes the connections of one worker from the shared socket; stands for a server in uvicorn's list of servers."""

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        count_connections: Callable[[], int],
        loads: Loads,
        worker: int,
    ) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._count_connections = count_connections
        self._loads = loads
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        self._being_taken: set[asyncio.Task[object]] = set()
        self._waited = False
        self._is_closed = False

    def open(self) -> None:
        """Begin to take connections."""
        self._listener.setblocking(False)
        self._tell_count()
        self._loop.add_reader(self._listener, self._take_one)

    def close(self) -> None:
        """Take no more connections."""
        self._is_closed = True
        self._loop.remove_reader(self._listener)
        self._loads.write(self._worker, 0)

    async def wait_closed(self) -> None:
        """Wait for the connections that were being taken."""
        await asyncio.gather(*self._being_taken, return_exceptions=True)

    def _tell_count(self) -> int:
        count = self._count_connections() + len(self._being_taken)
        self._loads.write(self._worker, count)
        return count

    def _take_one(self) -> None:
        """Take one connection, unless another worker should, who has a moment to do so."""
        if not self._waited and not self._loads.is_least(self._worker, self._tell_count()):
            self._loop.remove_reader(self._listener)
            self._waited = True
            self._loop.call_later(_MOMENT_S, self._look_again)
            return
        self._waited = False
        try:
            connection, _ = self._listener.accept()
        except OSError:  # another worker was faster, or the caller went away
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        taking = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, connection))
        self._being_taken.add(taking)
        taking.add_done_callback(self._is_taken)
        self._tell_count()

    def _look_again(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listener, self._take_one)

    def _is_taken(self, taking: "asyncio.Task[object]") -> None:
        self._being_taken.discard(taking)
        if not taking.cancelled():
            taking.exception()  # a caller who hung up at once is no news
        self._tell_count()
