"""Whatever is killed in the middle of a burst, each answer received has its receipt; what is too much was in flight.

The truth is what the callers hold in their hands, never the receipts.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rempart.adapters import postgres_embedded
from rempart.domain.errors import Outage, RempartError
from rempart.domain.identifiers import Nir
from rempart.domain.rights import Outcome, RightsAnswer
from rempart.domain.trace import receipt_id_of
from rempart.security.gate import Door
from rempart.settings import Settings
from tests.support.database import Database, environ_for, own_server
from tests.support.door import Village, caller, found_village
from tests.support.platform import processes
from tests.support.world import Session, World, outcome

CALLERS = 40
BURST_S = 1.0


@pytest.fixture(scope="module")
def own_database() -> Iterator[Database]:
    """Run a server of this module's own, durable as in production: others must not feel its deaths."""
    with own_server() as settings, processes(settings, "keyring"):
        yield Database(settings)


@pytest.fixture
def own_world(own_database: Database) -> Iterator[World]:
    made = World(own_database)
    yield made
    made.close()


@dataclass
class Caller:
    """Somebody who asks one question after the other, and keeps what he was told."""

    session: Session
    told: list[str] = field(default_factory=list)
    outages: int = 0

    async def ask_for_ever(self, door: Door, village: Village, nirs: list[Nir]) -> None:
        """Ask until told to stop."""
        place = 0
        while True:
            place += 1
            try:
                answer: RightsAnswer = await door.ask(
                    village.question(nirs[place % len(nirs)]), caller(self.session)
                )
            except Outage:
                self.outages += 1
                await asyncio.sleep(0.02)
            else:
                assert answer.trace is not None
                self.told.append(answer.trace)


def prepare(world: World, village: Village) -> tuple[list[Nir], list[Caller]]:
    world.do("update access.profession_rules set rate_burst = 1000000")
    world.detectors(threshold=1e9)  # who asks as fast as he can is no shop, and would be frozen
    return village.settle(20), [Caller(world.software_session(world.account())) for _ in range(CALLERS)]


def kill_a_backend(_: Settings, world: World) -> None:
    os.kill(
        world.one("select pid from pg_stat_activity where usename = 'rempart_fhir' limit 1"), signal.SIGKILL
    )


def kill_the_server(settings: Settings, _: World) -> None:
    process = postgres_embedded.server_process(settings)
    assert process is not None
    os.kill(process, signal.SIGKILL)


def stop_the_server_at_once(settings: Settings, _: World) -> None:
    process = postgres_embedded.server_process(settings)
    assert process is not None
    os.kill(process, signal.SIGQUIT)


def come_back(database: Database) -> World:
    """Start the server again unless it came back by itself, and wait until it answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            postgres_embedded.start(database.settings)
            return World(database)
        except (RempartError, OSError):
            assert time.monotonic() < deadline, "the server did not come back"
            time.sleep(0.2)


@pytest.mark.parametrize("kill", [kill_a_backend, kill_the_server, stop_the_server_at_once])
async def test_every_answer_received_has_its_receipt_after_the_database_was_killed(
    own_database: Database, own_world: World, kill: Callable[[Settings, World], None]
) -> None:
    settings = own_database.settings
    village = await found_village(own_world, settings)
    nirs, callers = prepare(own_world, village)
    async with Door(settings, "fhir") as door:
        tasks = [asyncio.create_task(one.ask_for_ever(door, village, nirs)) for one in callers]
        await asyncio.sleep(BURST_S)
        kill(settings, own_world)
        own_world.owner.close()
        await asyncio.sleep(0.5)
        world = await asyncio.to_thread(come_back, own_database)
        before = sum(len(one.told) for one in callers)
        await asyncio.sleep(BURST_S)
        for task in tasks:
            task.cancel()
        assert {type(ended) for ended in await asyncio.gather(*tasks, return_exceptions=True)} == {
            asyncio.CancelledError
        }
    check(world, {one.session.account.account_id: one.told for one in callers}, {
        one.session.account.account_id: one.outages + 1 for one in callers
    })  # fmt: skip
    assert sum(one.outages for one in callers) > 0, "nobody was in flight: the blow missed"
    assert sum(len(one.told) for one in callers) > before, "the door went on after the server came back"
    world.close()


def check(world: World, told: dict[int, list[str]], in_flight: dict[int, int]) -> None:
    """Hold what was received against the receipts, account by account."""
    assert sum(map(len, told.values())) > CALLERS
    for account_id, traces in told.items():
        numbers = [receipt_id_of(trace) for trace in traces]
        rows = world.owner.execute(
            "select receipt_id, outcome from evidence.receipts where account_id = %s", (account_id,)
        ).fetchall()
        written = Counter(row[0] for row in rows)
        assert set(numbers) <= set(written), "an answer without its receipt"
        assert len(set(numbers)) == len(numbers)
        assert {outcome for _, outcome in rows} <= {1}
        assert len(written) - len(numbers) <= in_flight[account_id], "a surplus that nobody had asked"


async def test_every_answer_received_has_its_receipt_after_the_face_was_killed(
    own_database: Database, own_world: World
) -> None:
    village = await found_village(own_world, own_database.settings)
    nirs, callers = prepare(own_world, village)
    script = {
        "amc": village.insurer.amc,
        "nirs": [nir.compact for nir in nirs],
        "sessions": [
            (one.session.token.hex(), one.session.thumbprint.hex(), one.session.account.account_id)
            for one in callers
        ],
    }
    face = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs here while it starts)
        [sys.executable, "-m", "tests.support.burst"],
        env=environ_for(own_database.settings),
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert face.stdin is not None
    assert face.stdout is not None
    face.stdin.write(json.dumps(script).encode() + b"\n")
    face.stdin.flush()
    lines = [face.stdout.readline()]  # it has begun
    await asyncio.sleep(BURST_S)
    face.kill()
    lines += face.stdout.readlines()
    face.wait()
    face.stdin.close()
    face.stdout.close()
    told: dict[int, list[str]] = {one.session.account.account_id: [] for one in callers}
    for line in lines:
        if line.endswith(b"\n"):
            account_id, trace = line.decode().split()
            told[int(account_id)].append(trace)
    await asyncio.sleep(1)  # the server may still be at the last batch
    check(own_world, told, dict.fromkeys(told, 1))


@pytest.mark.parametrize("kill", [kill_the_server, stop_the_server_at_once])
def test_a_proof_used_before_the_server_died_is_used_afterwards_too(
    own_database: Database, own_world: World, kill: Callable[[Settings, World], None]
) -> None:
    lea = own_world.person("Léa", own_world.insurer())
    till, browser = (
        own_world.software_session(own_world.account()),
        own_world.browser_session(own_world.account()),
    )
    used, of_browser = till.about(lea), browser.about(lea)
    assert [outcome(own_world.ask(row)) for row in (used, of_browser)] == [Outcome.OPEN] * 2
    kill(own_database.settings, own_world)
    own_world.owner.close()
    world = come_back(own_database)
    assert outcome(world.ask(used)) is Outcome.PROOF_REPLAYED
    assert outcome(world.ask(of_browser, "portal")) is Outcome.PROOF_REPLAYED
    assert outcome(world.ask(browser.about(lea, nonce=of_browser.nonce), "portal")) is Outcome.NONCE_DIVERGED
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN, "and the owner goes on"
    world.close()
