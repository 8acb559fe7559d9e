"""What a face that asks about people holds while it runs: the door, and the keys of the callers that it met.

A face may not read the clock or reach the store; here both are joined once, at its start.
"""

from types import TracebackType
from typing import Self

from rempart.adapters import clock
from rempart.security.dpop import ProofVerifier
from rempart.security.gate import Door
from rempart.settings import Settings


class Desk:
    """The means of one face process; entered once, at its start."""

    def __init__(self, settings: Settings, role: str) -> None:
        self.door = Door(settings, role)
        self.proofs = ProofVerifier.on_wall_clock()

    async def __aenter__(self) -> Self:
        await self.door.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.door.__aexit__(kind, error, at)

    def now_s(self) -> float:
        """Give the present instant, in seconds since 1970."""
        return clock.now_s()
