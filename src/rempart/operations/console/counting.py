"""Count the questions for all who look, and read each receipt once.

The minutes that can no longer change are kept here; a look reads the few last ones again, for a batch that began before the
minute ended may be written after it. A process that starts counts one day, once.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from rempart.domain.rights import OUTCOME_BY_NUMBER, Kind, Outcome
from rempart.limits import CONSOLE_COUNTS_KEPT_S, CONSOLE_MINUTES_READ_AGAIN
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.console.ways_in import PresentOperator
from rempart.store.console import desk as kept

_MINUTE_S, _HOUR_S = 60, 3600
_STEPS_OF_HOUR, _STEPS_OF_DAY, _MINUTES_OF_REFUSALS = 60, 24, 15

_NOT_ANSWERED: Final = (Kind.REFUSED, Kind.UNAUTHENTICATED)

type_of_outcomes = Counter[int]


@dataclass(frozen=True, slots=True)
class Step:
    """The questions of one minute or one hour, from `at` on."""

    at: datetime
    asked: int
    granted: int
    negative: int
    refused: int


@dataclass(frozen=True, slots=True)
class Counts:
    """The last 60 seconds, the last hour by minute, the last day by hour, and the refusals of 15 minutes, the most first."""

    minute: Step
    hour: list[Step]
    day: list[Step]
    refusals: list[tuple[Outcome, int]]


@dataclass
class Tally:
    """The questions of a day by minute (seconds since 1970) and outcome."""

    minutes: dict[int, type_of_outcomes] = field(default_factory=dict)
    settled_s: int | None = None  # what was asked before this second can no longer change

    def take(self, at_s: int, rows: Iterable[tuple[int, int, int]]) -> None:
        """Put what was read since `settled_s` in the place of what was known of it; forget what is older than a day."""
        oldest, settled_s = _first_of(at_s, _HOUR_S, _STEPS_OF_DAY), self.settled_s or 0
        self.minutes = {minute: of for minute, of in self.minutes.items() if oldest <= minute < settled_s}
        for minute, outcome, count in rows:
            self.minutes.setdefault(minute, Counter())[outcome] += count
        self.settled_s = at_s - at_s % _MINUTE_S - CONSOLE_MINUTES_READ_AGAIN * _MINUTE_S

    def steps(self, at_s: int, step_s: int, steps: int) -> list[Step]:
        """Give so many steps, the present one last; those in which nobody asked are there."""
        first = _first_of(at_s, step_s, steps)
        sums: list[type_of_outcomes] = [Counter() for _ in range(steps)]
        for minute, of in self.minutes.items():
            if minute >= first:
                sums[min((minute - first) // step_s, steps - 1)].update(of)
        return [step_of(first + place * step_s, of) for place, of in enumerate(sums)]

    def refusals(self, at_s: int) -> list[tuple[Outcome, int]]:
        """Give the refusals of this minute and of the 14 before, by reason, the most frequent first."""
        first = _first_of(at_s, _MINUTE_S, _MINUTES_OF_REFUSALS)
        total: type_of_outcomes = Counter()
        for minute, of in self.minutes.items():
            if minute >= first:
                total.update(of)
        by_count = sorted(
            total.items(), key=lambda one: (-one[1], one[0])
        )  # equals keep one order, so that no line jumps
        named = [(OUTCOME_BY_NUMBER[number], count) for number, count in by_count]
        return [(outcome, count) for outcome, count in named if outcome.kind in _NOT_ANSWERED]


class Counting:
    """Counts once for all who look: what was counted a moment ago is told again."""

    def __init__(self, desk: ConsoleDesk) -> None:
        self._desk = desk
        self._tally = Tally()
        self._counts: Counts | None = None
        self._counted_at_s = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def counts(self, operator: PresentOperator) -> Counts:
        """Give the counts, two seconds old at most."""
        async with self._one_at_a_time:
            age_s = self._desk.now_s() - self._counted_at_s
            if self._counts is None or not 0 <= age_s <= CONSOLE_COUNTS_KEPT_S:  # the clock may be set back
                self._counts = await self._count(operator)
                self._counted_at_s = self._desk.now_s()
            return self._counts

    async def _count(self, operator: PresentOperator) -> Counts:
        settled_s = self._tally.settled_s
        async with self._desk.connections.lent() as connection:
            since = None if settled_s is None else _instant(settled_s)
            told = await kept.counted(connection, operator.token_digest, since)
        at_s = int(datetime.fromisoformat(told["at"]).timestamp())
        if settled_s is not None and at_s < settled_s:  # the clock was set back: nothing that was kept holds
            self._tally = Tally()
            return await self._count(operator)
        self._tally.take(at_s, told["minutes"])
        lately: type_of_outcomes = Counter(dict(told["lately"]))
        return Counts(
            step_of(at_s - _MINUTE_S, lately),
            self._tally.steps(at_s, _MINUTE_S, _STEPS_OF_HOUR),
            self._tally.steps(at_s, _HOUR_S, _STEPS_OF_DAY),
            self._tally.refusals(at_s),
        )


def step_of(at_s: int, outcomes: type_of_outcomes) -> Step:
    """Sum outcomes up: what asks a person first is neither granted nor refused."""
    kinds: Counter[Kind] = Counter()
    for number, count in outcomes.items():
        kinds[OUTCOME_BY_NUMBER[number].kind] += count
    refused = sum(kinds[kind] for kind in _NOT_ANSWERED)
    return Step(_instant(at_s), outcomes.total(), kinds[Kind.GRANTED], kinds[Kind.NEGATIVE], refused)


def _first_of(at_s: int, step_s: int, steps: int) -> int:
    """Give the first second of so many steps, of which the last is the present one."""
    return at_s - at_s % step_s - (steps - 1) * step_s


def _instant(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
