"""Softwares and identity providers: read by the identity process, registered and revoked by the operator."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

type_of_connection = psycopg.AsyncConnection[TupleRow]
type_of_operator = psycopg.Connection[TupleRow]

FIND_SOFTWARE = (
    "select software_id, jwks::text from access.software where client_id = %s and revoked_at is null"
)

FIND_PROVIDER = """
select p.jwks_uri from access.identity_providers as p, platform.environment as e
where p.issuer = %s and p.revoked_at is null and (not p.for_tests or e.name = 'sandbox')
"""

REGISTER_SOFTWARE = """
insert into access.software (client_id, name, jwks) values (%s, %s, %s)
on conflict (client_id) do update set name = excluded.name, jwks = excluded.jwks
where access.software.revoked_at is null
returning software_id
"""

REVOKE_SOFTWARE = "update access.software set revoked_at = now() where client_id = %s and revoked_at is null"

LIST_SOFTWARE = "select client_id, name, registered_at, revoked_at from access.software order by client_id"

LIST_PROVIDERS = "select issuer, jwks_uri, for_tests, registered_at, revoked_at from access.identity_providers order by issuer"

ENVIRONMENT = "select name from platform.environment"


@dataclass(frozen=True, slots=True)
class Software:
    """A registered software and its public keys, a JWK set in JSON."""

    software_id: int
    key_set: bytes


async def find_software(connection: type_of_connection, client_id: str) -> Software | None:
    """Find a software that is registered and not revoked."""
    cursor = await connection.execute(FIND_SOFTWARE, (client_id,))
    row = await cursor.fetchone()
    return None if row is None else Software(row[0], row[1].encode())


async def find_provider(connection: type_of_connection, issuer: str) -> str | None:
    """Give the address of the keys of a provider that is believed here; one for tests is, in a sandbox alone."""
    cursor = await connection.execute(FIND_PROVIDER, (issuer,))
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


def register_software(
    connection: type_of_operator, client_id: str, name: str, key_set: dict[str, Any]
) -> bool:
    """Register a software, or change its name and keys; false if it was revoked, which is for ever."""
    return connection.execute(REGISTER_SOFTWARE, (client_id, name, Jsonb(key_set))).fetchone() is not None


def revoke_software(connection: type_of_operator, client_id: str) -> bool:
    """Revoke a software and its sessions; false if there is none to revoke."""
    return connection.execute(REVOKE_SOFTWARE, (client_id,)).rowcount == 1


def list_software(connection: type_of_operator) -> list[TupleRow]:
    """List client_id, name, registered_at, revoked_at."""
    return connection.execute(LIST_SOFTWARE).fetchall()


def list_providers(connection: type_of_operator) -> list[TupleRow]:
    """List issuer, jwks_uri, for_tests, registered_at, revoked_at."""
    return connection.execute(LIST_PROVIDERS).fetchall()


def environment_of(connection: type_of_operator) -> str:
    """Say which environment the database was made for."""
    row = connection.execute(ENVIRONMENT).fetchone()
    return "production" if row is None else str(row[0])
