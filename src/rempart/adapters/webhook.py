"""Post a message to an insurer's webhook: over HTTPS, without redirects, whole within a few seconds, and read little.

What is sent is signed by who calls; here it only travels. Never: follow a redirect, use plain HTTP beyond this machine, log or
raise what was sent or answered.
"""

import asyncio
import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from rempart.adapters.provider_calls import Reply, is_allowed
from rempart.limits import CHANNEL_ANSWER_MAX_BYTES, CHANNEL_TIMEOUT_S


class WebhookSilent(Exception):
    """An insurer's webhook gave no answer that could be read in time; the number is its status, 0 if there was none."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How webhooks are called: the authorities that are trusted, read while files can be."""

    trust: ssl.SSLContext

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """Post a JSON body; give the answer's body, of a success alone. Raises: WebhookSilent."""
        connection = self._connection_to(url)
        path = urlsplit(url).path or "/"
        sent = {"Content-Type": "application/json", "Accept": "application/json"} | dict(headers)
        try:
            async with asyncio.timeout(CHANNEL_TIMEOUT_S):
                reply = await asyncio.to_thread(_exchange, connection, path, sent, body)
        except (TimeoutError, OSError, http.client.HTTPException, ValueError):
            raise WebhookSilent from None
        finally:
            _cut(connection)
        if not 200 <= reply.status < 300 or len(reply.content) > CHANNEL_ANSWER_MAX_BYTES:
            raise WebhookSilent(reply.status)
        return reply.content

    def _connection_to(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        if not is_allowed(url) or parts.hostname is None:
            raise WebhookSilent
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=CHANNEL_TIMEOUT_S, context=self.trust
            )
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=CHANNEL_TIMEOUT_S)


def open_webhooks() -> Webhooks:
    """Read the authorities that are trusted, which later may be out of reach."""
    return Webhooks(ssl.create_default_context())


def _exchange(
    connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str], body: bytes
) -> Reply:
    connection.request("POST", path, body, dict(headers))
    answer = connection.getresponse()
    return Reply(answer.status, answer.read(CHANNEL_ANSWER_MAX_BYTES + 1))


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a connection even under a thread that still waits for a byte of it: a drop a second would hold it for ever."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
