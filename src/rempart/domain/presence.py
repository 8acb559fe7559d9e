"""What a professional types about presence beside a card: a code that the person reads out, the name of a list.

Never: correct what was typed.
"""

import re
from typing import Final

from rempart.domain.errors.requests import ListNameRefused, OneTimeCodeRefused
from rempart.domain.rights import OneTimeCode

CODE_DIGITS: Final = 8
"""Ten million to one a try, and five tries."""

LIST_NAME_MAX_CHARS: Final = 24

_LIST_NAME = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]*[A-Z0-9])?")


def parse_one_time_code(text: str, place: str = "one_time_code") -> OneTimeCode:
    """Read a code of eight digits; spaces between them are allowed. Refuses: OneTimeCodeRefused."""
    compact = "".join(text.split())
    if len(compact) != CODE_DIGITS or not (compact.isascii() and compact.isdecimal()):
        raise OneTimeCodeRefused(place)
    return OneTimeCode(compact)


def parse_list_name(text: str, place: str = "standing_list") -> str:
    """Read the name of a list: a nursing home's, never a person's. Refuses: ListNameRefused."""
    name = " ".join(text.split()).upper()
    if len(name) > LIST_NAME_MAX_CHARS or _LIST_NAME.fullmatch(name) is None:
        raise ListNameRefused(place)
    return name
