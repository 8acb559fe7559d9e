"""The numbers that name people, places and insurers: read, checked, and never shown whole.

A NIR is personal data by itself, so its type shows only its masked form: `str`, `repr`, `format` and
tracebacks that print local variables give `1 85 •• •• ••• ••• ••`, and it refuses to be pickled. Whoever
needs the digits writes `.compact`, which a reader can find. No error here repeats what was typed.

Never: look anything up, correct a wrong digit, or decide that two numbers are one person.

Sources: structure and key of the NIR, FINESS and RPPS keys, AMC number: the trade notes of the project
(domain.md 2.1, 3), checked against python-stdnum in the tests. Fictitious numbers of anonymous care,
`2 55 55 55 CCC 042`: https://lepharmaciendefrance.fr/node/6220. Corsican FINESS numbers, whose letter counts
A = 1 and B = 2 in the key: `2B0000020`, `2B0005342`, `2B0004246` in the acts of the prefecture of Haute-Corse
of 29 February 2024.
"""

import re
from typing import ClassVar, Final, NewType, NoReturn, Self, SupportsIndex

from rempart.domain.birth_dates import BirthDate
from rempart.domain.errors.identifiers import (
    AmcNumberCharacterWrong,
    AmcNumberLengthWrong,
    AmcNumberZero,
    FinessCharacterWrong,
    FinessDepartementUnknown,
    FinessKeyWrong,
    FinessLengthWrong,
    NirCharacterWrong,
    NirFictitious,
    NirKeyMissing,
    NirKeyWrong,
    NirLengthWrong,
    NirMonthImpossible,
    NirOrderImpossible,
    NirPlaceImpossible,
    NirSexDigitUnknown,
    RppsCharacterWrong,
    RppsKeyWrong,
    RppsLengthWrong,
)
from rempart.domain.errors.registration import NameRefused

SHOWN_NAME_CHARS_MAX: Final = 120
"""A name in a list, or in a sentence that is signed, is read at one glance."""

Finess = NewType("Finess", str)
"""A checked FINESS number, 9 characters."""

Rpps = NewType("Rpps", str)
"""A checked RPPS number, 11 digits."""

AmcNumber = NewType("AmcNumber", str)
"""An AMC number normalised to 10 digits."""

NIR_SEX_DIGITS: Final = "12345678"  # 1 and 2 registered; 3, 4, 7, 8 being registered; 5, 6 passing migrants
NIR_MONTH_PATTERN: Final = (
    "0[1-9]|1[0-2]|20|3[0-9]|4[0-2]|[5-9][0-9]"  # 20, 30-42, 50-99: civil status incomplete
)
NIR_PLACE_PATTERN: Final = (
    # département and commune of three digits, 99 and a country
    "(?:0[1-9]|[1-8][0-9]|9[0-69]|2[AB])(?:00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})"
    # overseas territory of three digits and commune of two
    "|9[78][0-9](?:0[1-9]|[1-9][0-9])"
)
NIR_ORDER_PATTERN: Final = "00[1-9]|0[1-9][0-9]|[1-9][0-9]{2}"
NIR_PATTERN: Final = (
    f"[{NIR_SEX_DIGITS}][0-9]{{2}}(?:{NIR_MONTH_PATTERN})(?:{NIR_PLACE_PATTERN})(?:{NIR_ORDER_PATTERN})"
    "[0-9]{2}"
)
NIR_FICTITIOUS: Final = "555555"  # year, month and département of the numbers used for anonymous care

_SHAPE = re.compile(NIR_PATTERN)
_CHARACTERS = re.compile("[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{6}(?:[0-9]{2})?")
_MONTH = re.compile(NIR_MONTH_PATTERN)
_PLACE = re.compile(NIR_PLACE_PATTERN)
_CORSICA_AS_NUMBER = {"A": "19", "B": "18"}
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_LUHN_VALUE = {**{str(digit): digit for digit in range(10)}, "A": 1, "B": 2}


class Nir:
    """A checked NIR or provisional number: 13 characters and its key."""

    __slots__ = ("_compact",)
    _compact: str

    MASKED_TAIL: ClassVar[str] = "•• •• ••• ••• ••"

    def __init__(self) -> None:
        raise TypeError("use Nir.parse")

    @classmethod
    def parse(cls, text: str, place: str = "nir") -> Self:
        """Read a NIR of 15 characters, spaces and small letters allowed.

        Refuses each defect with its own error, the most general first: length, character, missing key, sex
        digit, fictitious number, month, place, order, key.
        """
        compact = text if _SHAPE.fullmatch(text) else "".join(text.split()).upper()
        if _SHAPE.fullmatch(compact) is None or compact[1:7] == NIR_FICTITIOUS:
            _refuse_shape(compact, place)
        if int(compact[13:]) != nir_key(compact[:13]):
            raise NirKeyWrong(place)
        nir = object.__new__(cls)
        object.__setattr__(nir, "_compact", compact)
        return nir

    @property
    def number(self) -> str:
        """The 13 characters without the key."""
        return self._compact[:13]

    @property
    def key(self) -> str:
        """The two digits of the key."""
        return self._compact[13:]

    @property
    def compact(self) -> str:
        """The 15 characters; write this only where the digits themselves are needed."""
        return self._compact

    @property
    def masked(self) -> str:
        """The form that may be shown: sex digit and year of birth."""
        return f"{self._compact[0]} {self._compact[1:3]} {self.MASKED_TAIL}"

    @property
    def is_provisional(self) -> bool:
        """Whether the number was given while the person is being registered, and will be replaced."""
        return self._compact[0] not in "12"

    def __repr__(self) -> str:
        return f"Nir({self.masked})"

    def __str__(self) -> str:
        return self.masked

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)

    def __eq__(self, other: object) -> bool:
        return self._compact == other._compact if isinstance(other, Nir) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compact)

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"a Nir does not change: {name}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        return self

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a Nir is not pickled: it would leave the process in clear")


def nir_key(number: str) -> int:
    """Compute the key, 1 to 97, of 13 checked characters."""
    if number[6] in _CORSICA_AS_NUMBER:
        number = number[:5] + _CORSICA_AS_NUMBER[number[6]] + number[7:]
    return 97 - int(number) % 97


def _refuse_shape(compact: str, place: str) -> NoReturn:
    """Raise the error that says what is wrong in a NIR whose shape is."""
    if len(compact) not in (13, 15):
        raise NirLengthWrong(place)
    if _CHARACTERS.fullmatch(compact) is None:
        raise NirCharacterWrong(place)
    if len(compact) == 13:
        raise NirKeyMissing(place)
    if compact[0] not in NIR_SEX_DIGITS:
        raise NirSexDigitUnknown(place)
    if compact[1:7] == NIR_FICTITIOUS:
        raise NirFictitious(place)
    if _MONTH.fullmatch(compact, 3, 5) is None:
        raise NirMonthImpossible(place)
    if _PLACE.fullmatch(compact, 5, 10) is None:
        raise NirPlaceImpossible(place)
    raise NirOrderImpossible(place)


def alias_message(nir: Nir, birth_date: BirthDate, birth_rank: int = 1) -> bytes:
    """Compose the message whose HMAC finds a person inside an insurer: `NIR15|AAAAMMJJ|rank`."""
    return f"{nir.compact}|{birth_date.text}|{birth_rank}".encode("ascii")


def cell_message(nir: Nir) -> bytes:
    """Compose the message whose HMAC tells months and communes of birth apart, whatever the sex and the order number."""
    return nir.number[1:10].encode("ascii")


def parse_finess(text: str, place: str = "finess") -> Finess:
    """Read a FINESS number of 9 characters; refuse a wrong length, character, département or key."""
    compact = "".join(text.split()).upper()
    if len(compact) != 9:
        raise FinessLengthWrong(place)
    if re.fullmatch("(?:[0-9]{2}|2[AB])[0-9]{7}", compact) is None:
        raise FinessCharacterWrong(place)
    if compact.startswith(("00", "96")):
        raise FinessDepartementUnknown(place)
    if not _passes_luhn(compact):
        raise FinessKeyWrong(place)
    return Finess(compact)


def parse_rpps(text: str, place: str = "rpps") -> Rpps:
    """Read an RPPS number of 11 digits; refuse a wrong length, character or key."""
    compact = "".join(text.split())
    if len(compact) != 11:
        raise RppsLengthWrong(place)
    if not (compact.isascii() and compact.isdecimal()):
        raise RppsCharacterWrong(place)
    if compact == "0" * 11 or not _passes_luhn(compact):
        raise RppsKeyWrong(place)
    return Rpps(compact)


def parse_amc_number(text: str, place: str = "amc_number") -> AmcNumber:
    """Read an AMC number of 8 to 10 digits and pad it to 10; refuse a wrong length or character."""
    compact = "".join(text.split())
    if not 8 <= len(compact) <= 10:
        raise AmcNumberLengthWrong(place)
    if not (compact.isascii() and compact.isdecimal()):
        raise AmcNumberCharacterWrong(place)
    if not compact.strip("0"):
        raise AmcNumberZero(place)
    return AmcNumber(compact.zfill(10))


def parse_shown_name(text: str, place: str = "name") -> str:
    """Read a name that people read in what they sign: one line of 1 to 120 characters, all seen. Refuses: NameRefused."""
    name = text.strip()
    if (
        not 1 <= len(name) <= SHOWN_NAME_CHARS_MAX
        or not name.replace("\u00a0", " ").replace("\u202f", " ").isprintable()
    ):
        raise NameRefused(place)
    if set(name) & set("→«»"):
        raise NameRefused(place)
    return name


def _passes_luhn(compact: str) -> bool:
    """Whether the weighted sum of checked characters is a multiple of 10."""
    digits = [_LUHN_VALUE[character] for character in reversed(compact)]
    return (sum(digits[::2]) + sum(_LUHN_DOUBLED[digit] for digit in digits[1::2])) % 10 == 0
