"""Each kind of process is killed in the middle of a burst over HTTP, the database too: nothing is told without its receipt.

The truth is what came out of the callers' sockets (tests/support/tills.py).
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rempart.adapters import postgres_embedded
from tests.support.database import Database, own_server
from tests.support.door import found_village
from tests.support.platform import Running, processes
from tests.support.tills import Till, answered, asking_for_ever, heard, hold
from tests.support.waiting import until
from tests.support.world import World

TILLS = 16
PEOPLE = 40
BURST_S = 0.6
BESIDE = ("identity", "portal", "counter", "console", "public", "worker")
OUTAGES = {"keyring-unreachable", "database-unreachable", "answers-lost", "no-answer"}
LOST_ON_THE_WAY = "proof-replayed"
"""What a till hears that sends its question again because the socket broke: the first one had been written."""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Run a whole platform on a server of its own, durable as in production: others must not feel its deaths."""
    with own_server() as settings, processes(settings) as started:
        yield started


@pytest.fixture
def world(running: Running) -> Iterator[World]:
    made = World(Database(running.settings))
    made.do("update access.profession_rules set rate_burst = 1000000, people_per_day = 1000")
    made.detectors(threshold=1e9)  # who asks as fast as he can is no shop, and would be frozen
    yield made
    made.close()


@asynccontextmanager
async def burst(running: Running, world: World) -> AsyncIterator[list[Till]]:
    """Let tills ask without end; at the end of the block hold what they heard against what is written."""
    village = await found_village(world, running.settings)
    nirs = village.settle(PEOPLE)
    tills = [Till(world, running.settings, world.account(), place) for place in range(TILLS)]
    async with asking_for_ever(tills, village.insurer.amc, nirs):
        await until(lambda: answered(tills) > TILLS)
        yield tills
        before = answered(tills)
        await until(lambda: answered(tills) > before + 2 * TILLS)
    afterwards = World(Database(running.settings))
    hold(afterwards, tills)
    afterwards.close()


def processes_of(running: Running, name: str) -> set[int]:
    """Find the processes of a kind that live now."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                title, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue
            state, parent = rest.split()[:2]
            if title == f"rempart-{name}"[:15] and int(parent) == running.supervisor.pid and state != "Z":
                found.add(int(entry.name))
    return found


async def kill(running: Running, *names: str) -> None:
    """Kill every process of these kinds, and wait until others are in their places."""
    killed = {name: processes_of(running, name) for name in names}
    for process_id in set[int]().union(*killed.values()):
        os.kill(process_id, signal.SIGKILL)
    for name, dead in killed.items():

        def is_back(name: str = name, dead: set[int] = dead) -> bool:
            alive = processes_of(running, name)
            return len(alive) == len(dead) > 0 and not alive & dead

        await until(is_back)


async def test_whatever_is_not_asked_may_die_and_nobody_at_a_till_notices(
    running: Running, world: World
) -> None:
    async with burst(running, world) as tills:
        await kill(running, *BESIDE)
        await asyncio.sleep(BURST_S)
    assert set(heard(tills)) == {"open"}


async def test_the_workers_of_the_api_die(running: Running, world: World) -> None:
    async with burst(running, world) as tills:
        await kill(running, "fhir")
    assert set(heard(tills)) <= {"open", LOST_ON_THE_WAY} | OUTAGES


async def test_the_keyring_dies(running: Running, world: World) -> None:
    async with burst(running, world) as tills:
        await kill(running, "keyring")
    assert set(heard(tills)) <= {"open", "keyring-unreachable"}


async def test_the_keyring_hangs_and_nobody_is_answered_until_it_wakes(
    running: Running, world: World
) -> None:
    (process_id,) = processes_of(running, "keyring")
    async with burst(running, world) as tills:
        os.kill(process_id, signal.SIGSTOP)
        try:
            await asyncio.sleep(0.3)  # what it had digested is answered
            before = answered(tills)
            await until(lambda: heard(tills)["keyring-unreachable"] >= TILLS)
            assert answered(tills) == before
        finally:
            os.kill(process_id, signal.SIGCONT)
    assert set(heard(tills)) == {"open", "keyring-unreachable"}


async def test_the_database_dies_and_is_brought_back(running: Running, world: World) -> None:
    server = postgres_embedded.server_process(running.settings)
    assert server is not None
    async with burst(running, world) as tills:
        os.kill(server, signal.SIGKILL)
        world.owner.close()
        await until(lambda: postgres_embedded.server_process(running.settings) not in (None, server))
    assert set(heard(tills)) <= {"open"} | OUTAGES
    assert set(heard(tills)) & OUTAGES, "nobody was in flight: the blow missed"


async def test_one_process_of_the_database_dies(running: Running, world: World) -> None:
    async with burst(running, world) as tills:
        backend = "select pid from pg_stat_activity where usename = 'rempart_fhir' limit 1"
        os.kill(world.one(backend), signal.SIGKILL)
        world.owner.close()
        await until(lambda: bool(set(heard(tills)) & OUTAGES))
    assert set(heard(tills)) <= {"open"} | OUTAGES
