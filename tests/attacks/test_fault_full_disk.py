"""The disk is full: nothing is told without its receipt, nothing is unsealed without its line; with room again, all goes on.

The disk is a small file system of the test's own, which only root may mount.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from rempart.adapters import postgres_embedded, runtime_home
from rempart.domain.errors.keyring import GrantSpent
from rempart.keyring.openings import OpeningLog
from rempart.settings import read_settings
from rempart.store.database import migrate
from tests.support.database import Database
from tests.support.door import found_village
from tests.support.platform import Running, processes
from tests.support.tills import Till, answered, asking_for_ever, heard, hold
from tests.support.waiting import until
from tests.support.world import World

DISK_MIB = 320
TILLS = 12
OUTAGES = {"database-out-of-room", "database-unreachable", "answers-lost", "keyring-unreachable", "no-answer"}
NAME = "data/0312345678"


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Mount a file system of so many bytes at a new home."""
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "rempart-test", home],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        home.rmdir()
        pytest.skip("only root can mount a disk of its own")
    try:
        yield home
    finally:
        subprocess.run(["umount", "--lazy", home], check=True)
        home.rmdir()


def fill(home: Path) -> Path:
    """Take all the room that is left."""
    ballast = home / "ballast"
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 65_536)
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    return ballast


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Run the API on a home that lies on a small disk, under a supervisor that looks after the database."""
    with small_disk(f"{DISK_MIB}m") as home:
        settings = read_settings({"REMPART_HOME": str(home)})
        runtime_home.prepare(settings)
        postgres_embedded.start(settings)
        migrate(settings)
        with processes(settings, "keyring", "fhir") as started:
            yield started
        (home / "ballast").unlink(missing_ok=True)
        postgres_embedded.stop(settings)


async def test_on_a_full_disk_nobody_is_answered_and_afterwards_nothing_is_missing(running: Running) -> None:
    database = Database(running.settings)
    world = World(database)
    world.do("update access.profession_rules set rate_burst = 1000000, people_per_day = 100000")
    world.detectors(threshold=1e9)
    village = await found_village(world, running.settings)
    nirs = village.settle(400)
    tills = [Till(world, running.settings, world.account(), place) for place in range(TILLS)]
    async with asking_for_ever(tills, village.insurer.amc, nirs):
        await until(lambda: answered(tills) > 2 * TILLS)
        ballast = await asyncio.to_thread(fill, running.settings.home)
        await until(lambda: heard(tills).total() - heard(tills)["open"] > TILLS)
        with suppress(
            psycopg.Error
        ):  # no room for another segment of the log: the server gives up, and is started in vain
            world.do("select pg_switch_wal()")
        world.owner.close()
        await asyncio.sleep(2.5)
        assert running.supervisor.poll() is None, "whoever brings the database back is still there"
        before = answered(tills)
        ballast.unlink()
        await until(lambda: answered(tills) > before + 4 * TILLS, within_s=40)
    assert set(heard(tills)) <= {"open"} | OUTAGES
    world = World(database)
    hold(world, tills)
    world.close()


def test_on_a_full_disk_nothing_is_unsealed_without_its_line_and_the_grant_is_not_lost() -> None:
    with small_disk("64k") as home:
        openings = OpeningLog(home, lambda: datetime.now(UTC))
        openings.record("worker", NAME, [b"a" * 16])
        ballast = fill(home)
        spent = -1
        while spent < 90:  # what is left of the block that the log has already
            try:
                openings.record("worker", NAME, [bytes([spent + 1]) * 16])
            except OSError:
                break
            spent += 1
        assert 0 < spent < 90, "the disk was not full"
        ballast.unlink()
        (log,) = home.glob("openings-*.log")
        assert log.read_text().endswith("\n"), "no half line, to which the next one would be glued"
        again = OpeningLog(home, lambda: datetime.now(UTC))
        again.record("worker", NAME, [bytes([spent + 1]) * 16])
        for grant in (b"a" * 16, bytes([spent]) * 16, bytes([spent + 1]) * 16):
            with pytest.raises(GrantSpent):
                again.record("worker", NAME, [grant])


def test_half_a_line_left_by_a_loss_of_power_does_not_keep_the_keyring_from_starting(tmp_path: Path) -> None:
    openings = OpeningLog(tmp_path, lambda: datetime.now(UTC))
    openings.record("worker", NAME, [b"a" * 16])
    (log,) = tmp_path.glob("openings-*.log")
    log.write_text(f"{log.read_text()}2026-11-22T10:15:30+00:00 worker {NAME} 5f3")
    again = OpeningLog(tmp_path, lambda: datetime.now(UTC))
    again.record("worker", NAME, [b"b" * 16])
    third = OpeningLog(tmp_path, lambda: datetime.now(UTC))
    for grant in (b"a" * 16, b"b" * 16):
        with pytest.raises(GrantSpent):
            third.record("worker", NAME, [grant])
