"""The gate with a piece taken out, for as long as it is measured: what that piece costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rempart.settings import Settings
from rempart.store.database import connect_sync

DETECTORS: Final = "if level < 3 and not is_request and kept_hidden = 0 and"
"""Where step 6 of gate.ask begins (migration 0005)."""


@contextmanager
def without_detectors(settings: Settings) -> Iterator[None]:
    """Answer without judging what the answers say, for the time of the block."""
    with connect_sync(settings, "owner") as connection:
        row = connection.execute("select pg_get_functiondef('gate.ask'::regproc)").fetchone()
        if row is None or row[0].count(DETECTORS) != 1:
            raise SystemExit("the gate has changed: say where its detectors begin")
        connection.execute(row[0].replace(DETECTORS, "if false and"))
        try:
            yield
        finally:
            connection.execute(row[0])
