"""Somebody floods a face, an account or a person: who asks honestly is answered each time, and spends what he asks, no more."""

import asyncio
import json
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rempart.domain.errors.gate import GateOverloaded
from rempart.domain.rights import Outcome, Presence
from rempart.drill.callers.wire import Key
from rempart.faces.fhir.submit import PATH
from rempart.limits import WAITING_QUESTIONS_MAX
from rempart.security.gate import Door
from tests.support.database import Database
from tests.support.door import Village, caller, found_village
from tests.support.flood import PIPELINED, request
from tests.support.platform import Running, processes
from tests.support.tills import Till, body_about, hold
from tests.support.world import World, digest, outcome

FLOOD_S = 1.2
CONNECTIONS = 32
WRONG_CARD = "ZYXWVUTSRQPNMLKJ"


@pytest.fixture(scope="module")
def running(database: Database) -> Iterator[Running]:
    with processes(database.settings, "keyring", "fhir") as started:
        yield started


@asynccontextmanager
async def flood(running: Running, headers: list[dict[str, str]], body: bytes) -> AsyncIterator[Counter[str]]:
    """Send these requests as fast as a program can, for the time of the block at least; then say what came back."""
    url = urlsplit(running.settings.fhir_url)
    script = {
        "port": url.port,  "connections": CONNECTIONS, "seconds": FLOOD_S,
        "requests": [request(PATH, url.netloc, one, body) for one in headers],
    }  # fmt: skip
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.flood",
        cwd=Path(__file__).parents[2], stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(json.dumps(script).encode() + b"\n")
    await program.stdin.drain()
    assert await program.stdout.readline() == b"begun\n"
    counted: Counter[str] = Counter()
    yield counted
    told = json.loads(await program.stdout.readline())
    await program.wait()
    counted.update(told["counted"])


class Flooded:
    """An insurer with its people, and an honest till beside which something happens."""

    def __init__(self, world: World, running: Running, village: Village) -> None:
        self.world, self.running, self.village = world, running, village
        self.nirs = village.settle(10)
        self.till = Till(world, running.settings, world.account(), 1)
        self.thief = Key()
        self.body = body_about(village.insurer.amc, self.nirs[0])

    async def asks_on(self, questions: int = 20, card: str | None = None) -> None:
        """Let the honest till ask about one person, and be answered each time."""
        for _ in range(questions):
            reply = await self.till.ask(self.village.insurer.amc, self.nirs[1], card)
            assert reply.code == "open"
            await asyncio.sleep(0.05)


@pytest.fixture
async def flooded(world: World, running: Running) -> AsyncIterator[Flooded]:
    made = Flooded(world, running, await found_village(world, running.settings))
    yield made
    made.till.line.close()


def wrong_tokens(flooded: Flooded) -> list[dict[str, str]]:
    """Tokens that nobody has, each with a sound proof of the thief's own key: these go as far as the gate."""
    tokens = [secrets.token_urlsafe(32) for _ in range(PIPELINED * 8)]
    return [flooded.till.headers(token, flooded.thief) for token in tokens]


def no_proofs(flooded: Flooded) -> list[dict[str, str]]:
    return [one | {"DPoP": "a.b.c"} for one in wrong_tokens(flooded)]


def his_token(flooded: Flooded) -> list[dict[str, str]]:
    """The honest till's own token, without its key."""
    return [flooded.till.headers(flooded.till.token, flooded.thief) for _ in range(PIPELINED * 8)]


@pytest.mark.parametrize("sent", [wrong_tokens, no_proofs, his_token])
async def test_a_flood_of_wrong_tokens_is_refused_whole_and_costs_the_honest_nothing(
    flooded: Flooded, sent: Callable[[Flooded], list[dict[str, str]]]
) -> None:
    async with flood(flooded.running, sent(flooded), flooded.body) as counted:
        await flooded.asks_on()
    assert set(counted) == {"401"}
    assert counted.total() > 500, "that was no flood"
    assert flooded.world.state(flooded.till.account, "people_today") == 1
    assert flooded.world.state(flooded.till.account, "standing") == 0
    confirmed = "select count(*) from evidence.receipts where account_id = %s and outcome < 20"
    assert flooded.world.one(confirmed, flooded.till.account.account_id) == 20
    hold(flooded.world, [flooded.till])


async def test_more_made_up_tokens_than_may_wait_do_not_close_the_door_to_who_was_let_in_before(
    world: World, running: Running
) -> None:
    village = await found_village(world, running.settings)
    (lea,) = village.settle(1)
    till, thief = (world.software_session(world.account()) for _ in range(2))
    async with Door(running.settings, "fhir") as door:
        assert (await door.ask(village.question(lea), caller(till))).outcome is Outcome.OPEN
        crowd = [
            door.ask(village.question(lea), caller(thief, token_digest=digest("made up", place)))
            for place in range(WAITING_QUESTIONS_MAX + 50)
        ]
        honest = door.ask(village.question(lea), caller(till))
        await asyncio.wait_for(honest, 10)
        still_waiting = sum(not one.done() for one in crowd)
        told = await asyncio.gather(*crowd, return_exceptions=True)
    assert honest.result().outcome is Outcome.OPEN
    assert still_waiting > WAITING_QUESTIONS_MAX // 2, "he did not wait behind them"
    assert sum(isinstance(answer, GateOverloaded) for answer in told) == 50
    assert {answer.outcome for answer in told if not isinstance(answer, BaseException)} == {
        Outcome.SESSION_UNKNOWN
    }


async def test_a_flood_of_his_own_proofs_said_again_uses_up_nothing(flooded: Flooded) -> None:
    overheard = [flooded.till.headers() for _ in range(PIPELINED)]
    for headers in overheard:
        await flooded.till.ask(flooded.village.insurer.amc, flooded.nirs[0], headers=headers)
    async with flood(flooded.running, overheard, flooded.body) as counted:
        await flooded.asks_on()
    assert set(counted) == {"401"}
    assert flooded.world.state(flooded.till.account, "people_today") == 2
    hold(flooded.world, [flooded.till])


async def test_wrong_cards_from_stolen_accounts_do_not_close_a_person_to_his_own_pharmacy(
    flooded: Flooded,
) -> None:
    world, amc, person = flooded.world, flooded.village.insurer.amc, flooded.nirs[1]
    thieves = [Till(world, flooded.running.settings, world.account(), 10 + place) for place in range(6)]
    world.do("update access.profession_rules set rate_burst = 1000000")
    heard: Counter[str] = Counter()

    async def guess_on(thief: Till, stopped: asyncio.Event) -> None:
        while not stopped.is_set():
            reply = await thief.ask(amc, person, WRONG_CARD)
            heard[reply.code] += 1

    stopped = asyncio.Event()
    guessing = [asyncio.create_task(guess_on(thief, stopped)) for thief in thieves]
    await flooded.asks_on(30)
    stopped.set()
    await asyncio.gather(*guessing)
    for thief in thieves:
        thief.line.close()
    assert heard["open"] == 0, "a wrong card opens nothing"
    assert set(heard) <= {"not-confirmed", "presence-required"}, (
        "nor does it convict: nobody guesses eighty bits"
    )
    assert heard.total() > 100, "that was no flood"
    assert world.state(flooded.till.account, "people_today") == 1


def test_codes_guessed_elsewhere_do_not_use_up_the_tries_of_the_pharmacy_that_asked(world: World) -> None:
    insurer = world.insurer()
    lea = world.person("Léa", insurer)
    pharmacy, thieves = (
        world.software_session(world.account()),
        [world.software_session(world.account()) for _ in range(5)],
    )
    code = digest("the code that she reads out")
    world.do(
        "insert into gate.presence_requests (account_id, subject, insurer_id, kind, receipt_id, asked_at, ends_at, code_digest)"
        " values (%s, %s, %s, 4, 1, now(), now() + interval '10 minutes', %s)",
        pharmacy.account.account_id, lea.person_id, insurer.insurer_id, code,
    )  # fmt: skip
    for place in range(50):
        guessed = thieves[place % 5].about(lea, code=digest("guess", place))
        assert outcome(world.ask(guessed)) is not Outcome.OPEN
    assert world.ask(pharmacy.about(lea, code=code)).presence == Presence.CODE


def test_a_browser_whose_token_is_known_to_others_goes_on(world: World) -> None:
    lea = world.person("Léa", world.insurer())
    browser = world.browser_session(world.account())
    for place in range(50):
        asked = browser.about(lea, thumbprint=digest("another's key"), nonce=digest(place))
        assert outcome(world.ask(asked)) is Outcome.KEY_MISMATCH
    assert outcome(world.ask(browser.about(lea))) is Outcome.OPEN
    assert world.state(browser.account, "people_today") == 1
