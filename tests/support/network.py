"""The wall around the tests: they speak to this machine and to no other."""

import ipaddress
import sys
from typing import Any


class LeftTheMachine(Exception):
    """A test tried to reach another machine than this one."""


def _is_here(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return False


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]  # of a Unix socket or a kernel one unless it is a tuple
        host = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if not _is_here(host):
        raise LeftTheMachine(host)


def close_the_network() -> None:
    """Refuse, from now on and in this process, every address but this machine's."""
    sys.addaudithook(_refuse_other_machines)
