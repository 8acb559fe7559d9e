"""Fit the detectors on an operator's own aggregates: how many questions of each account spoke, and how, and nothing of people.

For each profession and signal the honest share of an account is taken as beta-distributed; its two moments are those of the
accounts, less what chance adds to counts. The share of the profession's 99.9 % account becomes `honest`; `thief` keeps its
distance in log odds; the threshold is the lowest under which false alarms per account and day stay below the target.

False alarms: under an account's own share p the score's excursions reach a threshold h with a chance near exp(-w h), where w
solves p (thief/honest)^w + (1 - p) ((1 - thief)/(1 - honest))^w = 1 (A. Wald, Ann. Math. Stat. 16, 1945; D. Siegmund,
Sequential Analysis, 1985, chapter 8: overshoot only makes it rarer). Averaged over the beta, times the words of a day, it is
the rate that is bounded; `false_alarms` counts them again by simulation.

The signals together are not fitted: their joint law is not in the aggregates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, log
from typing import Final

import numpy as np

from rempart.domain.detectors import SPEAKING, Measure, Signal, Test
from rempart.drill.model.lives import Floats

FEWEST_ACCOUNTS: Final = 30
"""With fewer accounts the 99.9 % one is a guess: the rule in force stays."""

TARGETS: Final = {Measure.FREEZE: 1e-6, Measure.STEP_UP: 2e-4}
"""False alarms per account and day that one signal may raise: all the freezes then stay under one in 100,000 account-days
and all the step-ups under fifty in 10,000."""

_LOWEST_THRESHOLD: Final = 9.2
"""ln(10,000): an alarm needs evidence of its own, however few questions a profession asks."""

_HIGHEST_THRESHOLD: Final = 60.0
_QUANTILE: Final = 0.999
_DRAWS: Final = 20_000
_LARGEST_HONEST: Final = 0.95


@dataclass(frozen=True, slots=True)
class Day:
    """One account's day: how many words for a thief, and for an honest shop, each signal had; in the order of SPEAKING."""

    account: str
    profession: str
    questions: int
    for_thief: tuple[int, ...]
    for_honest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """How often a signal speaks for a thief at honest accounts: a beta law over `accounts`, with `words_per_day` in all."""

    accounts: int
    words_per_day: float
    mean: float
    deviation: float

    @property
    def beta(self) -> tuple[float, float]:
        """The two shapes of the law."""
        mean = min(max(self.mean, 1e-4), 1 - 1e-4)
        weight = max(mean * (1 - mean) / max(self.deviation, 1e-3) ** 2 - 1, 0.5)
        return mean * weight, (1 - mean) * weight

    def draw(self, seed: int, count: int = _DRAWS) -> Floats:
        """Draw shares of accounts."""
        drawn: Floats = np.random.default_rng(seed).beta(*self.beta, count)
        return drawn


@dataclass(frozen=True, slots=True)
class Proposal:
    """A test as the aggregates would have it, beside the one in force, and the false alarms that each would raise a day."""

    profession: str
    signal: Signal
    share: Share
    in_force: Test
    proposed: Test
    alarms_in_force: float
    alarms_proposed: float


def fit(days: Sequence[Day], in_force: Mapping[str, Mapping[Signal, Test]], seed: int = 1) -> list[Proposal]:
    """Propose a test for each profession and signal that has enough accounts."""
    by_profession: dict[str, list[Day]] = {}
    for day in days:
        by_profession.setdefault(day.profession, []).append(day)
    return [
        proposed
        for profession, of_profession in sorted(by_profession.items())
        for signal in SPEAKING
        if signal in in_force.get(profession, {})
        and (proposed := _propose(profession, signal, of_profession, in_force[profession][signal], seed))
    ]


def share_of(days: Sequence[Day], signal: Signal) -> Share | None:
    """Take the moments of the accounts' shares, less the spread that counting adds; None with too few accounts."""
    place = SPEAKING.index(signal)
    totals: dict[str, list[int]] = {}
    for day in days:
        spoken = totals.setdefault(day.account, [0, 0])
        spoken[0] += day.for_thief[place]
        spoken[1] += day.for_thief[place] + day.for_honest[place]
    counts = np.array([spoken for spoken in totals.values() if spoken[1] > 0], dtype=np.float64)
    if len(counts) < FEWEST_ACCOUNTS:
        return None
    thief, words = counts[:, 0], counts[:, 1]
    shares = thief / words
    weights = words / (
        words + 50.0
    )  # an account with few words says little of its share; one with many says its share, once
    mean = float(np.average(shares, weights=weights))
    variance = float(np.average((shares - mean) ** 2, weights=weights))
    by_chance = float(np.average(mean * (1 - mean) / words, weights=weights))
    return Share(len(counts), float(words.sum()) / len(days), mean, max(variance - by_chance, 1e-8) ** 0.5)


def false_alarms(share: Share, test: Test, seed: int = 1, days: int = 2_000, accounts: int = 400) -> float:
    """Count false alarms per account and day by simulation: each account with its share, the score forgotten after an alarm."""
    random = np.random.default_rng(seed)
    shares = share.draw(seed, accounts)
    scores, alarms = np.zeros(accounts), 0
    steps = max(1, round(share.words_per_day * days))
    for _ in range(min(steps, 50_000)):
        scores = np.maximum(0.0, scores + np.where(random.random(accounts) < shares, test.gain, test.relief))
        is_alarm = scores >= test.threshold
        alarms += int(is_alarm.sum())
        scores[is_alarm] = 0.0
    return alarms / (accounts * min(steps, 50_000) / max(share.words_per_day, 1e-9))


def alarm_rate(share: Share, test: Test, seed: int = 1) -> float:
    """Bound false alarms per account and day, averaged over the accounts."""
    drawn = share.draw(seed)
    return float(share.words_per_day * np.exp(-_exponents(drawn, test) * test.threshold).mean())


def _propose(
    profession: str, signal: Signal, days: Sequence[Day], in_force: Test, seed: int
) -> Proposal | None:
    share = share_of(days, signal)
    if share is None or in_force.honest is None or in_force.thief is None:
        return None
    honest = min(float(np.quantile(share.draw(seed), _QUANTILE)), _LARGEST_HONEST)
    distance = _odds(in_force.thief) - _odds(in_force.honest)
    thief = max(in_force.thief, 1 / (1 + exp(-(_odds(honest) + distance / 2))))
    proposed = replace(in_force, honest=round(honest, 4), thief=round(thief, 4))
    proposed = replace(proposed, threshold=_threshold(share, proposed, seed))
    return Proposal(
        profession, signal, share, in_force, proposed, alarm_rate(share, in_force, seed), alarm_rate(share, proposed, seed)
    )  # fmt: skip


def _threshold(share: Share, test: Test, seed: int) -> float:
    """Find the lowest threshold, in tenths of a nat, whose false alarms stay under the target of its measure."""
    exponents, target = _exponents(share.draw(seed), test), TARGETS[test.measure]
    low, high = _LOWEST_THRESHOLD, _HIGHEST_THRESHOLD
    while high - low > 0.05:
        middle = (low + high) / 2
        rate = share.words_per_day * float(np.exp(-exponents * middle).mean())
        low, high = (middle, high) if rate > target else (low, middle)
    return ceil(high * 10) / 10


def _exponents(shares: Floats, test: Test) -> Floats:
    """Solve for w, account by account; nothing where the score rises by itself: such an account is always convicted."""
    low, high = np.zeros(len(shares)), np.full(len(shares), 40.0)
    for _ in range(50):
        middle = (low + high) / 2
        is_below = shares * np.exp(middle * test.gain) + (1 - shares) * np.exp(middle * test.relief) < 1
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    rising = shares * test.gain + (1 - shares) * test.relief >= 0
    exponents: Floats = np.where(rising, 0.0, low)
    return exponents


def _odds(share: float) -> float:
    return log(share / (1 - share))
