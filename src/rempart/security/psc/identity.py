"""Verify what Pro Santé Connect signed, and that its two answers speak of one person.

Never: take an identity token of another sign-in (nonce), for another client (audience), or below the level that was asked for.

Source: OpenID Connect Core 3.1.3.7 (identity token), 5.3.2 (userinfo: "sub" must be the same, else it is not used).
"""

from hashlib import sha256
from hmac import compare_digest
from typing import Final

import msgspec
from joserfc.jwk import KeySet

from rempart.domain.errors.accounts import PscAnswerRefused
from rempart.domain.errors.token_exchange import SubjectTokenRefused
from rempart.security.assertions.identity import verify_identity_token

LEVELS: Final = ("eidas1", "eidas2", "eidas3")


class _Claims(msgspec.Struct):
    sub: str
    nonce: str
    acr: str


class _Subject(msgspec.Struct):
    sub: str


def verify_identity(
    id_token: str, issuer: str, keys: KeySet, client_id: str, nonce_digest: bytes, now_s: float
) -> str:
    """Verify an identity token that answers a sign-in of ours; give its subject.

    Refuses: PscAnswerRefused, whose place says which check failed, for the log.
    """
    try:
        verified = verify_identity_token(id_token, issuer, keys, client_id, now_s)
        claims = msgspec.json.decode(verified.claims, type=_Claims)
    except SubjectTokenRefused as refused:
        raise PscAnswerRefused(refused.code) from None
    except msgspec.DecodeError:
        raise PscAnswerRefused("claims") from None
    if not compare_digest(sha256(claims.nonce.encode()).digest(), nonce_digest):
        raise PscAnswerRefused("nonce")
    if claims.acr not in LEVELS:
        raise PscAnswerRefused("acr")
    return claims.sub


def require_same_subject(userinfo: bytes, subject: str) -> None:
    """Refuse a userinfo that is somebody else's. Refuses: PscAnswerRefused."""
    try:
        named = msgspec.json.decode(userinfo, type=_Subject).sub
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PscAnswerRefused("userinfo") from None
    if named != subject:
        raise PscAnswerRefused("sub")
