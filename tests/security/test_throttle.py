"""One address asks so fast and no faster, and never slows another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors.requests import RequestsTooMany
from rempart.security.throttle import Throttle


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def passes(throttle: Throttle, address: str) -> bool:
    try:
        throttle.count(address)
    except RequestsTooMany:
        return False
    return True


def test_a_burst_passes_and_the_next_request_does_not() -> None:
    throttle = Throttle(Clock(), interval_ms=1000, burst=3, addresses_max=10)
    assert [passes(throttle, "one") for _ in range(5)] == [True, True, True, False, False]


def test_one_request_passes_again_each_interval() -> None:
    clock = Clock()
    throttle = Throttle(clock, interval_ms=1000, burst=1, addresses_max=10)
    throttle.count("one")
    with pytest.raises(RequestsTooMany):
        throttle.count("one")
    clock.now_s += 1
    throttle.count("one")


def test_an_address_does_not_slow_another() -> None:
    throttle = Throttle(Clock(), interval_ms=1000, burst=1, addresses_max=10)
    throttle.count("one")
    throttle.count("other")


def test_it_remembers_no_more_addresses_than_it_may() -> None:
    throttle = Throttle(Clock(), interval_ms=1000, burst=1, addresses_max=2)
    for address in ("first", "second", "third"):
        throttle.count(address)
    assert passes(throttle, "first")
    assert not passes(throttle, "third")


@given(st.lists(st.floats(min_value=0, max_value=3), max_size=60))
def test_no_rhythm_whatever_passes_more_than_the_burst_and_the_rate(pauses_s: list[float]) -> None:
    clock = Clock()
    throttle = Throttle(clock, interval_ms=500, burst=4, addresses_max=10)
    passed = 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        passed += passes(throttle, "one")
    assert passed <= 4 + (clock.now_s - 1_000.0) / 0.5 + 1e-6
