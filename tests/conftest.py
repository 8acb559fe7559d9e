"""What holds for every test: nothing leaves this machine, and a program that is missing is said, never passed over.

Fixtures of one floor live beside it, in tests/support; they are plugged in here.
"""

import importlib.util
import ipaddress
import sys
from typing import Any

pytest_plugins = [
    plugin
    for plugin in ("tests.support.database", "tests.support.platform")
    if importlib.util.find_spec(plugin) is not None
]


class LeftTheMachine(Exception):
    """A test tried to reach another machine than this one."""


def _is_here(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket or a kernel one
    host = address[0]
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto") and not _is_here(arguments[1]):
        raise LeftTheMachine(str(arguments[1]))
    if event == "socket.getaddrinfo" and arguments[0]:
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
        if not _is_here((host,)):
            raise LeftTheMachine(host)


sys.addaudithook(_refuse_other_machines)


def pytest_report_header() -> str:
    """Say in the first lines that the network is closed."""
    return "network: this machine only"
