"""What goes over the sockets says the same at both ends, and nonsense is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors import RempartError
from rempart.domain.errors.keyring import KeyringForbidden
from rempart.keyring import wire
from rempart.limits import KEYRING_BULK_ITEMS_MAX

NAME = st.text("abcdefghijklmnopqrstuvwxyz/0123456789", min_size=1, max_size=40)


@given(st.lists(st.tuples(NAME, st.binary(max_size=300)), max_size=40))
def test_look_ups_arrive_as_they_left(lookups: list[tuple[str, bytes]]) -> None:
    arrived = wire.read_lookups(wire.write_lookups(lookups))
    assert [(name.decode(), message) for name, message in arrived] == lookups


@given(st.lists(st.none() | st.binary(min_size=32, max_size=32), max_size=40))
def test_digests_arrive_as_they_left(digests: list[bytes | None]) -> None:
    assert wire.read_digests(wire.write_digests(digests)) == digests


@given(
    NAME,
    st.lists(
        st.tuples(st.binary(max_size=50), st.binary(max_size=300), st.binary(min_size=16, max_size=16)),
        max_size=20,
    ),
)
def test_records_arrive_as_they_left(name: str, records: list[tuple[bytes, bytes, bytes]]) -> None:
    about, texts, grants = ([record[part] for record in records] for part in range(3))
    payload = wire.named(name) + wire.write_records(about, texts, grants)
    arrived_name, at = wire.read_name(payload)
    assert arrived_name == name
    assert wire.read_records(payload, at) == (about, texts, grants)


@given(NAME, st.integers(1, 20), st.integers(0, 50), st.integers(0, 300), st.randoms())
def test_records_of_one_length_arrive_as_they_left(
    name: str, count: int, about_bytes: int, text_bytes: int, filling: object
) -> None:
    about, texts = (
        [filling.randbytes(size) for _ in range(count)]  # type: ignore[attr-defined]
        for size in (about_bytes, text_bytes)
    )
    payload = wire.named(name) + wire.write_alike(b"".join(about), b"".join(texts), count)
    arrived_name, at = wire.read_name(payload)
    assert arrived_name == name
    assert wire.read_alike(payload, at) == (about, texts)


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_understood_in_part(noise: bytes) -> None:
    try:
        wire.read_lookups(noise)
        wire.read_records(noise, 0)
    except (KeyringForbidden, ValueError, IndexError, struct.error):
        pass


@given(st.binary(max_size=200))
def test_noise_is_refused_as_records_to_seal(noise: bytes) -> None:
    try:
        about, texts = wire.read_alike(noise, 0)
        assert len(about) == len(texts) > 0
    except (KeyringForbidden, struct.error):
        pass


@pytest.mark.parametrize("count", [0, KEYRING_BULK_ITEMS_MAX + 1, 2**32 - 1])
def test_a_count_of_records_beyond_reason_takes_no_memory(count: int) -> None:
    with pytest.raises(KeyringForbidden):
        wire.read_alike(struct.pack(">II", count, 0), 0)


def test_records_must_be_whole() -> None:
    payload = wire.write_records([b"about"], [b"text"], [bytes(16)])
    with pytest.raises(KeyringForbidden):
        wire.read_records(payload + b"more", 0)
    with pytest.raises(ValueError, match="a sealed record"):
        wire.write_records([b"about"], [], [])
    with pytest.raises(KeyringForbidden):
        wire.read_alike(wire.write_alike(b"aboutabout", b"texttext", 2) + b"x", 0)
    with pytest.raises(ValueError, match="one length"):
        wire.write_alike(b"about", b"text", 2)


def test_every_status_but_done_is_an_error_and_each_error_has_its_status() -> None:
    errors = {status: wire.error_of(status) for status in wire.Status if status is not wire.Status.DONE}
    assert all(isinstance(error, RempartError) for error in errors.values())
    assert {wire.STATUS_OF_ERROR[type(error)] for error in errors.values()} == set(errors)
