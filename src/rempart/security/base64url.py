"""base64url without padding (RFC 7515 2), strictly: one text for one sequence of bytes."""

import binascii

_FROM_URL_SAFE = bytes.maketrans(b"-_+/=", b"+/\0\0\0")
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode(content: bytes) -> str:
    """Write bytes as base64url."""
    return binascii.b2a_base64(content, newline=False).translate(_TO_URL_SAFE, b"=").decode()


def decode(text: bytes) -> bytes:
    """Read base64url; a ValueError for a character outside the alphabet, a length that cannot be, or a loose last bit."""
    padded = text.translate(_FROM_URL_SAFE) + b"=" * (-len(text) % 4)
    content = binascii.a2b_base64(padded, strict_mode=True)
    if len(text) % 4 and binascii.b2a_base64(content, newline=False) != padded:
        raise ValueError("the last character has bits that no byte holds")
    return content
