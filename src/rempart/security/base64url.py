"""base64url without padding (RFC 7515 2): no other character, and where it matters one text for one sequence of bytes."""

import binascii

_FROM_URL_SAFE = bytes.maketrans(b"-_+/=", b"+/\0\0\0")
_PADDING = (
    b"",
    b"=",
    b"==",
    b"=",
)  # by what the length leaves over 4; one character over is refused either way
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode(content: bytes) -> str:
    """Write bytes as base64url."""
    return binascii.b2a_base64(content, newline=False).translate(_TO_URL_SAFE, b"=").decode()


def decode(text: bytes) -> bytes:
    """Read base64url; a ValueError for a character outside the alphabet or a length that cannot be."""
    return binascii.a2b_base64(text.translate(_FROM_URL_SAFE) + _PADDING[len(text) % 4], strict_mode=True)


def decode_canonical(text: bytes) -> bytes:
    """Read base64url as `encode` writes it; a ValueError also for a last character with bits that no byte holds."""
    content = decode(text)
    if encode(content).encode() != text:
        raise ValueError("the last character has bits that no byte holds")
    return content
