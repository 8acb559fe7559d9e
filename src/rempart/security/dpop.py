"""Verify that a request comes from the holder of a key: DPoP proofs (RFC 9449).

`verify_request` is for resources (access token and proof), `verify_proof` for the endpoints that open sessions (proof
alone). The signature is checked each time. A key that was seen before is recognised by its proof's header, byte for
byte, so that a repeat parses neither the header nor the key.

Never: decide whose key it is, whether a token is alive, or whether a proof was used before: the gate does that, in the
database.

Sources: https://www.rfc-editor.org/rfc/rfc9449 sections 4.2, 4.3, 7.1.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

import msgspec

from rempart.adapters import clock
from rempart.domain.errors.access import (
    ProofAddressWrong,
    ProofAhead,
    ProofMalformed,
    ProofMethodWrong,
    ProofMissing,
    ProofSignatureWrong,
    ProofStale,
    ProofTokenHashWrong,
    TokenMalformed,
    TokenMissing,
    TokenSchemeWrong,
)
from rempart.limits import (
    PROOF_AGE_MAX_S,
    PROOF_ID_MAX_CHARS,
    PROOF_ID_MIN_CHARS,
    PROOF_KEYS_REMEMBERED_MAX,
    PROOF_LEAD_MAX_S,
    PROOF_MAX_BYTES,
)
from rempart.security import base64url
from rempart.security.addresses import is_same_address
from rempart.security.principals import ProvenCaller
from rempart.security.proof_keys import PROOF_ALGORITHMS, ProofKey, read_header

__all__ = ["PROOF_ALGORITHMS", "Proof", "ProofVerifier", "proof_headers"]

TOKEN_CHARS: Final = 43
"""An access token is 256 random bits in base64url."""

_SCHEME = b"dpop "
_PLACE_OF_PROOF = "DPoP"
_PLACE_OF_TOKEN = "Authorization"  # noqa: S105 (the name of a header)
_AUTHORIZATION = re.compile(rb"(?i:dpop) ([A-Za-z0-9_-]{%d})" % TOKEN_CHARS)


@dataclass(frozen=True, slots=True)
class Proof:
    """A verified proof without an access token: its key, the digest of its `jti`, its time, its nonce."""

    key_thumbprint: bytes
    proof_digest: bytes
    proof_at: int
    nonce: str | None


class _Claims(msgspec.Struct):
    jti: str
    htm: str
    htu: str
    iat: int | float
    ath: str | None = None
    nonce: str | None = None


_decode_claims = msgspec.json.Decoder(_Claims).decode


class ProofVerifier:
    """Verifies proofs, and remembers the keys that it met; one per process."""

    def __init__(self, now_s: Callable[[], float], keys_max: int = PROOF_KEYS_REMEMBERED_MAX) -> None:
        self.now_s = now_s
        self._keys_max = keys_max
        self._keys: OrderedDict[bytes, ProofKey] = OrderedDict()

    @classmethod
    def on_wall_clock(cls) -> Self:
        """Make the verifier of a running face; `now_s` is then the time of day, in seconds since 1970."""
        return cls(clock.now_s)

    def verify_request(
        self, authorization: bytes | None, dpop: bytes | None, method: str, url: str
    ) -> ProvenCaller:
        """Verify the token's shape and a proof made for this token and this request.

        `url` is the public address of the resource, without query; `method` is in capitals.
        Refuses: TokenRefused, ProofRefused.
        """
        token_digest = sha256(_token_of(authorization)).digest()
        key, claims = self._verify(dpop, method, url)
        if claims.ath != base64url.encode(token_digest):
            raise ProofTokenHashWrong(_PLACE_OF_PROOF)
        return ProvenCaller(
            token_digest=token_digest,
            key_thumbprint=key.thumbprint,
            proof_digest=_proof_digest(key, claims),
            proof_at=int(claims.iat),
            nonce=claims.nonce,
        )

    def verify_proof(self, dpop: bytes | None, method: str, url: str) -> Proof:
        """Verify the proof of a request that carries no access token.

        Refuses: ProofRefused.
        """
        key, claims = self._verify(dpop, method, url)
        return Proof(key.thumbprint, _proof_digest(key, claims), int(claims.iat), claims.nonce)

    def _verify(self, dpop: bytes | None, method: str, url: str) -> tuple[ProofKey, _Claims]:
        header, payload, signature, signed = _split(dpop)
        key = self._key_of(header)
        if not key.is_signed_by(signature, signed):
            raise ProofSignatureWrong(_PLACE_OF_PROOF)
        claims = _read_claims(payload)
        if claims.htm != method:
            raise ProofMethodWrong(_PLACE_OF_PROOF)
        if claims.htu != url and not is_same_address(claims.htu, url):
            raise ProofAddressWrong(_PLACE_OF_PROOF)
        age_s = self.now_s() - claims.iat
        if age_s > PROOF_AGE_MAX_S:
            raise ProofStale(_PLACE_OF_PROOF)
        if age_s < -PROOF_LEAD_MAX_S:
            raise ProofAhead(_PLACE_OF_PROOF)
        self._remember(header, key)
        return key, claims

    def _key_of(self, header: bytes) -> ProofKey:
        return self._keys.get(header) or read_header(_decoded(header), _PLACE_OF_PROOF)

    def _remember(self, header: bytes, key: ProofKey) -> None:
        """Keep the key of a proof that held; forget the one that was idle longest."""
        self._keys[header] = key
        self._keys.move_to_end(header)
        if len(self._keys) > self._keys_max:
            self._keys.popitem(last=False)


def proof_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes | None, bytes | None]:
    """Find the Authorization and DPoP headers of an ASGI request; refuse one that comes twice."""
    authorization: bytes | None = None
    dpop: bytes | None = None
    for name, content in headers:
        if name == b"dpop":
            if dpop is not None:
                raise ProofMalformed(_PLACE_OF_PROOF)
            dpop = content
        elif name == b"authorization":
            if authorization is not None:
                raise TokenMalformed(_PLACE_OF_TOKEN)
            authorization = content
    return authorization, dpop


def _token_of(authorization: bytes | None) -> bytes:
    if not authorization:
        raise TokenMissing(_PLACE_OF_TOKEN)
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is not None:
        return found[1]
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        raise TokenSchemeWrong(_PLACE_OF_TOKEN)
    raise TokenMalformed(_PLACE_OF_TOKEN)


def _split(dpop: bytes | None) -> tuple[bytes, bytes, bytes, bytes]:
    """Cut a compact JWS into header, payload, signature and what was signed."""
    if not dpop:
        raise ProofMissing(_PLACE_OF_PROOF)
    if len(dpop) > PROOF_MAX_BYTES:
        raise ProofMalformed(_PLACE_OF_PROOF)
    signed, _, signature = dpop.rpartition(b".")
    header, _, payload = signed.partition(b".")
    return header, payload, _decoded(signature), signed


def _read_claims(payload: bytes) -> _Claims:
    try:
        claims = _decode_claims(_decoded(payload))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProofMalformed(_PLACE_OF_PROOF) from None
    if not PROOF_ID_MIN_CHARS <= len(claims.jti) <= PROOF_ID_MAX_CHARS:
        raise ProofMalformed(_PLACE_OF_PROOF)
    return claims


def _proof_digest(key: ProofKey, claims: _Claims) -> bytes:
    """Digest a `jti` with its key: two clients that number their proofs alike do not use up each other's."""
    return sha256(key.thumbprint + claims.jti.encode()).digest()


def _decoded(segment: bytes) -> bytes:
    try:
        return base64url.decode(segment)
    except ValueError:
        raise ProofMalformed(_PLACE_OF_PROOF) from None
