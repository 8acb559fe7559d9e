"""The fit finds the shares that made the days, and thresholds whose false alarms are what it says."""

import numpy as np
import pytest

from rempart.domain.detectors import SPEAKING, Measure, Signal
from rempart.domain.detectors import Test as Likelihood  # pytest would take a class Test for tests
from rempart.drill.model.fit import TARGETS, Day, Share, alarm_rate, false_alarms, fit, share_of

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
