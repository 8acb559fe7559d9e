"""The database checks what an operator's key signed: it agrees with a library on true and on false signatures."""

import hashlib
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.support.world import World

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF


def cose(x: int, y: int) -> bytes:
    """Write a point of P-256 as authenticators do."""
    return (
        bytes.fromhex("a5010203262001215820")
        + x.to_bytes(32, "big")
        + b"\x22\x58\x20"
        + y.to_bytes(32, "big")
    )


def key_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    point = private.public_key().public_numbers()
    return cose(point.x, point.y)


def is_signed(world: World, key: bytes, signed: bytes, signature: bytes) -> bool:
    return bool(world.one("select console.is_signed(%s, %s, %s)", key, signed, signature))


@pytest.mark.parametrize("secret", [1, 2, 3, N - 1, N - 2, 0x1234567890ABCDEF, *range(1000, 1012)])
def test_a_true_signature_is_taken_and_a_touched_one_is_not(world: World, secret: int) -> None:
    private = ec.derive_private_key(secret, ec.SECP256R1())
    key, signed = key_of(private), hashlib.sha256(str(secret).encode()).digest() * 3
    signature = private.sign(signed, ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    assert is_signed(world, key, signed, signature)
    assert is_signed(world, key, signed, encode_dss_signature(r, N - s)), "ECDSA knows two forms"
    assert not is_signed(world, key, signed + b"\0", signature)
    assert not is_signed(world, key, signed, encode_dss_signature(r, (s + 1) % N))
    assert not is_signed(world, key, signed, encode_dss_signature((r + 1) % N, s))
    assert not is_signed(world, key_of(ec.derive_private_key(7, ec.SECP256R1())), signed, signature)


def test_a_signature_that_is_none_is_not_taken(world: World) -> None:
    private = ec.derive_private_key(42, ec.SECP256R1())
    key, signed = key_of(private), b"an act"
    signature = private.sign(signed, ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    for wrong in (
        b"",
        b"0",
        signature[:-1],
        signature + b"\0",
        b"\x31" + signature[1:],
        encode_dss_signature(0, s),
        encode_dss_signature(r, 0),
        encode_dss_signature(0, 0),
        encode_dss_signature(r + N, s),
        encode_dss_signature(r, s + N),
        encode_dss_signature(N, N),
        encode_dss_signature(P, s),
        bytes.fromhex("3006020101020101"),
        bytes.fromhex("30080202000102020001"),
        b"\x30" + bytes([len(signature)]) + b"\x02\x00" + signature[4:],
    ):
        assert not is_signed(world, key, signed, wrong), wrong.hex()


def test_a_key_that_is_no_point_of_the_curve_signs_nothing(world: World) -> None:
    private = ec.derive_private_key(42, ec.SECP256R1())
    point = private.public_key().public_numbers()
    signature = private.sign(b"an act", ec.ECDSA(hashes.SHA256()))
    for x, y in (
        (point.x, point.y + 1),
        (0, 0),
        (point.x + P if point.x + P < 2**256 else P, point.y),
        (P, P),
    ):
        assert not world.one("select console.is_on_curve(%s)", cose(x, y))
        assert not is_signed(world, cose(x, y), b"an act", signature)
    assert not is_signed(world, key_of(private)[:-1], b"an act", signature)


def test_a_signature_takes_no_long_time(world: World) -> None:
    private = ec.derive_private_key(42, ec.SECP256R1())
    signature = private.sign(b"an act", ec.ECDSA(hashes.SHA256()))
    key = key_of(private)
    began = time.perf_counter()
    for _ in range(5):
        assert is_signed(world, key, b"an act", signature)
    assert time.perf_counter() - began < 5, (
        "some tens of milliseconds each, on a machine that does other things too"
    )
