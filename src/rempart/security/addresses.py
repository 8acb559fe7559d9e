"""Compare the address in a proof with that of the resource, as RFC 9449 4.3 asks.

Query and fragment do not count; the rest is brought to its normal form first.

Never: treat two hosts as one, or decode a character that separates the parts of a path.

Source: RFC 3986 6.2.2 (case, percent-encoding) and 6.2.3 (default port, empty path).
"""

import re
from typing import Final
from urllib.parse import urlsplit

_PORT_BY_SCHEME: Final = {"http": 80, "https": 443}
_ENCODED = re.compile("%([0-9A-Fa-f]{2})")
_PLAIN_IN_A_PATH = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@"
)  # pchar


def is_same_address(one: str, other: str) -> bool:
    """Whether two addresses name one resource; false for what is no absolute http address."""
    normalised = normalise_address(one)
    return normalised is not None and normalised == normalise_address(other)


def normalise_address(address: str) -> str | None:
    """Write an http address in its normal form, without query and fragment; None for what is not one."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    default_port = _PORT_BY_SCHEME.get(parts.scheme)
    if default_port is None or not parts.hostname or parts.username is not None:
        return None
    authority = parts.hostname if port in (None, default_port) else f"{parts.hostname}:{port}"
    return f"{parts.scheme}://{authority}{_ENCODED.sub(_decode_plain, parts.path) or '/'}"


def _decode_plain(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _PLAIN_IN_A_PATH else found[0].upper()
