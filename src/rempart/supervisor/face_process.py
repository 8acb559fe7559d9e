"""The process of a face: its application under uvicorn, on a socket that was bound before the drop."""

import asyncio
import socket
import sys
from collections.abc import Callable

import uvicorn
import uvloop

from rempart import app
from rempart.settings import Settings
from rempart.supervisor.acceptor import Acceptor, Loads
from rempart.supervisor.child import Work
from rempart.supervisor.protocols.bounded_head import BoundedHeadProtocol
from rempart.supervisor.protocols.short_road import ShortRoad, ShortRoadProtocol

GRACE_S = 10
"""How long a request under way may take to end when the process is told to stop."""

_KEEP_ALIVE_S = 75
"""How long an idle connection is kept: a counter's software asks every minute or so."""


class _Server(uvicorn.Server):
    """uvicorn, which shares its callers with the other workers and says when it is ready."""

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        loads: Loads,
        worker: int,
        is_ready: Callable[[], None],
        find_road: Callable[[], ShortRoad | None] | None,
    ) -> None:
        super().__init__(config)
        self._find_road = find_road
        self._listener = listener
        self._loads = loads
        self._worker = worker
        self._is_ready = is_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then take connections, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._acceptor = Acceptor(
                self._listener,
                self._make_protocol,
                lambda: len(self.server_state.connections),
                self._loads,
                self._worker,
            )
            self.servers = [self._acceptor]  # type: ignore[list-item]  # it closes as a server does
            self._acceptor.open()
            self._is_ready()

    async def on_tick(self, counter: int) -> bool:
        """Tell the other workers ten times a second how many connections are left."""
        self._loads.write(self._worker, len(self.server_state.connections))
        return await super().on_tick(counter)

    def _make_protocol(self) -> asyncio.Protocol:
        uvicorns = {
            "config": self.config,
            "server_state": self.server_state,
            "app_state": self.lifespan.state,
        }
        if self._find_road is None:
            return BoundedHeadProtocol(**uvicorns)
        return ShortRoadProtocol(self._find_road, **uvicorns)


def prepare_face(name: str, settings: Settings, listener: socket.socket, loads: Loads, worker: int) -> Work:
    """Import the face and everything that serves it; give the work to do after the drop."""
    import encodings.idna  # noqa: F401, PLC0415 (asyncio asks for it at the first connection, when it cannot be read)

    application = app.build_face(name, settings)
    find_road = (lambda: application.short_road) if hasattr(application, "short_road") else None
    config = uvicorn.Config(
        application,
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
        server = _Server(config, listener, loads, worker, is_ready, find_road)
        uvloop.run(server.serve(sockets=[]))  # none of its own: the acceptor takes the connections
        if not server.started:
            sys.exit(1)

    return work
