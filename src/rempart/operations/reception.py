"""What the identity process holds while it runs: its few connections, the keys it met, the providers it believes.

Every act of this process that a caller must prove begins here: `use_proof` for somebody without a session yet, `admit`
for somebody with one.
"""

import asyncio
import time
from types import TracebackType
from typing import Self

import psycopg
import structlog
from psycopg.rows import TupleRow

from rempart.adapters import clock
from rempart.adapters.provider_calls import call_provider, is_allowed
from rempart.adapters.provider_keys import fetch_key_set
from rempart.domain.errors import Outage
from rempart.domain.errors.access import ProofReplayed
from rempart.limits import (
    HOUSEKEEPING_PERIOD_S,
    IDENTITY_CONNECTIONS,
    PROOF_AGE_MAX_S,
    PROOF_LEAD_MAX_S,
    THROTTLED_ADDRESSES_MAX,
    UNPROVEN_REQUESTS_BURST,
    UNPROVEN_REQUESTS_INTERVAL_MS,
)
from rempart.security.admission import AdmittedCaller, TurnedAway, admit
from rempart.security.assertions.provider_keys import ProviderKeys
from rempart.security.dpop import Proof, ProofVerifier
from rempart.security.passkeys import RelyingParty
from rempart.security.principals import ProvenCaller
from rempart.security.psc.client import read_client
from rempart.security.psc.provider import PscProvider
from rempart.security.throttle import Throttle
from rempart.settings import Settings
from rempart.store import sessions
from rempart.store.connections import Connections
from rempart.store.psc import attempts

log = structlog.get_logger()

ROLE = "identity"


class Reception:
    """The means of the identity process; entered once, at its start."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.identity_url.rstrip("/")
        self.portal_url = settings.portal_url.rstrip("/")
        self.counter_url = settings.counter_url.rstrip("/")
        self.party = RelyingParty(settings.passkey_host, self.portal_url, self.counter_url)
        self.proofs = ProofVerifier(self.now_s)
        self.provider_keys = ProviderKeys(fetch_key_set, self.now_s)
        client = read_client(settings)
        self.psc = (
            None
            if client is None
            else PscProvider(client, call_provider, is_allowed, self.provider_keys, self.now_s)
        )
        self.throttle = Throttle(
            time.monotonic, UNPROVEN_REQUESTS_INTERVAL_MS, UNPROVEN_REQUESTS_BURST, THROTTLED_ADDRESSES_MAX
        )
        self.connections = Connections(settings, ROLE, IDENTITY_CONNECTIONS)
        self._housekeeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.connections.__aenter__()
        self._housekeeping = asyncio.create_task(self._keep_house())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            await asyncio.gather(self._housekeeping, return_exceptions=True)
        await self.connections.__aexit__(kind, error, at)
        if self.psc is not None:
            self.psc.close()

    def now_s(self) -> float:
        """Give the present instant, in seconds since 1970."""
        return clock.now_s()

    async def use_proof(self, connection: psycopg.AsyncConnection[TupleRow], proof: Proof) -> None:
        """Use up the proof of a request that carries no token yet. Refuses: ProofReplayed."""
        expires_at = proof.proof_at + PROOF_AGE_MAX_S + PROOF_LEAD_MAX_S
        if not await sessions.use_once(connection, [(proof.proof_digest, expires_at)]):
            raise ProofReplayed("DPoP")

    async def admit(self, caller: ProvenCaller) -> AdmittedCaller | TurnedAway:
        """Ask the gate whether a caller may go on."""
        async with self.connections.lent() as connection:
            return await admit(connection, caller)

    async def _keep_house(self) -> None:
        while True:
            try:
                async with self.connections.lent() as connection:
                    await sessions.forget_expired(connection)
                    await attempts.forget_expired(connection)
            except (Outage, psycopg.Error) as error:
                log.warning("housekeeping-postponed", error=type(error).__name__)
            await asyncio.sleep(HOUSEKEEPING_PERIOD_S)
