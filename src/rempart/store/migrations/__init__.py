"""The migrations: numbered files of SQL, applied in order, one transaction each, never altered later.

What a database has taken is in `platform.migrations`, with the digest of each file. A file that changed
since, or that this code does not know, stops everything: neither the code nor the data can be trusted to
mean the same thing. The tables of the queue come after them, from their own package (store/jobs/schema.py).
"""

import hashlib
import re
from importlib import resources

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.database import DatabaseAhead, EnvironmentMismatch, MigrationAltered
from rempart.store.jobs.schema import bring_up_to_date, known_to_the_package

_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")

_LOCK = 0x52454D50  # "REMP": one migration at a time per database


def apply_migrations(connection: psycopg.Connection[TupleRow], environment: str) -> list[str]:
    """Apply what is missing, in order; give the names of what was applied."""
    connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
    try:
        connection.execute("set client_min_messages = warning")
        applied = _apply_missing(connection)
        applied += bring_up_to_date(connection, known_to_the_package())
        _settle_environment(connection, environment)
    finally:
        connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
    return applied


def known_migrations() -> dict[str, bytes]:
    """List the migrations of this code: the text of each, by name, in order."""
    files = resources.files(__package__).iterdir()
    return {
        file.name: file.read_bytes()
        for file in sorted(files, key=lambda file: file.name)
        if _NAME.fullmatch(file.name)
    }


def _apply_missing(connection: psycopg.Connection[TupleRow]) -> list[str]:
    known = known_migrations()
    taken = _taken(connection)
    for name, digest in taken.items():
        if name not in known:
            raise DatabaseAhead(name)
        if hashlib.sha256(known[name]).digest() != digest:
            raise MigrationAltered(name)
    missing = [name for name in known if name not in taken]
    if missing and taken and missing[0] < max(taken):
        raise MigrationAltered(
            missing[0]
        )  # slipped in before one that was taken: its order is not the one tested
    for name in missing:
        with connection.transaction():
            connection.execute(known[name])
            connection.execute(
                "insert into platform.migrations (name, digest) values (%s, %s)",
                (name, hashlib.sha256(known[name]).digest()),
            )
    return missing


def _taken(connection: psycopg.Connection[TupleRow]) -> dict[str, bytes]:
    connection.execute("create schema if not exists platform")
    connection.execute(
        """
        create table if not exists platform.migrations (
            name text primary key,
            digest bytea not null check (length(digest) = 32),
            applied_at timestamptz not null default now()
        )
        """
    )
    rows = connection.execute("select name, digest from platform.migrations order by name").fetchall()
    return {str(name): bytes(digest) for name, digest in rows}


def _settle_environment(connection: psycopg.Connection[TupleRow], environment: str) -> None:
    """Write at creation what the platform is for; refuse a process that thinks otherwise."""
    connection.execute(
        "insert into platform.environment (name) values (%s) on conflict (only_row) do nothing",
        (environment,),
    )
    row = connection.execute("select name from platform.environment").fetchone()
    if row is None or row[0] != environment:
        raise EnvironmentMismatch(str(row[0]) if row else "")
