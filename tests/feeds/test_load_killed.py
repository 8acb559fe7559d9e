"""A load that is killed leaves the database as it was, and the same command takes the file."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rempart.people.generate import Plan, generate
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.database import environ_for
from tests.support.insurer import DECEMBER, NOVEMBER, Insurer

# The loader stops itself at a named step, as a crash would at the worst moment.
LOAD_UNTIL = """
import os, signal, sys
from pathlib import Path
from rempart.operations import load_members as road
from rempart.settings import read_settings
from rempart.store.feeds import FileLoad

step, path, amc = sys.argv[1:]
before = getattr(FileLoad, step)

def stop(self, *arguments, **more):
    if step in ("copy", "keep"):
        os.kill(os.getpid(), signal.SIGKILL)
    result = before(self, *arguments, **more)
    os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(FileLoad, step, stop)
road.load_members(read_settings(), Path(path), amc, "nadia")
"""


def load_until(settings: Settings, step: str, path: Path, amc: str) -> None:
    """Load a file in a process of its own that dies at a step."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD_UNTIL, step, str(path), amc], env=environ_for(settings), check=False
    )
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def made(insurer: Insurer, tmp_path: Path) -> tuple[Insurer, Path]:
    """Make a file of some thousand people, and their insurer."""
    (facts,) = generate(Plan(3_000, 1, 5, tmp_path / "made", "csv", 10, NOVEMBER), lambda _: None)
    sender = Insurer(insurer.settings, tmp_path, amc=facts.amc_number)
    if sender.amc != insurer.amc:
        sender.register()
    return sender, tmp_path / "made" / facts.file


@pytest.mark.parametrize("step", ["begin", "copy", "finish_absorbed", "keep"])
def test_a_first_load_killed_at_any_step_leaves_nothing(made: tuple[Insurer, Path], step: str) -> None:
    sender, path = made
    before = sender.snapshot()
    load_until(sender.settings, step, path, sender.amc)
    assert sender.snapshot() == before
    assert sender.ask("select to_regclass('members.identities_1')") == [(None,)]
    assert sender.load(path).verdict == "taken"
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize("step", ["copy", "finish", "keep"])
def test_a_later_load_killed_at_any_step_leaves_what_was_known(made: tuple[Insurer, Path], step: str) -> None:
    sender, path = made
    sender.load(path)
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = [dict(zip(header.split(";"), line.split(";"), strict=True)) for line in lines]
    later = sender.write([{**row, "product_code": "AUTRE"} for row in rows], effective_on=DECEMBER)
    before = sender.snapshot()
    load_until(sender.settings, step, later, sender.amc)
    assert sender.snapshot() == before
    assert sender.load(later).verdict == "taken"
    assert {row[-1] for row in sender.snapshot()["rights"]} == {"AUTRE"}


def test_a_load_whose_connection_the_server_ends_leaves_nothing(made: tuple[Insurer, Path]) -> None:
    sender, path = made
    before = sender.snapshot()
    program = "import sys; from rempart.cli import app; app(sys.argv[1:])"
    load = subprocess.Popen(
        [sys.executable, "-c", program, "feed", "load", str(path), "--insurer", sender.amc, "--json"],
        env=environ_for(sender.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with connect_sync(sender.settings, "owner") as owner:
        ended: list[object] = []
        while not ended and load.poll() is None:
            ended = owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rempart_feeds'"
                " and datname = current_database() and xact_start is not null"
            ).fetchall()
            time.sleep(0.005)
    output, _ = load.communicate(timeout=60)
    assert ended
    assert load.returncode == 5, output
    assert b'"code": "database-unreachable"' in output
    assert sender.snapshot() == before
    assert sender.load(path).verdict == "taken"
