"""Verify that a software is the one that was registered: `private_key_jwt`.

Never: take an assertion for longer than five minutes, or tell an unknown client from a wrong signature.

Sources: RFC 7523 3, OpenID Connect Core 9, FAPI 2.0 Security Profile 5.3.2.1, SMART Backend Services (five minutes).
"""

from dataclasses import dataclass

import msgspec

from rempart.domain.errors.token_exchange import ClientAssertionStale, ClientRefused
from rempart.limits import (
    ASSERTION_LIFE_MAX_S,
    PROOF_LEAD_MAX_S,
    STATEMENT_ID_MAX_CHARS,
    STATEMENT_ID_MIN_CHARS,
    STATEMENT_MAX_BYTES,
)
from rempart.security import base64url
from rempart.security.assertions.signatures import SignatureDoesNotHold, read_key_set, verify_statement

_PLACE = "client_assertion"
_KINDS = ("", "jwt", "client-authentication+jwt")


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A verified assertion: whose it is, its identifier, to be used once, and when it can no longer be used."""

    client_id: str
    assertion_id: str
    expires_at: int


class _Claims(msgspec.Struct):
    iss: str
    sub: str
    aud: str | list[str]
    exp: int | float
    jti: str
    iat: int | float | None = None
    nbf: int | float | None = None


class _WhoseClaims(msgspec.Struct):
    sub: str


def claimed_client(assertion: str) -> str:
    """Read, without any verification, which client an assertion speaks of, in order to find its keys."""
    if len(assertion) > STATEMENT_MAX_BYTES or assertion.count(".") != 2:
        raise ClientRefused(_PLACE)
    try:
        return msgspec.json.decode(base64url.decode(assertion.split(".")[1].encode()), type=_WhoseClaims).sub
    except (ValueError, msgspec.DecodeError):
        raise ClientRefused(_PLACE) from None


def verify_client_assertion(
    assertion: str, client_id: str, key_set: bytes, audiences: frozenset[str], now_s: float
) -> ClientAssertion:
    """Verify a client's assertion by its registered keys, for one of our names, and not older than it may be."""
    try:
        statement = verify_statement(assertion, read_key_set(key_set, _PLACE))
        claims = msgspec.json.decode(statement.claims, type=_Claims)
    except (SignatureDoesNotHold, msgspec.DecodeError, UnicodeDecodeError):
        raise ClientRefused(_PLACE) from None
    if statement.kind.lower() not in _KINDS or (claims.iss, claims.sub) != (client_id, client_id):
        raise ClientRefused(_PLACE)
    audience = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    if not audience or not audience <= audiences:
        raise ClientRefused(_PLACE)
    if not STATEMENT_ID_MIN_CHARS <= len(claims.jti) <= STATEMENT_ID_MAX_CHARS:
        raise ClientRefused(_PLACE)
    if not _is_timely(claims, now_s):
        raise ClientAssertionStale(_PLACE)
    return ClientAssertion(client_id, claims.jti, int(claims.exp))


def _is_timely(claims: _Claims, now_s: float) -> bool:
    latest_s = now_s + PROOF_LEAD_MAX_S
    begins_at = claims.exp if claims.iat is None else claims.iat
    return (
        now_s < claims.exp <= latest_s + ASSERTION_LIFE_MAX_S
        and (claims.iat is None or claims.iat <= latest_s)
        and (claims.nbf is None or claims.nbf <= latest_s)
        and claims.exp - begins_at <= ASSERTION_LIFE_MAX_S
    )
