"""Call an identity provider: over HTTPS, without redirects, small and in time.

Never: follow a redirect, read more than was allowed for, or use plain HTTP beyond this machine.
"""

import encodings.idna  # noqa: F401 (socket imports it at the first name it resolves, when files may be out of reach)
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rempart.domain.errors.token_exchange import ProviderUnreachable
from rempart.limits import PROVIDER_TIMEOUT_S

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered, whole."""

    status: int
    content: bytes


def call_provider(
    address: str, bytes_max: int, headers: Mapping[str, str] | None = None, form: str | None = None
) -> Reply:
    """Get an address, or post a form to it.

    Refuses: ProviderUnreachable, for silence, too many bytes, or an address that is not allowed.
    """
    connection = _connect(address)
    parts = urlsplit(address)
    sent = {"Accept": "application/json"} | dict(headers or {})
    if form is not None:
        sent["Content-Type"] = _FORM
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("GET" if form is None else "POST", path, form, sent)
        answer = connection.getresponse()
        content = answer.read(bytes_max + 1)
    except (OSError, http.client.HTTPException) as error:
        raise ProviderUnreachable from error
    finally:
        connection.close()
    if len(content) > bytes_max:
        raise ProviderUnreachable
    return Reply(answer.status, content)


def is_allowed(address: str) -> bool:
    """Whether a provider may be called at an address: HTTPS, or plain HTTP on this machine alone."""
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
