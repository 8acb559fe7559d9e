"""Fetch what an identity provider publishes: its key set, over HTTPS, without redirects, small and in time.

Never: follow a redirect, read more than a key set can hold, or use plain HTTP beyond this machine.
"""

import encodings.idna  # noqa: F401 (socket imports it at the first name it resolves, when files may be out of reach)
import http.client
import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

from rempart.domain.errors.token_exchange import ProviderUnreachable
from rempart.limits import KEY_SET_MAX_BYTES, PROVIDER_TIMEOUT_S

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def fetch_key_set(address: str) -> bytes:
    """Read the key set at an address; a refusal, a redirect, a silence or too many bytes is an outage."""
    connection = _connect(address)
    parts = urlsplit(address)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        answer = connection.getresponse()
        content = answer.read(KEY_SET_MAX_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise ProviderUnreachable from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK or len(content) > KEY_SET_MAX_BYTES:
        raise ProviderUnreachable
    return content


def is_allowed(address: str) -> bool:
    """Whether keys may be fetched from an address: HTTPS, or plain HTTP on this machine alone."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _connect(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    if not is_allowed(address) or parts.hostname is None:
        raise ProviderUnreachable
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=PROVIDER_TIMEOUT_S, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=PROVIDER_TIMEOUT_S)
