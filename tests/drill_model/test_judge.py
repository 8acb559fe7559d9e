"""The judge of the detectors: what it counts, and that it would see bad parameters."""

from dataclasses import replace

import pytest

from rempart.domain.detectors import Signal
from rempart.drill.model import patient
from rempart.drill.model.judge import judge_worlds, summed
from rempart.drill.model.parameters import SHIPPED
from rempart.drill.model.patient import PATIENT, PatientThief, steal_patiently
from rempart.drill.model.poisson import upper_bound
from rempart.drill.model.report import percentile_95, report, total
from rempart.drill.model.thieves import THIEVES, steal
from rempart.drill.model.worlds import BY_CODE, CALM

PER_ACCOUNT_MAX = {"pharmacist": 25, "doctor": 25, "dentist": 25, "optician": 55, "audioprosthetist": 55}


@pytest.mark.parametrize(("events", "bound"), [(0, 2.996), (1, 4.744), (3, 7.754), (10, 16.962)])
def test_the_bound_is_the_published_one(events: int, bound: float) -> None:
    """Half the 95 % quantile of chi-squared with 2 (n + 1) degrees of freedom."""
    assert upper_bound(events) == pytest.approx(bound, abs=0.001)


def test_a_small_run_reports_every_world_and_keeps_the_targets() -> None:
    figures = report(SHIPPED, accounts=40, seed=3, seeds=1, processes=2)
    for name in ("calm", "wider"):
        rates = total(figures, name)
        assert rates["account_days"] > 2_000
        assert rates["frozen"] == 0
        assert rates["stepped_up_per_10000"] <= 50
        assert rates["frozen_per_100000_at_most"] == pytest.approx(3e5 / rates["account_days"], rel=0.01)


def test_the_figures_do_not_depend_on_who_plays() -> None:
    played = [judge_worlds((BY_CODE["undeclared-shop"],), 8, 1, SHIPPED, processes) for processes in (1, 2)]
    first, again = (summed(tallies, 0.3).figures() for tallies in played)
    assert first == again
    assert first["stepped_up"] != 0


def test_a_greedy_threshold_is_seen() -> None:
    """What the figures are for: honest shops that a conviction at the third new patient stops."""
    greedy = {
        code: tests | {Signal.NOVELTY: replace(tests[Signal.NOVELTY], threshold=1.7)}
        for code, tests in SHIPPED.items()
    }
    counted = summed(judge_worlds((CALM,), 15, 1, greedy, processes=1), 0.3)
    assert counted.stepped_up_by[Signal.NOVELTY] / counted.account_days > 50 / 10_000
    assert counted.refused > 0


@pytest.mark.parametrize(("code", "most"), [("S1", 500), ("S2", 100), ("S4", 40)])
def test_a_thief_takes_little_before_he_is_stopped(code: str, most: int) -> None:
    thief = next(thief for thief in THIEVES if thief.code == code)
    runs = [steal(thief, SHIPPED, seed) for seed in range(20)]
    assert percentile_95(sorted(sum(haul.confirmed for haul in run) for run in runs)) <= most
    assert all(haul.is_stopped for run in runs for haul in run)


@pytest.mark.parametrize(
    "thief",
    [thief for thief in PATIENT if thief.days == 60],
    ids=lambda thief: f"{thief.code}, {thief.profession}",
)
def test_who_asks_again_about_his_own_gains_nothing_in_sixty_days(thief: PatientThief) -> None:
    """Also with three borrowed cards: nobody becomes an acquaintance sooner."""
    taken = [steal_patiently(thief, SHIPPED[thief.profession], seed) for seed in range(5)]
    assert 0 < max(taken) <= (55 if thief.profession == "optician" else 25)


def test_without_the_two_months_he_would_never_be_convicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "ACQUAINTANCE_SETTLES_DAYS", 7)
    assert steal_patiently(PATIENT[0], SHIPPED["pharmacist"], 1) > 1_000


@pytest.mark.parametrize("code", ["S3", "S3, optics and audio"])
def test_who_goes_slowly_takes_little_with_each_account(code: str) -> None:
    thief = next(thief for thief in THIEVES if thief.code == code)
    hauls = steal(thief, SHIPPED, 1)
    for profession, _ in thief.professions:
        taken = sorted(haul.confirmed for haul in hauls if haul.profession == profession)
        assert percentile_95(taken) <= PER_ACCOUNT_MAX[profession]
