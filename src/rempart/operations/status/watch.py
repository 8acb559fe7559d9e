"""Watch the service for the status page: what is contained and published, which process does not answer.

What was read last is kept, with the instant, and goes on being told when the base no longer answers. A face is called silent only
where it has answered before: one that runs on another machine never has, and is none of this process's business.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import psycopg
import structlog
from psycopg.rows import TupleRow

from rempart.adapters import clock, probe
from rempart.domain.errors import Outage
from rempart.domain.status import Closure, Message, PopulationState, states_of
from rempart.limits import (
    STATUS_PERIOD_S,
    STATUS_PROBE_TIMEOUT_S,
    STATUS_READ_TIMEOUT_S,
    STATUS_SILENCES_BEFORE_TELLING,
)
from rempart.settings import Settings
from rempart.store import status as kept
from rempart.store.database import connect
from rempart.store.status import PublicRow

log = structlog.get_logger()

ROLE = "public"

PORT_OFFSETS: Final = {"fhir": 0, "identity": 1, "portal": 2, "counter": 4}
"""The faces that are listened to, each by its port after the first one (app.py)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the service: when it was read, since when the base is silent, the facts, the state of each population."""

    looked_at: datetime
    known_at: datetime | None
    base_silent_since: datetime | None
    closures: tuple[Closure, ...]
    messages: tuple[Message, ...]
    states: tuple[PopulationState, ...]


@dataclass
class _Listened:
    """What one face answered: whether it ever did, how often in a row it did not, since when."""

    has_answered: bool = False
    silences: int = 0
    since: datetime | None = None


@dataclass
class _Read:
    """What the base told last, and when; since when it tells nothing."""

    at: datetime | None = None
    silent_since: datetime | None = None
    closures: tuple[Closure, ...] = ()
    messages: tuple[Message, ...] = ()
    faces: dict[str, _Listened] = field(default_factory=lambda: {face: _Listened() for face in PORT_OFFSETS})


class Watch:
    """Looks every few seconds while it is entered, and hands each view to who asked for it."""

    def __init__(self, settings: Settings, tell: Callable[[Known], None]) -> None:
        self._settings = settings
        self._tell = tell
        self._read = _Read()
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._left: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._look()
        self._watching = asyncio.create_task(self._go_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, *self._left, return_exceptions=True)
        await self._hang_up()

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(STATUS_PERIOD_S)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 (a page that stopped looking would lie for ever)
                log.error("status-not-looked-at", error=type(error).__name__)  # noqa: TRY400 (a message may quote what was published)

    async def _look(self) -> None:
        await asyncio.gather(self._read_base(), *(self._listen(face) for face in PORT_OFFSETS))
        read = self._read
        silent = {
            face: heard.since
            for face, heard in read.faces.items()
            if heard.since is not None and heard.silences >= STATUS_SILENCES_BEFORE_TELLING
        }
        states = states_of(read.closures, read.messages, silent)
        self._tell(Known(clock.now(), read.at, read.silent_since, read.closures, read.messages, states))

    async def _read_base(self) -> None:
        reading = asyncio.create_task(self._rows())
        done, _ = await asyncio.wait({reading}, timeout=STATUS_READ_TIMEOUT_S)
        if not done:
            self._leave(reading)
            self._note_silence("TimeoutError")
            return
        try:
            rows = reading.result()
        except (Outage, psycopg.Error) as error:
            self._note_silence(type(error).__name__)
            await self._hang_up()
            return
        self._read.at, self._read.silent_since = clock.now(), None
        self._read.closures = tuple(
            Closure(row.scope, row.named or "", row.mode, row.since, row.until, row.region, row.back_by)
            for row in rows
            if row.kind == "containment"
        )
        self._read.messages = tuple(
            Message(row.named, row.sentence, row.since, row.until, row.next_news_at)
            for row in rows
            if row.kind == "message"
        )

    async def _rows(self) -> list[PublicRow]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._settings, ROLE)
        return await kept.read_public(self._connection)

    def _note_silence(self, because: str) -> None:
        if self._read.silent_since is None:
            self._read.silent_since = clock.now()
            log.warning("status-base-silent", error=because)

    def _leave(self, reading: "asyncio.Task[list[PublicRow]]") -> None:
        """Give a reading up without waiting for it: the driver takes seconds to cancel at a server that hangs."""
        connection, self._connection = self._connection, None

        async def end() -> None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            if connection is not None:
                await connection.close()

        leaving = asyncio.create_task(end())
        self._left.add(leaving)
        leaving.add_done_callback(self._left.discard)

    async def _listen(self, face: str) -> None:
        heard = self._read.faces[face]
        port = self._settings.port + PORT_OFFSETS[face]
        if await probe.answers(self._settings.host, port, STATUS_PROBE_TIMEOUT_S):
            heard.has_answered, heard.silences, heard.since = True, 0, None
        elif heard.has_answered:
            heard.silences += 1
            heard.since = heard.since or clock.now()

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
