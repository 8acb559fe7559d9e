"""What holds for every test: nothing leaves this machine, and what several tests stand on is plugged in.

Fixtures of one floor live in tests/support, one file each.
"""

import importlib.util

from hypothesis import settings

from tests.support.network import close_the_network
from tests.support.programs import drive_browsers_with_the_pinned_node

pytest_plugins = [
    plugin
    for plugin in ("tests.support.database", "tests.support.platform", "tests.support.world")
    if importlib.util.find_spec(plugin) is not None
]

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

close_the_network()
drive_browsers_with_the_pinned_node()


def pytest_report_header() -> str:
    """Say in the first lines that the network is closed."""
    return "network: this machine only"
