"""Tests with a browser stand on a counter or at the console: see tests/support/counter.py and console.py."""

from tests.support.console import console, open_console
from tests.support.counter import browser, counter, open_counter

__all__ = ["browser", "console", "counter", "open_console", "open_counter"]
