"""The register, opened for one command of the operator; and who types it."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from rempart.settings import Settings, read_settings
from rempart.store.database import connect_sync
from rempart.supervisor.beside import beside

ROLE = "operator"


@contextmanager
def opened() -> Iterator[tuple[Settings, psycopg.Connection[TupleRow]]]:
    """Have the database up and be the operator there, for the time of the block."""
    settings = read_settings()
    with beside(settings), connect_sync(settings, ROLE) as connection:
        yield settings, connection


def typist() -> str:
    """Name who logged in to this machine, before any `sudo`; the user of this process where the kernel does not know."""
    try:
        return pwd.getpwuid(int(Path("/proc/self/loginuid").read_text())).pw_name
    except (OSError, ValueError, KeyError):
        return pwd.getpwuid(os.getuid()).pw_name
