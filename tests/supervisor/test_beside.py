"""What a command started beside itself does not outlive it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from rempart.adapters import postgres_embedded
from rempart.feeds.formats.writer import write_member_file
from rempart.settings import Settings, read_settings
from tests.supervisor.test_supervise import eventually
from tests.support.member_rows import family, frame_of

REMPART = str(Path(sys.executable).with_name("rempart"))

BESIDE = """
import signal, sys
from rempart.feeds.formats.writer import write_member_file
from rempart.settings import read_settings
from rempart.supervisor.beside import beside
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which whoever runs the tests may have us ignore
with beside(read_settings(), *sys.argv[1:]):
    print("up", flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Settings]:
    """Give a home where nothing runs yet and nobody else comes."""
    with TemporaryDirectory(prefix="rempart-beside-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        settings = read_settings({"REMPART_HOME": f"{folder}/var"})
        try:
            run(settings, "database", "init")
            yield settings
        finally:
            postgres_embedded.stop(settings)


def environ_of(home: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REMPART_")}
    return kept | home.as_environ()


def run(home: Settings, *arguments: str) -> None:
    subprocess.run([REMPART, *arguments], env=environ_of(home), check=True, capture_output=True)


def those_of(home: Settings) -> list[psutil.Process]:
    """Find every process that works for a home: by where it is, or by what it was told."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            is_ours = process.cwd() == str(home.postgres_home.resolve())
            is_ours = is_ours or process.environ().get("REMPART_HOME") == str(home.home)
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # it ended meanwhile
            continue
    return found


def names_of(home: Settings) -> set[str]:
    return {process.info["name"] for process in those_of(home)}


@pytest.fixture
def command(home: Settings, request: pytest.FixtureRequest) -> "Iterator[subprocess.Popen[str]]":
    """Start a command that has the named processes beside it."""
    with start(home, *request.param) as started:
        yield started
        started.kill()


def start(home: Settings, *names: str) -> "subprocess.Popen[str]":
    started = subprocess.Popen(
        [sys.executable, "-c", BESIDE, *names], env=environ_of(home), stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "up\n"
    return started


@pytest.mark.parametrize("command", [("keyring",), ()], indirect=True, ids=["keyring", "database"])
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_command_that_is_ended_from_outside_leaves_nothing_running(
    home: Settings, command: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    assert "postgres" in names_of(home)
    command.send_signal(number)
    command.wait()
    assert eventually(lambda: those_of(home) == []), names_of(home)


def test_a_command_that_is_killed_takes_nothing_from_another(home: Settings) -> None:
    with start(home, "keyring") as staying, start(home) as leaving:
        leaving.kill()
        leaving.wait()
        time.sleep(1)  # whatever was to be stopped by mistake would be gone by now
        assert postgres_embedded.is_running(home)
        assert staying.poll() is None
        staying.kill()
    assert eventually(lambda: those_of(home) == []), names_of(home)


def test_a_feed_load_that_is_killed_leaves_nothing_running(home: Settings, tmp_path: Path) -> None:
    amc, file = "0990000018", tmp_path / "1.csv"
    write_member_file(file, [frame_of(family())], amc_number=amc, effective_on=date(2026, 12, 1), sequence=1)
    run(home, "database", "init")
    run(home, "insurer", "register", "--amc", amc, "--name", "Mutuelle de la Loire")
    load = [REMPART, "feed", "load", str(file), "--insurer", amc]
    with subprocess.Popen(load, env=environ_of(home)) as loading:
        assert eventually(lambda: "rempart-keyring" in names_of(home))
        loading.kill()
    assert eventually(lambda: those_of(home) == []), names_of(home)
