"""The processes of a platform, really running, for tests.

    def test_of_a_feed(keyring: Settings) -> None:                # the keyring of this run, on its real
    sockets
        with BulkKeyring(keyring) as bulk: ...

    with processes(database.settings, "fhir", "identity") as running:   # some processes on a database
        running.urls["fhir"], running.process_ids["fhir"]

The keyring of a run is shared: make keys under insurers of your own. Each call of `processes` takes free
ports.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import pytest

from rempart.settings import Settings
from rempart.supervisor.beside import wait_until_ready
from tests.support.database import environ_for


@dataclass(frozen=True)
class Running:
    """What was started: the settings it runs under, its supervisor, the processes and their addresses."""

    settings: Settings
    supervisor: "subprocess.Popen[bytes]"
    ready_in_s: float
    urls: dict[str, str]
    process_ids: dict[str, list[int]]


class _SharedKeyring:
    """The keyring of this run. It makes way for one that a test starts in the same home, and comes back when it is asked for."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._others = 0

    def serve(self, settings: Settings) -> None:
        self._settings = settings
        self.come_back()

    def end(self) -> None:
        self._make_way()
        self._settings = None

    @contextmanager
    def standing_aside(self) -> Iterator[None]:
        """Leave the sockets to another keyring for the time of the block."""
        self._others += 1
        self._make_way()
        try:
            yield
        finally:
            self._others -= 1

    def _make_way(self) -> None:
        if self._supervisor is not None:
            _stop(self._supervisor)
            self._supervisor = None

    def come_back(self) -> None:
        if self._settings is not None and self._others == 0 and self._supervisor is None:
            self._supervisor = _start(self._settings, "keyring")
            wait_until_ready(self._supervisor)


_shared_keyring = _SharedKeyring()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have the keyring of this run back for a test that asks for it, by itself or by what it stands on."""
    if "keyring" in getattr(item, "fixturenames", ()):
        _shared_keyring.come_back()


def no_other_keyring() -> AbstractContextManager[None]:
    """Have nobody at the keyring's sockets for the time of a block, in which a test starts its own."""
    return _shared_keyring.standing_aside()


@contextmanager
def processes(settings: Settings, *names: str, **environ: str) -> Iterator[Running]:
    """Run the named processes (all of them if none is named) on free ports; stop them at the end."""
    settings = _on_free_ports(settings)
    brings_a_keyring = not names or "keyring" in names
    with no_other_keyring() if brings_a_keyring else nullcontext():
        supervisor = _start(settings, *names, **environ)
        try:
            told = json.loads(wait_until_ready(supervisor))
            found: dict[str, list[int]] = {}
            for process in told["processes"]:
                found.setdefault(process["name"], []).append(process["process_id"])
            yield Running(settings, supervisor, told["ready_in_s"], told["urls"], found)
        finally:
            _stop(supervisor)


def _start(settings: Settings, *names: str, **environ: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "rempart.supervisor", "--json", *names],
        env=environ_for(settings, **environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _stop(supervisor: "subprocess.Popen[bytes]") -> None:
    supervisor.send_signal(signal.SIGTERM)
    supervisor.wait(30)
    assert supervisor.stdout is not None
    supervisor.stdout.close()


@pytest.fixture(scope="session")
def keyring(server: Settings) -> Iterator[Settings]:
    """Run the keyring of this test run; its settings lead to its sockets."""
    _shared_keyring.serve(server)
    yield server
    _shared_keyring.end()


def _on_free_ports(settings: Settings) -> Settings:
    """Find ten ports in a row that nobody uses, far from those of the workers beside, and name the faces after them."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in range(20_000 + worker % 4 * 2_500 + os.getpid() % 125 * 10, 60_000, 10):
        if all(is_free(port + offset) for offset in (0, 1, 2, 3, 4, 5, 8, 9)):
            return replace(
                settings,
                port=port,
                fhir_url=f"http://localhost:{port}",
                identity_url=f"http://localhost:{port + 1}",
                portal_url=f"http://localhost:{port + 2}",
                console_url=f"http://localhost:{port + 3}",
                counter_url=f"http://localhost:{port + 4}",
                status_url=f"http://localhost:{port + 5}",
                test_provider_url=f"http://localhost:{port + 9}",
                test_insurer_url=f"http://localhost:{port + 8}",
            )
    raise RuntimeError("no ten free ports in a row")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
