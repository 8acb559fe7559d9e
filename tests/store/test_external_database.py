"""A database of somebody else's: an administrator's address, and a password for each role that only its user can read."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from rempart.adapters import postgres_embedded, runtime_home, system_users
from rempart.domain.errors.database import DatabaseUnreachable
from rempart.settings import Settings, read_settings
from rempart.store.database import connect_sync, migrate
from rempart.store.database.roles import LOGIN_ROLES
from tests.support.platform import is_free, processes


@pytest.fixture(scope="module")
def external() -> Iterator[Settings]:
    """Run a server that speaks TCP and asks for passwords, and be its administrator."""
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    home.chmod(0o755)
    host = read_settings({"REMPART_HOME": str(home / "server")})
    port = next(port for port in range(30_000 + os.getpid() % 1_000, 60_000) if is_free(port))
    postgres_embedded.start(host, {"listen_addresses": "127.0.0.1", "port": str(port)})
    hba = host.postgres_home / "pg_hba.conf"
    hba.write_text(hba.read_text() + "host all all 127.0.0.1/32 scram-sha-256\n")
    local = f"host={host.postgres_sockets} port={port} user=rempart_owner dbname=postgres"
    with psycopg.connect(local, autocommit=True) as connection:
        connection.execute("create role admin superuser login password 'the word of the administrator'")
        connection.execute("create database platform")
        connection.execute("select pg_reload_conf()")
    url = f"postgresql://admin:the%20word%20of%20the%20administrator@127.0.0.1:{port}/platform"
    yield read_settings({"REMPART_HOME": str(home / "platform"), "REMPART_DATABASE_URL": url})
    postgres_embedded.stop(host)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def migrated(external: Settings) -> Settings:
    runtime_home.prepare(external)
    assert migrate(external)
    assert migrate(external) == []
    return external


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_each_role_comes_in_with_its_own_password(migrated: Settings, role: str) -> None:
    with connect_sync(migrated, role) as connection:
        assert connection.execute("select current_user::text, current_database()::text").fetchone() == (
            f"rempart_{role}",
            "platform",
        )


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_a_password_is_its_own_users_to_read(migrated: Settings, role: str) -> None:
    path = migrated.secrets_home / role
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert path.stat().st_uid == system_users.owner_of(role)[0]
    assert len(path.read_text()) >= 43


def test_the_passwords_differ_and_a_wrong_one_is_refused(migrated: Settings) -> None:
    passwords = {(migrated.secrets_home / role).read_text() for role in LOGIN_ROLES}
    assert len(passwords) == len(LOGIN_ROLES)
    path = migrated.secrets_home / "fhir"
    right = path.read_text()
    path.chmod(0o600)
    path.write_text("wrong")
    try:
        with pytest.raises(DatabaseUnreachable):
            connect_sync(migrated, "fhir")
    finally:
        path.write_text(right)
        path.chmod(0o400)


def test_the_server_keeps_no_password_but_its_verifier(migrated: Settings) -> None:
    with connect_sync(migrated, "owner") as connection:
        kept = connection.execute(
            sql.SQL("select rolpassword from pg_authid where rolname = 'rempart_fhir'")
        ).fetchone()
    assert kept is not None
    assert str(kept[0]).startswith("SCRAM-SHA-256$")
    assert (migrated.secrets_home / "fhir").read_text() not in str(kept[0])


@pytest.mark.parametrize("names", [("keyring", "fhir"), ("keyring",)])
@pytest.mark.parametrize("is_in_address", [True, False])
def test_no_process_keeps_the_administrators_word(
    migrated: Settings, is_in_address: bool, names: tuple[str, ...]
) -> None:
    said = {}
    if not is_in_address:
        said = {"PGUSER": "admin", "PGPASSWORD": "the word of the administrator"}
        bare = migrated.database_url.replace("admin:the%20word%20of%20the%20administrator@", "")
        migrated = replace(migrated, database_url=bare)
    with processes(migrated, *names, **said) as running:
        started = [process_id for ids in running.process_ids.values() for process_id in ids]
        for process_id in (running.supervisor.pid, *started):
            variables = Path(f"/proc/{process_id}/environ").read_bytes().split(b"\0")
            assert [line for line in variables if line.startswith(b"REMPART_DATABASE_URL=")]
            assert [line for line in variables if b"word%20of" in line or b"word of" in line] == []


def test_a_server_that_is_away_is_an_outage(migrated: Settings) -> None:
    away = replace(migrated, database_url="postgresql://admin:word@127.0.0.1:1/platform")
    with pytest.raises(DatabaseUnreachable):
        connect_sync(away, "owner")
    with pytest.raises(DatabaseUnreachable):
        migrate(replace(away, database_name="other"))
