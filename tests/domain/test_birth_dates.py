"""Birth dates: our calendar and the others, kept as text; ranks of twins."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.birth_dates import BirthDate, check_order_of_days, parse_birth_rank
from rempart.domain.errors import identifiers as errors


@given(st.dates(date(1880, 1, 1), date(2099, 12, 31)))
def test_a_date_of_our_calendar_comes_back(day: date) -> None:
    birth_date = BirthDate.from_date(day)

    assert birth_date.to_date() == day
    assert birth_date.is_gregorian
    assert BirthDate.parse(birth_date.text) == birth_date
    assert BirthDate.parse_day_first(f"{day:%d/%m/}{day.year:04}") == birth_date


@pytest.mark.parametrize("text", ["19531399", "19530000", "19530700", "19530732", "19530230", "19539999"])
def test_a_lunar_or_incomplete_date_is_kept_as_text(text: str) -> None:
    birth_date = BirthDate.parse(text)

    assert birth_date.text == text
    assert birth_date.to_date() is None
    assert not birth_date.is_gregorian


@pytest.mark.parametrize("typed", ["30/02/1953", "30021953", "30.02.1953", "30 02 1953", "30-02-1953"])
def test_a_typed_date_is_read_day_first_even_when_it_is_lunar(typed: str) -> None:
    assert BirthDate.parse_day_first(typed).text == "19530230"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", errors.BirthDateLengthWrong),
        ("1953071", errors.BirthDateLengthWrong),
        ("1953-07-1", errors.BirthDateLengthWrong),
        ("1953-7-1", errors.BirthDateCharacterWrong),
        ("1953071²", errors.BirthDateCharacterWrong),
        ("00000000", errors.BirthDateYearImpossible),
        ("18790101", errors.BirthDateYearImpossible),
        ("21000101", errors.BirthDateYearImpossible),
    ],
)
def test_what_is_no_birth_date_is_refused(text: str, error: type[errors.IdentifierRefused]) -> None:
    with pytest.raises(error):
        BirthDate.parse(text)


def test_a_typed_date_too_short_is_refused() -> None:
    with pytest.raises(errors.BirthDateLengthWrong):
        BirthDate.parse_day_first("1/7/1953")


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (BirthDate.parse, BirthDate.parse_day_first):
        try:
            parse(text)
        except errors.IdentifierRefused as error:
            assert error.args == (f"{error.code} at birth_date",)  # noqa: PT017 - most texts are refused


def test_a_birth_date_shows_only_its_year() -> None:
    birth_date = BirthDate.parse("19530714")

    assert f"{birth_date}|{birth_date!r}|{birth_date:>9}" == "1953••••|BirthDate(1953••••)| 1953••••"


def test_a_birth_date_cannot_be_changed_nor_made_unchecked() -> None:
    with pytest.raises(AttributeError):
        BirthDate.parse("19530714")._text = "1"
    with pytest.raises(TypeError):
        BirthDate()
    assert hash(BirthDate.parse("19530714")) == hash(BirthDate.parse("19530714"))
    assert BirthDate.parse("19530714") != "19530714"


@given(st.dates(date(1880, 1, 1), date(2099, 12, 31)), st.dates(date(1880, 1, 1), date(2099, 12, 31)))
def test_days_of_our_calendar_come_in_their_order(born_on: date, day: date) -> None:
    assert BirthDate.from_date(born_on).is_after(day) == (born_on > day)


@pytest.mark.parametrize(
    ("text", "is_after"), [("19539999", False), ("19540000", True), ("19530000", False), ("19521399", False)]
)
def test_of_a_lunar_date_only_the_year_is_compared(text: str, is_after: bool) -> None:
    assert BirthDate.parse(text).is_after(date(1953, 1, 1)) is is_after


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


def test_a_birth_of_tomorrow_is_taken_for_it_is_tomorrow_somewhere_and_one_of_the_day_after_is_refused() -> (
    None
):
    check_order_of_days(BirthDate.parse("20261123"), None, NOON)
    with pytest.raises(errors.BirthDateAhead, match="birth_date"):
        check_order_of_days(BirthDate.parse("20261124"), None, NOON)
    with pytest.raises(errors.BirthDateAhead):
        check_order_of_days(BirthDate.parse("20271399"), None, NOON)


def test_care_on_the_day_of_the_birth_is_taken_and_care_before_it_is_refused() -> None:
    born = BirthDate.parse("20260401")
    check_order_of_days(born, date(2026, 4, 1), NOON)
    with pytest.raises(errors.CareBeforeBirth, match="care_date"):
        check_order_of_days(born, date(2026, 3, 31), NOON)


@pytest.mark.parametrize(("typed", "rank"), [("", 1), ("1", 1), (2, 2), (" 9 ", 9)])
def test_a_rank_is_one_unless_it_is_a_multiple_birth(typed: str | int, rank: int) -> None:
    assert parse_birth_rank(typed) == rank


def test_the_default_rank_is_one() -> None:
    assert parse_birth_rank() == 1


@pytest.mark.parametrize("typed", ["0", "10", "-1", "deux", "²", 0, 10, True])
def test_a_wrong_rank_is_refused(typed: str | int) -> None:
    with pytest.raises(errors.BirthRankOutOfRange):
        parse_birth_rank(typed)
