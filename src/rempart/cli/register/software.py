"""`rempart software`: register, list, revoke."""

from pathlib import Path

from cyclopts import App

from rempart.cli.register.opened import opened
from rempart.cli.speech import say
from rempart.operations import manage_access
from rempart.store import software as kept

app = App(name="software", help="Software that may ask: register, list, revoke.")


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
    try:
        key_set = jwks.read_bytes()
    except OSError as error:
        raise SystemExit(f"{jwks} ne se lit pas\u00a0: {error.strerror}") from None
    with opened() as (_, connection):
        manage_access.register_software(connection, client_id, name, key_set)
    say(json, {"client_id": client_id, "name": name}, f"Logiciel enregistré\u00a0: {client_id}, {name}.")


@app.command(name="list")
def list_software(*, json: bool = False) -> None:
    """List the softwares.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
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
    lines = [f"{row[0]:<30}  {row[1]}{'  révoqué' if row[3] else ''}" for row in found]
    say(json, {"software": facts}, "\n".join(lines) or "Aucun logiciel n’est encore enregistré.")


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
    with opened() as (_, connection):
        manage_access.revoke_software(connection, client_id)
    say(
        json, {"client_id": client_id, "revoked": True}, f"{client_id} est révoqué, et ses sessions avec lui."
    )
