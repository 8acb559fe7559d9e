"""The tables and functions of the queue, made by procrastinate's own package and brought up to date by it.

A new database takes the package's whole schema and notes the name of every migration that the schema stands for. A database that
is there takes the package's migrations that it does not know yet, in order. Nothing of the package is copied into our tree, so
none of it can fall behind. Source: https://procrastinate.readthedocs.io/en/stable/howto/production/migrations.html

Never: use a database that a newer package has changed.
"""

from pathlib import Path
from typing import Final

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.database import DatabaseAhead

BEGINNING: Final = "schema.sql"

AS_OWNER_OF_JOBS = "set local role rempart_jobs"
IN_SCHEMA_OF_JOBS = "set local search_path = jobs, pg_catalog"
AS_ONESELF_AGAIN = "reset role"
TAKEN = "select name from platform.job_migrations"
NOTE = "insert into platform.job_migrations (name) select unnest(%s::text[])"


def bring_up_to_date(connection: psycopg.Connection[TupleRow], migrations: dict[str, bytes]) -> list[str]:
    """Apply what the queue lacks, all or nothing; give the names of what was applied. Refuses: DatabaseAhead."""
    with connection.transaction():
        taken = {str(row[0]) for row in connection.execute(TAKEN).fetchall()}
        if unknown := sorted(taken - migrations.keys()):
            raise DatabaseAhead(unknown[0])
        missing = [name for name in migrations if name not in taken]
        if not missing:
            return []
        connection.execute(AS_OWNER_OF_JOBS)
        connection.execute(IN_SCHEMA_OF_JOBS)
        for text in [migrations[name] for name in missing] if taken else [whole_schema()]:
            connection.execute(text)
        connection.execute(AS_ONESELF_AGAIN)
        connection.execute(NOTE, (missing,))
        return missing if taken else [BEGINNING]


def known_to_the_package() -> dict[str, bytes]:
    """List the migrations of the installed package: the text of each, by name, in order."""
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 (a tenth of a second, for who migrates alone)

    directory = Path(SchemaManager.get_migrations_path())
    return {file.name: file.read_bytes() for file in sorted(directory.glob("*.sql"))}


def whole_schema() -> bytes:
    """Give the package's schema as of its last migration."""
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 (as above)

    return SchemaManager.get_schema().encode()
