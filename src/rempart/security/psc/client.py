"""Who this platform is to Pro Santé Connect: its name there, and how it proves it at the token endpoint.

`private_key_jwt` where the provider takes it and a key was given, else `client_secret_basic`. A sandbox's own provider takes a
client without either, and no other platform may have none (rempart/settings.py).

Never: send the secret in a body or an address, or a client assertion to anybody but its audience.

Sources: OpenID Connect Core 9, RFC 6749 2.3.1 (both halves are form-encoded first), RFC 7523 2.2 and 3.
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

import cryptography.hazmat.backends.openssl.backend  # noqa: F401 (ECDSA asks for it by name at its first signature, when files may be out of reach)
from joserfc import errors as jose
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from rempart.security.tokens import new_secret
from rempart.settings import Settings

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE_S: Final = 60
_SANDBOX_CLIENT_ID: Final = "rempart-bac-a-sable"
_ALGORITHM_OF_KEY: Final = {"EC": "ES256", "RSA": "PS256"}


@dataclass(frozen=True, slots=True)
class PscClient:
    """This platform's name at the provider, and its secret or its key; neither is ever shown."""

    issuer: str
    client_id: str
    secret: str = field(default="", repr=False)
    key: ECKey | RSAKey | None = field(default=None, repr=False)

    def token_request(
        self, methods: tuple[str, ...], now_s: float
    ) -> tuple[dict[str, str], dict[str, str]] | None:
        """Give the headers and the form members that prove who asks; None where the provider takes no proof of ours."""
        if self.key is not None and "private_key_jwt" in methods:
            return {}, {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self._assertion(now_s)}
        if self.secret and "client_secret_basic" in methods:
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
        if self.key is None and not self.secret and "none" in methods:
            return {}, {"client_id": self.client_id}
        return None

    def _assertion(self, now_s: float) -> str:
        assert self.key is not None
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": new_secret(),
            "iat": int(now_s),
            "exp": int(now_s) + ASSERTION_LIFE_S,
        }
        header = {"alg": _ALGORITHM_OF_KEY[self.key.key_type], "typ": "JWT"}
        if self.key.kid:
            header["kid"] = self.key.kid
        return jwt.encode(header, claims, self.key, algorithms=[header["alg"]])


def read_client(settings: Settings) -> PscClient | None:
    """Read who this platform is at Pro Santé Connect, while its files can still be read; None where it is not connected."""
    if not settings.psc_address:
        return None
    client_id = settings.psc_client_id or _SANDBOX_CLIENT_ID
    secret = _read(settings.psc_secret_file, "REMPART_PSC_SECRET_FILE")
    written = _read(settings.psc_key_file, "REMPART_PSC_KEY_FILE")
    return PscClient(settings.psc_address, client_id, secret, _read_key(written) if written else None)


def _read(path: Path | None, setting: str) -> str:
    if path is None:
        return ""
    try:
        content = path.read_text().strip()
    except OSError as error:
        raise SystemExit(f"{setting} cannot be read: {error.strerror}") from None
    if not content:
        raise SystemExit(f"{setting} names an empty file")
    return content


def _read_key(written: str) -> ECKey | RSAKey:
    """Read a private key, a JWK or PEM; P-256 or RSA."""
    for kind in (ECKey, RSAKey):
        try:
            key = kind.import_key(json.loads(written) if written.startswith("{") else written)
        except (jose.JoseError, ValueError, TypeError, KeyError):
            continue
        if key.is_private and (kind is RSAKey or key.as_dict(private=False).get("crv") == "P-256"):
            return key
    raise SystemExit("REMPART_PSC_KEY_FILE holds no private key that Rempart can use (P-256 or RSA)")
