"""The system users among which a platform started as root splits its powers, and the way down to one of them.

Each process has its own user, so that whoever owns a face finds the data, the keys and the other faces
closed by the kernel. A process imports everything and binds its sockets first, then drops for good: the
interpreter itself may lie where the user cannot read. Never drop to less than the user, the group and every
supplementary group at once.
"""

import os
import pwd
import shutil
import subprocess

from rempart.settings import SYSTEM_GROUP, SYSTEM_USER_OF_ROLE


def are_in_force() -> bool:
    """Whether this process may change users, so that the wall between processes stands."""
    return os.geteuid() == 0


def ensure_system_users() -> None:
    """Make the users and their group where they do not exist yet; needs root."""
    if shutil.which("useradd") is None:
        raise SystemExit(
            "useradd manque\u00a0: installez le paquet passwd de Debian, ou lancez en utilisateur ordinaire."
        )
    _run("groupadd", "--system", "--force", SYSTEM_GROUP)
    for user in SYSTEM_USER_OF_ROLE.values():
        if not _exists(user):
            _run(
                "useradd",
                "--system",
                "--user-group",
                "--groups",
                SYSTEM_GROUP,
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                user,
            )


def owner_of(role: str) -> tuple[int, int]:
    """Name the user and group ids that own the files of a role: its system user's, or the caller's."""
    user = SYSTEM_USER_OF_ROLE.get(role)
    if user is None or not are_in_force():
        return os.geteuid(), os.getegid()
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def drop_to(role: str) -> None:
    """Become the system user of a role, for good; do nothing for an ordinary user."""
    if not are_in_force() or role not in SYSTEM_USER_OF_ROLE:
        return
    user = SYSTEM_USER_OF_ROLE[role]
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    os.environ["HOME"] = (
        "/nonexistent"  # libraries that look into root's home would take the refusal for an error
    )
    if os.geteuid() == 0 or 0 in os.getgroups():
        raise SystemExit(f"Le processus de {role} est encore root après être devenu {user}.")


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (fixed commands)
    if done.returncode:
        raise SystemExit(f"{command[0]} a échoué\u00a0: {done.stderr.strip()}")
