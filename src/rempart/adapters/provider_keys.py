"""Fetch what an identity provider publishes: its key set."""

from http import HTTPStatus

from rempart.adapters.provider_calls import call_provider, is_allowed
from rempart.domain.errors.token_exchange import ProviderUnreachable
from rempart.limits import KEY_SET_MAX_BYTES

__all__ = ["fetch_key_set", "is_allowed"]


def fetch_key_set(address: str) -> bytes:
    """Read the key set at an address; a refusal, a redirect, a silence or too many bytes is an outage."""
    reply = call_provider(address, KEY_SET_MAX_BYTES)
    if reply.status != HTTPStatus.OK:
        raise ProviderUnreachable
    return reply.content
