"""The process of the keyring: it reads its passphrase or PIN before the drop, its keys after it."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
import uvloop

from rempart.adapters import clock, process_guard, runtime_home, system_users
from rempart.keyring.file_vault import FileVault
from rempart.keyring.openings import OpeningLog
from rempart.keyring.rights import CELL, CODE, REQUEST
from rempart.keyring.server import Door, Keyring
from rempart.keyring.vault import Vault
from rempart.settings import Settings
from rempart.supervisor.child import Work
from rempart.supervisor.listeners import bind_path

log = structlog.get_logger()

_FIRST_KEYS = (REQUEST, CELL, CODE, "sign/identity", "sign/channel")
"""The keys that a platform has from its first day; those of an insurer come when it is registered."""


_HOW_TO_LOCK_MEMORY = (
    "the limit of locked memory (RLIMIT_MEMLOCK) must be unlimited: ulimit -l unlimited, LimitMEMLOCK=infinity in a unit, "
    "--ulimit memlock=-1 for a container; root lifts it by itself, unless CAP_SYS_RESOURCE was taken from it"
)


def bind_doors(settings: Settings) -> dict[str, Door]:
    """Bind the socket of each role."""
    doors = {}
    for role in runtime_home.KEYRING_CLIENTS:
        user_id = system_users.owner_of(role)[0] if system_users.are_in_force() else os.geteuid()
        doors[role] = Door(role, bind_path(settings.keyring_socket(role), role), user_id)
    return doors


def prepare_keyring(settings: Settings, doors: Mapping[str, Door]) -> Work:
    """Read what only the caller may read; give the work to do after the drop."""
    open_vault = _vault_opener(settings)
    process_guard.allow_locked_memory()

    def work(is_ready: Callable[[], None]) -> None:
        if not process_guard.lock_memory():
            log.warning("keyring-memory-may-be-swapped", advice=_HOW_TO_LOCK_MEMORY)
        vault = open_vault()
        vault.create(_FIRST_KEYS)
        keyring = Keyring(vault, OpeningLog(settings.keyring_home, clock.now), time.monotonic)
        uvloop.run(_serve(keyring, doors, is_ready))

    return work


async def _serve(keyring: Keyring, doors: Mapping[str, Door], is_ready: Callable[[], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    loop.call_soon(is_ready)
    await keyring.serve(doors, stopped)


def _vault_opener(settings: Settings) -> Callable[[], Vault]:
    if settings.keyring_backend == "pkcs11":
        from rempart.keyring.pkcs11_vault import Pkcs11Vault  # noqa: PLC0415 (its library loads a device's driver)

        if settings.pkcs11_pin_file is None:
            raise SystemExit(
                "REMPART_PKCS11_PIN_FILE n’est pas donné\u00a0: le fichier qui contient le code du jeton."
            )
        pin = settings.pkcs11_pin_file.read_text().strip()
        return lambda: Pkcs11Vault(settings.pkcs11_module, settings.pkcs11_token, pin)
    passphrase = _passphrase(settings)
    return lambda: FileVault(settings.keyring_home / "keys.sealed", passphrase)


def _passphrase(settings: Settings) -> bytes:
    """Read the passphrase of the sealed keys; make a random one beside them if the operator gave none."""
    if settings.keyring_passphrase_file is not None:
        return _not_empty(settings.keyring_passphrase_file)
    path = settings.keyring_home / "passphrase"
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
        os.chown(draft, *system_users.owner_of("keyring"))
        draft.chmod(0o400)
        draft.rename(path)
        log.warning("keyring-passphrase-beside-the-keys", advice="set REMPART_KEYRING_PASSPHRASE_FILE")
    return _not_empty(path)


def _not_empty(path: Path) -> bytes:
    passphrase = path.read_bytes().strip()
    if not passphrase:
        raise SystemExit(f"{path} est vide\u00a0: il doit contenir la phrase secrète des clés.")
    return passphrase
