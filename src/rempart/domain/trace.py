"""The printed form of a receipt's number: short enough to read aloud, with a check character that finds a slip.

Crockford base 32 without I, L, O, U; check character modulo 37. Source: https://www.crockford.com/base32.html
"""

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECKS = DIGITS + "*~$=U"
WIDTH = 12  # 60 bits; fixed, so that no answer is longer than another


def trace_of(receipt_id: int) -> str:
    """Write a receipt's number as three groups of four digits and a check character, such as `0000-0001-2K4X-7`."""
    rest, digits = receipt_id, ""
    while rest:
        rest, digit = divmod(rest, 32)
        digits = DIGITS[digit] + digits
    padded = digits.rjust(WIDTH, "0")
    return f"{padded[:4]}-{padded[4:8]}-{padded[8:]}-{CHECKS[receipt_id % 37]}"


def receipt_id_of(trace: str) -> int | None:
    """Read a trace number back, as typed or as heard; None where it cannot be one."""
    text = trace.upper().replace("-", "").replace(" ", "").replace("O", "0").replace("I", "1").replace("L", "1")
    if len(text) != WIDTH + 1 or any(character not in DIGITS for character in text[:WIDTH]):
        return None
    receipt_id = 0
    for character in text[:WIDTH]:
        receipt_id = receipt_id * 32 + DIGITS.index(character)
    return receipt_id if CHECKS[receipt_id % 37] == text[WIDTH] else None
