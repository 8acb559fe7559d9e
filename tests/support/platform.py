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
from contextlib import contextmanager
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


@contextmanager
def processes(settings: Settings, *names: str, **environ: str) -> Iterator[Running]:
    """Run the named processes (all of them if none is named) on free ports; stop them at the end."""
    settings = _on_free_ports(settings)
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "rempart.supervisor", "--json", *names],
        env=environ_for(settings, **environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        told = json.loads(wait_until_ready(supervisor))
        found: dict[str, list[int]] = {}
        for process in told["processes"]:
            found.setdefault(process["name"], []).append(process["process_id"])
        yield Running(settings, supervisor, told["ready_in_s"], told["urls"], found)
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(30)
        assert supervisor.stdout is not None
        supervisor.stdout.close()


@pytest.fixture(scope="session")
def keyring(server: Settings) -> Iterator[Settings]:
    """Run the keyring of this test run; its settings lead to its sockets."""
    with processes(server, "keyring"):
        yield server


def _on_free_ports(settings: Settings) -> Settings:
    """Find ten ports in a row that nobody uses, and name the faces after them."""
    for port in range(20_000 + os.getpid() % 1_000 * 10, 60_000, 10):
        if all(is_free(port + offset) for offset in (0, 1, 2, 9)):
            return replace(
                settings,
                port=port,
                fhir_url=f"http://localhost:{port}",
                identity_url=f"http://localhost:{port + 1}",
                portal_url=f"http://localhost:{port + 2}",
                test_provider_url=f"http://localhost:{port + 9}",
            )
    raise RuntimeError("no ten free ports in a row")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
