"""A real PostgreSQL for tests: one embedded server per run, migrated databases copied in a blink.

    def test_of_something(database: Database) -> None:            # one database per test module
        with connect_sync(database.settings, "owner") as connection: ...

    def test_that_changes_much(fresh_database: Database) -> None:  # one database for this test alone
    settings = database.settings_as("sandbox")                     # the same, when the platform is a
    sandbox subprocess.run([...], env=database.environ())                  # the same, for a program that
    the test starts

As root the server belongs to rempart-db and faces have users of their own, as in production; as an ordinary
user all is one's own. `REMPART_DATABASE_URL` (an administrator's address) makes the tests use that server
instead. The home of a run is /tmp/rempart-test-<pid>-…, open to the system users; that of a run that was
killed is swept by the next one.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from rempart.adapters import postgres_embedded, runtime_home
from rempart.settings import Settings, read_settings
from rempart.store.database import address, connect_sync, migrate, roles

_TEMPLATE = f"rempart_test_{os.getpid()}_template"
_HOME_OF_RUN = re.compile(r"rempart-test-(\d+)-\w+")

_numbers = count(1)

_TEST_SERVER = {
    "fsync": "off",  # tests kill processes, never the machine: what was written is in the page cache
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "autovacuum_naptime": "5s",
}


@dataclass(frozen=True)
class Database:
    """One migrated database, and the settings that lead to it."""

    settings: Settings

    @property
    def name(self) -> str:
        return self.settings.database_name

    def settings_as(self, environment: str) -> Settings:
        """Make the database one of another environment, and give the settings for it."""
        with connect_sync(self.settings, "owner") as connection:
            connection.execute("update platform.environment set name = %s", (environment,))
        return replace(self.settings, environment=environment)

    def environ(self, **more: str) -> dict[str, str]:
        """Give the environment of a program that uses this database."""
        return environ_for(self.settings, **more)


def environ_for(settings: Settings, **more: str) -> dict[str, str]:
    """Say settings as environment variables, for a program that a test starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REMPART_")}
    return kept | settings.as_environ() | more


@pytest.fixture(scope="session")
def platform_home() -> Iterator[Path]:
    """Give a home that the system users can reach, gone after the run."""
    _sweep_homes_of_the_dead()
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    home.chmod(0o755 if os.geteuid() == 0 else 0o700)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def server(platform_home: Path) -> Iterator[Settings]:
    """Run the server of this test run; its settings name no database yet."""
    settings = read_settings(
        {
            "REMPART_HOME": str(platform_home),
            "REMPART_DATABASE_URL": os.environ.get("REMPART_DATABASE_URL", ""),
        }
    )
    runtime_home.prepare(settings)
    if settings.is_database_embedded:
        postgres_embedded.start(settings, _TEST_SERVER)
    with postgres_embedded.running(settings):
        yield settings


@pytest.fixture(scope="session")
def template(server: Settings) -> Iterator[str]:
    """Migrate the database that all others are copies of; nobody may stay connected to it."""
    migrate(replace(server, database_name=_TEMPLATE))
    yield _TEMPLATE
    _drop(server, _TEMPLATE)


@pytest.fixture(scope="module")
def database(server: Settings, template: str) -> Iterator[Database]:
    """Give this module its own migrated database."""
    with copied(server, template) as database:
        yield database


@pytest.fixture
def fresh_database(server: Settings, template: str) -> Iterator[Database]:
    """Give this test its own migrated database."""
    with copied(server, template) as database:
        yield database


@contextmanager
def own_server() -> Iterator[Settings]:
    """Run a server of a test's own, durable as in production, migrated: others must not feel what becomes of it."""
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    home.chmod(0o755 if os.geteuid() == 0 else 0o700)
    settings = read_settings({"REMPART_HOME": str(home)})
    runtime_home.prepare(settings)
    postgres_embedded.start(settings)
    migrate(settings)
    try:
        yield settings
    finally:
        postgres_embedded.stop(settings)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def copied(server: Settings, template: str) -> Iterator[Database]:
    """Copy the migrated database, for the time of a block."""
    settings = replace(server, database_name=f"rempart_test_{os.getpid()}_{next(_numbers)}")
    with _maintenance(server) as connection:
        roles.create_database(connection, settings.database_name, template)
    with connect_sync(settings, "owner") as connection:
        roles.open_to_roles(connection)
    yield Database(settings)
    _drop(server, settings.database_name)


def _drop(server: Settings, name: str) -> None:
    with _maintenance(server) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _maintenance(server: Settings) -> psycopg.Connection:
    return psycopg.connect(address(replace(server, database_name="postgres"), "owner"), autocommit=True)


def _sweep_homes_of_the_dead() -> None:
    """Stop the servers and remove the homes of test runs that were killed."""
    with _sweeping_alone() as directory:
        for home in directory.glob("rempart-test-*"):
            found = _HOME_OF_RUN.fullmatch(home.name)
            if found is None or Path(f"/proc/{found[1]}").exists() or not _is_ours(home):
                continue
            postgres_embedded.stop(read_settings({"REMPART_HOME": str(home)}))
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _sweeping_alone() -> Iterator[Path]:
    """Give the directory of all homes, which one run sweeps at a time: two would stop the same server."""
    directory = Path(tempfile.gettempdir())
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield directory
    finally:
        os.close(descriptor)


def _is_ours(home: Path) -> bool:
    try:
        return home.stat().st_uid == os.geteuid()
    except FileNotFoundError:  # its run has just ended by itself
        return False
