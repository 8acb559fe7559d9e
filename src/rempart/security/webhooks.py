"""Signed messages in the manner of Standard Webhooks: what is signed, the headers, and how a receiver checks them.

An identifier, a moment and the body, joined by dots, signed with Ed25519 (`v1a`), which is what the keyring's vaults sign with:
who receives holds a public key and nothing to be stolen. Source: Standard Webhooks 1.0.0 (signature scheme, asymmetric),
https://www.standardwebhooks.com/
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rempart.limits import WEBHOOK_AGE_MAX_S

_SCHEME: Final = "v1a"
_KEY_PREFIX: Final = "whpk_"


def signed_content(message_id: str, at_s: int, body: bytes) -> bytes:
    """Join what is signed."""
    return f"{message_id}.{at_s}.".encode() + body


def headers_of(message_id: str, at_s: int, signature: bytes) -> dict[str, str]:
    """Say who signed what, and when (seconds since 1970)."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"{_SCHEME},{b64encode(signature).decode()}",
    }


def written_key(public_key: bytes) -> str:
    """Write a public key as libraries of Standard Webhooks read it."""
    return f"{_KEY_PREFIX}{b64encode(public_key).decode()}"


def is_signed(key: str, headers: Mapping[str, str], body: bytes, now_s: float) -> bool:
    """Whether a message was signed by the holder of a key, a few minutes ago at most; any one of its signatures is enough."""
    try:
        public_key = Ed25519PublicKey.from_public_bytes(
            b64decode(key.removeprefix(_KEY_PREFIX), validate=True)
        )
        at_s = int(headers["webhook-timestamp"])
        content = signed_content(headers["webhook-id"], at_s, body)
        signatures = [
            b64decode(text, validate=True)
            for scheme, _, text in (part.partition(",") for part in headers["webhook-signature"].split())
            if scheme == _SCHEME
        ]
    except (KeyError, ValueError):
        return False
    return abs(now_s - at_s) <= WEBHOOK_AGE_MAX_S and any(
        _fits(public_key, signature, content) for signature in signatures
    )


def _fits(public_key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        public_key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
