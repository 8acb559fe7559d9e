"""The figures of the detectors, as out/detectors.json keeps them and as a table shows them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import fmean
from typing import Final

from rempart.drill.model.beside import BESIDE, steal_beside
from rempart.drill.model.judge import CARD_SHARES, judge_worlds, summed
from rempart.drill.model.parameters import type_of_tests
from rempart.drill.model.patient import PATIENT, steal_patiently
from rempart.drill.model.thieves import THIEVES, Haul, Thief, steal
from rempart.drill.model.worlds import CALM, WIDER
from rempart.drill.professions import PROFESSIONS

SEEDS: Final = 20
CARD_SHARE: Final = 0.3
"""The share of patients with a card that the tables show; the others are in the file."""

NOT_PROMISED: Final = frozenset(("undeclared-shop", "reception-tablet"))
"""What looks as a thief does, measured apart (docs/guides/detectors.md says what to do): a new shop that nobody declared, a new
device that meets mostly strangers."""

Figures = dict[str, object]


def report(
    tests: Mapping[str, type_of_tests],
    accounts: int,
    seed: int,
    seeds: int = SEEDS,
    processes: int | None = None,
) -> Figures:
    """Judge the tests in force on every world and by every thief.

    `accounts` live in the calm world, a third as many in each of the wider ones.
    """
    tallies = judge_worlds((CALM,), accounts, seed, tests, processes)
    tallies |= judge_worlds(WIDER, max(1, accounts // 3), seed, tests, processes)
    promised = [world.code for world in WIDER if world.code not in NOT_PROMISED]
    wholes = {"calm": [CALM.code], "wider": promised, "apart": sorted(NOT_PROMISED)}
    return {
        "seed": seed,
        "parameters": {code: _written(of_profession) for code, of_profession in sorted(tests.items())},
        "honest": {
            f"cards {share:.0%}": {
                "totals": {name: summed(tallies, share, codes).figures() for name, codes in wholes.items()},
                "worlds": {
                    world.code: summed(tallies, share, [world.code]).figures() for world in (CALM, *WIDER)
                },
                "professions": {
                    code: {
                        name: summed(tallies, share, wholes[name], code).figures()
                        for name in ("calm", "wider")
                    }
                    for code in PROFESSIONS
                },
            }
            for share in CARD_SHARES
        },
        "thieves": _thieves(tests, seeds, processes),
        "patient_thieves": [
            {"code": thief.code, "profession": thief.profession, "days": thief.days}
            | _spread([steal_patiently(thief, tests[thief.profession], seed) for seed in range(seeds)])
            for thief in PATIENT
        ]
        + [
            {"code": thief.code, "profession": thief.profession, "days": 1}
            | _spread([steal_beside(thief, tests[thief.profession], seed) for seed in range(seeds)])
            for thief in BESIDE
        ],
    }


def total(figures: Figures, name: str, card_share: float = CARD_SHARE) -> dict[str, float]:
    """Find the rates of all worlds of a kind, `calm` or `wider`."""
    found: dict[str, float] = figures["honest"][f"cards {card_share:.0%}"]["totals"][name]  # type: ignore[index] # made above
    return found


def _written(tests: type_of_tests) -> dict[str, object]:
    return {
        signal.name.lower(): {
            "honest": test.honest, "thief": test.thief, "threshold": test.threshold, "measure": test.measure.name.lower()
        }
        for signal, test in sorted(tests.items())
    }  # fmt: skip


def _thieves(tests: Mapping[str, type_of_tests], seeds: int, processes: int | None) -> dict[str, object]:
    runs = [(thief, dict(tests), seed) for thief in THIEVES for seed in range(seeds)]
    if processes == 1:
        hauls = [steal(*run) for run in runs]
    else:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            hauls = list(pool.map(_run, runs, chunksize=4))
    return {
        thief.code: _taken([haul for (other, *_), haul in zip(runs, hauls, strict=True) if other is thief])
        for thief in THIEVES
    }


def _run(run: tuple[Thief, dict[str, type_of_tests], int]) -> list[Haul]:
    return steal(*run)


def _taken(runs: Sequence[Sequence[Haul]]) -> dict[str, object]:
    """Sum up what a thief took, over the seeds and over his accounts."""
    in_all = sorted(sum(haul.confirmed for haul in run) for run in runs)
    hauls = [haul for run in runs for haul in run]
    return {
        "accounts": len(runs[0]),
        "confirmed_mean": fmean(in_all),
        "confirmed_p95": percentile_95(in_all),
        "by_glass_p95": percentile_95(sorted(sum(haul.by_glass for haul in run) for run in runs)),
        "stopped_share": fmean(haul.is_stopped for haul in hauls),
        "per_account": {
            profession: _spread([haul.confirmed for haul in hauls if haul.profession == profession])
            for profession in Counter(haul.profession for haul in hauls)
        },
    }


def _spread(taken: Sequence[int]) -> dict[str, object]:
    ordered = sorted(taken)
    return {"mean": fmean(ordered), "p95": percentile_95(ordered), "most": ordered[-1]}


def percentile_95(ordered: Sequence[int]) -> int:
    """Give the value that 95 % do not go past."""
    return ordered[-1 - len(ordered) // 20] if len(ordered) >= 20 else ordered[-1]
