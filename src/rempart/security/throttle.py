"""Bound how fast one address may ask without proving anything: a theoretical arrival time each (GCRA), in memory.

It protects the machine, not people: who holds a session is bounded by the budgets of the gate, in the database. Its seconds
are those of a clock that nobody puts back: by the wall's, whoever asked before it was would be shut out until it caught up.
"""

from collections import OrderedDict
from collections.abc import Callable

from rempart.domain.errors.requests import RequestsTooMany


class Throttle:
    """The arrival times of one process."""

    def __init__(self, now_s: Callable[[], float], interval_ms: int, burst: int, addresses_max: int) -> None:
        self._now_s = now_s
        self._interval_s = interval_ms / 1000
        self._tolerance_s = (burst - 1) * self._interval_s
        self._addresses_max = addresses_max
        self._free_at_s: OrderedDict[str, float] = OrderedDict()

    def count(self, address: str) -> None:
        """Count one request. Refuses: RequestsTooMany, and then it costs nothing more."""
        now_s = self._now_s()
        free_at_s = max(now_s, self._free_at_s.get(address, 0.0))
        if free_at_s - now_s > self._tolerance_s:
            raise RequestsTooMany
        self._free_at_s[address] = free_at_s + self._interval_s
        self._free_at_s.move_to_end(address)
        if len(self._free_at_s) > self._addresses_max:
            self._free_at_s.popitem(last=False)
