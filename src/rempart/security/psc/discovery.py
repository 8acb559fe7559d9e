"""What Pro Santé Connect publishes about itself, read when needed and kept for a while.

A document that was read is used for an hour while the provider is silent, as its keys are. One that failed is not asked for again
for a few seconds, so that an outage costs each of those who wait no more than a sentence.

Sources: OpenID Connect Discovery 1.0 3 and 4.3, RFC 9207 (`iss` in the answer), RFC 8414.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from rempart.domain.errors.accounts import PscUnreachable
from rempart.limits import PROVIDER_KEYS_FRESH_S, PROVIDER_KEYS_STALE_MAX_S

_RETRY_S = 5
_PATH = "/.well-known/openid-configuration"


class Metadata(msgspec.Struct, frozen=True):
    """The members of a discovery document that are used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    response_modes_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that will be called, or sent to a browser."""
        return self.authorization_endpoint, self.token_endpoint, self.userinfo_endpoint, self.jwks_uri


@dataclass(frozen=True, slots=True)
class _Read:
    metadata: Metadata
    at_s: float


class Discovery:
    """The remembered document of one provider."""

    def __init__(
        self,
        issuer: str,
        fetch: Callable[[str], Awaitable[bytes]],
        is_allowed: Callable[[str], bool],
        now_s: Callable[[], float],
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._is_allowed = is_allowed
        self._now_s = now_s
        self._known: _Read | None = None
        self._tried_at_s = float("-inf")
        self._lock = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Give the document. Refuses: PscUnreachable."""
        async with self._lock:
            now_s = self._now_s()
            known = self._known
            if known is not None and 0 <= now_s - known.at_s < PROVIDER_KEYS_FRESH_S:
                return known.metadata
            if not 0 <= now_s - self._tried_at_s < _RETRY_S:  # tried later than now: the clock was put back
                self._tried_at_s = now_s
                known = await self._read_again(known)
            if known is None or self._now_s() - known.at_s > PROVIDER_KEYS_STALE_MAX_S:
                raise PscUnreachable
            return known.metadata

    async def _read_again(self, known: _Read | None) -> _Read | None:
        try:
            written = await self._fetch(self._issuer.rstrip("/") + _PATH)
            metadata = msgspec.json.decode(written, type=Metadata)
        except (PscUnreachable, msgspec.DecodeError, UnicodeDecodeError):
            return known
        if metadata.issuer != self._issuer or not all(map(self._is_allowed, metadata.addresses)):
            return known
        self._known = _Read(metadata, self._now_s())
        return self._known
