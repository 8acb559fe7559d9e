"""An honest day's work: whom the shops ask about, and what became of it.

A shop that is asked for presence shows the patient's card, if it has a secret, and the patient is served; the others
come back with another means. Only what a shop could not do for a patient who was there counts against the platform.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from rempart.drill.callers.asking import Caller, Place, Question
from rempart.drill.world.shops import Shop

AT_ONCE = 12
"""Shops that ask at one time where days pass quickly: what two processors serve without a queue."""


@dataclass(frozen=True, slots=True)
class Served:
    """How many questions a shop asked, how many were served, and how often presence was asked for."""

    asked: int = 0
    served: int = 0
    step_ups: int = 0

    def __add__(self, other: "Served") -> "Served":
        return Served(self.asked + other.asked, self.served + other.served, self.step_ups + other.step_ups)


@dataclass
class Day:
    """What became of honest questions: latencies in seconds, codes, and how many were served."""

    asked: int = 0
    served: int = 0
    latencies_s: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    by_shop: dict[int, "Served"] = field(default_factory=lambda: defaultdict(Served))

    def success(self, shops: Iterable[Shop]) -> float:
        """Give the share of these shops' questions that were served, at once or with the card."""
        total = self.total(shops)
        return total.served / total.asked if total.asked else 1.0

    def total(self, shops: Iterable[Shop]) -> Served:
        """Sum up what became of these shops' questions."""
        return sum((self.by_shop[shop.account_id] for shop in shops), Served())

    def latency_ms(self, share: float) -> float:
        """Give the latency below which this share of the answers came, in milliseconds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


class HonestWorld:
    """The honest shops of one run."""

    def __init__(
        self, place: Place, shops: Sequence[Shop], cards: float, random: np.random.Generator
    ) -> None:
        self._place, self._cards, self._random = place, cards, random
        self.shops = shops
        self._callers = [Caller(place, shop) for shop in shops]
        self._busy = [asyncio.Lock() for _ in shops]
        weights = np.array([shop.profession.people for shop in shops], dtype=np.float64)
        self._weights = np.cumsum(weights / max(1.0, weights.sum()))
        people = place.people
        self._covered = {shop.domain: people.covered_for(shop.domain) for shop in shops}
        self._ended = people.ended()
        self._near = {
            (shop.domain, shop.region): pool[people.region[pool] == shop.region]
            for shop in shops
            for pool in (self._covered[shop.domain],)
        }

    async def sign_in(self) -> None:
        """Open a session of every shop."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def open_one(caller: Caller) -> None:
            async with gate:
                await caller.open_session()

        await asyncio.gather(*(open_one(caller) for caller in self._callers))

    async def work_for(
        self, seconds: float, per_second: float, day: Day, until: asyncio.Event | None = None
    ) -> None:
        """Ask at a pace, whatever the answers do, for so many seconds, and then until something has happened."""
        tasks, began, count = [], perf_counter(), 0
        while perf_counter() - began < seconds or (until is not None and not until.is_set()):
            while count < (perf_counter() - began) * per_second:
                count += 1
                chosen = int(np.searchsorted(self._weights, self._random.random(), side="right"))
                tasks.append(asyncio.create_task(self._serve_one(min(chosen, len(self.shops) - 1), day)))
            await asyncio.sleep(0.005)
        await asyncio.gather(*tasks)

    async def work_a_while(self, share: float, day: Day) -> None:
        """Do this share of an ordinary day, every shop its part."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def work(number: int) -> None:
            count = int(self._random.poisson(self.shops[number].profession.people * share))
            async with gate:
                for _ in range(count):
                    await self._serve_one(number, day)

        await asyncio.gather(*(work(number) for number in range(len(self.shops))))

    def close(self) -> None:
        """Hang up."""
        for caller in self._callers:
            caller.line.close()

    async def _serve_one(self, number: int, day: Day) -> None:
        question = self._patient_of(self.shops[number])
        async with self._busy[number]:
            caller = self._callers[number]
            reply = await caller.ask(question)
            is_stepped_up = reply.code == "presence-required"
            if is_stepped_up:
                secret = self._place.people.secret.get(question.person)
                if secret is not None and self._random.random() < self._cards:
                    reply = await caller.ask(self._card_of(question.person, secret))
        day.asked += 1
        day.served += reply.is_answer
        day.by_shop[self.shops[number].account_id] += Served(1, int(reply.is_answer), int(is_stepped_up))
        if reply.heard is not None:
            day.latencies_s.append(reply.heard.took_s)
        if not reply.is_answer:
            day.refusals[reply.code] += 1

    def _patient_of(self, shop: Shop) -> Question:
        """Draw who stands at the counter: mistyped, with a right that is over, new here or a regular."""
        random, people = self._random, self._place.people
        drawn, rank = random.random(), 0
        if drawn < shop.unknown:
            person, rank = self._any(self._covered[shop.domain]), 9
        elif drawn < shop.unknown + shop.ended and len(self._ended):
            person = self._any(self._ended)
        elif random.random() < shop.novelty or not shop.regulars:
            near = self._near[shop.domain, shop.region]
            is_elsewhere = random.random() < shop.elsewhere or not len(near)
            person = self._any(self._covered[shop.domain] if is_elsewhere else near)
        else:
            person = shop.regulars[int(random.integers(len(shop.regulars)))]
        return Question(person, rank or people.rank[person], people.nir[person])

    def _card_of(self, person: int, secret: str) -> Question:
        """Scan a card: number and rank are printed on it, so that what was mistyped is right now."""
        people = self._place.people
        return Question(person, people.rank[person], people.nir[person], card_secret=secret)

    def _any(self, pool: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> int:
        return int(pool[int(self._random.integers(len(pool)))])
