"""What goes over the keyring's sockets: frames of bytes, made for batches, the same for both ends.

    frame       length of the rest (u32) | request number (u32) | operation or status (u8) | payload
    index       count (u16), then per look-up: length of the key's name (u8), name, length of the message (u32), message
    index-all   name (u8 length), then messages joined by line feeds
    seal        name, count (u32), then as many associated data of one length, joined, and as many texts of one length
    open        name, count (u32), lengths of the associated data (u32 each), lengths of the sealed texts, a grant of 16 bytes
                per item, then all of them joined
    sign, key   name, message

Big-endian throughout. The order of answers on one connection is that of their readiness, so each carries
its request's number. Never put a key in a frame.
"""

import struct
from collections.abc import Sequence
from enum import IntEnum
from itertools import accumulate, pairwise

from rempart.domain.errors import RempartError
from rempart.domain.errors.keyring import (
    GrantSpent,
    KeyringForbidden,
    KeyringThrottled,
    KeyringUnreachable,
    KeyUnknown,
    SealBroken,
)
from rempart.limits import KEYRING_BULK_ITEMS_MAX

HEAD = struct.Struct(">IIB")
"""Length of what follows it, request number, operation or status."""

LENGTH_BYTES = 4
DIGEST_BYTES = 32
GRANT_BYTES = 16
SEAL_OVERHEAD_BYTES = 28
"""A nonce of 12 bytes before the sealed text, a tag of 16 after it."""

_UNKNOWN_KEY = b"\0" * (1 + DIGEST_BYTES)


class Operation(IntEnum):
    """What can be asked of the keyring."""

    INDEX = 1
    INDEX_ALL = 2
    SEAL = 3
    OPEN = 4
    SIGN = 5
    PUBLIC_KEY = 6
    CREATE = 7
    NAMES = 8


class Status(IntEnum):
    """How the keyring answers."""

    DONE = 0
    KEY_UNKNOWN = 1
    THROTTLED = 2
    FORBIDDEN = 3
    SEAL_BROKEN = 4
    GRANT_SPENT = 5
    FAILED = 6


_ERROR_OF_STATUS: dict[int, type[RempartError]] = {
    Status.KEY_UNKNOWN: KeyUnknown,
    Status.THROTTLED: KeyringThrottled,
    Status.FORBIDDEN: KeyringForbidden,
    Status.SEAL_BROKEN: SealBroken,
    Status.GRANT_SPENT: GrantSpent,
    Status.FAILED: KeyringUnreachable,
}

STATUS_OF_ERROR: dict[type[RempartError], Status] = {
    error: Status(status) for status, error in _ERROR_OF_STATUS.items()
}


def frame(number: int, kind: int, payload: bytes) -> bytes:
    """Wrap one request or answer."""
    return HEAD.pack(HEAD.size - LENGTH_BYTES + len(payload), number, kind) + payload


def error_of(status: int) -> RempartError:
    """Say as an error what the keyring answered."""
    return _ERROR_OF_STATUS.get(status, KeyringForbidden)()


def named(name: str) -> bytes:
    """Write the name of a key."""
    text = name.encode()
    return bytes((len(text),)) + text


def read_name(payload: bytes) -> tuple[str, int]:
    """Read the name of a key, and where what follows begins."""
    end = 1 + payload[0]
    return payload[1:end].decode(), end


def write_lookups(lookups: Sequence[tuple[str, bytes]]) -> bytes:
    """Write the look-ups of a mixed batch."""
    parts = [len(lookups).to_bytes(2)]
    for name, message in lookups:
        text = name.encode()
        parts += (bytes((len(text),)), text, len(message).to_bytes(4), message)
    return b"".join(parts)


def read_lookups(payload: bytes) -> list[tuple[bytes, bytes]]:
    """Read the look-ups of a mixed batch: names as bytes, and messages."""
    lookups = []
    at = 2
    for _ in range(int.from_bytes(payload[:2])):
        name_at = at + 1
        length_at = name_at + payload[at]
        message_at = length_at + 4
        at = message_at + int.from_bytes(payload[length_at:message_at])
        lookups.append((payload[name_at:length_at], payload[message_at:at]))
    if at != len(payload):
        raise KeyringForbidden("lookups")
    return lookups


def write_digests(digests: Sequence[bytes | None]) -> bytes:
    """Write the digests of a mixed batch; None where the key is unknown."""
    return b"".join([_UNKNOWN_KEY if digest is None else b"\1" + digest for digest in digests])


def read_digests(payload: bytes) -> list[bytes | None]:
    """Read the digests of a mixed batch."""
    width = 1 + DIGEST_BYTES
    return [payload[at + 1 : at + width] if payload[at] else None for at in range(0, len(payload), width)]


def write_alike(associated: bytes, texts: bytes, count: int) -> bytes:
    """Write records to seal that have one length: their associated data joined, their texts joined."""
    if len(associated) % count or len(texts) % count:
        raise ValueError("records that are sealed together have one length")
    return struct.pack(">II", count, len(associated) // count) + associated + texts


def read_alike(payload: bytes, at: int) -> tuple[list[bytes], list[bytes]]:
    """Read records to seal: associated data, texts."""
    count, about_bytes = struct.unpack_from(">II", payload, at)
    at += 8
    middle = at + count * about_bytes
    if not 0 < count <= KEYRING_BULK_ITEMS_MAX or middle > len(payload) or (len(payload) - middle) % count:
        raise KeyringForbidden("records")
    text_bytes = (len(payload) - middle) // count
    abouts = [payload[at + place * about_bytes : at + (place + 1) * about_bytes] for place in range(count)]
    texts = [
        payload[middle + place * text_bytes : middle + (place + 1) * text_bytes] for place in range(count)
    ]
    return abouts, texts


def write_records(associated: Sequence[bytes], texts: Sequence[bytes], grants: Sequence[bytes]) -> bytes:
    """Write sealed records to open, with their grants."""
    count = len(texts)
    if len(associated) != count or len(grants) != count:
        raise ValueError("a sealed record comes with its associated data and its grant")
    lengths = struct.pack(f">I{2 * count}I", count, *map(len, associated), *map(len, texts))
    return b"".join((lengths, *grants, *associated, *texts))


def read_records(payload: bytes, at: int) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Read sealed records: associated data, sealed texts, grants."""
    (count,) = struct.unpack_from(">I", payload, at)
    at += 4
    lengths = struct.unpack_from(f">{2 * count}I", payload, at)
    at += 8 * count
    grants_end = at + GRANT_BYTES * count
    grants = cut(payload[at:grants_end], [GRANT_BYTES] * count)
    middle = grants_end + sum(lengths[:count])
    return cut(payload[grants_end:middle], lengths[:count]), cut(payload[middle:], lengths[count:]), grants


def cut(joined: bytes, lengths: Sequence[int]) -> list[bytes]:
    """Cut joined bytes into pieces of the given lengths; refuse what does not add up."""
    ends = list(accumulate(lengths, initial=0))
    if ends[-1] != len(joined):
        raise KeyringForbidden("records")
    return [joined[start:end] for start, end in pairwise(ends)]
