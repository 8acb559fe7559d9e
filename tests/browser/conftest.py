"""Tests with a browser stand on a counter: see tests/support/counter.py."""

from tests.support.counter import browser, counter, open_counter

__all__ = ["browser", "counter", "open_counter"]
