"""A few connections of one process, lent one at a time and opened again when the server has gone and come back.

The gate's questions do not come this way: they have lanes of their own (security/gate.py).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.database import DatabaseUnreachable
from rempart.settings import Settings
from rempart.store.database import connect

type_of_connection = psycopg.AsyncConnection[TupleRow]


class Connections:
    """The connections of one role."""

    def __init__(self, settings: Settings, role: str, count: int) -> None:
        self._settings = settings
        self._role = role
        self._count = count
        self._free: asyncio.LifoQueue[type_of_connection | None] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        first = await connect(self._settings, self._role)  # a database that is not there is said at the start
        for connection in (*[None] * (self._count - 1), first):
            self._free.put_nowait(connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None:
                await connection.close()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[type_of_connection]:
        """Lend a connection; a server that goes away meanwhile is an outage."""
        connection = await self._free.get()
        try:
            if connection is None or connection.closed:
                connection = None
                connection = await connect(self._settings, self._role)
            yield connection
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(self._role) from error
        finally:
            self._free.put_nowait(connection)
