"""One run of a scenario: open its shops, let the attack and the honest world meet, and keep what both received."""

import asyncio
from collections.abc import Awaitable
from contextlib import ExitStack
from typing import Final

import msgspec
import uvloop

from rempart.drill.attacks.accounts import StolenAccounts
from rempart.drill.attacks.trials import TRIALS
from rempart.drill.days import OPEN_H, Days
from rempart.drill.parameters import changed
from rempart.drill.scenario import Attack, Scenario
from rempart.drill.stage import Ground, Run
from rempart.drill.world.honest import Day, HonestWorld
from rempart.drill.world.shops import DEPARTMENTS, Shop
from rempart.people.draws import generator
from rempart.store import drill as store

_HONEST_MIN_S: Final = 2.0
_DAYS_BETWEEN_RUNS: Final = 2
"""What one run set off (ten convictions of a shape hold for four hours, and count for a day) is over before the next."""


def run_scenario(ground: Ground, scenario: Scenario, seed: int) -> Run:
    """Run a scenario once. Its parameters are put back at the end, whatever happens."""
    with changed(ground.connection, scenario.without, scenario.presence):
        days = Days(ground.connection)
        for _ in range(_DAYS_BETWEEN_RUNS):
            days.next_morning()
        return uvloop.run(_Stage(ground, scenario, seed, days).play())


def variant(scenario: Scenario, **changes: object) -> Scenario:
    """Make a scenario that differs in some parameters."""
    return msgspec.structs.replace(scenario, **changes)


class _Stage:
    """The people and the shops of one run."""

    def __init__(self, ground: Ground, scenario: Scenario, seed: int, days: Days) -> None:
        self._ground, self._scenario, self._days = ground, scenario, days
        self._random = generator(seed, 1)
        self._run = Run(scenario, seed)
        self._robbed: list[Shop] = []  # whose owners are at work beside the thief
        self._honest: HonestWorld
        self._owners: HonestWorld

    async def play(self) -> Run:
        """Calm first, then the attacks, the honest world at work all the while."""
        run, ground, scenario = self._run, self._ground, self._scenario
        run.honest = ground.register.open_shops(
            scenario.honest.shops, ground.software, self._random, proven=scenario.presence > 0
        )
        run.honest += self._neighbours()
        thefts = [self._steal(attack, place) for place, attack in enumerate(scenario.attacks)]
        cards = scenario.honest.cards
        self._honest = honest = HonestWorld(ground.place, run.honest, cards, generator(run.seed, 2))
        self._owners = owners = HonestWorld(ground.place, self._robbed, cards, generator(run.seed, 4))
        with ExitStack() as closing:
            for world in (honest, owners):
                closing.callback(world.close)
            for _, theft in thefts:
                closing.callback(theft.close)
            for world in (honest, owners):
                await world.sign_in()
            store.age_devices(ground.connection, [shop.account_id for shop in (*run.honest, *self._robbed)])
            await honest.work_for(1.0, scenario.honest.per_second, Day())  # not measured
            await honest.work_for(scenario.honest.calm_seconds, scenario.honest.per_second, run.calm)
            self._days.begin()
            await self._attack(thefts)
        return run

    def _neighbours(self) -> list[Shop]:
        """Open the honest shops that have the shape of those that are stolen: same profession, software and region."""
        first = self._scenario.attacks[0]
        return self._ground.register.open_shops(
            {"pharmacist": self._scenario.honest.neighbours},
            self._ground.software[: first.software],
            self._random,
            list(DEPARTMENTS)[: first.departments],
        )

    def _steal(self, attack: Attack, place: int) -> tuple[Attack, StolenAccounts]:
        """Open the shops whose accounts are stolen."""
        shops = self._ground.register.open_shops(
            attack.accounts,
            self._ground.software[: attack.software],
            self._random,
            list(DEPARTMENTS)[: attack.departments],
            proven=self._scenario.presence > 0,
        )
        self._run.stolen += shops
        self._robbed += shops if attack.kind == "accounts" else []
        random = generator(self._run.seed, 3, place)
        return attack, StolenAccounts(self._ground.place, attack, shops, random, self._days, self._run.loot)

    async def _attack(self, thefts: list[tuple[Attack, StolenAccounts]]) -> None:
        """Attack day after day, all attackers at once."""
        run, pace = self._run, self._scenario.honest
        last = max(attack.days for attack, _ in thefts)
        for day in range(last):
            today = [(attack, theft) for attack, theft in thefts if day < attack.days]
            if day and all(theft.is_over for _, theft in today):
                return  # nobody is left who would attack
            run.honest_days = day + 1
            pressing = [
                (attack, theft) for attack, theft in today if attack.kind == "accounts" and attack.per_second
            ]
            trying = [attack for attack, _ in today if attack.kind != "accounts" and day == 0]
            if pressing or trying:
                await self._press(pressing, trying)
            slots = max((attack.slots for attack, _ in today if attack.per_day), default=0)
            for slot in range(slots):
                slow = [theft.attack_a_while() for attack, theft in today if attack.per_day]
                # Honest work is played in one moment of the day, another one each day: each moment costs each shop a sign-in.
                share = pace.share if slot == day % slots else 0.0
                await asyncio.gather(
                    self._honest.work_a_while(share, run.day),
                    self._owners.work_a_while(share, run.owners_day),
                    *slow,
                )
                self._days.pass_hours(OPEN_H / slots)
            for _, theft in today:
                theft.end_day()
            if day + 1 < last:
                self._days.next_morning()

    async def _press(self, pressing: list[tuple[Attack, StolenAccounts]], trying: list[Attack]) -> None:
        """Attack at full pace while the honest world works at its own, a while longer than the attack at least."""
        attacks: list[Awaitable[None]] = [theft.attack_at_pace(attack.seconds) for attack, theft in pressing]
        attacks += [TRIALS[attack.kind](self._ground, attack, self._run) for attack in trying]
        is_over = asyncio.Event()
        pace = self._scenario.honest.per_second
        of_owners = pace * len(self._owners.shops) / len(self._honest.shops)
        working = [
            asyncio.create_task(self._honest.work_for(_HONEST_MIN_S, pace, self._run.day, is_over)),
            asyncio.create_task(
                self._owners.work_for(_HONEST_MIN_S, of_owners, self._run.owners_day, is_over)
            ),
        ]
        try:
            await asyncio.gather(*attacks)
        finally:
            is_over.set()
        await asyncio.gather(*working)
