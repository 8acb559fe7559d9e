"""The load generator: keeps a number of callers busy on kept-alive connections, with requests prepared beforehand.

Two ways to ask: closed (each caller asks again as soon as it is answered: the top rate), and open (requests leave on a
timetable whatever the answers do: honest latencies at a given rate, waiting time included). A request is bytes, ready to be
written: the callers' own work, such as signing their proofs, is theirs and is done before the clock starts.
"""

import asyncio
import resource
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import uvloop

HEADERS_END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of the generator saw; latencies in seconds, sorted."""

    seconds: float
    latencies_s: list[float]
    statuses: dict[int, int]
    client_cpu_s: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies_s) / self.seconds

    def latency_ms(self, share: float) -> float:
        """Give the latency below which this share of the answers came, in milliseconds."""
        return self.latencies_s[min(len(self.latencies_s) - 1, int(len(self.latencies_s) * share))] * 1000


class _Caller(asyncio.Protocol):
    """One kept-alive connection: one request at a time."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._missing = -1  # bytes of the body still to come; -1: headers not read yet
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def ask(self, request: bytes, due_at: float) -> None:
        self._asked_at = due_at
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            data = self._buffer + data
            end = data.find(HEADERS_END)
            if end < 0:
                self._buffer = data
                return
            self._buffer = b""
            self._status = int(data[9:12])
            start = data.find(LENGTH, 0, end) + len(LENGTH)
            self._missing = int(data[start : data.find(b"\r", start)]) + end + 4
        self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self._run.answered(self, self._status, perf_counter() - self._asked_at)

    def connection_lost(self, error: Exception | None) -> None:
        self._run.lost(error)


class _Run:
    """A run's callers, its requests and what came back."""

    def __init__(self, requests: Sequence[bytes], seconds: float, rate: float | None) -> None:
        self._requests = iter(requests)
        self._seconds = seconds
        self._rate = rate
        self._idle: deque[_Caller] = deque()
        self._due: deque[float] = deque()
        self._latencies: list[float] = []
        self._statuses: dict[int, int] = {}
        self._done = asyncio.get_running_loop().create_future()

    def answered(self, caller: _Caller, status: int, latency_s: float) -> None:
        self._latencies.append(latency_s)
        self._statuses[status] = self._statuses.get(status, 0) + 1
        if self._rate is None:
            now = perf_counter()
            if now < self._ends_at:
                self._ask(caller, now)
            else:
                self._rest(caller)
        elif self._due:
            self._ask(caller, self._due.popleft())
        else:
            self._rest(caller)

    def lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed a connection"))

    def _ask(self, caller: _Caller, due_at: float) -> None:
        request = next(self._requests, None)
        if request is None:
            self._ends_at = 0.0
            self._rest(caller)
        else:
            caller.ask(request, due_at)

    def _rest(self, caller: _Caller) -> None:
        self._idle.append(caller)
        if len(self._idle) == self._callers and perf_counter() >= self._ends_at and not self._done.done():
            self._done.set_result(None)

    async def go(self, host: str, port: int, callers: int) -> Measured:
        loop = asyncio.get_running_loop()
        made = [(await loop.create_connection(lambda: _Caller(self), host, port))[1] for _ in range(callers)]
        self._callers = callers
        cpu = _cpu_s()
        started_at = perf_counter()
        self._ends_at = started_at + self._seconds
        if self._rate is None:
            for caller in made:
                self._ask(caller, perf_counter())
        else:
            self._idle.extend(made)
            await self._keep_timetable(started_at, self._rate)
        await self._done
        seconds = perf_counter() - started_at
        for caller in made:
            caller.transport.close()
        return Measured(seconds, sorted(self._latencies), self._statuses, _cpu_s() - cpu)

    async def _keep_timetable(self, started_at: float, rate: float) -> None:
        """Let a request leave at each multiple of 1/rate, or wait for the next free caller; its latency runs from then."""
        count, total = 0, int(self._seconds * rate)
        while count < total:
            now = perf_counter()
            while count < total and (due_at := started_at + count / rate) <= now:
                count += 1
                if self._idle:
                    self._ask(self._idle.popleft(), due_at)
                else:
                    self._due.append(due_at)
            await asyncio.sleep(0.001)
        self._ends_at = 0.0
        if len(self._idle) == self._callers and not self._done.done():
            self._done.set_result(None)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(
    host: str, port: int, requests: Sequence[bytes], callers: int, seconds: float, rate: float | None = None
) -> Measured:
    """Ask with so many callers for so many seconds, or until the requests run out; `rate` makes the run open."""

    async def run() -> Measured:
        return await _Run(requests, seconds, rate).go(host, port, callers)

    return uvloop.run(run())
