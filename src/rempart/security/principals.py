"""The type of a caller whose DPoP proof was verified; only `security/dpop.py` makes one.

The proof shows possession of a key. Which account, software or session that key belongs to is decided by the gate, in the
database, never by a face.
"""

from msgspec import Struct


class ProvenCaller(Struct, frozen=True):
    """A request that carried an access token and a DPoP proof whose signature, method, address and token hash hold.

    `token_digest` is the SHA-256 of the access token, `key_thumbprint` that of the proof's JWK (RFC 7638), `proof_digest` the
    SHA-256 of that thumbprint and its `jti`; `proof_at` is its `iat` (seconds since 1970), `nonce` the server nonce it
    carries, if any.
    """

    token_digest: bytes
    key_thumbprint: bytes
    proof_digest: bytes
    proof_at: int
    nonce: str | None = None
