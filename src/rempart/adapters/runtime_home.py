"""The directories that the processes share, each with the owner and the mode that keep the others out.

Called at the start of every command that touches them, so that a mode widened by hand is narrowed again.
"""

import os
import stat
from pathlib import Path

from rempart.adapters import system_users
from rempart.settings import RELOCATED_HOMES, Settings

OPEN, GROUP_ONLY, PRIVATE = 0o755, 0o750, 0o700

KEYRING_CLIENTS = ("fhir", "identity", "portal", "counter", "feeds", "channel", "operator")
"""The roles that have a socket of the keyring. The worker comes by `channel`: it speaks to insurers, and opens nothing sealed."""


def prepare(settings: Settings) -> None:
    """Make the directories of the platform, and its system users when started as root."""
    if system_users.are_in_force():
        system_users.ensure_system_users()
    elif settings.runtime == settings.home and _is_roots(settings.home):
        raise SystemExit(
            f"{settings.home} a été fait par root\u00a0: relancez comme root, ou choisissez un autre REMPART_HOME."
        )
    _make_home(settings.home)
    if settings.runtime != settings.home:
        _relocate(settings)
    for directory, role, mode in _directories(settings):
        make_directory(directory, role, mode)


def make_directory(directory: Path, role: str, mode: int) -> None:
    """Make a directory for a role, or give it its owner and mode back; refuse one planted by others."""
    directory.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode) or (found.st_uid != os.geteuid() and not system_users.are_in_force()):
        raise SystemExit(
            f"{directory} est un lien, ou à quelqu’un d’autre\u00a0: retirez-le, ou choisissez un autre REMPART_HOME."
        )
    user_id, group_id = system_users.owner_of(role)
    if (found.st_uid, found.st_gid) != (user_id, group_id):
        os.chown(directory, user_id, group_id)
    if stat.S_IMODE(directory.lstat().st_mode) != mode:
        directory.chmod(mode)


def _directories(settings: Settings) -> list[tuple[Path, str, int]]:
    shared = OPEN if system_users.are_in_force() else PRIVATE
    directories = [
        (settings.sockets, "operator", shared),
        (settings.postgres_sockets, "owner", shared),
        (settings.secrets_home, "operator", OPEN if system_users.are_in_force() else PRIVATE),
        (settings.logs_home, "operator", shared),
        (settings.logs_home / "postgres", "owner", PRIVATE),
        (settings.keyring_home, "keyring", PRIVATE),
        (settings.mail_home, "worker", PRIVATE),
        (settings.sockets / "keyring", "operator", shared),
    ]
    directories += [(settings.keyring_socket(role).parent, role, PRIVATE) for role in KEYRING_CLIENTS]
    return directories


def _make_home(home: Path) -> None:
    if home.is_dir():
        return
    _make_home(home.parent)
    home.mkdir()
    if system_users.are_in_force():
        home.chmod(OPEN)  # whatever the umask: the system users must cross it


def _relocate(settings: Settings) -> None:
    if system_users.are_in_force():
        make_directory(RELOCATED_HOMES, "operator", OPEN)
        make_directory(settings.runtime, "operator", OPEN)
    link = settings.home / "runtime"
    if not link.is_symlink():
        link.symlink_to(settings.runtime)


def _is_roots(home: Path) -> bool:
    return os.geteuid() != 0 and (home / "postgres").exists() and (home / "run").stat().st_uid == 0
