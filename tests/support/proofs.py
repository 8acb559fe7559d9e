"""A client that holds a key and proves it, by joserfc: an implementation of JOSE that is not ours.

`ClientKey()` makes an ES256 key, `ClientKey("Ed25519")` the other kind. `key.proof("POST", url, token)` is a fresh proof;
`key.headers(...)` are the two headers of a request to a resource. Any claim can be replaced, in order to make it wrong.
"""

import base64
import hashlib
import json
import secrets
import time
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey


def base64url(content: bytes) -> str:
    """Write bytes as base64url, by the standard library."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class ClientKey:
    """A key pair of a client or a browser."""

    def __init__(self, kind: str = "P-256") -> None:
        self.key: ECKey | OKPKey = (
            ECKey.generate_key("P-256") if kind == "P-256" else OKPKey.generate_key("Ed25519")
        )
        self.algorithm = "ES256" if kind == "P-256" else "Ed25519"

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public members of the key, and nothing else."""
        return {
            name: part
            for name, part in self.key.as_dict(private=False).items()
            if name in ("kty", "crv", "x", "y")
        }

    @property
    def thumbprint(self) -> bytes:
        """The RFC 7638 thumbprint as joserfc computes it."""
        return base64.urlsafe_b64decode(self.key.thumbprint() + "=")

    def proof(self, method: str, url: str, token: str | None = None, **claims: Any) -> str:
        """Make a fresh proof; a claim given as None is left out."""
        written = {"jti": secrets.token_urlsafe(24), "htm": method, "htu": url, "iat": int(time.time())}
        if token is not None:
            written["ath"] = base64url(hashlib.sha256(token.encode()).digest())
        written |= claims
        return self.sign({name: content for name, content in written.items() if content is not None})

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Sign claims under the header of a proof, any member of which can be replaced."""
        protected = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.public_jwk} | header
        return jws.serialize_compact(
            protected, json.dumps(claims), self.key, algorithms=[self.algorithm], registry=_any_header()
        )

    def headers(self, method: str, url: str, token: str, **claims: Any) -> dict[str, str]:
        """Make the headers of a request to a resource."""
        return {"Authorization": f"DPoP {token}", "DPoP": self.proof(method, url, token, **claims)}


def _any_header() -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=["ES256", "Ed25519"], strict_check_header=False)
