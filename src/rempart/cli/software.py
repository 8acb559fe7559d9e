"""`rempart software`: register, list, revoke."""

import json as json_format
from pathlib import Path

from cyclopts import App

from rempart.operations import manage_access
from rempart.settings import read_settings
from rempart.store import software as kept
from rempart.store.database import connect_sync
from rempart.supervisor.beside import beside

app = App(name="software", help="Software that may ask: register, list, revoke.")

ROLE = "operator"


@app.command
def register(*, client_id: str, name: str, jwks: Path, json: bool = False) -> None:
    """Register a software by its public keys, or replace them.

    Parameters
    ----------
    client_id
        The name by which it presents itself, 3 to 100 printable ASCII characters.
    name
        Its name, as people know it.
    jwks
        A file with its public keys, a JWK set; a private key in it is refused.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    try:
        key_set = jwks.read_bytes()
    except OSError as error:
        raise SystemExit(f"rempart: {jwks} cannot be read: {error.strerror}") from None
    with beside(settings), connect_sync(settings, ROLE) as connection:
        manage_access.register_software(connection, client_id, name, key_set)
    _say(json, {"client_id": client_id, "name": name}, f"{client_id} is registered: {name}.")


@app.command(name="list")
def list_software(*, json: bool = False) -> None:
    """List the softwares.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    with beside(settings), connect_sync(settings, ROLE) as connection:
        found = kept.list_software(connection)
    facts = [
        {
            "client_id": row[0],
            "name": row[1],
            "registered_at": row[2].isoformat(),
            "is_revoked": row[3] is not None,
        }
        for row in found
    ]
    lines = [f"{row[0]:<30}  {row[1]}{'  revoked' if row[3] else ''}" for row in found]
    _say(json, {"software": facts}, "\n".join(lines) or "No software is registered yet.")


@app.command
def revoke(client_id: str, *, json: bool = False) -> None:
    """Revoke a software and all its sessions, at once and for ever.

    Parameters
    ----------
    client_id
        The name by which it presents itself.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    with beside(settings), connect_sync(settings, ROLE) as connection:
        manage_access.revoke_software(connection, client_id)
    _say(
        json, {"client_id": client_id, "revoked": True}, f"{client_id} is revoked, and its sessions with it."
    )


def _say(as_json: bool, facts: dict[str, object], sentence: str) -> None:
    print(json_format.dumps(facts, ensure_ascii=False) if as_json else sentence)
