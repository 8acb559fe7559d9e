"""What goes over the sockets says the same at both ends, and nonsense is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors import KeyringForbidden, RempartError
from rempart.keyring import wire

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
    assert wire.read_records(payload, at, with_grants=True) == (about, texts, grants)


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_understood_in_part(noise: bytes) -> None:
    try:
        wire.read_lookups(noise)
        wire.read_records(noise, 0, with_grants=True)
    except (KeyringForbidden, ValueError, IndexError, struct.error):
        pass


def test_records_must_be_whole() -> None:
    payload = wire.write_records([b"about"], [b"text"])
    with pytest.raises(KeyringForbidden):
        wire.read_records(payload + b"more", 0, with_grants=False)
    with pytest.raises(ValueError, match="a record is"):
        wire.write_records([b"about"], [])


def test_every_status_but_done_is_an_error_and_each_error_has_its_status() -> None:
    errors = {status: wire.error_of(status) for status in wire.Status if status is not wire.Status.DONE}
    assert all(isinstance(error, RempartError) for error in errors.values())
    assert {wire.STATUS_OF_ERROR[type(error)] for error in errors.values()} == set(errors)
