"""A trace number is read back as it was printed, typed or heard, and a slip is found."""

from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.trace import DIGITS, receipt_id_of, trace_of

receipt_ids = st.integers(min_value=1, max_value=32**12 - 1)


@given(receipt_ids)
def test_a_trace_is_read_back(receipt_id: int) -> None:
    assert receipt_id_of(trace_of(receipt_id)) == receipt_id
    assert len(trace_of(receipt_id)) == len(trace_of(1))


def test_a_trace_is_read_as_it_is_typed_or_heard() -> None:
    assert trace_of(1_000_000) == "0000-0000-YGJ0-27"
    assert receipt_id_of("oooo oooo ygj0 27") == 1_000_000
    assert receipt_id_of("00000000YGJ027") == 1_000_000


@given(receipt_ids, st.integers(0, 11), st.sampled_from(DIGITS))
def test_one_wrong_digit_is_found(receipt_id: int, at: int, digit: str) -> None:
    plain = trace_of(receipt_id).replace("-", "")
    slipped = plain[:at] + digit + plain[at + 1 :]
    assert receipt_id_of(slipped) == (receipt_id if slipped == plain else None)


@given(receipt_ids, st.integers(0, 10))
def test_two_neighbours_exchanged_are_found(receipt_id: int, at: int) -> None:
    plain = trace_of(receipt_id).replace("-", "")
    slipped = plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :]
    assert receipt_id_of(slipped) == (receipt_id if slipped == plain else None)


def test_what_cannot_be_a_trace_is_not_one() -> None:
    for text in (
        "",
        "0000",
        "0000-0000-YGJ0-2",
        "0000-0000-YGJU-27",
        "0000-0000-YGJ0-2x",
        "0000-0000-YGJ0-270",
    ):
        assert receipt_id_of(text) is None
