"""What the software of a shop and the browser of a shop do, in as few lines as a vendor would need.

`ProofKey` holds a key and proves it (RFC 9449); `ask` sends one request. The standard library's client is enough: a
demonstration should need nothing that the platform does not.
"""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, JWKRegistry

from rempart.adapters import clock


class UnexpectedAnswer(Exception):
    """A server answered with another status than the one that lets the story go on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    content: Any

    def must_be(self, *statuses: int) -> "Answer":
        """Go on only if the status is one of these. Refuses: UnexpectedAnswer."""
        if self.status not in statuses:
            raise UnexpectedAnswer(f"HTTP {self.status} au lieu de {statuses[0]}\u00a0: {self.content}")
        return self


def ask(
    method: str,
    url: str,
    *,
    content: object = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request and read the answer; JSON is decoded, a redirection is not followed."""
    parts = urlsplit(url)
    if parts.hostname is None:
        raise ValueError("the address names no host")
    sent = dict(headers or {})
    body: bytes | None = None
    if form is not None:
        body, sent["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    elif content is not None:
        body = json.dumps(content).encode()
        sent.setdefault("Content-Type", "application/json")
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, sent)
        response = connection.getresponse()
        text = response.read()
        received = {name.lower(): value for name, value in response.getheaders()}
        is_json = "json" in received.get("content-type", "")
        return Answer(response.status, received, json.loads(text) if is_json and text else text.decode())
    finally:
        connection.close()


class ProofKey:
    """A P-256 key, and the proofs that it is at hand."""

    def __init__(self, key: ECKey | None = None) -> None:
        self.key = key or ECKey.generate_key("P-256")
        self._public = self.key.as_dict(private=False, kid=None, alg=None, use=None)
        self._public = {name: self._public[name] for name in ("crv", "kty", "x", "y")}

    def proof(self, method: str, url: str, *, token: str | None = None, nonce: str | None = None) -> str:
        """Prove the key for one request."""
        claims: dict[str, Any] = {
            "jti": _text(os.urandom(16)),
            "htm": method,
            "htu": url.partition("?")[0],
            "iat": int(clock.now_s()),
        }
        if token is not None:
            claims["ath"] = _text(sha256(token.encode()).digest())
        if nonce is not None:
            claims["nonce"] = nonce
        return jwt.encode({"typ": "dpop+jwt", "alg": "ES256", "jwk": self._public}, claims, self.key)

    def assertion(self, client_id: str, audience: str, key_id: str) -> str:
        """Say who the software is, once and for two minutes (private_key_jwt)."""
        now = int(clock.now_s())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": _text(os.urandom(16)),
            "iat": now,
            "exp": now + 120,
        }
        return jwt.encode({"alg": "ES256", "kid": key_id}, claims, self.key)


def key_from_jwk(jwk: Mapping[str, Any]) -> ECKey:
    """Read a private key from its JWK."""
    key = JWKRegistry.import_key(dict(jwk))
    if not isinstance(key, ECKey):
        raise TypeError("a P-256 key is expected")
    return key


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
