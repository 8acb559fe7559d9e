"""The login roles, and to whom a database is open; tables and functions are the migrations' matter.

A role belongs to the whole server, a database to one platform: so both are made here, before the first
migration, and again harmlessly at each start. Never give a login role more than the right to connect.
"""

import os
import secrets
import shutil
from contextlib import suppress

import psycopg
from psycopg import errors, sql
from psycopg.rows import TupleRow

from rempart.limits import FHIR_CONNECTIONS_PER_WORKER, ROLE_CONNECTIONS
from rempart.settings import SYSTEM_USER_OF_ROLE, Settings

OWNER = "owner"

LOGIN_ROLES = ("fhir", "identity", "portal", "counter", "console", "public", "feeds", "worker", "operator")
"""The roles that log in, beside the owner."""

_TRIES = 50
"""A try is lost only to another start that gets through at that instant; the tests make forty of them at once."""

_ONLINE_ROLES = ("fhir", "identity", "portal", "counter", "console", "public")
_ONLINE_STATEMENT_TIMEOUT = "10s"
"""No question takes a hundredth of it; a statement that does holds locks that others wait for."""


def name_of(role: str) -> str:
    """Name a role as the database knows it."""
    if role != OWNER and role not in LOGIN_ROLES:
        raise ValueError(f"no process has the role {role!r}")
    return f"rempart_{role}"


def ensure_roles(connection: psycopg.Connection[TupleRow], settings: Settings) -> None:
    """Make the login roles that are missing, and open this database to them and to nobody else."""
    for role in LOGIN_ROLES:
        identifier = sql.Identifier(name_of(role))
        with suppress(errors.DuplicateObject):  # made by an earlier start
            _alter(connection, sql.SQL("create role {} login").format(identifier))
        # A role may have set things on itself.
        _alter(connection, sql.SQL("alter role {} reset all").format(identifier))
        _alter(
            connection,
            sql.SQL("alter role {} connection limit {}").format(identifier, connections_of(role, settings)),
        )
        if role in _ONLINE_ROLES:
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                _alter(
                    connection,
                    sql.SQL("alter role {} set {} = {}").format(
                        identifier, sql.Identifier(limit), sql.Literal(_ONLINE_STATEMENT_TIMEOUT)
                    ),
                )
        if not settings.is_database_embedded:
            _give_password(connection, settings, role)
    open_to_roles(connection)


def connections_of(role: str, settings: Settings) -> int:
    """Say how many connections a role may have at once; -1, no bound: operators, who must get in whatever the others do."""
    if role == "fhir":
        return FHIR_CONNECTIONS_PER_WORKER * (settings.fhir_workers + 1)
    return ROLE_CONNECTIONS.get(role, -1)


def open_to_roles(connection: psycopg.Connection[TupleRow]) -> None:
    """Open the current database to the login roles alone; feeds may make temporary tables in it.

    A database copied from a template does not inherit these rights: call this again on the copy.
    """
    database = sql.Identifier(connection.info.dbname)
    names = sql.SQL(", ").join(sql.Identifier(name_of(role)) for role in LOGIN_ROLES)
    _alter(connection, sql.SQL("revoke all on database {} from public").format(database))
    _alter(connection, sql.SQL("grant connect on database {} to {}").format(database, names))
    _alter(
        connection,
        sql.SQL("grant temporary on database {} to {}").format(database, sql.Identifier(name_of("feeds"))),
    )


def create_database(connection: psycopg.Connection[TupleRow], name: str, template: str = "template0") -> None:
    """Make a database unless it is there, empty or as a copy of another."""
    found = connection.execute("select from pg_database where datname = %s", (name,)).fetchone()
    if found is not None:
        return
    statement = sql.SQL("create database {} template {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another process made it just now
        connection.execute(statement)


def close_maintenance_databases(connection: psycopg.Connection[TupleRow]) -> None:
    """Close the server's own databases to the login roles: there is nothing for them there."""
    for name in ("postgres", "template1"):
        _alter(connection, sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))


def read_password(settings: Settings, role: str) -> str:
    """Read the password of a role of an external database; only its own system user can."""
    return (settings.secrets_home / role).read_text().strip()


def _give_password(connection: psycopg.Connection[TupleRow], settings: Settings, role: str) -> None:
    """Give a role its password as a SCRAM verifier computed here: the server never sees the word itself."""
    path = settings.secrets_home / role
    if not path.exists():
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        if os.geteuid() == 0 and role in SYSTEM_USER_OF_ROLE:
            shutil.chown(draft, SYSTEM_USER_OF_ROLE[role], SYSTEM_USER_OF_ROLE[role])
        draft.chmod(0o400)
        draft.rename(path)
    password = read_password(settings, role).encode()
    verifier = connection.pgconn.encrypt_password(password, name_of(role).encode(), b"scram-sha-256")
    _alter(
        connection,
        sql.SQL("alter role {} password {}").format(
            sql.Identifier(name_of(role)), sql.Literal(verifier.decode())
        ),
    )


def _alter(connection: psycopg.Connection[TupleRow], statement: sql.Composed) -> None:
    """Run a statement on roles or databases that may be run twice, until it is through.

    Those rows are the whole server's, and no lock that a platform can hold covers them: of two starts that alter
    or make one at the same instant, PostgreSQL refuses the second ("tuple concurrently updated", or a key that is
    there already).
    """
    for _ in range(_TRIES - 1):
        with suppress(errors.InternalError_, errors.UniqueViolation):
            connection.execute(statement)
            return
    connection.execute(statement)
