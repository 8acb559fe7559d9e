"""Stolen accounts at work: the thief has what opens a session, and a device of his own, beside the owner at his.

S1, S2, S3, S13 and what is left of S4 are this attack with other parameters. An account that was refused so many times
in a row rests until the next day, and for ever after three such days: nobody burns machines on a closed door.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from rempart.drill.attacks.lists import StolenList
from rempart.drill.callers.asking import Caller, Place, Question
from rempart.drill.days import Days
from rempart.drill.scenario import Attack
from rempart.drill.truth import Exchange, Loot
from rempart.drill.world.honest import AT_ONCE
from rempart.drill.world.shops import Shop

_THIEVES_ADDRESSES = 5_000_000
_CLOSED_DAYS_MAX = 3
_BROKEN_GLASS = "urgent-care"


@dataclass
class _Account:
    """One stolen account: how often it was refused, and from which day on it is used."""

    caller: Caller
    starts_on: int
    walk: Iterator[Question]
    refused_in_a_row: int = 0
    closed_days: int = 0
    glasses_today: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class StolenAccounts:
    """The accounts of one attack and the list they share."""

    def __init__(
        self,
        place: Place,
        attack: Attack,
        shops: list[Shop],
        random: np.random.Generator,
        days: Days,
        loot: Loot,
    ) -> None:
        self._attack, self._random, self._days, self._loot = attack, random, days, loot
        self._list = StolenList(place.people, attack, random)
        self._accounts = [
            _Account(
                Caller(place, shop, _THIEVES_ADDRESSES + shop.number),
                int(random.integers(attack.spread_days + 1)),
                self._list.walk_for(shop.domain),
            )
            for shop in shops
        ]

    async def attack_at_pace(self, seconds: float) -> None:
        """Ask with every account at its pace for so many seconds."""
        ends_at = perf_counter() + seconds
        await asyncio.gather(*(self._press(account, ends_at) for account in self._active()))

    async def attack_a_while(self) -> None:
        """Ask what one moment of the day allows, with every account."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(account: _Account) -> None:
            async with gate:
                for _ in range(int(self._random.poisson(self._attack.per_day / self._attack.slots))):
                    if self._rests(account) or not await self._ask(account):
                        return

        await asyncio.gather(*(ask(account) for account in self._active()))

    def end_day(self) -> None:
        """Count the doors that stayed closed; tomorrow each is tried again, three days at most."""
        for account in self._accounts:
            account.closed_days = account.closed_days + 1 if self._rests(account) else 0
            account.refused_in_a_row = account.glasses_today = 0

    @property
    def is_over(self) -> bool:
        """Whether every account was given up."""
        return all(account.closed_days >= _CLOSED_DAYS_MAX for account in self._accounts)

    def close(self) -> None:
        """Hang up."""
        for account in self._accounts:
            account.caller.line.close()

    def _active(self) -> list[_Account]:
        return [
            account
            for account in self._accounts
            if account.starts_on <= self._days.count and account.closed_days < _CLOSED_DAYS_MAX
        ]

    def _rests(self, account: _Account) -> bool:
        return account.refused_in_a_row >= self._attack.gives_up_after

    async def _press(self, account: _Account, ends_at: float) -> None:
        due_at = perf_counter() + self._random.random() / self._attack.per_second
        while (now := perf_counter()) < ends_at and not self._rests(account):
            if now < due_at:
                await asyncio.sleep(due_at - now)
            due_at = max(due_at + self._gap_s(), perf_counter() - 1)
            if not await self._ask(account):
                return

    def _gap_s(self) -> float:
        """Draw the time until the next question: one who knows that a machine's pace is seen keeps none, which costs nothing."""
        mean_s = 1 / self._attack.per_second
        return mean_s if self._attack.steady else float(self._random.exponential(mean_s))

    async def _ask(self, account: _Account) -> bool:
        """Ask one question; false once the list is used up."""
        shop = account.caller.shop
        question = next(account.walk, None) if self._attack.walk else self._list.next_for(shop)
        if question is None:
            return False
        is_answer = await self._send(account, question)
        if not is_answer and self._attack.break_glass and account.glasses_today < _GLASSES_TRIED:
            account.glasses_today += 1
            broken = Question(question.person, question.rank, question.nir, break_glass=_BROKEN_GLASS)
            is_answer = await self._send(account, broken)
        account.refused_in_a_row = 0 if is_answer else account.refused_in_a_row + 1
        return True

    async def _send(self, account: _Account, question: Question) -> bool:
        reply = await account.caller.ask(question)
        self._loot.exchanges.append(
            Exchange(account.caller.shop.account_id, self._days.elapsed_s(), question, reply)
        )
        return reply.is_answer


_GLASSES_TRIED = 5
"""More than the platform allows in a day, to see that it does not."""
