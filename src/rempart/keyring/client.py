"""How a process asks the keyring: many requests under way on one connection, made again when it was lost.

    keyring = await Keyring.connect(settings, "fhir") digests = await keyring.index([("index/0312345678",
    message), ("request", body)])   # None where the key is unknown await keyring.close()

Never wait for ever: an answer that does not come within limits.KEYRING_TIMEOUT_S is an outage, said as
KeyringUnreachable.
"""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Self, cast

from rempart.domain.errors.keyring import KeyringUnreachable
from rempart.keyring import wire
from rempart.keyring.wire import Operation, Status
from rempart.limits import KEYRING_PENDING_MAX, KEYRING_TIMEOUT_S
from rempart.settings import Settings


class Keyring:
    """One role's way to the keyring; safe to share among all the tasks of an event loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()

    @classmethod
    async def connect(cls, settings: Settings, role: str) -> Self:
        """Connect through the role's socket. Refuses: KeyringUnreachable."""
        keyring = cls(str(settings.keyring_socket(role)))
        await keyring._connected_line()
        return keyring

    async def index(self, lookups: Sequence[tuple[str, bytes]]) -> list[bytes | None]:
        """Give the HMAC-SHA256 of each message under its key; None where the keyring has no such key."""
        return wire.read_digests(await self._ask(Operation.INDEX, wire.write_lookups(lookups)))

    async def open(
        self, name: str, associated: Sequence[bytes], sealed: Sequence[bytes], grants: Sequence[bytes]
    ) -> list[bytes]:
        """Open sealed records, each on a grant of its own. Refuses: KeyUnknown, SealBroken, GrantSpent."""
        payload = wire.named(name) + wire.write_records(associated, sealed, grants)
        lengths = [len(record) - wire.SEAL_OVERHEAD_BYTES for record in sealed]
        return wire.cut(await self._ask(Operation.OPEN, payload), lengths)

    async def sign(self, name: str, message: bytes) -> bytes:
        """Sign a message (Ed25519, 64 bytes). Refuses: KeyUnknown."""
        return await self._ask(Operation.SIGN, wire.named(name) + message)

    async def public_key(self, name: str) -> bytes:
        """Give the public half of a signing key (32 bytes). Refuses: KeyUnknown."""
        return await self._ask(Operation.PUBLIC_KEY, wire.named(name))

    async def create(self, names: Sequence[str]) -> list[str]:
        """Make the keys that are missing; give the names of those made."""
        return (await self._ask(Operation.CREATE, "\n".join(names).encode())).decode().split()

    async def create_insurer(self, amc_number: str) -> list[str]:
        """Make the two keys of an insurer, unless it has them."""
        return await self.create([f"index/{amc_number}", f"data/{amc_number}"])

    async def names(self) -> list[str]:
        """List the names of the keys."""
        return (await self._ask(Operation.NAMES, b"")).decode().split()

    async def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.hang_up()
            self._line = None

    async def _ask(self, operation: Operation, payload: bytes) -> bytes:
        """Ask, and once more on a new connection if the old one breaks meanwhile: the keyring may have restarted."""
        line = self._line
        if line is not None and not line.is_broken:
            try:
                return await line.ask(operation, payload)
            except ConnectionError:
                if operation is Operation.OPEN:  # it may have been done: its grants are spent
                    raise KeyringUnreachable from None
        try:
            return await (await self._connected_line()).ask(operation, payload)
        except ConnectionError:
            raise KeyringUnreachable from None

    async def _connected_line(self) -> "_Line":
        async with self._connecting:
            if self._line is None or self._line.is_broken:
                try:
                    _, line = await asyncio.get_running_loop().create_unix_connection(_Line, self._path)
                except OSError:
                    raise KeyringUnreachable from None
                self._line = line
            return self._line


class _Line(asyncio.Protocol):
    """One connection: requests go out numbered, answers find their request by its number."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._received = bytearray()
        self.is_broken = False

    async def ask(self, operation: Operation, payload: bytes) -> bytes:
        """Send a request and wait for its answer. Refuses: what the keyring refuses; ConnectionError when cut."""
        if len(self._waiting) >= KEYRING_PENDING_MAX:
            raise KeyringUnreachable
        number = next(self._numbers) & 0xFFFFFFFF
        told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = told
        self._transport.write(wire.frame(number, operation, payload))
        try:
            async with asyncio.timeout(KEYRING_TIMEOUT_S):
                return await told
        except TimeoutError:
            raise KeyringUnreachable from None
        finally:
            self._waiting.pop(number, None)

    def hang_up(self) -> None:
        """Close the connection."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell everybody who waits that no answer will come on this connection."""
        del error
        self.is_broken = True
        for told in self._waiting.values():
            if not told.done():
                told.set_exception(ConnectionResetError())

    def data_received(self, received: bytes) -> None:
        """Hand each whole answer to who waits for it."""
        self._received += received
        at = 0
        while len(self._received) - at >= wire.HEAD.size:
            length, number, status = wire.HEAD.unpack_from(self._received, at)
            end = at + wire.LENGTH_BYTES + length
            if len(self._received) < end:
                break
            told = self._waiting.get(number)
            if told is not None and not told.done():
                if status == Status.DONE:
                    told.set_result(bytes(self._received[at + wire.HEAD.size : end]))
                else:
                    told.set_exception(wire.error_of(status))
            at = end
        del self._received[:at]
