"""One address asks so fast and no faster, and never slows another; who was let in before goes before strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors.gate import GateOverloaded
from rempart.domain.errors.requests import RequestsTooMany
from rempart.security.throttle import Throttle, WaitingLine


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


def test_who_was_let_in_before_goes_before_strangers_and_strangers_keep_a_quarter() -> None:
    line: WaitingLine[str] = WaitingLine(waiting_max=100, known_max=10)
    line.remember(b"shop", was_let_in=True)
    for place in range(20):
        line.join(b"made up", f"stranger {place}")
    for place in range(8):
        line.join(b"shop", f"shop {place}")
    assert line.take(8) == [f"shop {place}" for place in range(6)] + ["stranger 0", "stranger 1"]
    assert line.take(8) == ["shop 6", "shop 7"] + [f"stranger {place}" for place in range(2, 8)]
    assert len(line) == 12
    assert line.take(50) == [f"stranger {place}" for place in range(8, 20)]


def test_alone_each_kind_has_all_the_places() -> None:
    line: WaitingLine[int] = WaitingLine(waiting_max=100, known_max=10)
    line.remember(b"shop", was_let_in=True)
    for name in (b"shop", b"made up"):
        for place in range(8):
            line.join(name, place)
        assert line.take(8) == list(range(8))


def test_too_many_strangers_close_the_line_to_strangers_only() -> None:
    line: WaitingLine[int] = WaitingLine(waiting_max=3, known_max=10)
    line.remember(b"shop", was_let_in=True)
    for place in range(3):
        line.join(b"made up", place)
    with pytest.raises(GateOverloaded):
        line.join(b"another", 4)
    line.join(b"shop", 5)
    assert len(line) == 4


def test_who_is_not_let_in_any_more_or_was_away_longest_is_a_stranger_again() -> None:
    line: WaitingLine[str] = WaitingLine(waiting_max=100, known_max=2)
    for name in (b"first", b"second", b"first", b"third"):
        line.remember(name, was_let_in=True)
    line.remember(b"third", was_let_in=False)
    for name in (b"first", b"second", b"third"):
        line.join(name, name.decode())
    assert line.take(3) == ["first", "second", "third"]
    for name in (b"second", b"third", b"first"):
        line.join(name, name.decode())
    assert line.take(3) == ["first", "second", "third"], "the first alone is known"
