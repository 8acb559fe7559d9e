"""Tell which lives need to be followed question by question: those in which something could happen to the account.

As long as an account is in good standing and within its budgets, what a question says depends on the life alone, so that the
scores of a whole life are a cumulated sum less its lowest point. A life whose scores stay under every threshold, and which
stays within its budgets, has no event: the reference model would find none (tests/drill_model/test_screen.py follows such
lives to show it). This is what makes 300,000 account-days a matter of minutes.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from rempart.domain.detectors import (
    RECENT_CELLS,
    REGULAR_GAP_MAX_S,
    REGULAR_GAP_TOLERANCE,
    SUMMED,
    WALK_CROWD,
    Signal,
    Test,
)
from rempart.domain.detectors.standing import Budget
from rempart.drill.model.lives import DAY_S, Floats, Integers, Life

type_of_words = np.ndarray[tuple[int], np.dtype[np.int8]]
"""1 speaks for a thief, 0 for an honest shop, -1 says nothing; a value for each question of a life."""

_ROUNDING: Final = 1e-6
"""Nats by which a sum in another order may differ: a score this near to its threshold is followed."""


def is_eventful(life: Life, tests: Mapping[Signal, Test], budget: Budget) -> bool:
    """Say whether anything may happen to the account in this life: a conviction, a budget spent, an opening."""
    if life.opening_until_s > 0 or _is_past_budgets(life, budget):
        return True
    parts = [life] if life.is_new_device is None else [life.through(new_devices=new) for new in (False, True)]
    return any(_is_convicted(part, tests) for part in parts)


def said(life: Life) -> Iterator[tuple[Signal, type_of_words]]:
    """Tell what each question of a life says on each signal, for an account in good standing."""
    yield Signal.FAILURES, np.where(life.is_found & ~life.is_ended, 0, 1).astype(np.int8)
    is_new = life.is_found & ~life.is_met
    novelty = np.where(is_new, 1, np.where(life.is_found & life.is_known_long & ~life.is_lately, 0, -1))
    yield Signal.NOVELTY, novelty.astype(np.int8)
    yield Signal.STALE, np.where(life.is_found, life.is_ended, -1).astype(np.int8)
    yield Signal.WALK, _walks(life.cell)
    yield Signal.ELSEWHERE, np.where(is_new, life.elsewhere, -1).astype(np.int8)
    yield Signal.REGULARITY, _regular(life)


def scores(words: type_of_words, test: Test) -> Floats:
    """Give the score of one signal after each question, in nats."""
    return _rise(_weights(words, test))


def _weights(words: type_of_words, test: Test) -> Floats:
    steps: Floats = np.array([0.0, test.relief, test.gain])[words + 1]
    return steps


def _rise(steps: Floats) -> Floats:
    """Sum up from nothing, never below nothing."""
    total = np.cumsum(steps)
    lowest: Floats = np.minimum(np.minimum.accumulate(total), 0.0)
    return total - lowest


def _is_convicted(life: Life, tests: Mapping[Signal, Test]) -> bool:
    if not len(life):
        return False
    together = np.zeros(len(life))
    for signal, words in said(life):
        if signal not in tests:
            continue
        steps = _weights(words, tests[signal])
        if signal in SUMMED:
            together += steps
        if _rise(steps).max() >= tests[signal].threshold - _ROUNDING:
            return True
    summing = tests.get(Signal.TOGETHER)
    return summing is not None and bool(_rise(together).max() >= summing.threshold - _ROUNDING)


def _is_past_budgets(life: Life, budget: Budget) -> bool:
    """Say whether a day has too many people, or a moment too many questions, as GCRA counts them."""
    if not len(life):
        return False
    _, people = np.unique((life.at_s // DAY_S).astype(np.int64), return_counts=True)
    before = np.arange(len(life)) * budget.interval_s
    arrivals = (
        np.maximum.accumulate(life.at_s - before) + before
    )  # when the rate would let each question pass
    waits = arrivals - life.at_s - (budget.burst - 1) * budget.interval_s
    return bool(people.max() > budget.people_per_day or waits.max() > -_ROUNDING)


def _walks(cells: Integers) -> type_of_words:
    """Tell which questions come after enough others of the same cell among the recent ones."""
    order = np.argsort(cells, kind="stable")
    walks = np.zeros(len(cells), dtype=np.int8)
    if len(cells) > WALK_CROWD:
        earlier, later = order[:-WALK_CROWD], order[WALK_CROWD:]
        walks[later] = (cells[earlier] == cells[later]) & (later - earlier <= RECENT_CELLS)
    return walks


def _regular(life: Life) -> type_of_words:
    """Tell which questions came after the same gap as the one before."""
    words = np.full(len(life), -1, dtype=np.int8)
    if len(life) > 2:
        gaps = np.diff(life.at_s)
        last, gap = gaps[:-1], gaps[1:]
        speaks = (last > 0) & (last <= REGULAR_GAP_MAX_S) & (gap > 0) & (gap <= REGULAR_GAP_MAX_S)
        speaks &= ~(life.is_met[:-2] | life.is_met[1:-1] | life.is_met[2:])
        words[2:] = np.where(speaks, np.abs(gap - last) <= REGULAR_GAP_TOLERANCE * last, -1)
    return words
