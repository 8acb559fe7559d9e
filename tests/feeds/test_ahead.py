"""A stage that works ahead: in order, bounded, honest about errors, gone when nobody asks any more."""

import threading
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.feeds.ahead import ahead


@given(items=st.lists(st.integers()), depth=st.integers(1, 4))
def test_the_items_come_in_order(items: list[int], depth: int) -> None:
    assert list(ahead(iter(items), depth)) == items


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("at the second")

    made = ahead(failing(), 2)
    assert next(made) == 1
    with pytest.raises(ValueError, match="at the second"):
        next(made)


def test_no_more_is_made_than_asked_for() -> None:
    made: list[int] = []

    def noting() -> Iterator[int]:
        for number in count():
            made.append(number)
            yield number

    items = ahead(noting(), 2)
    assert next(items) == 0
    threading.Event().wait(0.3)
    assert len(made) <= 5  # one given, two ready, one waiting for room
    items.close()  # type: ignore[attr-defined] # a generator


def test_the_thread_ends_with_its_reader() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            yield from count()
        finally:
            closed.set()

    items = ahead(endless(), 2)
    next(items)
    items.close()  # type: ignore[attr-defined] # a generator
    assert closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "load-ahead"]
