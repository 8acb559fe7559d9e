"""The figures of a drill: each run's, and over its seeds the 95th percentile of what should be small.

Truth comes from the bytes that the sockets received; what the platform says (convictions, receipts of convicted
accounts) stands beside it and is compared by trace numbers. A figure whose name is fixed (design 11) is never called otherwise.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from rempart.domain.trace import trace_of
from rempart.drill.stage import Ground, Run
from rempart.store import drill as store
from rempart.store.containment import convicted_accounts

Figure = dict[str, str | float | None]

_REFUSED: Final = frozenset(("account-frozen", "presence-required", "contained"))
_RULE_OF_THREE: Final = 3.0
"""Rule of three: nothing seen in n days is at most 3/n, at 95 %."""

_DAYS_FOR_FREEZES: Final = 300_000
_DAYS_FOR_STEP_UPS: Final = 600
"""Account-days from which nothing seen says that it is reached, at 95 %; with fewer the figure says too little to be judged."""

_OPTICS: Final = frozenset(("optician", "audioprosthetist"))
"""Whose patients are mostly new: their detectors need twice as long (security notes 5.3)."""

_CONVICTED_OF_A_SHAPE: Final = 10
"""Migration 0013, gate.demand_presence_of_shape."""

UNITS: Final = {
    "confirmed": "people", "confirmed_per_account": "people", "confirmed_per_optics_account": "people",
    "confirmed_most_of_one_account": "people",
    "confirmed_behind_glass": "people", "confirmed_known_patients": "people", "questions": "questions",
    "lookups_to_detection": "answers",
    "seconds_to_detection": "s",
    "seconds_to_last_answer": "s",
    "accounts_convicted": "share",
    "honest_success_in_shape": "share",
    "honest_success": "share",
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What one run gave; the attack's own figures by name, and those of the honest world.

    `acts` counts the answers that the attackers heard and the doors that they tried: at 0 nothing was attacked.
    """

    scenario: str
    attack: dict[str, float]
    identities: int
    honest_success: float
    p99_ratio: float | None
    step_ups: int
    freezes: int
    account_days: int
    precision: float
    recall: float
    in_flight: int
    curve: list[tuple[float, int]]
    refusals: dict[str, int]
    acts: int


def measure(ground: Ground, run: Run) -> Measured:
    """Measure a run, while its database is as it left it."""
    convicted = {row.account_id for row in convicted_accounts(ground.connection)}
    stolen = [shop.account_id for shop in run.stolen]
    told = {trace_of(receipt) for receipt in store.told_to_convicted(ground.connection, stolen)}
    heard = run.loot.traces()
    attack = _attack_figures(run, len(convicted & set(stolen)) / len(stolen) if stolen else None)
    demanded = _shapes_demanded(run, convicted)
    if demanded:
        attack["honest_success_in_shape"] = run.day.success(
            shop for shop in run.honest if shop.shape in demanded
        )
    days = run.honest_days * len(run.honest)
    return Measured(
        scenario=run.scenario.name,
        attack=attack,
        identities=run.loot.identities(ground.place.people),
        honest_success=run.day.success(shop for shop in run.honest if shop.shape not in demanded),
        p99_ratio=_p99_ratio(run),
        step_ups=run.day.total(shop for shop in run.honest if shop.shape not in demanded).step_ups,
        freezes=len(convicted & {shop.account_id for shop in run.honest}),
        account_days=days,
        precision=len(told & heard) / len(told) if told else 1.0,
        recall=len(told & heard) / len(heard) if heard else 1.0,
        in_flight=len(told - heard),
        curve=run.loot.curve(),
        refusals=dict(run.day.refusals),
        acts=sum(one.reply.heard is not None for one in run.loot.exchanges)
        + sum(trial.tried for trial in run.trials),
    )


def _p99_ratio(run: Run) -> float | None:
    """Compare honest latencies during the attack with those before it; None where weeks are played in a minute.

    There the drill asks as fast as it can, thieves and shops alike: how long an answer takes says how fast the drill is.
    """
    calm_ms = run.calm.latency_ms(0.99)
    if not calm_ms or all(attack.per_day for attack in run.scenario.attacks):
        return None
    return run.day.latency_ms(0.99) / calm_ms


def _shapes_demanded(run: Run, convicted: set[int]) -> set[tuple[str, str, int]]:
    """Find the shapes of which presence is demanded: ten of their accounts were convicted."""
    counted = Counter(shop.shape for shop in run.stolen if shop.account_id in convicted)
    return {shape for shape, count in counted.items() if count >= _CONVICTED_OF_A_SHAPE}


def _attack_figures(run: Run, convicted_share: float | None) -> dict[str, float]:
    loot = run.loot
    behind_glass = len(loot.confirmed_behind_glass())
    figures: dict[str, float] = {
        "confirmed": len(loot.confirmed()) - behind_glass,
        "confirmed_behind_glass": behind_glass,
        "confirmed_known_patients": len(loot.confirmed_as_known()),
        **_of_one_account(run),
        "questions": len(loot.exchanges),
    }
    if convicted_share is not None:
        figures["accounts_convicted"] = convicted_share
    figures |= _detection(run)
    for trial in run.trials:
        figures[trial.name] = trial.opened
    return figures


def _of_one_account(run: Run) -> dict[str, float]:
    """Give what nineteen stolen accounts in twenty were told at most, those of optics and audio apart; and the most of all.

    One of the shop's own regulars on the thief's list takes away what eight strangers said: one account in a hundred and fifty
    meets one, and has as many people more (docs/guides/detectors.md).
    """
    optics = {shop.account_id for shop in run.stolen if shop.profession.code in _OPTICS}
    told: dict[str, list[int]] = {}
    for account, count in run.loot.per_account().items():
        name = "confirmed_per_optics_account" if account in optics else "confirmed_per_account"
        told.setdefault(name, []).append(count)
    figures = {name: float(np.percentile(counts, 95)) for name, counts in told.items()}
    if told:
        figures["confirmed_most_of_one_account"] = max(max(counts) for counts in told.values())
    return figures


def _detection(run: Run) -> dict[str, float]:
    """Count each account's answers before its first refusal, and the seconds until the first one and the last answer of all."""
    before: dict[int, int] = {}
    refused: dict[int, float] = {}
    last_answer_s = 0.0
    for one in run.loot.exchanges:
        if one.reply.is_answer:
            last_answer_s = max(last_answer_s, one.at_s) if one.reply.confirms else last_answer_s
            if one.account_id not in refused:
                before[one.account_id] = before.get(one.account_id, 0) + 1
        elif one.reply.code in _REFUSED:
            refused.setdefault(one.account_id, one.at_s)
    if not refused:
        return {}
    return {
        "lookups_to_detection": float(np.percentile([before.get(account, 0) for account in refused], 95)),
        "seconds_to_detection": min(refused.values()),
        "seconds_to_last_answer": last_answer_s,
    }


def figures_of(name: str, runs: Sequence[Measured], reach: dict[str, float]) -> list[Figure]:
    """Sum a scenario's runs up: the 95th percentile over seeds of each of the attack's figures, beside what is to be reached.

    Where a run attacked nothing, nothing is reached: that is what is told, and the other figures are judged by nothing.
    """
    names = dict.fromkeys(key for run in runs for key in run.attack)
    idle = sum(not run.acts for run in runs)
    reach = {} if idle else reach
    told = [figure(f"{name}.idle_runs", idle, "runs", 0)] if idle else []
    return told + [
        figure(
            f"{name}.{key}",
            float(np.percentile([run.attack[key] for run in runs if key in run.attack], 95)),
            UNITS.get(key, "doors opened"),
            reach.get(key),
        )
        for key in names
    ]


def honest_figures(runs: Sequence[Measured], identities: int) -> list[Figure]:
    """Sum up the honest world and the lists of exposed people over the runs with every control, beside the identities of all."""
    days = sum(run.account_days for run in runs)
    freezes, step_ups = sum(run.freezes for run in runs), sum(run.step_ups for run in runs)
    ratios = [run.p99_ratio for run in runs if run.p99_ratio is not None]
    return [
        figure("identities_revealed", identities, "answers", 0),
        figure("honest.success", min(run.honest_success for run in runs), "share, the worst run", 0.999),
        *([figure("honest.p99_ratio", median(ratios), "to calm, median of runs", 2)] if ratios else []),
        figure("honest.account_days", days, "account-days"),
        figure(
            "honest.freezes_per_100k",
            freezes / days * 100_000,
            "accounts",
            1 if days >= _DAYS_FOR_FREEZES else None,
        ),
        figure(
            "honest.freezes_per_100k_upper",
            (freezes + _RULE_OF_THREE) / days * 100_000,
            "accounts, 95 % bound",
        ),
        figure(
            "honest.step_ups_per_10k",
            step_ups / days * 10_000,
            "questions",
            50 if days >= _DAYS_FOR_STEP_UPS else None,
        ),
        figure("exposure.precision", min(run.precision for run in runs), "share, the worst run", 1),
        figure("exposure.recall", min(run.recall for run in runs), "share, the worst run", 1),
        figure("exposure.in_flight", sum(run.in_flight for run in runs), "receipts"),
    ]


_LEAST: Final = ("honest.success", "honest_success", "exposure.precision", "exposure.recall")


def is_least(name: str) -> bool:
    """Say whether what is to be reached is the least that a figure may be; all others have a most."""
    return name.endswith(_LEAST)


def holds(found: Figure) -> bool | None:
    """Say whether a figure is what is asked for; None where nothing is asked."""
    number, asked = found["value"], found["reference"]
    if not isinstance(number, int | float) or not isinstance(asked, int | float):
        return None
    return number >= asked if is_least(str(found["name"])) else number <= asked


def figure(name: str, number: float, unit: str, reference: float | None = None) -> Figure:
    """Write a figure as out/drill.json holds it."""
    ratio = number / reference if reference else None
    return {"name": name, "value": number, "unit": unit, "reference": reference, "ratio": ratio}
