r"""How a feed asks the keyring: plain blocking calls over whole columns.

    with BulkKeyring(settings, "feeds") as keyring:
        digests = keyring.index("0312345678", messages)             # a list of 32 bytes each
        joined = keyring.index_joined("0312345678", b"...\n...")    # the same, line feeds in, n × 32 bytes out
        sealed = keyring.seal_joined("0312345678", associated, texts, count)  # nonce, text, tag: 28 bytes longer each

The next piece is sent before the last is read. A message holds no line feed. Refuses: KeyringUnreachable, KeyringThrottled,
KeyUnknown (the insurer has no key here).
"""

import socket
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from types import TracebackType
from typing import Self

from rempart.domain.errors.keyring import KeyringUnreachable
from rempart.keyring import wire
from rempart.keyring.rights import DATA, INDEX
from rempart.keyring.wire import Operation, Status
from rempart.limits import KEYRING_BULK_TIMEOUT_S
from rempart.settings import Settings

_PIECE_ITEMS = 2_048
_PIECE_BYTES = 4 * 1024 * 1024
_AHEAD = 2
"""Pieces sent before the first answer is read: the keyring never waits for us, nor holds more than two of ours."""


class BulkKeyring:
    """A blocking connection to the keyring, for one thread."""

    def __init__(self, settings: Settings, role: str = "feeds") -> None:
        self._numbers = count(1)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(KEYRING_BULK_TIMEOUT_S)
        try:
            self._socket.connect(str(settings.keyring_socket(role)))
        except OSError:
            self._socket.close()
            raise KeyringUnreachable from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._socket.close()

    def index(self, amc_number: str, messages: Sequence[bytes]) -> list[bytes]:
        """Give the HMAC-SHA256 of each message under the insurer's index key."""
        joined = b"".join(self._index_pieces(amc_number, messages))
        return [joined[at : at + wire.DIGEST_BYTES] for at in range(0, len(joined), wire.DIGEST_BYTES)]

    def index_joined(self, amc_number: str, joined: bytes) -> bytes:
        """Give the digests of messages separated by line feeds, one after the other, 32 bytes each."""
        return b"".join(self._index_pieces(amc_number, joined.split(b"\n"))) if joined else b""

    def seal_joined(self, amc_number: str, associated: bytes, texts: bytes, count: int) -> bytes:
        """Seal so many texts of one length, one after the other, each bound to its associated data (record, insurer)."""
        if not count:
            return b""
        about_bytes, text_bytes = len(associated) // count, len(texts) // count
        name = wire.named(DATA + amc_number)
        step = max(1, min(_PIECE_ITEMS, _PIECE_BYTES // max(1, about_bytes + text_bytes)))
        payloads = (
            name
            + wire.write_alike(
                associated[start * about_bytes : (start + step) * about_bytes],
                texts[start * text_bytes : (start + step) * text_bytes],
                min(step, count - start),
            )
            for start in range(0, count, step)
        )
        return b"".join(self._ask_all(Operation.SEAL, payloads))

    def _index_pieces(self, amc_number: str, messages: Sequence[bytes]) -> Iterator[bytes]:
        name = wire.named(INDEX + amc_number)
        payloads = (
            name + b"\n".join(messages[start : start + _PIECE_ITEMS])
            for start in range(0, len(messages), _PIECE_ITEMS)
        )
        return self._ask_all(Operation.INDEX_ALL, payloads)

    def _ask_all(self, operation: Operation, payloads: Iterator[bytes]) -> Iterator[bytes]:
        """Send pieces, two ahead of what was answered; give the answers in order."""
        under_way: deque[int] = deque()
        try:
            for payload in payloads:
                number = next(self._numbers)
                self._socket.sendall(wire.frame(number, operation, payload))
                under_way.append(number)
                if len(under_way) > _AHEAD:
                    yield self._answer(under_way.popleft())
            while under_way:
                yield self._answer(under_way.popleft())
        except OSError:
            raise KeyringUnreachable from None

    def _answer(self, expected: int) -> bytes:
        length, number, status = wire.HEAD.unpack(self._receive(wire.HEAD.size))
        payload = self._receive(length - wire.HEAD.size + wire.LENGTH_BYTES)
        if number != expected:
            raise KeyringUnreachable
        if status != Status.DONE:
            self._socket.close()  # what was sent ahead will be answered too, and nobody will read it
            raise wire.error_of(status)
        return bytes(payload)

    def _receive(self, size: int) -> bytearray:
        received = bytearray(size)
        view = memoryview(received)
        while view.nbytes:
            read = self._socket.recv_into(view)
            if not read:
                raise KeyringUnreachable
            view = view[read:]
        return received
