"""The keyring's process: it answers batches over one local socket per role, and the socket is the role.

Online questions are answered at once. The long requests of a feed are cut into slices, taken in turn among
those who sent them, so that a load of 33 million people never makes a pharmacist wait longer than one
slice. Nothing that comes over a socket is logged, and no answer holds a key.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import cast

import structlog

from rempart.domain.errors import RempartError
from rempart.domain.errors.keyring import KeyringForbidden, KeyUnknown
from rempart.keyring import rights, wire
from rempart.keyring.openings import OpeningLog
from rempart.keyring.rights import Allowance
from rempart.keyring.vault import Vault
from rempart.keyring.wire import Operation, Status
from rempart.limits import (
    KEYRING_BULK_ITEMS_MAX,
    KEYRING_FRAME_MAX_BYTES,
    KEYRING_ITEMS_MAX,
    KEYRING_SLICE_ITEMS,
)

log = structlog.get_logger()

_BULK = (Operation.INDEX_ALL, Operation.SEAL)
_BULK_WAITING_MAX = 2
"""Long requests of one connection held at once: one at work, one ready to follow."""

_UNREAD_MAX_BYTES = 2 * KEYRING_FRAME_MAX_BYTES
"""Answers that a client may leave unread before we stop reading it: it sends its next requests before it reads them."""

_LOOK_UP = rights.INDEX.encode()
"""The keys under which people are found: only these count against what a role may have."""

_PEER = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Door:
    """The socket of one role, and the user of the machine who alone may come through it (None: anybody who can)."""

    role: str
    listener: socket.socket
    user_id: int | None


class Keyring:
    """Answers every role from one vault."""

    def __init__(self, vault: Vault, openings: OpeningLog, monotonic: Callable[[], float]) -> None:
        self.vault = vault
        self._openings = openings
        self._monotonic = monotonic
        self._allowances = {role: Allowance.of(role, monotonic()) for role in rights.ALLOWED}
        self._at_work: deque[Connection] = deque()

    async def serve(self, doors: Mapping[str, Door], stopped: asyncio.Event) -> None:
        """Answer until told to stop."""
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_unix_server(partial(Connection, self, door), sock=door.listener)
            for door in doors.values()
        ]
        await stopped.wait()
        for server in servers:
            server.close()

    def answer(self, role: str, operation: Operation, payload: bytes) -> bytes:
        """Answer an online request at once."""
        match operation:
            case Operation.INDEX:
                return self._index(role, payload)
            case Operation.OPEN:
                return self._open(role, payload)
            case Operation.CREATE:
                return self._create(role, payload)
            case Operation.NAMES:
                rights.check(role, operation, "")
                return "\n".join(self.vault.names()).encode()
        name, at = wire.read_name(payload)
        rights.check(role, operation, name)
        if operation is Operation.SIGN:
            return self.vault.sign(name, payload[at:])
        return self.vault.public_key(name)

    def begin(self, role: str, operation: Operation, payload: bytes) -> Iterator[bytes]:
        """Begin a long request: each step of what is returned handles one slice and gives a piece of the answer."""
        name, at = wire.read_name(payload)
        rights.check(role, operation, name)
        if operation is Operation.INDEX_ALL:
            messages = payload[at:].split(b"\n", KEYRING_BULK_ITEMS_MAX)
            if len(messages) > KEYRING_BULK_ITEMS_MAX:
                raise KeyringForbidden("messages")
            self._take(role, len(messages))
            return self._digest_slices(name, messages)
        return self._seal_slices(name, *wire.read_alike(payload, at))

    def enqueue(self, connection: "Connection") -> None:
        """Put a connection with long requests in the turn."""
        if connection not in self._at_work:
            self._at_work.append(connection)
            if len(self._at_work) == 1:
                asyncio.get_running_loop().call_soon(self._take_turn)

    def _take_turn(self) -> None:
        """Handle one slice of the first connection, then let the sockets speak before the next."""
        connection = self._at_work.popleft()
        if connection.work_a_slice():
            self._at_work.append(connection)
        if self._at_work:
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _index(self, role: str, payload: bytes) -> bytes:
        lookups = wire.read_lookups(payload)
        if len(lookups) > KEYRING_ITEMS_MAX:
            raise KeyringForbidden("lookups")
        places: dict[bytes, list[int]] = {}
        for place, (name, _) in enumerate(lookups):
            places.setdefault(name, []).append(place)
        for name in places:
            rights.check(role, Operation.INDEX, name.decode())
        self._take(role, sum(len(taken) for name, taken in places.items() if name.startswith(_LOOK_UP)))
        digests: list[bytes | None] = [None] * len(lookups)
        for name, taken in places.items():
            with suppress(KeyUnknown):
                found = self.vault.digest(name.decode(), [lookups[place][1] for place in taken])
                for place, digest in zip(taken, found, strict=True):
                    digests[place] = digest
        return wire.write_digests(digests)

    def _open(self, role: str, payload: bytes) -> bytes:
        name, at = wire.read_name(payload)
        rights.check(role, Operation.OPEN, name)
        associated, sealed, grants = wire.read_records(payload, at)
        self._take(role, len(grants))
        self._openings.record(role, name, grants)
        return b"".join(self.vault.open(name, associated, sealed))

    def _create(self, role: str, payload: bytes) -> bytes:
        names = payload.decode().split("\n")
        for name in names:
            rights.check(role, Operation.CREATE, name)
        return "\n".join(self.vault.create(names)).encode()

    def _digest_slices(self, name: str, messages: list[bytes]) -> Iterator[bytes]:
        for start in range(0, len(messages), KEYRING_SLICE_ITEMS):
            yield b"".join(self.vault.digest(name, messages[start : start + KEYRING_SLICE_ITEMS]))

    def _seal_slices(self, name: str, associated: list[bytes], texts: list[bytes]) -> Iterator[bytes]:
        for start in range(0, len(texts), KEYRING_SLICE_ITEMS):
            end = start + KEYRING_SLICE_ITEMS
            yield b"".join(self.vault.seal(name, associated[start:end], texts[start:end]))

    def _take(self, role: str, count: int) -> None:
        self._allowances[role].take(count, self._monotonic())


class Connection(asyncio.Protocol):
    """One client: reads its frames, answers the short ones, works through the long ones in turn with others."""

    def __init__(self, keyring: Keyring, door: Door) -> None:
        self._keyring = keyring
        self._door = door
        self._received = bytearray()
        self._long: deque[tuple[int, Iterator[bytes]]] = deque()
        self._pieces: list[bytes] = []
        self._client_reads = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let in only the user whose door this is, or root, who can be anybody."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_UNREAD_MAX_BYTES)
        expected = self._door.user_id
        if expected is None:
            return
        peer = self._transport.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size
        )
        _, user_id, _ = _PEER.unpack(peer)
        if user_id not in (expected, 0):
            log.warning("keyring-peer-refused", role=self._door.role, user_id=user_id)
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget what a client that went away had asked."""
        del error
        self._long.clear()

    def data_received(self, received: bytes) -> None:
        """Take what has come; a client that speaks another language is shown out."""
        self._received += received
        try:
            self._read_frames()
        except (KeyringForbidden, ValueError, IndexError, struct.error):
            log.warning("keyring-frame-refused", role=self._door.role)
            self._transport.abort()

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read."""
        self._client_reads = False
        self._steer()

    def resume_writing(self) -> None:
        """Read again from a client that reads again."""
        self._client_reads = True
        self._steer()

    def work_a_slice(self) -> bool:
        """Handle one slice of the oldest long request; say whether there is more to do."""
        if not self._long:
            return False
        number, slices = self._long[0]
        try:
            self._pieces.append(next(slices))
        except StopIteration:
            self._finish(number, Status.DONE, b"".join(self._pieces))
        except RempartError as error:
            self._finish(number, wire.STATUS_OF_ERROR[type(error)], b"")
        except (
            OSError,
            RuntimeError,
        ):  # a device that fails is said to the caller, and never ends the keyring
            log.exception("keyring-failed", role=self._door.role)
            self._finish(number, Status.FAILED, b"")
        return bool(self._long)

    def _finish(self, number: int, status: Status, payload: bytes) -> None:
        self._long.popleft()
        self._pieces = []
        self._transport.write(wire.frame(number, status, payload))
        self._steer()

    def _steer(self) -> None:
        if self._transport.is_closing():
            return
        if self._client_reads and len(self._long) < _BULK_WAITING_MAX:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _read_frames(self) -> None:
        """Handle every whole frame received; keep the beginning of the next."""
        at = 0
        while len(self._received) - at >= wire.HEAD.size:
            length, number, operation = wire.HEAD.unpack_from(self._received, at)
            if not wire.HEAD.size - wire.LENGTH_BYTES <= length <= KEYRING_FRAME_MAX_BYTES:
                raise KeyringForbidden("frame")
            end = at + wire.LENGTH_BYTES + length
            if len(self._received) < end:
                break
            self._handle(number, Operation(operation), bytes(self._received[at + wire.HEAD.size : end]))
            at = end
        del self._received[:at]

    def _handle(self, number: int, operation: Operation, payload: bytes) -> None:
        role = self._door.role
        try:
            if operation in _BULK:
                self._long.append((number, self._keyring.begin(role, operation, payload)))
                self._keyring.enqueue(self)
                self._steer()
                return
            answer = wire.frame(number, Status.DONE, self._keyring.answer(role, operation, payload))
        except RempartError as error:
            answer = wire.frame(number, wire.STATUS_OF_ERROR[type(error)], b"")
        except (OSError, RuntimeError):  # the disk of the openings, or a device
            log.exception("keyring-failed", role=role)
            answer = wire.frame(number, Status.FAILED, b"")
        self._transport.write(answer)
