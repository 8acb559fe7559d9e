"""Callers are shared evenly among the workers of a face, and none waits for a worker that is stuck."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from rempart.settings import Settings
from tests.support.database import Database
from tests.support.platform import Running, processes


@pytest.fixture(scope="module")
def running(database: Database, keyring: Settings) -> Iterator[Running]:
    with processes(database.settings, "fhir") as running:
        yield running


def sockets_of(process_id: int) -> int:
    links = Path(f"/proc/{process_id}/fd").iterdir()
    return sum(str(link.readlink()).startswith("socket:") for link in links)


@contextmanager
def callers(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            for _ in range(count)
        ]


def ask(caller: socket.socket) -> bytes:
    caller.sendall(b"GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return caller.recv(65_536)


@pytest.mark.parametrize("count", [2, 4, 16, 64])
def test_callers_who_come_at_once_are_shared_evenly(running: Running, count: int) -> None:
    workers = running.process_ids["fhir"]
    time.sleep(0.3)  # the workers have told each other that the callers before are gone
    before = [sockets_of(process_id) for process_id in workers]
    with callers(running.settings.port, count) as connected:
        assert all(ask(caller).startswith(b"HTTP/1.1 200") for caller in connected)
        taken = [sockets_of(process_id) - had for process_id, had in zip(workers, before, strict=True)]
    assert sum(taken) == count
    assert abs(taken[0] - taken[1]) <= max(2, count // 8)


def test_a_worker_that_is_stuck_keeps_nobody_waiting(running: Running) -> None:
    stuck, _ = running.process_ids["fhir"]
    time.sleep(0.3)
    os.kill(stuck, signal.SIGSTOP)
    try:
        with callers(running.settings.port, 20) as connected:
            began = time.monotonic()
            assert all(ask(caller).startswith(b"HTTP/1.1 200") for caller in connected)
            assert time.monotonic() - began < 2
    finally:
        os.kill(stuck, signal.SIGCONT)
