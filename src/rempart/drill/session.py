"""A whole drill: one platform, every scenario on every seed, and beside it what is taken away."""

import asyncio
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from os import getloadavg
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from rempart.drill.callers.asking import Caller, Place, Question
from rempart.drill.callers.provider import provider_at
from rempart.drill.measures import Figure, Measured, figure, figures_of, honest_figures, measure
from rempart.drill.platform import fresh_settings, running_settings, served
from rempart.drill.run import run_scenario, variant
from rempart.drill.scenario import Scenario, Without
from rempart.drill.stage import Ground
from rempart.drill.world.people import make_people
from rempart.drill.world.shops import Register, register_software
from rempart.operations import manage_access
from rempart.people.draws import generator
from rempart.store.containment import contain
from rempart.store.database import connect_sync

Say = Callable[[str], None]

_PROVIDER_OFFSET: Final = 9
_SOFTWARE: Final = 3
_FREEZE: Final = 2
_GIVE_UP_S: Final = 30.0
_REASON: Final = "exercice"
_BY: Final = "rempart drill"
_HAS_OPERATORS: Final = (
    "Cette plateforme d’exercice a des opérateurs\u00a0: eux seuls y font admettre un fournisseur d’identité. "
    "Donnez à l’exercice une plateforme à lui."
)


@dataclass
class Told:
    """What a drill found, for out/drill.json and for the report."""

    people: int
    seeds: int
    machine: str
    seconds: float = 0.0
    load: tuple[float, float, float] = (0.0, 0.0, 0.0)
    containment_s: float = 0.0
    scenarios: list[Scenario] = field(default_factory=list)
    runs: dict[str, list[Measured]] = field(default_factory=dict)
    without: dict[str, dict[str, Measured]] = field(default_factory=dict)
    presence: dict[str, dict[str, list[Measured]]] = field(default_factory=dict)

    @property
    def every_run(self) -> list[Measured]:
        """List all runs: with every control, without some, and with presence asked for."""
        found = [run for runs in self.runs.values() for run in runs]
        found += [run for runs in self.without.values() for run in runs.values()]
        return found + [
            run for policies in self.presence.values() for runs in policies.values() for run in runs
        ]

    @property
    def identities(self) -> int:
        """Count the answers of all runs in which somebody's identity shows."""
        return sum(run.identities for run in self.every_run)

    def figures(self) -> list[Figure]:
        """Give every figure, in the form of out/drill.json."""
        found: list[Figure] = []
        for scenario in self.scenarios:
            found += figures_of(scenario.name, self.runs[scenario.name], scenario.reach)
            for policy, runs in self.presence.get(scenario.name, {}).items():
                asked = {"confirmed": 0.0} if policy == "presence_on" else {}
                found += figures_of(f"{scenario.name}.{policy}", runs, asked)
                found.append(
                    figure(
                        f"{scenario.name}.{policy}.honest_success",
                        min(run.honest_success for run in runs),
                        "share, the worst run",
                        0.999,
                    )
                )
            for name, run in self.without.get(scenario.name, {}).items():
                found.append(
                    figure(f"{scenario.name}.without_{name}.confirmed", run.attack["confirmed"], "people")
                )
        found += honest_figures([run for runs in self.runs.values() for run in runs], self.identities)
        found.append(figure("containment.seconds", self.containment_s, "s", 10))
        return found


@contextmanager
def ground_of(
    home: Path, people: int, port: int, seed: int, say: Say, *, is_running: bool = False
) -> Iterator[Ground]:
    """Start a platform for a drill, or take the drill's platform that runs there, with its people, software and provider."""
    settings = running_settings(home, port) if is_running else fresh_settings(home, port)
    say(f"Plateforme d’exercice dans {home}, ports {port} et suivants…")
    with (
        nullcontext() if is_running else served(settings),
        provider_at(port + _PROVIDER_OFFSET) as provider,
    ):
        say(f"{people} personnes inventées et chargées…")
        made = make_people(settings, people, seed)
        with closing(connect_sync(settings, "operator")) as connection:
            believed = manage_access.register_provider(
                connection, provider.issuer, provider.jwks_uri, for_tests=False, because=_REASON, by=_BY
            )
            if not believed.is_done:
                raise SystemExit(_HAS_OPERATORS)
            software = [register_software(connection, f"logiciel-{number}") for number in range(_SOFTWARE)]
            register = Register(settings, connection, made)
            try:
                yield Ground(Place(settings, provider, made), connection, register, software)
            finally:
                manage_access.revoke_provider(connection, provider.issuer, because=_REASON, by=_BY)


def drill(
    ground: Ground, scenarios: Sequence[Scenario], seeds: int, say: Say, *, compare: bool = True
) -> Told:
    """Run every scenario on every seed; on the first one also without what it names, and with presence asked for."""
    began = time.perf_counter()
    told = Told(len(ground.place.people), seeds, f"{platform.machine()}, {platform.system()}")
    for scenario in scenarios:
        told.scenarios.append(scenario)
        runs = told.runs.setdefault(scenario.name, [])
        for seed in range(1, min(seeds, scenario.seeds) + 1):
            runs.append(_one(ground, scenario, seed, say))
        if not compare:
            continue
        for names in scenario.compare:
            taken = variant(scenario, without=Without.of(*names))
            told.without.setdefault(scenario.name, {})["+".join(names)] = _one(ground, taken, 1, say)
        if _says_how_many(scenario):
            told.presence[scenario.name] = _with_presence(ground, scenario, len(runs), say)
    told.containment_s = measure_containment(ground)
    told.load = getloadavg()
    told.seconds = time.perf_counter() - began
    return told


_POLICIES: Final = {"presence_on": (3, 1), "presence_known": (1, 1)}
"""Two policies of insurers, what each requires and on how many draws at most it is played: somebody shows each time that he is
there, of which three draws show that nothing is left to chance; or the shop has seen it within twelve months."""


def with_presence(scenario: Scenario, required: int) -> Scenario:
    """Have every insurer, whose cards all have a secret, ask for presence; and the thief break what glass he may."""
    attacks = [msgspec.structs.replace(attack, break_glass=True) for attack in scenario.attacks]
    honest = msgspec.structs.replace(scenario.honest, cards=1.0)
    return variant(scenario, presence=required, attacks=attacks, honest=honest)


def _says_how_many(scenario: Scenario) -> bool:
    """Whether stolen accounts are let loose, and a number of people is to be reached: with presence that number is none."""
    are_loose = any(attack.kind == "accounts" for attack in scenario.attacks)
    return (
        are_loose and scenario.presence == 0 and any(name.startswith("confirmed") for name in scenario.reach)
    )


def _with_presence(ground: Ground, scenario: Scenario, seeds: int, say: Say) -> dict[str, list[Measured]]:
    """Play a scenario under both policies."""
    return {
        policy: [
            _one(ground, with_presence(scenario, required), seed, say)
            for seed in range(1, min(seeds, draws) + 1)
        ]
        for policy, (required, draws) in _POLICIES.items()
    }


def measure_containment(ground: Ground) -> float:
    """Have an operator freeze an organisation that is asking; give the seconds until its first refusal."""
    shop = ground.register.open_shops({"pharmacist": 1}, ground.software, generator(0, 9))[0]

    async def ask_until(code: str) -> float:
        caller, began = Caller(ground.place, shop), time.perf_counter()
        person = shop.regulars[0]
        question = Question(person, ground.place.people.rank[person], ground.place.people.nir[person])
        try:
            while (await caller.ask(question)).code != code:
                if time.perf_counter() - began > _GIVE_UP_S:
                    return float("inf")
        finally:
            caller.line.close()
        return time.perf_counter() - began

    asyncio.run(ask_until("open"))
    began = time.perf_counter()
    contain(ground.connection, "organisation", shop.finess, _FREEZE, "exercice", "exercice")
    asyncio.run(ask_until("contained"))
    return time.perf_counter() - began


def _one(ground: Ground, scenario: Scenario, seed: int, say: Say) -> Measured:
    began = time.perf_counter()
    measured = measure(ground, run_scenario(ground, scenario, seed))
    taken = f" sans {', '.join(scenario.without.named)}" if scenario.without.named else ""
    presence = {0: "", 1: " présence ou patient connu", 3: " présence exigée"}[scenario.presence]
    served = np.floor(measured.honest_success * 10_000) / 100
    say(
        f"{scenario.name}{taken}{presence}, graine {seed}\u00a0: {measured.attack['confirmed']:.0f} personnes confirmées, "
        f"réussite honnête {served:.2f}\u00a0%, {time.perf_counter() - began:.0f}\u00a0s"
    )
    return measured
