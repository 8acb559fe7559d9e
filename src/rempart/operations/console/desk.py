"""What the console's process holds while it runs: its few connections, the keys it met, and for whom passkeys are made."""

import time
from types import TracebackType
from typing import Self

from rempart.adapters import clock
from rempart.limits import (
    CONSOLE_CONNECTIONS,
    THROTTLED_ADDRESSES_MAX,
    UNPROVEN_REQUESTS_BURST,
    UNPROVEN_REQUESTS_INTERVAL_MS,
)
from rempart.security.dpop import ProofVerifier
from rempart.security.operator_passkeys import ConsoleParty
from rempart.security.throttle import Throttle
from rempart.settings import Settings
from rempart.store.connections import Connections

ROLE = "console"


class ConsoleDesk:
    """The means of the console's process; entered once, at its start."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.console_url
        self.party = ConsoleParty(settings.console_passkey_host, settings.console_url)
        self.proofs = ProofVerifier.on_wall_clock()
        self.throttle = Throttle(
            time.monotonic, UNPROVEN_REQUESTS_INTERVAL_MS, UNPROVEN_REQUESTS_BURST, THROTTLED_ADDRESSES_MAX
        )
        self.connections = Connections(settings, ROLE, CONSOLE_CONNECTIONS)

    async def __aenter__(self) -> Self:
        await self.connections.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.connections.__aexit__(kind, error, at)

    def now_s(self) -> float:
        """Give the present instant, in seconds since 1970."""
        return clock.now_s()
