"""The environment that the processes of a platform are born with: what they need, and nothing else of their caller's.

A shell's environment holds tokens and addresses that no face should know, and /proc/PID/environ keeps for ever what a process was
born with: so the supervisor becomes a new image of itself, with less, before it starts anybody. What it used to bring an external
database up to date, the administrator's name and password, goes in the same way.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from psycopg import conninfo

_NEEDED: Final = frozenset({"PATH", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "SOFTHSM2_CONF"})
_NEEDED_FAMILIES: Final = ("REMPART_", "LC_", "PG", "PYTHON")
"""Rempart's settings, the locale, libpq's own settings, the interpreter's."""

_ADDRESS: Final = "REMPART_DATABASE_URL"
_ADMINISTRATORS: Final = {"user", "password", "passfile"}
_ADMINISTRATORS_VARIABLES: Final = {"PGUSER", "PGPASSWORD", "PGPASSFILE"}
"""Where libpq finds who the administrator is: the address, and the environment."""


def needed_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep of an environment what the processes of a platform need."""
    return {
        name: text for name, text in environ.items() if name in _NEEDED or name.startswith(_NEEDED_FAMILIES)
    }


def knows_the_administrator(environ: Mapping[str, str]) -> bool:
    """Whether an environment says who the administrator of an external database is."""
    return without_the_administrator(environ) != environ


def without_the_administrator(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep of an environment what does not say who the administrator of an external database is."""
    kept = {name: text for name, text in environ.items() if name not in _ADMINISTRATORS_VARIABLES}
    given = conninfo.conninfo_to_dict(kept.get(_ADDRESS, ""))
    if given.keys() & _ADMINISTRATORS:
        address = {name: str(part) for name, part in given.items() if name not in _ADMINISTRATORS}
        kept[_ADDRESS] = conninfo.make_conninfo("", **address)
    return kept


def shed_the_callers(arguments: Sequence[str]) -> None:
    """Begin again without the caller's environment, if there is anything of it."""
    needed = needed_of(os.environ)
    if needed.keys() != os.environ.keys():
        _begin_again(arguments, needed)


def forget_the_administrator(arguments: Sequence[str]) -> None:
    """Begin again without what says who the administrator of the database is."""
    _begin_again(arguments, without_the_administrator(os.environ))


def _begin_again(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "rempart.supervisor", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 (our own program)
