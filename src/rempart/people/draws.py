"""Seeded draws, whole columns at a time; the same seed gives the same columns on every machine.

Only `random` and `integers` of PCG64 are used, and arithmetic that rounds alike everywhere: no logarithm, no normal law.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def generator(*seeds: int) -> np.random.Generator:
    """Make the generator of one piece of work, independent of the others."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seeds))))


def cumulate(shares: Sequence[int]) -> Floats:
    """Turn shares into the cumulated probabilities that `pick` takes."""
    totals = np.cumsum(np.array(shares, dtype=np.float64))
    cumulated: Floats = totals / totals[-1]
    return cumulated


def pick(random: np.random.Generator, cumulated: Floats, count: int) -> Integers:
    """Draw positions by their cumulated probabilities."""
    return np.searchsorted(cumulated, random.random(count), side="right").astype(np.int64)


def skewed(random: np.random.Generator, sizes: Integers | int, count: int) -> Integers:
    """Draw positions below `sizes`, the first ones much more often, as names and maternity wards are."""
    chance = random.random(count)
    return np.floor(chance * chance * sizes).astype(np.int64)


def chance(random: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """Draw which of `count` things happen."""
    happens: Flags = random.random(count) < probability
    return happens


def bell(random: np.random.Generator, mean: float, spread: float, count: int) -> Floats:
    """Draw around a mean: the sum of four uniform draws, within ±3.5 spreads."""
    total = random.random((4, count)).sum(axis=0) - 2.0
    drawn: Floats = mean + spread * 1.7320508 * total
    return drawn


def digits(numbers: Integers, width: int) -> pl.Series:
    """Write numbers with leading zeros, three digits at a time."""
    parts = []
    for low in range(0, width, 3):
        size = min(3, width - low)
        parts.append(_TABLES[size].gather(numbers // 10**low % 10**size))
    frame = pl.DataFrame({str(position): part for position, part in enumerate(reversed(parts))})
    return frame.select(text=pl.concat_str(pl.all())).to_series()


_TABLES = {size: pl.Series([f"{number:0{size}}" for number in range(10**size)]) for size in (1, 2, 3)}
