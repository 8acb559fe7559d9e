"""The home of a demonstration: one at a time, each from nothing, and nothing removed but what the last one made.

A demonstration marks its home by the directory `demo` and, once there is a database, by the database's own number. Never: remove
a database that bears another one.
"""

import fcntl
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rempart import app
from rempart.adapters import postgres_embedded, runtime_home
from rempart.sandbox.demo_file import FILE_NAME
from rempart.settings import Settings

_LEAVING_TIMEOUT_S = 30.0
"""How long the processes of a demonstration that was killed may take to end by themselves."""

_NUMBER_BYTES = 8
"""A database's own number opens its control file (PostgreSQL, src/include/catalog/pg_control.h)."""


@contextmanager
def alone_in(settings: Settings) -> Iterator[None]:
    """Hold the home for the time of the block; refuse where another demonstration holds it."""
    runtime_home.prepare(settings)
    with (settings.home / "demo.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(
                "Une démonstration est déjà en marche dans ce dossier. Arrêtez-la, ou donnez un autre REMPART_HOME."
            )
        yield


def forget_last_demo(settings: Settings) -> None:
    """Remove what the last demonstration left; refuse a home that holds anything else."""
    folder = settings.home / "demo"
    if not folder.is_dir():
        if settings.is_database_embedded and settings.postgres_home.exists():
            sys.exit(
                f"{settings.home} contient une plateforme qui n’est pas une démonstration. Donnez un autre REMPART_HOME."
            )
        return
    if settings.is_database_embedded:
        _wait_for_the_killed(settings)
        _require_same_database(settings)
        shutil.rmtree(settings.postgres_home, ignore_errors=True)
    for left in (settings.keyring_home, settings.mail_home, folder):
        shutil.rmtree(left, ignore_errors=True)
    (settings.home / FILE_NAME).unlink(missing_ok=True)
    runtime_home.prepare(settings)


def remember_database(settings: Settings) -> None:
    """Write down which database this demonstration made."""
    if settings.is_database_embedded:
        (settings.home / "demo" / "database").write_text(_number_of_database(settings))


def require_free_ports(settings: Settings) -> None:
    """Refuse to start where another program answers already, and say which port it is."""
    for name, face in app.FACES.items():
        port = settings.port + face.port_offset
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as error:
                sys.exit(
                    f"Le port {port}, pour {name}, est pris ({error.strerror}). Arrêtez le programme qui y écoute, "
                    "ou donnez un REMPART_PORT dont les suivants sont libres (jusqu’à +9)."
                )


def _wait_for_the_killed(settings: Settings) -> None:
    """Let the processes of a demonstration that was killed end; stop a database that nobody holds any more."""
    deadline = time.monotonic() + _LEAVING_TIMEOUT_S
    while postgres_embedded.is_running(settings):
        with postgres_embedded.running(settings):
            pass  # whoever gives the last lease back stops the server
        if time.monotonic() > deadline:
            sys.exit(
                "Une plateforme est en marche dans ce dossier. Arrêtez-la, ou donnez un autre REMPART_HOME."
            )
        time.sleep(0.1)


def _require_same_database(settings: Settings) -> None:
    known = settings.home / "demo" / "database"
    if not known.exists() or not settings.postgres_home.exists():
        return
    if known.read_text() != _number_of_database(settings):
        sys.exit(
            f"La base de {settings.home} n’est pas celle qu’une démonstration y a faite\u00a0: elle reste telle quelle. "
            "Donnez un autre REMPART_HOME."
        )


def _number_of_database(settings: Settings) -> str:
    with (settings.postgres_home / "global" / "pg_control").open("rb") as control:
        return control.read(_NUMBER_BYTES).hex()
