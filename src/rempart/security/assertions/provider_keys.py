"""The keys of the identity providers that we believe, fetched when needed and kept for a while.

One fetch at a time for each provider, in a thread, never under a transaction. A key that the set does not have is asked for
once more, for providers rotate; a provider that is silent is believed on its last keys for an hour.
"""

import asyncio
import concurrent.futures.thread  # noqa: F401 (asyncio imports it at its first thread, when files may be out of reach)
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from joserfc.jwk import KeySet

from rempart.domain.errors.token_exchange import KeySetRefused, ProviderUnreachable
from rempart.limits import PROVIDER_KEYS_FRESH_S, PROVIDER_KEYS_RETRY_S, PROVIDER_KEYS_STALE_MAX_S
from rempart.security.assertions.signatures import names_unknown_key, read_key_set


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: KeySet
    at_s: float


class ProviderKeys:
    """The remembered key sets of one process."""

    def __init__(self, fetch: Callable[[str], bytes], now_s: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now_s = now_s
        self._fetched: dict[str, _Fetched] = {}
        self._tried_at_s: dict[str, float] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def keys_for(self, token: str, jwks_uri: str) -> KeySet:
        """Give the keys by which a token may be signed; an outage where none can be had."""
        async with self._locks[jwks_uri]:
            known = self._fetched.get(jwks_uri)
            if known is None or self._is_due(known, jwks_uri, token):
                known = await self._fetch_again(jwks_uri, known)
            return known.keys

    def _is_due(self, known: _Fetched, jwks_uri: str, token: str) -> bool:
        now_s = self._now_s()
        if (
            0 <= now_s - self._tried_at_s[jwks_uri] < PROVIDER_KEYS_RETRY_S
        ):  # tried later than now: the clock was put back
            return False
        return not 0 <= now_s - known.at_s < PROVIDER_KEYS_FRESH_S or names_unknown_key(token, known.keys)

    async def _fetch_again(self, jwks_uri: str, known: _Fetched | None) -> _Fetched:
        now_s = self._now_s()
        self._tried_at_s[jwks_uri] = now_s
        try:
            keys = read_key_set(await asyncio.to_thread(self._fetch, jwks_uri), "jwks_uri")
        except (ProviderUnreachable, KeySetRefused) as error:
            if known is None or now_s - known.at_s > PROVIDER_KEYS_STALE_MAX_S:
                raise ProviderUnreachable from error
            return known
        self._fetched[jwks_uri] = _Fetched(keys, now_s)
        return self._fetched[jwks_uri]
