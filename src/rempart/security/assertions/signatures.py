"""Check the signature of a statement against the published keys of its author.

Only asymmetric signatures are taken, and only keys that a key set names for signing: a symmetric key, a private part or an
RSA modulus under 2,048 bits makes the whole set refused, for somebody handled it carelessly.

Sources: RFC 7515, RFC 7517, RFC 8725 (best current practice: the verifier chooses the algorithms, never the token).
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from joserfc import errors as jose
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from rempart.domain.errors.token_exchange import KeySetRefused
from rempart.limits import KEY_SET_KEYS_MAX, RSA_KEY_MIN_BITS, STATEMENT_MAX_BYTES

STATEMENT_ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519", "PS256", "RS256")
"""The algorithms of client assertions and identity tokens, as the discovery documents name them."""

_KEY_TYPE_OF_ALGORITHM: Final = {
    "ES256": "EC",
    "EdDSA": "OKP",
    "Ed25519": "OKP",
    "PS256": "RSA",
    "RS256": "RSA",
}
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

type_of_key = ECKey | OKPKey | RSAKey


class SignatureDoesNotHold(Exception):
    """The statement is not signed by any of the keys; its caller says what was refused."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose signature holds: the type that its header names, and its claims, still in JSON."""

    kind: str
    claims: bytes


class _Header(msgspec.Struct):
    alg: str
    kid: str | None = None
    typ: str = ""
    crit: object = None


class _SetOfKeys(msgspec.Struct):
    keys: list[dict[str, Any]]


def read_key_set(written: bytes, place: str) -> KeySet:
    """Read a JWK set of public signing keys; refuse private, symmetric, weak or too many keys."""
    try:
        keys = msgspec.json.decode(written, type=_SetOfKeys).keys
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise KeySetRefused(place) from None
    if not 1 <= len(keys) <= KEY_SET_KEYS_MAX or any(_PRIVATE_MEMBERS.intersection(key) for key in keys):
        raise KeySetRefused(place)
    try:
        key_set = KeySet.import_key_set({"keys": keys})
    except (jose.JoseError, ValueError, KeyError, TypeError):
        raise KeySetRefused(place) from None
    if any(key.key_type == "oct" for key in key_set) or not all(_is_strong(key) for key in key_set):
        raise KeySetRefused(place)
    return key_set


def verify_statement(token: str, keys: KeySet) -> Statement:
    """Verify a compact JWS by one of the keys, and give its type and claims."""
    if len(token) > STATEMENT_MAX_BYTES or not token.isascii():
        raise SignatureDoesNotHold
    try:
        header = msgspec.json.decode(
            msgspec.json.encode(jws.extract_compact(token.encode()).protected), type=_Header
        )
    except (jose.JoseError, msgspec.MsgspecError, ValueError):
        raise SignatureDoesNotHold from None
    if header.alg not in STATEMENT_ALGORITHMS or header.crit is not None:
        raise SignatureDoesNotHold
    for key in _candidates(header, keys):
        claims = _verified_by(token, key, header.alg)
        if claims is not None:
            return Statement(header.typ, claims)
    raise SignatureDoesNotHold


def names_unknown_key(token: str, keys: KeySet) -> bool:
    """Whether a statement names a key that is not in the set: its author may have a new one."""
    try:
        kid = jws.extract_compact(token.encode()).protected.get("kid")
    except (jose.JoseError, ValueError):
        return False
    return kid is not None and all(key.kid != kid for key in keys)


def _candidates(header: _Header, keys: KeySet) -> Iterator[type_of_key]:
    for key in keys:
        if key.key_type != _KEY_TYPE_OF_ALGORITHM[header.alg] or not isinstance(key, type_of_key):
            continue
        if header.kid is None or key.kid in (None, header.kid):
            yield key


def _verified_by(token: str, key: type_of_key, algorithm: str) -> bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jose.SecurityWarning)  # "EdDSA" has a newer name, not a weakness
        try:
            return jws.deserialize_compact(token, key, algorithms=[algorithm]).payload
        except (jose.JoseError, ValueError):
            return None


def _is_strong(key: object) -> bool:
    return not isinstance(key, RSAKey) or key.raw_value.key_size >= RSA_KEY_MIN_BITS
