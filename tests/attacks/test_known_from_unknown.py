"""Without presence, nobody can tell by the clock or by the size whether a person is known: ended, of another rank, or nobody.

The judge is the area under the curve of a classifier that has only the time of each answer: 0.5 is a coin. In CI it has 20,000
pairs, where chance alone moves it by 0.003; elsewhere an eighth of that.
"""

import http.client
import json
import logging
import os
import random
import secrets
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from urllib.parse import urlsplit

import numpy as np
import pytest

from rempart.domain.identifiers import Nir
from rempart.domain.rights import Outcome, RightsAnswer
from rempart.faces.fhir.submit import PATH
from rempart.security.gate import Door
from rempart.settings import Settings
from tests.faces.fhir.requests import Traits, question
from tests.support.door import BORN_ON, Village, caller, found_village, made_up_nir
from tests.support.platform import Running, processes
from tests.support.proofs import ClientKey
from tests.support.world import Right, Session, World, days

PAIRS = 20_000 if os.environ.get("CI") == "true" else 2_500
AUC_MAX = 0.52
CHANCE = 2.6 * (1 / (6 * PAIRS)) ** 0.5
"""What chance may add to an area of 0.5, once in two hundred times."""

log = logging.getLogger(__name__)


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Give the chance that a positive is above a negative (Mann-Whitney), ties counting for half."""
    both = np.concatenate([positives, negatives])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    number = len(positives)
    return float((ranks[:number].sum() - number * (number + 1) / 2) / (number * len(negatives)))


def test_the_classifier_sees_a_difference_that_is_there() -> None:
    rng = np.random.default_rng(1)
    same = auc(rng.normal(0, 1, 20_000), rng.normal(0, 1, 20_000))
    other = auc(rng.normal(0.1, 1, 20_000), rng.normal(0, 1, 20_000))
    assert abs(same - 0.5) < 0.01 < AUC_MAX - 0.5 < other - 0.5
    assert auc([1, 1, 1], [1, 1]) == 0.5


@pytest.fixture
async def village(world: World, keyring: Settings) -> Village:
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 10000000, people_per_day = 10000000"
    )
    world.detectors(threshold=1e9)
    return await found_village(world, keyring)


def settle(world: World, village: Village) -> list[Nir]:
    """Let the insurer know many people, most of them entitled, and give those whose rights are over."""
    village.settle(PAIRS // 2)
    known = village.settle(PAIRS // 2, Right(ends_on=world.today() - days(30)))
    world.do(
        "vacuum analyze members.people, members.aliases, members.rights, access.sessions, gate.account_state"
    )
    return known


def pairs(known: Sequence[Nir]) -> Iterator[tuple[bool, Nir]]:
    """Interleave known and unknown people, the first of each pair by the toss of a coin."""
    rng = random.Random(2024)
    for _ in range(PAIRS):
        pair = [(True, rng.choice(known)), (False, made_up_nir())]
        rng.shuffle(pair)
        yield from pair


def judge(times: dict[bool, list[float]]) -> None:
    by_time = auc(times[True], times[False])
    log.info("AUC %.4f; medians %.0f and %.0f µs", by_time, np.median(times[True]), np.median(times[False]))
    assert max(by_time, 1 - by_time) <= AUC_MAX + (CHANCE if PAIRS < 20_000 else 0)


@pytest.mark.timeout(1_200)
async def test_a_stopwatch_at_the_door_cannot_tell_known_from_unknown(world: World, village: Village) -> None:
    known = settle(world, village)
    sessions = [world.software_session(world.account()) for _ in range(50)]
    times: dict[bool, list[float]] = {True: [], False: []}
    said: dict[bool, set[tuple[object, ...]]] = {True: set(), False: set()}
    async with Door(world.database.settings, "fhir") as door:
        for place, (is_known, nir) in enumerate(pairs(known)):
            asked, proven = village.question(nir), caller(sessions[place // 2 % 50])
            begun = time.perf_counter()
            answer = await door.ask(asked, proven)
            times[is_known].append((time.perf_counter() - begun) * 1e6)
            said[is_known].add(visible(answer))
    assert said[True] == said[False]
    assert {words[0] for words in said[True]} == {Outcome.NOT_CONFIRMED}
    judge(times)


def visible(answer: RightsAnswer) -> tuple[object, ...]:
    """Everything that a caller is told but the trace; its length is always the same."""
    assert answer.trace is not None
    return (
        *(answer.outcome, len(answer.trace), answer.engagement, answer.on, answer.domains, answer.coverages),
        *(
            answer.presence,
            answer.data_as_of,
            answer.data_is_stale,
            answer.retry_after_s,
            answer.repeat_of,
            answer.why,
        ),
    )


@pytest.fixture
def running(world: World, keyring: Settings) -> Iterator[Running]:
    with processes(world.database.settings, "fhir", REMPART_FHIR_WORKERS="1") as started:
        yield started


@pytest.mark.timeout(1_200)
def test_a_stopwatch_on_the_wire_cannot_tell_known_from_unknown(
    world: World, village: Village, running: Running
) -> None:
    known = settle(world, village)
    clients = [Client(world, running) for _ in range(20)]
    times: dict[bool, list[float]] = {True: [], False: []}
    shapes: dict[bool, set[tuple[object, ...]]] = {True: set(), False: set()}
    for place, (is_known, nir) in enumerate(pairs(known)):
        elapsed_us, shape = clients[place // 2 % 20].ask(nir, village.insurer.amc)
        times[is_known].append(elapsed_us)
        shapes[is_known].add(shape)
    for client in clients:
        client.connection.close()
    assert shapes[True] == shapes[False]
    assert len(shapes[True]) == 1, "one status, one length, the same headers"
    judge(times)


class Client:
    """A software with its token, its key and one connection that it keeps."""

    def __init__(self, world: World, running: Running) -> None:
        self.token, self.key = secrets.token_urlsafe(32), ClientKey()
        digest = sha256(self.token.encode()).digest()
        world.keep(Session("fhir", digest, self.key.thumbprint, world.account(), world.software()))
        self.url = f"{running.settings.fhir_url}{PATH}"
        self.connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)

    def ask(self, nir: Nir, amc: str) -> tuple[float, tuple[object, ...]]:
        """Give the microseconds from the first byte sent to the last received, and the shape of the answer."""
        body = json.dumps(question(Traits("Léa", nir.compact, BORN_ON.text), amc)).encode()
        headers = {"Content-Type": "application/fhir+json", **self.key.headers("POST", self.url, self.token)}
        begun = time.perf_counter()
        self.connection.request("POST", PATH, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        elapsed_us = (time.perf_counter() - begun) * 1e6
        assert b"not-confirmed" in text
        return elapsed_us, (answer.status, len(text), tuple(sorted(name for name, _ in answer.getheaders())))
