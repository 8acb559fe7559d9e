"""The process of a face: its application under uvicorn, on a socket that was bound before the drop."""

import socket
import sys
from collections.abc import Callable

import uvicorn
import uvloop

from rempart import app
from rempart.settings import Settings
from rempart.supervisor.child import Work

GRACE_S = 10
"""How long a request under way may take to end when the process is told to stop."""

_KEEP_ALIVE_S = 75
"""How long an idle connection is kept: a counter's software asks every minute or so."""


class _Server(uvicorn.Server):
    """uvicorn, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, is_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._is_ready = is_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._is_ready()


def prepare_face(name: str, settings: Settings, listener: socket.socket) -> Work:
    """Import the face and everything that serves it; give the work to do after the drop."""
    import encodings.idna  # noqa: F401, PLC0415 (asyncio asks for it at the first connection, when it cannot be read)

    config = uvicorn.Config(
        app.build_face(name, settings),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    config.load()

    def work(is_ready: Callable[[], None]) -> None:
        server = _Server(config, is_ready)
        uvloop.run(server.serve(sockets=[listener]))
        if not server.started:
            sys.exit(1)

    return work
