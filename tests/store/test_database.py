"""The ways into the database, and the migrations that make it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from psycopg import errors

from rempart.domain.errors.database import (
    DatabaseAhead,
    DatabaseUnreachable,
    EnvironmentMismatch,
    MigrationAltered,
)
from rempart.store import migrations
from rempart.store.database import connect, connect_sync, migrate, roles
from tests.support.database import Database


@pytest.mark.parametrize("role", ["owner", *roles.LOGIN_ROLES])
def test_each_role_connects_as_itself_and_only_the_owner_is_a_superuser(
    database: Database, role: str
) -> None:
    with connect_sync(database.settings, role) as connection:
        row = connection.execute(
            "select current_user::text, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls "
            "from pg_roles where rolname = current_user"
        ).fetchone()
    assert row is not None
    if role == "owner":
        assert row[1]
    else:
        assert row == (f"rempart_{role}", False, False, False, False)


async def test_the_asynchronous_connection_commits_each_statement_by_itself(database: Database) -> None:
    async with await connect(database.settings, "fhir") as connection:
        assert connection.autocommit
        cursor = await connection.execute("select current_user::text")
        assert await cursor.fetchone() == ("rempart_fhir",)


def test_a_role_that_no_process_has_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(ValueError, match="no process has the role"):
        connect_sync(database.settings, "postgres")


@pytest.mark.parametrize("role", roles.LOGIN_ROLES)
def test_no_login_role_can_make_anything_lasting(database: Database, role: str) -> None:
    with connect_sync(database.settings, role) as connection:
        for statement in ("create schema mine", "create table public.mine (a int)", "create role mine"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("role", [role for role in roles.LOGIN_ROLES if role != "feeds"])
def test_only_feeds_may_make_temporary_tables(database: Database, role: str) -> None:
    with connect_sync(database.settings, role) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("create temporary table mine (a int)")
    with connect_sync(database.settings, "feeds") as connection:
        connection.execute("create temporary table mine (a int)")


@pytest.mark.parametrize("name", ["postgres", "template1"])
def test_the_servers_own_databases_are_closed_to_the_login_roles(database: Database, name: str) -> None:
    if not database.settings.is_database_embedded:
        pytest.skip("an external server belongs to its administrator")
    with pytest.raises(DatabaseUnreachable):
        connect_sync(replace(database.settings, database_name=name), "fhir")


def test_a_statement_of_an_online_role_does_not_hold_the_others_for_long(database: Database) -> None:
    with connect_sync(database.settings, "fhir") as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("10s",)
        assert connection.execute("show idle_in_transaction_session_timeout").fetchone() == ("10s",)


def test_a_database_that_is_not_there_is_an_outage(database: Database) -> None:
    with pytest.raises(DatabaseUnreachable):
        connect_sync(replace(database.settings, database_name="rempart_nowhere"), "fhir")


def test_migrating_again_changes_nothing(fresh_database: Database) -> None:
    assert migrate(fresh_database.settings) == []


def test_many_starts_at_once_on_one_server_all_succeed(fresh_database: Database) -> None:
    with ThreadPoolExecutor(8) as starts:
        taken = list(starts.map(migrate, [fresh_database.settings] * 40))
    assert taken == [[]] * 40


def test_the_database_remembers_each_migration_and_its_digest(database: Database) -> None:
    with connect_sync(database.settings, "owner") as connection:
        rows = connection.execute("select name, digest from platform.migrations order by name").fetchall()
    assert dict(rows) == {
        name: hashlib.sha256(text).digest() for name, text in migrations.known_migrations().items()
    }


def test_an_altered_migration_is_refused(fresh_database: Database) -> None:
    with connect_sync(fresh_database.settings, "owner") as connection:
        connection.execute("update platform.migrations set digest = sha256('other') where name like '0001%'")
    with pytest.raises(MigrationAltered) as refusal:
        migrate(fresh_database.settings)
    assert refusal.value.place == "0001_platform.sql"


def test_a_migration_slipped_in_before_the_last_one_is_refused(fresh_database: Database) -> None:
    with connect_sync(fresh_database.settings, "owner") as connection:
        connection.execute("delete from platform.migrations where name like '0001%'")
    with pytest.raises(MigrationAltered):
        migrate(fresh_database.settings)


def test_a_database_ahead_of_the_code_is_refused(fresh_database: Database) -> None:
    with connect_sync(fresh_database.settings, "owner") as connection:
        connection.execute("insert into platform.migrations values ('9999_later.sql', sha256('later'))")
    with pytest.raises(DatabaseAhead):
        migrate(fresh_database.settings)


def test_a_migration_that_fails_leaves_nothing_behind(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = migrations.known_migrations() | {
        "9998_half.sql": b"create schema half; create table half.one (a int); select 1 / 0;"
    }
    monkeypatch.setattr(migrations, "known_migrations", lambda: broken)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(fresh_database.settings)
    with connect_sync(fresh_database.settings, "owner") as connection:
        assert connection.execute("select to_regnamespace('half')").fetchone() == (None,)
    monkeypatch.undo()
    assert migrate(fresh_database.settings) == []


def test_the_environment_is_settled_at_creation_and_another_is_refused(fresh_database: Database) -> None:
    with pytest.raises(EnvironmentMismatch):
        migrate(replace(fresh_database.settings, environment="sandbox"))
