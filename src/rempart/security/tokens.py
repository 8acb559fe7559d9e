"""Access tokens, codes of invitations and nonces: random, opaque, and stored as digests only."""

import secrets
from hashlib import sha256

_SECRET_BYTES = 32  # 256 bits


def new_secret() -> str:
    """Make 256 random bits in base64url: an access token, the code of an invitation, a first nonce."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """Give the SHA-256 under which a secret is stored; 256 random bits need no salt."""
    return sha256(secret.encode()).digest()


def digest_of_code(contact_id: int, code: str) -> bytes:
    """Give the SHA-256 under which the code of a contact is kept; few digits, so its tries are counted and its life is short."""
    return sha256(f"contact|{contact_id}|{code}".encode()).digest()


def invitation_link(portal_url: str, code: str) -> str:
    """Write the link of an invitation; the code follows the number sign, so that no server's log ever holds it."""
    return f"{portal_url.rstrip('/')}/invitation#code={code}"
