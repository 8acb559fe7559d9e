"""What a browser is sent to Pro Santé Connect with: a state, a nonce and a challenge that serve once.

The answer comes back behind the number sign where the provider can (`response_mode=fragment`): no server's log then holds a code.
`prompt=login` asks for the person and not for whoever signed in before on a shared workstation.

Sources: OpenID Connect Core 3.1.2.1, RFC 7636 (S256 alone), Pro Santé Connect's technical documentation (`scope_all`, `eidas1`).
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from rempart.security import base64url
from rempart.security.psc.discovery import Metadata
from rempart.security.tokens import new_secret

SCOPE: Final = "openid scope_all"
LEVEL: Final = "eidas1"


@dataclass(frozen=True, slots=True)
class Asking:
    """The secrets of one sign-in, 256 random bits each: the browser meets the first two, the provider all but the verifier."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The challenge of the verifier (RFC 7636 4.2)."""
        return base64url.encode(sha256(self.verifier.encode()).digest())


def new_asking() -> Asking:
    """Draw the secrets of a sign-in."""
    return Asking(new_secret(), new_secret(), new_secret())


def authorization_address(metadata: Metadata, client_id: str, redirect_uri: str, asking: Asking) -> str:
    """Write the address to which the browser goes."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "acr_values": LEVEL,
        "prompt": "login",
        "state": asking.state,
        "nonce": asking.nonce,
        "code_challenge": asking.challenge,
        "code_challenge_method": "S256",
    }
    if "fragment" in metadata.response_modes_supported:
        query["response_mode"] = "fragment"
    separator = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{separator}{urlencode(query)}"
