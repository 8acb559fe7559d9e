"""The printed form of a receipt's number: short enough to read aloud, with two check digits that find a slip.

Crockford's base 32 (no I, L, O or U), then the number modulo 97: every single slip and every exchange of neighbours is found.
Source: https://www.crockford.com/base32.html
"""

from typing import Final

DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WIDTH: Final = 12  # 60 bits; fixed, so that no answer is longer than another
_CHECK: Final = 97
_PAIRS: Final = [first + second for first in DIGITS for second in DIGITS]


def trace_of(receipt_id: int) -> str:
    """Write a receipt's number as three groups of four digits and its check, such as `0000-0001-2K4X-38`."""
    high, middle, low = receipt_id >> 40, receipt_id >> 20, receipt_id
    return (
        f"{_PAIRS[high >> 10 & 1023]}{_PAIRS[high & 1023]}-{_PAIRS[middle >> 10 & 1023]}{_PAIRS[middle & 1023]}-"
        f"{_PAIRS[low >> 10 & 1023]}{_PAIRS[low & 1023]}-{receipt_id % _CHECK:02d}"
    )


def receipt_id_of(trace: str) -> int | None:
    """Read a trace number back, as typed or as heard; None where it cannot be one."""
    text = trace.upper().replace("-", "").replace(" ", "").translate(_HEARD)
    number, check = text[:WIDTH], text[WIDTH:]
    if len(number) != WIDTH or len(check) != 2 or set(number) - set(DIGITS) or not check.isdecimal():
        return None
    receipt_id = 0
    for character in number:
        receipt_id = receipt_id * 32 + DIGITS.index(character)
    return receipt_id if receipt_id % _CHECK == int(check) else None


_HEARD: Final = str.maketrans("OIL", "011")
