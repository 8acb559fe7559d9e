"""The time of a drill: ours, plus the days that were let pass (drill.advance)."""

from datetime import datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from rempart.operations.manage_access import type_of_operator
from rempart.store import drill as store

_OPENS_AT = time(9)
_PARIS = ZoneInfo("Europe/Paris")
OPEN_H = 9
"""A shop's day: from nine to six."""


class Days:
    """The days of one run."""

    def __init__(self, connection: type_of_operator) -> None:
        self._connection = connection
        self._skipped = timedelta()
        self._began_s = perf_counter()
        self.count = 0

    def begin(self) -> None:
        """Count from now on."""
        self._began_s, self._skipped, self.count = perf_counter(), timedelta(), 0

    def elapsed_s(self) -> float:
        """Give the seconds since the attack began, those of the days that passed included."""
        return perf_counter() - self._began_s + self._skipped.total_seconds()

    def pass_hours(self, hours: float) -> None:
        """Let hours pass."""
        self._advance(timedelta(hours=hours))

    def next_morning(self) -> None:
        """Let the night pass, until the shops open."""
        present = store.present(self._connection).astimezone(_PARIS)
        opens = datetime.combine(present.date() + timedelta(days=1), _OPENS_AT, _PARIS)
        self._advance(opens - present)
        self.count += 1

    def _advance(self, by: timedelta) -> None:
        store.advance(self._connection, by)
        self._skipped += by
