"""The codes of the test provider: 60 seconds, once, and only with the verifier of their challenge; and its access tokens.

Source: RFC 6749 4.1, RFC 7636 (PKCE, S256 alone), RFC 8252 7.3 (a redirection to this machine, at any port).
"""

from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from rempart.domain.identifiers import Rpps
from rempart.security.tokens import new_secret

CODE_LIFE_S = 60
CODES_MAX = 1024
ACCESS_LIFE_S = 300

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a software asks of the provider's page."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    state: str | None
    nonce: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A professional said yes to a request."""

    request: AuthorizationRequest
    rpps: Rpps
    granted_at_s: float


class Grants:
    """The codes that were given and not used yet."""

    def __init__(self) -> None:
        self._by_code: OrderedDict[str, Grant] = OrderedDict()
        self._by_token: OrderedDict[str, tuple[Rpps, float]] = OrderedDict()

    def give(self, request: AuthorizationRequest, rpps: Rpps, now_s: float) -> str:
        """Give a code."""
        code = new_secret()
        self._by_code[code] = Grant(request, rpps, now_s)
        if len(self._by_code) > CODES_MAX:
            self._by_code.popitem(last=False)
        return code

    def take(self, code: str, form: dict[str, str], now_s: float) -> Grant | None:
        """Take a code back; None for a wrong, used or late one, or one of another request."""
        grant = self._by_code.pop(code, None)
        if grant is None or now_s - grant.granted_at_s > CODE_LIFE_S:
            return None
        asked = grant.request
        challenge = (
            urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        )
        matches = (form.get("client_id"), form.get("redirect_uri"), challenge) == (
            asked.client_id,
            asked.redirect_uri,
            asked.code_challenge,
        )
        return grant if matches else None

    def open_access(self, rpps: Rpps, now_s: float) -> str:
        """Give an access token, by which userinfo is read for five minutes."""
        token = new_secret()
        self._by_token[token] = (rpps, now_s + ACCESS_LIFE_S)
        if len(self._by_token) > CODES_MAX:
            self._by_token.popitem(last=False)
        return token

    def whose(self, token: str, now_s: float) -> Rpps | None:
        """Say whose an access token is; None for one that is unknown or late."""
        rpps, until_s = self._by_token.get(token, (None, 0.0))
        return rpps if now_s < until_s else None


def is_on_this_machine(address: str) -> bool:
    """Whether a redirection stays on this machine: the only ones that the test provider makes."""
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK and not parts.fragment
