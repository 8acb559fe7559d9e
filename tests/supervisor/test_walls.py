"""Whoever owns a face owns no more than that face: the kernel keeps the data, the keys and the other roles from its user."""

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rempart.adapters import runtime_home, system_users
from rempart.domain.errors.database import DatabaseUnreachable
from rempart.settings import SYSTEM_USER_OF_ROLE, Settings
from rempart.store.database import connect_sync
from rempart.store.database.roles import LOGIN_ROLES
from tests.supervisor.users import as_user_of
from tests.support.database import Database
from tests.support.platform import processes

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give each process a user of its own")

FACES = ("fhir", "identity", "portal", "console", "counter", "public", "test-provider", "test-insurer")
CLIENTS = [role for role in runtime_home.KEYRING_CLIENTS if role in SYSTEM_USER_OF_ROLE]


def readable(paths: list[Path]) -> list[str]:
    """List what can be read, or listed, by who asks."""
    found = []
    for path in paths:
        try:
            _ = list(path.iterdir()) if path.is_dir() else path.read_bytes()
        except OSError:
            continue
        found.append(str(path))
    return found


@pytest.mark.parametrize("face", [*FACES, "feeds", "worker"])
def test_the_user_of_a_face_reads_neither_data_nor_keys(
    keyring: Settings, database: Database, face: str
) -> None:
    protected = [
        keyring.postgres_home,
        keyring.postgres_home / "PG_VERSION",
        keyring.postgres_home / "postgresql.conf",
        keyring.postgres_home / "base",
        keyring.keyring_home,
        keyring.keyring_home / "keys.sealed",
        keyring.keyring_home / "passphrase",
        keyring.logs_home / "postgres",
    ]
    assert len(readable(protected)) == len(protected)  # all are there: root reads them
    assert as_user_of(face, lambda: readable(protected)) == []


@pytest.mark.parametrize("face", ["keyring", "owner"])
def test_the_keyring_reads_no_data_and_the_database_reads_no_key(keyring: Settings, face: str) -> None:
    other = keyring.postgres_home if face == "keyring" else keyring.keyring_home
    assert as_user_of(face, lambda: readable([other, other / "PG_VERSION", other / "keys.sealed"])) == []


@pytest.mark.parametrize(
    "face", ["fhir", "identity", "portal", "console", "counter", "public", "feeds", "worker"]
)
def test_the_user_of_a_face_is_its_own_role_in_the_database_and_no_other(
    database: Database, face: str
) -> None:
    if not database.settings.is_database_embedded:
        pytest.skip("an external database knows passwords, not users")

    def try_role(role: str) -> bool:
        try:
            connect_sync(database.settings, role).close()
        except DatabaseUnreachable:
            return False
        return True

    taken = as_user_of(face, lambda: [role for role in ("owner", *LOGIN_ROLES) if try_role(role)])
    assert taken == [face]


@pytest.mark.parametrize("stranger", ["test-provider", "test-insurer", "keyring"])
def test_processes_without_a_role_do_not_get_into_the_database(database: Database, stranger: str) -> None:
    if not database.settings.is_database_embedded:
        pytest.skip("an external database knows passwords, not users")
    for role in ("owner", *LOGIN_ROLES):
        with pytest.raises(OSError, match="DatabaseUnreachable"):
            as_user_of(stranger, lambda role=role: connect_sync(database.settings, role).close())


def test_somebody_who_is_no_process_of_ours_does_not_even_reach_the_socket(database: Database) -> None:
    if not database.settings.is_database_embedded:
        pytest.skip("an external database knows passwords, not users")
    path = str(database.settings.postgres_sockets / ".s.PGSQL.5432")

    def knock() -> None:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)

    with pytest.raises(OSError, match="PermissionError"):
        as_user_of("operator", knock)


@pytest.mark.parametrize("face", [*CLIENTS, "test-provider"])
def test_the_user_of_a_face_reaches_its_own_socket_of_the_keyring_and_no_other(
    keyring: Settings, face: str
) -> None:
    def reached() -> list[str]:
        found = []
        for role in runtime_home.KEYRING_CLIENTS:
            with socket.socket(socket.AF_UNIX) as caller:
                if caller.connect_ex(str(keyring.keyring_socket(role))) == 0:
                    found.append(role)
        return found

    assert as_user_of(face, reached) == ([face] if face in CLIENTS else [])


def test_the_keyring_turns_away_a_user_who_found_a_way_to_anothers_socket(keyring: Settings) -> None:
    path = keyring.keyring_socket("feeds")
    modes = path.parent.stat().st_mode, path.stat().st_mode
    path.parent.chmod(0o755)
    path.chmod(0o666)
    try:

        def ask() -> bytes:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(5)
                caller.connect(str(path))
                try:
                    return caller.recv(1)
                except ConnectionResetError:
                    return b""

        assert as_user_of("fhir", ask) == b""
    finally:
        path.parent.chmod(modes[0])
        path.chmod(modes[1])


def test_every_process_drops_for_good_and_shows_its_memory_to_nobody(database: Database) -> None:
    with processes(database.settings, "keyring", "fhir", "identity", "portal") as running:
        for name, process_ids in running.process_ids.items():
            for process_id in process_ids:
                status = Path(f"/proc/{process_id}/status").read_text()
                facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
                user_id = system_users.owner_of(name)[0]
                assert facts["Uid"].split() == [str(user_id)] * 4, name
                assert "0" not in facts["Groups"].split()
                assert facts["NoNewPrivs"].strip() == "1"
                assert int(facts["CapEff"], 16) == 0
                assert int(facts["CapPrm"], 16) == 0
                # A process that may be dumped shows its files to its user; one that may not belongs to root in /proc.
                assert Path(f"/proc/{process_id}/mem").stat().st_uid == 0
                with pytest.raises(OSError, match="PermissionError"):
                    as_user_of(name, lambda id_=process_id: Path(f"/proc/{id_}/mem").open("rb").close())


def test_directories_opened_by_mistake_are_closed_at_the_next_start(keyring: Settings) -> None:
    keyring.keyring_home.chmod(0o777)
    keyring.postgres_home.chmod(0o777)
    runtime_home.prepare(keyring)
    assert as_user_of("fhir", lambda: readable([keyring.keyring_home])) == []
    keyring.postgres_home.chmod(0o700)


def test_a_role_is_dropped_to_with_all_its_groups() -> None:
    def who() -> Callable[[], object] | tuple[object, ...]:
        return os.getresuid(), os.getresgid(), sorted(os.getgroups())

    user_id, group_id = system_users.owner_of("fhir")
    uids, gids, groups = as_user_of("fhir", who)  # type: ignore[misc]
    assert uids == (user_id,) * 3
    assert gids == (group_id,) * 3
    assert 0 not in groups


def test_settings_of_another_environment_do_not_make_a_sandbox(database: Database) -> None:
    with (
        pytest.raises(SystemExit, match="environment-mismatch"),
        processes(replace(database.settings, environment="sandbox"), "identity"),
    ):
        pass
