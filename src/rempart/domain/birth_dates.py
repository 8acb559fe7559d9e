"""Birth dates as the compulsory scheme writes them, and birth ranks.

A birth date is eight digits, `AAAAMMJJ`. For people whose date is known in a lunar calendar, or only in
part, it is no date of our calendar: the month may be 00 or exceed 12, the day may be 00 or exceed
those of the month. Such a date is matched as text, never corrected; `to_date` gives None for it.

Never: parse a birth date into a calendar date in order to compare people; print one (it is personal data).

Source: the trade notes of the project (domain.md 3.2).
"""

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NoReturn, Self, SupportsIndex

from rempart.domain.errors.identifiers import (
    BirthDateAhead,
    BirthDateCharacterWrong,
    BirthDateLengthWrong,
    BirthDateYearImpossible,
    BirthRankOutOfRange,
    CareBeforeBirth,
)

BIRTH_YEAR_MIN: Final = 1880  # nobody alive was born before
BIRTH_YEAR_MAX: Final = 2099  # of the form alone: whether the date lies ahead, `check_order_of_days` says
BIRTH_DATE_PATTERN: Final = "(?:18[89]|19[0-9]|20[0-9])[0-9]{5}"  # the same bounds, for whole columns
BIRTH_RANK_PATTERN: Final = "[1-9]"  # one digit in the formats of the trade

_DAY_S: Final = 86_400


class BirthDate:
    """A checked birth date as text; shows only its year."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self) -> None:
        raise TypeError("use BirthDate.parse, BirthDate.parse_day_first or BirthDate.from_date")

    @classmethod
    def parse(cls, text: str, place: str = "birth_date") -> Self:
        """Read `AAAAMMJJ`; refuse a wrong length, a character that is no digit, an impossible year."""
        if len(text) != 8:
            raise BirthDateLengthWrong(place)
        if not (text.isascii() and text.isdecimal()):
            raise BirthDateCharacterWrong(place)
        if not BIRTH_YEAR_MIN <= int(text[:4]) <= BIRTH_YEAR_MAX:
            raise BirthDateYearImpossible(place)
        birth_date = object.__new__(cls)
        object.__setattr__(birth_date, "_text", text)
        return birth_date

    @classmethod
    def parse_day_first(cls, text: str, place: str = "birth_date") -> Self:
        """Read what a person types: `JJMMAAAA`, with or without `/`, `.`, `-` or spaces between."""
        digits = text.translate(_SEPARATORS)
        if len(digits) != 8:
            raise BirthDateLengthWrong(place)
        return cls.parse(digits[4:] + digits[2:4] + digits[:2], place)

    @classmethod
    def from_date(cls, day: date, place: str = "birth_date") -> Self:
        """Take a date of our calendar."""
        return cls.parse(f"{day.year:04}{day.month:02}{day.day:02}", place)

    @property
    def text(self) -> str:
        """The eight digits; write this only where they themselves are needed."""
        return self._text

    @property
    def is_gregorian(self) -> bool:
        """Whether the text is also a date of our calendar."""
        return self.to_date() is not None

    def to_date(self) -> date | None:
        """Convert to a date of our calendar, or None for a lunar or incomplete date."""
        try:
            return date(int(self._text[:4]), int(self._text[4:6]), int(self._text[6:]))
        except ValueError:
            return None

    def is_after(self, day: date) -> bool:
        """Whether the birth comes after a day; of a lunar or incomplete date only the year can be compared."""
        year = int(self._text[:4])
        if year != day.year:
            return year > day.year
        born_on = self.to_date()
        return born_on is not None and born_on > day

    def __repr__(self) -> str:
        return f"BirthDate({self._text[:4]}••••)"

    def __str__(self) -> str:
        return f"{self._text[:4]}••••"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, BirthDate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"a BirthDate does not change: {name}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        return self

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a BirthDate is not pickled: it would leave the process in clear")


_SEPARATORS = dict.fromkeys(map(ord, "/.- \u00a0\u202f"))


@lru_cache(maxsize=2)
def last_day_begun(days_since_1970: int) -> date:
    """Give the last day that has begun somewhere, from the days that have ended in UTC: where a shop is, it may be tomorrow."""
    return date(1970, 1, 2) + timedelta(days=days_since_1970)


def check_order_of_days(
    birth_date: BirthDate,
    care_date: date | None,
    now_s: float,
    *,
    birth_place: str = "birth_date",
    care_place: str = "care_date",
) -> None:
    """Refuse a birth that has not come yet, `now_s` seconds after 1970, and care before the birth.

    Refuses: BirthDateAhead, CareBeforeBirth.
    """
    if birth_date.is_after(last_day_begun(int(now_s) // _DAY_S)):
        raise BirthDateAhead(birth_place)
    if care_date is not None and birth_date.is_after(care_date):
        raise CareBeforeBirth(care_place)


def parse_birth_rank(text: str | int = 1, place: str = "birth_rank") -> int:
    """Read a birth rank, 1 to 9; 1 when it is not given, which is also that of a single birth."""
    typed = str(text).strip()
    if typed == "":
        return 1
    if re.fullmatch(BIRTH_RANK_PATTERN, typed) is None:
        raise BirthRankOutOfRange(place)
    return int(typed)
