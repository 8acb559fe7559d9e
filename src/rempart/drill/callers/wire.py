"""How a drill's callers speak: keys and proofs, one kept-alive connection from an address of their own, and every byte received.

Callers speak from addresses in 127.0.0.0/8, one each, as shops and thieves have one each: what is limited by address
limits one of them. Never: read an answer anywhere but in the bytes of the socket.

Sources: RFC 9449 (DPoP), RFC 7523 (assertions), RFC 9112 (HTTP/1.1).
"""

import asyncio
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import perf_counter
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from rempart.adapters import clock

ANSWER_MAX_S = 20.0
"""A platform that needs longer does not answer."""

_ES256 = ec.ECDSA(hashes.SHA256())
_HEADERS_END = b"\r\n\r\n"


def base64url(octets: bytes) -> str:
    """Write octets in base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


class Key:
    """A P-256 key that signs tokens and proofs."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        x, y = base64url(numbers.x.to_bytes(32, "big")), base64url(numbers.y.to_bytes(32, "big"))
        self.public = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        self._proof_head = _segment({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.public})

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """Sign claims as a compact JWS."""
        return self._signed(f"{_segment({'alg': 'ES256', **header})}.{_segment(claims)}")

    def prove(self, url: str, token: str | None = None) -> str:
        """Prove the key for one POST."""
        claims: dict[str, object] = {
            "jti": base64url(os.urandom(16)),
            "htm": "POST",
            "htu": url,
            "iat": int(clock.now_s()),
        }
        if token is not None:
            claims["ath"] = base64url(sha256(token.encode()).digest())
        return self._signed(f"{self._proof_head}.{_segment(claims)}")

    def _signed(self, text: str) -> str:
        r, s = decode_dss_signature(self._key.sign(text.encode(), _ES256))
        return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one request brought back: the bytes of the socket, and how long they took, in seconds."""

    status: int
    head: bytes
    body: bytes
    took_s: float


class Line:
    """One kept-alive connection to each face, made again when it was closed; one request at a time."""

    def __init__(self, address: str) -> None:
        self._from = address
        self._streams: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Heard:
        """Post a body; once more on a new connection if the old one was closed meanwhile. Refuses: OSError, TimeoutError."""
        parts = urlsplit(url)
        port = parts.port or 80
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        request = "\r\n".join(lines).encode() + _HEADERS_END + body
        began = perf_counter()
        is_old = port in self._streams
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                try:
                    status, head, received = await self._exchange(port, request)
                except (ConnectionError, asyncio.IncompleteReadError):
                    self.close()
                    if not is_old:
                        raise
                    status, head, received = await self._exchange(port, request)
        except BaseException:
            self.close()  # what is half read belongs to nobody
            raise
        return Heard(status, head, received, perf_counter() - began)

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._streams.values():
            writer.close()
        self._streams = {}

    async def _exchange(self, port: int, request: bytes) -> tuple[int, bytes, bytes]:
        if port not in self._streams:
            self._streams[port] = await asyncio.open_connection("127.0.0.1", port, local_addr=(self._from, 0))
        reader, writer = self._streams[port]
        writer.write(request)
        head = await reader.readuntil(_HEADERS_END)
        body = await reader.readexactly(_length(head))
        if b"connection: close" in head.lower():
            writer.close()
            del self._streams[port]
        return int(head[9:12]), head, body


def address_of(number: int) -> str:
    """Give the loopback address of the caller of this number, of which there are some sixteen million."""
    place = number % (250 * 250 * 250)
    return f"127.{1 + place // 62_500}.{place // 250 % 250}.{1 + place % 250}"


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def _segment(claims: Mapping[str, object]) -> str:
    return base64url(json.dumps(claims, separators=(",", ":")).encode())
