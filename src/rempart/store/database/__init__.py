"""The ways into the database: one login role per process, each with its own few powers.

Embedded, a role is proven by the user of the machine (peer), and there is no password. External,
`REMPART_DATABASE_URL` is an administrator's address; the other roles get random passwords, each in a file
that its own system user alone can read. Never connect with more powers than the process needs, and never
log a statement's parameters.

    await connect(settings, "fhir")     an asynchronous connection, autocommit
    connect_sync(settings, "owner")     a plain one
    migrate(settings)                   database, roles and tables made or brought up to date; safe to repeat
"""

import psycopg
from psycopg import conninfo
from psycopg.rows import TupleRow

from rempart.domain.errors.database import DatabaseUnreachable
from rempart.settings import Settings
from rempart.store.database import roles
from rempart.store.migrations import apply_migrations

CONNECT_TIMEOUT_S = 5
"""A database that takes longer to open its door is reported as out, and the caller is told to try again."""


async def connect(settings: Settings, role: str) -> psycopg.AsyncConnection[TupleRow]:
    """Open an asynchronous connection under a role; each statement is its own transaction."""
    try:
        return await psycopg.AsyncConnection.connect(address(settings, role), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(role) from error


def connect_sync(settings: Settings, role: str) -> psycopg.Connection[TupleRow]:
    """Open a connection under a role; each statement is its own transaction."""
    try:
        return psycopg.connect(address(settings, role), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(role) from error


def migrate(settings: Settings) -> list[str]:
    """Bring the database up to date with this code; give the names of the migrations applied just now."""
    _create_database(settings)
    with connect_sync(settings, roles.OWNER) as connection:
        roles.ensure_roles(connection, settings)
        return apply_migrations(connection, settings.environment)


def address(settings: Settings, role: str) -> str:
    """Say where and as whom a role connects (libpq's form; with a password if the database is external)."""
    shared = {"connect_timeout": str(CONNECT_TIMEOUT_S), "application_name": f"rempart-{role}"}
    if settings.is_database_embedded:
        shared |= {"host": str(settings.postgres_sockets), "dbname": settings.database_name}
        return conninfo.make_conninfo("", user=roles.name_of(role), **shared)
    given = {name: str(part) for name, part in conninfo.conninfo_to_dict(settings.database_url).items()}
    if settings.database_name:
        given["dbname"] = settings.database_name
    if role != roles.OWNER:
        given |= {"user": roles.name_of(role), "password": roles.read_password(settings, role)}
    return conninfo.make_conninfo("", **(given | shared))


def _create_database(settings: Settings) -> None:
    """Make the named database on the server unless it is there."""
    if not settings.database_name:
        return
    at_hand = conninfo.make_conninfo(address(settings, roles.OWNER), dbname="postgres")
    try:
        with psycopg.connect(at_hand, autocommit=True) as connection:
            roles.create_database(connection, settings.database_name)
            if settings.is_database_embedded:
                roles.close_maintenance_databases(connection)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(roles.OWNER) from error
