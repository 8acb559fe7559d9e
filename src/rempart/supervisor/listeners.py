"""The sockets on which the processes listen: bound by the supervisor, so that a process restarts without losing its place."""

import os
import socket
import struct
import time
from pathlib import Path

from rempart.adapters import system_users

_BACKLOG = 2_048
"""Connections that wait to be taken: a burst, or the time that a process takes to come back."""

_PATIENCE_S = 8.0
"""How long a place may stay taken by the processes of a supervisor that was just killed."""

_PATIENCE_WITH_THE_LIVING_S = 1.0
"""The same for those of one that is alive: it may be stopping, and most often simply serves."""

_CREDENTIALS = struct.Struct("iII")
"""Process, user and group at the other end of a local socket (unix(7), SO_PEERCRED)."""


def bind_port(host: str, port: int) -> socket.socket:
    """Listen on a port of this machine; refuse one that somebody else keeps."""
    deadline = time.monotonic() + _PATIENCE_S
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"Le port {port} de {host} est pris ({error.strerror})\u00a0: donnez un autre REMPART_PORT."
                ) from None
            time.sleep(0.1)
        else:
            return listener


def bind_path(path: Path, role: str) -> socket.socket:
    """Listen on a local socket that its role alone can reach; the one left by a dead process is replaced.

    Refuses: one at which a living process answers, whose place would be taken from it without a word.
    """
    began = time.monotonic()
    while (listening := _who_listens(path)) is not None:
        patience_s = _PATIENCE_WITH_THE_LIVING_S if _is_alive(listening) else _PATIENCE_S
        if time.monotonic() > began + patience_s:
            raise SystemExit(
                f"Un autre processus répond en {path}\u00a0: ce dossier est déjà servi. Donnez un autre REMPART_HOME."
            )
        time.sleep(0.1)
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(draft))
    os.chown(draft, *system_users.owner_of(role))
    draft.chmod(0o600)
    listener.listen(_BACKLOG)
    draft.rename(path)  # nobody ever finds a socket that does not listen yet, or that is not closed to others
    return listener


def _who_listens(path: Path) -> int | None:
    """Give the process that bound the socket at which somebody answers (a supervisor, whose process it then is), if any."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return None
        credentials = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process_id: int = _CREDENTIALS.unpack(credentials)[0]
    return process_id


def _is_alive(process_id: int) -> bool:
    """Whether a process runs; one that ended and was not yet taken note of does not."""
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
