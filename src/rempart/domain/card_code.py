"""The code that an insurer prints as a QR on a card, so that one scan at the counter leaves only the birth date to type.

A 2D scanner is a keyboard: it presses keys, and the machine's layout decides what they write. A scanner set to a US keyboard on
a French machine writes `&é"'(-è_çà` for the digits, and letters change places; so the code is made of digits alone, and what
a wrong layout makes of a digit is turned back into it. Digits are also the densest mode of a QR: 73 of them for a secret of
128 bits, which is version 3 at level Q.

    71 AAAAAAAAAA C NNNNNNNNNNNNNNN R LL SSS…S KK
    71          version 1 of this code
    A           AMC number, 10 digits
    C           0; 1 or 2 where the NIR holds 2A or 2B, whose letter is then written 0
    N           NIR and key, 15 digits
    R           birth rank
    L           length of the secret's base 32 text, 16 to 32
    S           that text read as a number of 5 bits a character, in as many digits as the greatest of that length
    K           two digits that make the whole congruent to 1 modulo 97 (ISO 7064 MOD 97-10)

The birth date is not in it: who finds or photographs a card does not have the last piece. The secret is never in a log.

`faces/assets/scripts/card_code.js` reads the same code in the browser; one table of vectors holds them together.
Never: look a card up, or tell whether its secret is the right one. Sources: ISO/IEC 7064 (check digits), RFC 4648 (base 32).
"""

from dataclasses import dataclass
from typing import Final

from rempart.domain.birth_dates import parse_birth_rank
from rempart.domain.errors.identifiers import (
    CardCodeCharacterWrong,
    CardCodeCheckWrong,
    CardCodeLengthWrong,
    CardCodeVersionUnknown,
    CardSecretRefused,
)
from rempart.domain.identifiers import AmcNumber, Nir, parse_amc_number
from rempart.domain.rights import CardSecret

VERSION: Final = "71"
BASE_32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECRET_LENGTH_MIN: Final = 16  # 80 bits, the least that cannot be searched
SECRET_LENGTH_MAX: Final = 32  # 160 bits; longer only makes the QR denser

SCANNER_LAYOUTS: Final = (
    "à&é\"'(-è_ç",  # scanner set to a US keyboard, machine to a French one
    "à&é\"'(§è!ç",  # the same on a Belgian or a Mac's French keyboard
    ")!@#$%^&*(",  # scanner set to a French keyboard, machine to a US one
    ')!"£$%^&*(',  # the same on a British machine
)
"""What the digits 0 to 9 become when the scanner and the machine disagree."""

_LETTERS_OF_CORSICA = {"0": "", "1": "A", "2": "B"}
_CORSICA_AT = 6  # place of the letter in a NIR
_SECRET_AT = 31  # length of all that comes before the secret


@dataclass(frozen=True, slots=True)
class CardCode:
    """What a card says of its holder; no part of it shows in a log or a trace."""

    amc_number: AmcNumber
    nir: Nir
    birth_rank: int
    secret: CardSecret


def parse_card_secret(text: str, place: str = "card_secret") -> CardSecret:
    """Read the secret of a card, 16 to 32 characters of base 32; small letters and spaces are allowed."""
    compact = "".join(text.split()).upper()
    if not SECRET_LENGTH_MIN <= len(compact) <= SECRET_LENGTH_MAX or set(compact) - set(BASE_32):
        raise CardSecretRefused(place)
    return CardSecret(compact)


def write_card_code(code: CardCode) -> str:
    """Compose the digits to print."""
    nir, letter = code.nir.compact, code.nir.compact[_CORSICA_AT]
    corsica = {"A": "1", "B": "2"}.get(letter, "0")
    if corsica != "0":
        nir = f"{nir[:_CORSICA_AT]}0{nir[_CORSICA_AT + 1 :]}"
    text = code.secret.text
    number = 0
    for character in text:
        number = number * 32 + BASE_32.index(character)
    secret = f"{len(text):02}{number:0{_digits_of_secret(len(text))}}"
    body = f"{VERSION}{code.amc_number}{corsica}{nir}{code.birth_rank}{secret}"
    return f"{body}{98 - int(body) * 100 % 97:02}"


def parse_card_code(typed: str, place: str = "card") -> CardCode:
    """Read what a scanner typed; undo a wrong keyboard layout.

    Refuses, in this order: a foreign character, an unknown version, a wrong length, wrong check digits, then what is wrong in the
    numbers themselves, each with its own error.
    """
    digits = _digits_of_burst(typed, place)
    if not digits.startswith(VERSION):
        raise CardCodeVersionUnknown(place)
    length = int(digits[_SECRET_AT - 2 : _SECRET_AT] or 0)
    if not SECRET_LENGTH_MIN <= length <= SECRET_LENGTH_MAX:
        raise CardCodeLengthWrong(place)
    if len(digits) != _SECRET_AT + _digits_of_secret(length) + 2:
        raise CardCodeLengthWrong(place)
    if int(digits) % 97 != 1:
        raise CardCodeCheckWrong(place)
    return CardCode(
        amc_number=parse_amc_number(digits[2:12], place),
        nir=Nir.parse(_nir_of(digits, place), place),
        birth_rank=parse_birth_rank(digits[28], place),
        secret=_secret_of(int(digits[_SECRET_AT:-2]), length, place),
    )


def _digits_of_burst(typed: str, place: str) -> str:
    """Turn the keys of a scanner back into digits."""
    compact = "".join(typed.split())
    if compact.isascii() and compact.isdecimal():
        return compact
    for layout in SCANNER_LAYOUTS:
        if set(compact) <= set(layout):
            return "".join(str(layout.index(character)) for character in compact)
    raise CardCodeCharacterWrong(place)


def _nir_of(digits: str, place: str) -> str:
    corsica, nir = digits[12], digits[13:28]
    if corsica not in _LETTERS_OF_CORSICA:
        raise CardCodeCharacterWrong(place)
    letter = _LETTERS_OF_CORSICA[corsica]
    return f"{nir[:_CORSICA_AT]}{letter}{nir[_CORSICA_AT + 1 :]}" if letter else nir


def _secret_of(number: int, length: int, place: str) -> CardSecret:
    characters = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        characters.append(BASE_32[rest])
    if number:
        raise CardSecretRefused(place)
    return CardSecret("".join(reversed(characters)))


def _digits_of_secret(length: int) -> int:
    """Count the digits that hold any text of this length."""
    return len(str(32**length - 1))
