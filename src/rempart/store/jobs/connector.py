"""The worker's way to the queue: procrastinate over psycopg, under rempart_worker.

Any role of the database may send a notification, and PostgreSQL knows no way to forbid it. So a notification here only says
"look": that a job is to be aborted is read in the table, which the worker alone can write.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from psycopg import conninfo, sql

from rempart.settings import Settings
from rempart.store.database import address

ROLE = "worker"

_LOOK = "job_inserted"
_CONNECTIONS = 4


class QueueConnector(PsycopgConnector):
    """The connections of a worker; `on_listening` is called each time it begins to hear of new jobs."""

    def __init__(self, settings: Settings, on_listening: Callable[[], None] = lambda: None) -> None:
        self._address = conninfo.make_conninfo(address(settings, ROLE), options="-c search_path=jobs")
        self._on_listening = on_listening
        super().__init__(conninfo=self._address, min_size=1, max_size=_CONNECTIONS)

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Pass on that jobs came, until the connection ends, which ends the worker: its supervisor starts another one."""
        async with await psycopg.AsyncConnection.connect(self._address, autocommit=True) as connection:
            for channel in channels:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            self._on_listening()
            async for notification in connection.notifies():
                if says_look(notification.payload):
                    await on_notification(channel=notification.channel, payload=notification.payload)


def says_look(payload: str) -> bool:
    """Whether a notification says that jobs came: the one thing that is believed of it."""
    with suppress(ValueError):
        said: Any = json.loads(payload)
        return isinstance(said, dict) and said.get("type") == _LOOK
    return False
