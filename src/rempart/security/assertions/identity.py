"""Verify a token by which an identity provider names a professional, or a structure, to one software.

Never: take a token that was issued to another client, however well it is signed.

Sources: OpenID Connect Core 3.1.3.7; RFC 8693 2.1 (subject_token).
"""

from dataclasses import dataclass

import msgspec
from joserfc.jwk import KeySet

from rempart.domain.errors.token_exchange import (
    SubjectTokenExpired,
    SubjectTokenForAnother,
    SubjectTokenIssuerUnknown,
    SubjectTokenMalformed,
    SubjectTokenSignatureWrong,
)
from rempart.limits import PROOF_LEAD_MAX_S, STATEMENT_MAX_BYTES
from rempart.security import base64url
from rempart.security.assertions.signatures import SignatureDoesNotHold, verify_statement

_PLACE = "subject_token"
_KINDS = ("", "jwt")


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A verified identity token: who issued it, and all its claims, still in JSON."""

    issuer: str
    claims: bytes


class _Claims(msgspec.Struct):
    iss: str
    aud: str | list[str]
    exp: int | float
    iat: int | float
    sub: str
    azp: str | None = None
    nbf: int | float | None = None


class _WhoseClaims(msgspec.Struct):
    iss: str


def claimed_issuer(token: str) -> str:
    """Read, without any verification, who says to have issued a token, in order to find their keys."""
    if len(token) > STATEMENT_MAX_BYTES or token.count(".") != 2:
        raise SubjectTokenMalformed(_PLACE)
    try:
        return msgspec.json.decode(base64url.decode(token.split(".")[1].encode()), type=_WhoseClaims).iss
    except (ValueError, msgspec.DecodeError):
        raise SubjectTokenMalformed(_PLACE) from None


def verify_identity_token(
    token: str, issuer: str, keys: KeySet, client_id: str, now_s: float
) -> IdentityToken:
    """Verify a token by its issuer's keys: issued to this client, begun, and not expired."""
    try:
        statement = verify_statement(token, keys)
    except SignatureDoesNotHold:
        raise SubjectTokenSignatureWrong(_PLACE) from None
    try:
        claims = msgspec.json.decode(statement.claims, type=_Claims)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SubjectTokenMalformed(_PLACE) from None
    if statement.kind.lower() not in _KINDS:
        raise SubjectTokenMalformed(_PLACE)
    if claims.iss != issuer:
        raise SubjectTokenIssuerUnknown(_PLACE)
    if not _is_issued_to(claims, client_id):
        raise SubjectTokenForAnother(_PLACE)
    if claims.exp <= now_s:
        raise SubjectTokenExpired(_PLACE)
    latest_s = now_s + PROOF_LEAD_MAX_S
    if claims.iat > latest_s or (claims.nbf is not None and claims.nbf > latest_s):
        raise SubjectTokenMalformed(_PLACE)
    return IdentityToken(issuer, statement.claims)


def _is_issued_to(claims: _Claims, client_id: str) -> bool:
    """Whether a client is an audience of the token and, where there are several, the party it was issued to."""
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if client_id not in audiences:
        return False
    return claims.azp == client_id if claims.azp is not None else len(audiences) == 1
