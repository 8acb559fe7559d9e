"""What the embedded PostgreSQL is told: memory after the machine's, no network, nobody's data in its log.

Sources: https://www.postgresql.org/docs/18/runtime-config.html and auth-username-maps.html.
"""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from rempart.adapters import system_users
from rempart.limits import FHIR_CONNECTIONS_PER_WORKER, SERVER_CONNECTIONS
from rempart.settings import SYSTEM_GROUP, SYSTEM_USER_OF_ROLE, Settings

_MIB = 1 << 20
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def server_settings(settings: Settings, overrides: Mapping[str, str]) -> str:
    """Write postgresql.conf, whole: it is the platform's; an operator's wish goes to `ALTER SYSTEM`."""
    memory = memory_bytes() // _MIB
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": str(settings.postgres_sockets),
        "unix_socket_permissions": "0770" if system_users.are_in_force() else "0700",
        "max_connections": str(
            SERVER_CONNECTIONS + FHIR_CONNECTIONS_PER_WORKER * max(0, settings.fhir_workers - 2)
        ),
        # memory: a quarter of the machine is PostgreSQL's own advice; past 4 GB the page cache of the
        # system does as well
        "shared_buffers": f"{max(32, min(4096, memory // 4))}MB",
        "effective_cache_size": f"{max(64, memory // 2)}MB",
        "maintenance_work_mem": f"{max(32, min(1024, memory // 16))}MB",
        "work_mem": "16MB",
        "huge_pages": "try",
        # durability: an acknowledged answer survives the loss of power
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_compression": "on",
        "wal_buffers": "16MB",
        "max_wal_size": "8GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # the log: what the server does, never what it was asked about. Failures of statements reach the
        # caller, who reports them by code; their messages can quote a value, so they are not written down
        # here.
        "logging_collector": "on",
        "log_directory": str(settings.logs_home / "postgres"),
        "log_filename": "postgres-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] %u@%d ",
        "log_error_verbosity": "terse",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    if system_users.are_in_force():
        chosen["unix_socket_group"] = SYSTEM_GROUP
    chosen.update(overrides)
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in chosen.items()]
    return (
        "# Written by Rempart at each start: changes here are lost; use ALTER SYSTEM.\n"
        + "\n".join(lines)
        + "\n"
    )


def access_rules() -> str:
    """Write pg_hba.conf: the kernel says who knocks, nobody has a password, nobody comes by the network."""
    return "local all all peer map=rempart\n"


def user_map() -> str:
    """Write pg_ident.conf: which user of the machine may be which role of the database."""
    caller = pwd.getpwuid(os.geteuid()).pw_name
    pairs = [(caller, "all")]  # root, or the ordinary user who runs everything
    if system_users.are_in_force():
        pairs += [(user, f"rempart_{role}") for role, user in SYSTEM_USER_OF_ROLE.items()]
    return "".join(f'rempart "{user}" {role}\n' for user, role in pairs)


def memory_bytes() -> int:
    """Measure the memory that this machine, or this container, may use."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = _CGROUP_LIMIT.read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdecimal() else machine
