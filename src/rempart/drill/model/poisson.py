"""The exact 95 % upper bound of a rate, from a count of rare events (F. Garwood, Biometrika 28, 1936)."""

from math import exp, fsum, lgamma, log
from typing import Final

_ONE_SIDED: Final = 0.05


def upper_bound(events: int, risk: float = _ONE_SIDED) -> float:
    """Give the mean number of events of which `events` or fewer would be seen with a chance of `risk`; 3.0 for none."""
    low, high = float(events), 2.0 * events + 10.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, middle) > risk else (low, middle)
    return high


def _at_most(events: int, mean: float) -> float:
    """Give the chance of so many events or fewer."""
    if mean <= 0:
        return 1.0
    return fsum(exp(count * log(mean) - mean - lgamma(count + 1)) for count in range(events + 1))
