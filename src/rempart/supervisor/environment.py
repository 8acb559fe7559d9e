"""The environment that the processes of a platform are born with: what they need, and nothing else of their caller's.

A shell's environment holds tokens and addresses that no face should know, and /proc/PID/environ keeps for ever what a process was
born with: so the supervisor becomes a new image of itself, with less, before it starts anybody.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

_NEEDED: Final = frozenset({"PATH", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "SOFTHSM2_CONF"})
_NEEDED_FAMILIES: Final = ("REMPART_", "LC_", "PG", "PYTHON")
"""Rempart's settings, the locale, libpq's own settings, the interpreter's."""


def needed_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep of an environment what the processes of a platform need."""
    return {
        name: text for name, text in environ.items() if name in _NEEDED or name.startswith(_NEEDED_FAMILIES)
    }


def shed_the_callers(arguments: Sequence[str]) -> None:
    """Begin again without the caller's environment, if there is anything of it."""
    needed = needed_of(os.environ)
    if needed.keys() != os.environ.keys():
        command = [sys.executable, "-m", "rempart.supervisor", *arguments]
        os.execve(sys.executable, command, needed)  # noqa: S606 (our own program)
