"""The fit finds the shares that made the days, and thresholds whose false alarms are what it says."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from rempart.cli.operate.detectors import _days_of as days_in
from rempart.domain.detectors import SPEAKING, Measure, Signal
from rempart.domain.detectors import Test as Likelihood  # pytest would take a class Test for tests
from rempart.drill.model.fit import TARGETS, Day, Share, alarm_rate, false_alarms, fit, share_of
from rempart.drill.model.lives import DAY_S, LIFE_DAYS, live
from rempart.drill.model.parameters import SHIPPED
from rempart.drill.model.screen import said
from rempart.drill.model.worlds import CALM
from rempart.drill.professions import PROFESSIONS
from rempart.operations.detectors.aggregates import write_aggregates
from rempart.store.detectors.days import DayRow

MEAN, DEVIATION = 0.20, 0.06
RULE = Likelihood(13.8, Measure.STEP_UP, 0.55, 0.99)


def drawn(accounts: int, days: int, questions: int = 60, mean: float = MEAN) -> list[Day]:
    """Draw days of accounts whose shares are beta-distributed; every signal speaks alike."""
    random = np.random.default_rng(7)
    weight = mean * (1 - mean) / DEVIATION**2 - 1
    made = []
    for account, share in enumerate(random.beta(mean * weight, (1 - mean) * weight, accounts)):
        for _ in range(days):
            said = random.binomial(questions, share, len(SPEAKING)).tolist()
            made.append(
                Day(str(account), "pharmacist", questions, tuple(said), tuple(questions - n for n in said))
            )
    return made


@pytest.mark.parametrize("questions", [4, 60])
def test_the_moments_are_those_of_the_accounts_and_not_of_the_counts(questions: int) -> None:
    """With four words a day chance alone would say twice the spread."""
    share = share_of(drawn(1_500, 20, questions), Signal.NOVELTY)
    assert share is not None
    assert share.mean == pytest.approx(MEAN, abs=0.01)
    assert share.deviation == pytest.approx(DEVIATION, abs=0.01)
    assert share.words_per_day == questions


def lived(profession: str, accounts: int) -> list[DayRow]:
    """Live some accounts of the calm world, and sum up each day as the gate's receipts would be."""
    rows = []
    for account in range(accounts):
        life = live(PROFESSIONS[profession], CALM, (11, account))
        day = (life.at_s // DAY_S).astype(np.int64)
        words = [spoken for _, spoken in sorted(said(life), key=lambda pair: pair[0])]
        for_thief, for_honest = (
            [np.bincount(day[spoken == which], minlength=LIFE_DAYS) for spoken in words] for which in (1, 0)
        )
        rows += [
            DayRow(
                date(2026, 1, 1) + timedelta(days=n), account, profession, int((day == n).sum()),
                [int(counts[n]) for counts in for_thief], [int(counts[n]) for counts in for_honest],
            )
            for n in np.unique(day).tolist()
        ]  # fmt: skip
    return rows


def test_a_world_lived_exported_and_fitted_gives_its_shares_back(tmp_path: Path) -> None:
    """The whole road: lives, the file that `export` writes, the fit; what made the world comes out."""
    path = tmp_path / "aggregates.csv"
    write_aggregates(path, lived("pharmacist", 150))
    found = {proposal.signal: proposal for proposal in fit(days_in(path), SHIPPED)}
    assert set(found) == set(SPEAKING)
    novelty, failures, elsewhere = (
        found[signal].share for signal in (Signal.NOVELTY, Signal.FAILURES, Signal.ELSEWHERE)
    )
    assert novelty.mean == pytest.approx(
        0.20 / (0.20 + 0.80 * 0.80 * 0.90), abs=0.02
    )  # a fifth of those met were met too lately, a tenth asked about this week
    assert novelty.deviation == pytest.approx(0.06, abs=0.015)
    assert failures.mean == pytest.approx(0.05, abs=0.01)
    assert elsewhere.mean == pytest.approx(0.35, abs=0.03)
    assert elsewhere.deviation == pytest.approx(0.08, abs=0.02)
    for proposal in found.values():
        assert proposal.alarms_proposed <= TARGETS[proposal.proposed.measure]
        assert proposal.proposed.honest is not None
        assert proposal.share.mean < proposal.proposed.honest < 0.6


def test_the_honest_share_is_that_of_the_account_in_a_thousand() -> None:
    (proposal,) = fit(drawn(1_500, 20), {"pharmacist": {Signal.NOVELTY: RULE}})
    assert proposal.proposed.honest == pytest.approx(0.42, abs=0.03)  # 99.9 % of that beta law
    assert proposal.proposed.thief == RULE.thief
    assert proposal.alarms_proposed <= TARGETS[Measure.STEP_UP]


def test_a_wider_world_gives_a_wider_rule() -> None:
    """Shops of a coast in summer, under rules fitted on another one."""
    tight = Likelihood(13.8, Measure.STEP_UP, 0.30, 0.80)
    (proposal,) = fit(drawn(400, 20, mean=0.55), {"pharmacist": {Signal.NOVELTY: tight}})
    assert proposal.alarms_in_force > 1
    assert proposal.proposed.honest > 0.65
    assert proposal.alarms_proposed <= TARGETS[Measure.STEP_UP]


def test_too_few_accounts_propose_nothing() -> None:
    assert fit(drawn(29, 5), {"pharmacist": {Signal.NOVELTY: RULE}}) == []


@pytest.mark.parametrize("threshold", [2.0, 4.0])
def test_the_reckoned_alarms_are_not_fewer_than_the_simulated_ones(threshold: float) -> None:
    """And not a hundred times more: a bound that is far off would cost thieves' time for nothing."""
    share = Share(1_000, 60.0, 0.40, 0.05)
    test = Likelihood(threshold, Measure.STEP_UP, 0.55, 0.90)
    reckoned, simulated = alarm_rate(share, test), false_alarms(share, test, days=400)
    assert 0 < simulated <= reckoned <= 100 * simulated


def test_a_rule_under_which_honest_scores_rise_is_seen_by_both() -> None:
    share, test = Share(1_000, 60.0, 0.60, 0.02), Likelihood(5.0, Measure.STEP_UP, 0.2, 0.8)
    assert alarm_rate(share, test) == pytest.approx(60.0, rel=0.01)
    assert false_alarms(share, test, days=50) > 1
