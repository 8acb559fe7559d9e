"""The platform as a whole: it starts in seconds, brings back what was killed, and stops in order."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rempart.adapters import postgres_embedded
from rempart.limits import REQUEST_HEAD_MAX_BYTES
from rempart.settings import Settings
from tests.support.database import Database
from tests.support.platform import no_other_keyring, processes

FACES = ("fhir", "identity", "portal", "console", "counter", "public")
WORKER = "worker"
MEMORY_MAX_MB = 150


def address_of(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").split("/")[0].partition(":")
    return host, int(port)


def answers(url: str) -> bool:
    connection = http.client.HTTPConnection(*address_of(url), timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def eventually(condition: Callable[[], bool], within_s: float = 15.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def children_of(supervisor: int) -> dict[int, str]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            name, _, rest = stat.partition("(")[2].rpartition(")")
            if int(rest.split()[1]) == supervisor:
                found[int(entry.name)] = name
    return found


def memory_peak_mb(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


@pytest.fixture(scope="module", autouse=True)
def keyring_of_their_own() -> Iterator[None]:
    """Leave the sockets of this home to the platforms that these tests start."""
    with no_other_keyring():
        yield


@pytest.fixture(scope="module")
def crowded_out(database: Database) -> "Iterator[tuple[int, subprocess.Popen[str]]]":
    """Start a face where somebody listens already; it is patient for eight seconds, during which other tests run."""
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        environment = database.environ(REMPART_PORT=str(port))
        with subprocess.Popen(
            supervisor_command("fhir"), env=environment, stderr=subprocess.PIPE, text=True
        ) as waiting:
            yield port, waiting
            waiting.kill()


def test_every_face_answers_every_process_stays_small_and_one_that_is_killed_comes_back(
    database: Database,
) -> None:
    with processes(database.settings, "keyring", WORKER, *FACES) as running:
        assert all(answers(running.urls[face]) for face in FACES)
        for name, process_ids in running.process_ids.items():
            assert len(process_ids) == (2 if name == "fhir" else 1)
            for process_id in process_ids:
                assert memory_peak_mb(process_id) < MEMORY_MAX_MB, name
        for name, killed in running.process_ids.items():
            for process_id in killed:
                os.kill(process_id, signal.SIGKILL)

            def is_back(name: str = name, killed: list[int] = killed) -> bool:
                shown = f"rempart-{name}"[:15]
                alive = [id_ for id_, title in children_of(running.supervisor.pid).items() if title == shown]
                return len(alive) == len(killed) and not set(alive) & set(killed)

            assert eventually(is_back), name
            assert eventually(lambda: all(answers(running.urls[face]) for face in FACES)), name


def test_every_face_hangs_up_on_a_head_that_does_not_end(database: Database) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: here\r\nX-More: " + b"x" * (REQUEST_HEAD_MAX_BYTES + 1)
    with processes(database.settings, "keyring", *FACES) as running:
        for face in FACES:
            with socket.create_connection(address_of(running.urls[face]), timeout=5) as caller:
                caller.sendall(endless)
                with caller.makefile("rb") as heard:
                    assert heard.readline().startswith(b"HTTP/1.1 431 "), face
                    assert heard.read().endswith(b"connection: close\r\n\r\n"), face


def test_a_stop_ends_all_and_leaves_nothing(database: Database) -> None:
    with processes(database.settings, "keyring", WORKER, *FACES) as running:
        ids = [process_id for found in running.process_ids.values() for process_id in found]
        running.supervisor.send_signal(signal.SIGTERM)
        assert running.supervisor.wait(15) == 0
        assert not any(Path(f"/proc/{process_id}").exists() for process_id in ids)


@pytest.mark.usefixtures("crowded_out")
def test_when_the_supervisor_is_killed_its_processes_end_and_the_next_start_works(database: Database) -> None:
    with processes(database.settings, "keyring", WORKER, *FACES) as running:
        ids = [process_id for found in running.process_ids.values() for process_id in found]
        running.supervisor.kill()
        running.supervisor.wait()
        with processes(running.settings, "keyring", *FACES) as again:
            assert all(answers(again.urls[face]) for face in FACES)
        assert eventually(lambda: not any(Path(f"/proc/{process_id}").exists() for process_id in ids))


def test_a_request_under_way_is_finished_before_a_stop(database: Database) -> None:
    with processes(database.settings, "keyring", "fhir", REMPART_FHIR_WORKERS="1") as running:
        with socket.create_connection(("127.0.0.1", running.settings.port), timeout=10) as caller:
            caller.sendall(b"POST /fhir/CoverageEligibilityRequest/$submit HTTP/1.1\r\nHost: localhost\r\n")
            caller.sendall(b"Content-Type: application/fhir+json\r\nContent-Length: 2\r\n\r\n{")
            time.sleep(0.3)
            running.supervisor.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            caller.sendall(b"}")
            assert caller.recv(12).startswith(b"HTTP/1.1 4")
        assert running.supervisor.wait(15) == 0


def test_the_embedded_database_is_brought_back(server: Settings, database: Database) -> None:
    if not server.is_database_embedded:
        pytest.skip("an external database is its administrator's")
    with processes(database.settings, "keyring", "fhir"):
        killed = postgres_embedded.server_process(server)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: postgres_embedded.server_process(server) not in (None, killed))


def test_the_test_identity_provider_does_not_start_in_production(database: Database) -> None:
    done = run_supervisor(database, "test-provider")
    assert done.returncode == 1
    assert "pas de processus de ce nom en production" in done.stderr


def test_an_unknown_process_is_refused_with_the_names_there_are(database: Database) -> None:
    done = run_supervisor(database, "fax")
    assert done.returncode == 1
    assert "Il y a\u00a0: keyring, worker, identity, fhir, portal" in done.stderr


def test_a_second_start_in_the_same_home_is_refused_and_the_first_goes_on(database: Database) -> None:
    with processes(database.settings, "keyring", "fhir") as running:
        done = run_supervisor(database, "keyring")
        assert done.returncode == 1
        assert "ce dossier est déjà servi" in done.stderr
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(running.settings.keyring_socket("fhir")))
        assert answers(running.urls["fhir"])


def test_a_port_that_is_taken_is_said(crowded_out: "tuple[int, subprocess.Popen[str]]") -> None:
    port, waiting = crowded_out
    _, complaint = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert f"port {port} de 127.0.0.1 est pris" in complaint


def test_no_refusal_to_start_shows_a_stack(database: Database) -> None:
    done = run_supervisor(database, "fhir", REMPART_ENVIRONMENT="drill")
    assert done.returncode == 1
    assert "(environment-mismatch, production)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_that_cannot_start_is_tried_again_later_and_later(database: Database) -> None:
    passphrase = database.settings.home / "empty-passphrase"
    passphrase.write_text("")
    environment = database.environ(REMPART_KEYRING_PASSPHRASE_FILE=str(passphrase))
    with subprocess.Popen(
        supervisor_command("keyring"),
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as supervisor:
        assert supervisor.stderr is not None
        ended, reasons = [], []
        while len(ended) < 4:
            line = supervisor.stderr.readline()
            event = json.loads(line) if line.startswith("{") else {"event": "words for a person"}
            if event["event"] == "process-ended":
                ended.append(event["again_in_s"])
            elif event["event"] == "process-refused":
                reasons.append(event["reason"])
        supervisor.terminate()
    assert ended == [0.1, 0.2, 0.4, 0.8]
    assert all("doit contenir la phrase secrète" in reason for reason in reasons)
    assert reasons


def test_an_ordinary_user_is_told_that_the_walls_are_absent_and_root_is_not(database: Database) -> None:
    done = run_supervisor(database, "fhir", REMPART_ENVIRONMENT="drill")
    assert ("wall between its processes" in done.stderr) == (os.geteuid() != 0)
    assert ("pas de mur entre ses processus" in done.stderr) == (os.geteuid() != 0)


def supervisor_command(*names: str) -> list[str]:
    return [sys.executable, "-m", "rempart.supervisor", "--json", *names]


def run_supervisor(database: Database, *names: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        supervisor_command(*names),
        env=database.environ(**environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
