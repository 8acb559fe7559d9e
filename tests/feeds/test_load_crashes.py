"""What a load needs is killed in the middle of it, or its disk fills: nothing is kept, and the same command takes the file.

The server is the test's own: a backend that is killed takes all the others down with it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

import psutil
import pytest

from rempart.adapters import postgres_embedded
from rempart.domain.errors import Outage
from rempart.domain.errors.member_files import ReportUnwritable
from rempart.feeds.rejects import rejects_path
from rempart.people.generate import Plan, generate
from rempart.settings import Settings, read_settings
from rempart.store.database import migrate
from rempart.supervisor.beside import beside
from tests.support.insurer import NOVEMBER, Insurer
from tests.support.member_rows import nadia

PATIENCE_S = 60

# The load stops itself in the middle, when it has written some of the file, and goes on when it is told to.
LOAD_IN_TWO = """
import os, signal, sys
from pathlib import Path
from rempart.domain.errors import RempartError
from rempart.feeds.formats import member_file
from rempart.operations import load_members as road
from rempart.settings import read_settings
from rempart.store.feeds import FileLoad

member_file.read_csv_rows.__defaults__ = (100_000,)  # several batches out of a small file
before, copies = FileLoad.copy, []

def copy(self, table, pieces):
    before(self, table, pieces)
    copies.append(table)
    if len(copies) == 6:
        print(self._connection.info.backend_pid, flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)

FileLoad.copy = copy
try:
    print(road.load_members(read_settings(), Path(sys.argv[1]), sys.argv[2], "nadia").verdict)
except RempartError as error:
    print(error.code)
"""


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """Have a server and a keyring of our own."""
    home = Path(tempfile.mkdtemp(prefix="rempart-crash-"))
    home.chmod(0o755)
    environ = {"REMPART_HOME": str(home), "REMPART_ENVIRONMENT": "production", "REMPART_PORT": "18790"}
    settings = read_settings(environ)
    with postgres_embedded.running(settings):
        migrate(settings)
    with beside(settings, "keyring"):
        yield settings
    rmtree(home)


@pytest.fixture(scope="module")
def insurer(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Insurer:
    """Have a file of some thousand people, and their insurer registered."""
    directory = tmp_path_factory.mktemp("made")
    (facts,) = generate(Plan(3_000, 1, 5, directory, "csv", 10, NOVEMBER), lambda _: None)
    return Insurer(settings, directory, amc=facts.amc_number).register()


@pytest.fixture
def path(insurer: Insurer) -> Path:
    """Give the file, of which nothing is known yet."""
    insurer.forget()
    return next(insurer.directory.glob("*.csv"))


@contextmanager
def half_loaded(insurer: Insurer, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Have a load stopped in the middle; it goes on at the end of the block. Gives its backend, and then what it said."""
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", LOAD_IN_TWO, str(path), insurer.amc],
        env=os.environ | insurer.settings.as_environ(),
        stdout=subprocess.PIPE,
        text=True,
    ) as load:
        assert load.stdout is not None
        try:
            backend_id = int(load.stdout.readline())
            until(lambda: psutil.Process(load.pid).status() == psutil.STATUS_STOPPED)
            yield backend_id, said
            os.kill(load.pid, signal.SIGCONT)
            said += load.communicate(timeout=PATIENCE_S)[0].split()
        finally:
            load.kill()


def until(happens: Callable[[], bool]) -> None:
    """Wait for what has to come."""
    ends_at = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < ends_at, "it did not come"
        time.sleep(0.01)


T = TypeVar("T")


def eventually(act: Callable[[], T]) -> T:
    """Do what needs a server or a keyring that is being brought back."""
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except Outage:
            if time.monotonic() > ends_at:
                raise
        time.sleep(0.1)


def known(insurer: Insurer) -> dict[str, list[tuple[Any, ...]]]:
    """Give all that is known, and that the load left nothing open."""
    assert insurer.ask("select count(*) from staging.file") == [(0,)]
    assert insurer.ask("select has_any_column_privilege('rempart_feeds', 'members.people', 'insert')") == [
        (False,)
    ]
    return insurer.snapshot()


@pytest.fixture(scope="module")
def as_one_clean_load(insurer: Insurer) -> dict[str, list[tuple[Any, ...]]]:
    """Say what a load leaves that nothing disturbed."""
    insurer.forget()
    assert insurer.load(next(insurer.directory.glob("*.csv"))).verdict == "taken"
    return known(insurer)


def kill_backend(settings: Settings, backend_id: int) -> None:
    """Kill the server's process that works for the load; the server starts all of them again by itself."""
    del settings
    os.kill(backend_id, signal.SIGKILL)


def kill_server(settings: Settings, backend_id: int) -> None:
    """Kill the server, and start it again as any command does."""
    del backend_id
    server_id = postgres_embedded.server_process(settings)
    assert server_id is not None
    os.kill(server_id, signal.SIGKILL)
    until(lambda: not postgres_embedded.is_running(settings))
    postgres_embedded.start(settings)


def kill_keyring(settings: Settings, backend_id: int) -> None:
    """Kill the process that holds the keys; its supervisor brings it back."""
    del backend_id
    for process in psutil.Process().children(recursive=True):
        if process.name() == "rempart-keyring" and process.environ().get("REMPART_HOME") == str(
            settings.home
        ):
            process.kill()
            return
    raise AssertionError("there is no keyring")


@pytest.mark.parametrize(
    ("kill", "codes"),
    [
        (kill_backend, {"database-unreachable"}),
        (kill_server, {"database-unreachable"}),
        (kill_keyring, {"keyring-unreachable", "taken"}),  # it may have had all that it needed
    ],
)
def test_what_is_killed_in_the_middle_leaves_nothing_and_the_same_command_goes_on(
    insurer: Insurer, path: Path, as_one_clean_load: dict[str, Any], kill: Any, codes: set[str]
) -> None:
    before = known(insurer)
    with half_loaded(insurer, path) as (backend_id, said):
        kill(insurer.settings, backend_id)
    assert len(said) == 1
    assert said[0] in codes
    if said != ["taken"]:
        assert eventually(lambda: known(insurer)) == before
        assert eventually(lambda: insurer.load(path)).verdict == "taken"
    assert known(insurer) == as_one_clean_load
    assert not list(path.parent.glob("*.partial*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Have a disk of our own with room for the file and hardly more."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "rempart-test", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(
            f"NOT SHOWN HERE, a full disk: this machine lets us mount none ({mounted.stderr.strip()})"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_under_the_report_leaves_nothing_and_the_same_command_goes_on(
    insurer: Insurer, path: Path, small_disk: Path
) -> None:
    del path  # nothing is known
    sender = Insurer(insurer.settings, small_disk, amc=insurer.amc)
    rows = [nadia(beneficiary_id=f"P-{at}", sex="?" if at else "F", birth_rank="0") for at in range(2_500)]
    file = sender.write([nadia(beneficiary_id="P-GOOD"), *rows])
    before = known(sender)
    with pytest.raises(ReportUnwritable) as refused:
        sender.load(file)
    assert "No space left" in refused.value.place
    assert known(sender) == before
    assert not rejects_path(file).exists()
    assert not list(small_disk.glob("*.partial*"))

    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    report = sender.load(file)
    assert (report.verdict, report.refused_line_count) == ("taken", 2_500)
    assert report.rejects == rejects_path(file)
