"""What is taken away for a run, by parameters alone, and put back at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rempart.drill.scenario import Without
from rempart.operations.manage_access import type_of_operator
from rempart.store import drill as store


@contextmanager
def changed(connection: type_of_operator, without: Without, presence: int) -> Iterator[None]:
    """Take away what is named and have insurers ask for this presence, for the time of the block."""
    budgets = store.read_budgets(connection)
    try:
        store.require_presence(connection, presence)
        if without.signals:
            store.close_rules(connection, without.signals)
        store.set_budgets(
            connection,
            [
                (
                    store.WIDE if without.people_per_day else people,
                    1 if without.rate else interval_ms,
                    store.WIDE if without.rate else burst,
                    profession,
                )
                for people, interval_ms, burst, profession in budgets
            ],
        )
        yield
    finally:
        store.set_budgets(connection, budgets)
        store.reopen_rules(connection)
        store.require_presence(connection, 0)
