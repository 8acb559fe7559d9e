"""What keeps a crowd from standing before the others: a rate for each address, a line where who was let in before goes first.

A rate bounds how fast one address may ask without proving anything: a theoretical arrival time each (GCRA), in memory.

It protects the machine, not people: who holds a session is bounded by the budgets of the gate, in the database. Its seconds
are those of a clock that nobody puts back: by the wall's, whoever asked before it was would be shut out until it caught up.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from rempart.domain.errors.gate import GateOverloaded
from rempart.domain.errors.requests import RequestsTooMany

T = TypeVar("T")


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


class WaitingLine(Generic[T]):
    """Who waits for one door: those whom it let in lately before those whom it never saw, each in the order in which they came.

    So thousands of made-up tokens wait behind each other, and not before a shop at work. It decides nothing: whoever is taken is
    asked who he is all the same. Strangers keep a quarter of the places: else no new session would begin while others ask much.
    """

    def __init__(self, waiting_max: int, known_max: int) -> None:
        self._lines: tuple[deque[T], deque[T]] = (deque(), deque())  # of strangers, of the known
        self._waiting_max = waiting_max
        self._known_max = known_max
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lines[0]) + len(self._lines[1])

    def join(self, name: bytes, waiting: T) -> None:
        """Stand in line under a name. Refuses: GateOverloaded, when too many of the same kind wait."""
        line = self._lines[name in self._known]
        if len(line) >= self._waiting_max:
            raise GateOverloaded
        line.append(waiting)

    def take(self, places: int) -> list[T]:
        """Take so many at most from the line."""
        strangers, known = self._lines
        for_known = max(places - len(strangers), places - places // 4)
        taken = [known.popleft() for _ in range(min(for_known, len(known)))]
        return taken + [strangers.popleft() for _ in range(min(places - len(taken), len(strangers)))]

    def remember(self, name: bytes, *, was_let_in: bool) -> None:
        """Remember whom the door let in; forget whom it did not, and who was away longest."""
        if not was_let_in:
            self._known.pop(name, None)
            return
        self._known[name] = None
        self._known.move_to_end(name)
        if len(self._known) > self._known_max:
            self._known.popitem(last=False)
