"""Tests speak to this machine only, and the wall that sees to it is itself tested."""

import socket

import pytest

from tests.support.network import LeftTheMachine


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_another_machine_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as caller, pytest.raises(LeftTheMachine):
        caller.connect(address)


def test_even_asking_for_the_address_of_another_machine_is_refused() -> None:
    with pytest.raises(LeftTheMachine):
        socket.getaddrinfo("example.org", 443)


def test_this_machine_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
        assert socket.getaddrinfo("localhost", 80)
