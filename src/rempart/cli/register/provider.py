"""`rempart provider`: the identity providers whose word is taken."""

from cyclopts import App

from rempart.cli.register.opened import opened
from rempart.cli.speech import say
from rempart.operations import manage_access
from rempart.store import software as kept

app = App(name="provider", help="Identity providers whose word is taken: register, list, revoke.")


@app.command
def register(*, issuer: str, jwks_uri: str, for_tests: bool = False, json: bool = False) -> None:
    """Believe an identity provider: whoever its tokens name to a software may ask through that software.

    Parameters
    ----------
    issuer
        Its name, an HTTPS address, exactly as its tokens write it.
    jwks_uri
        Where it publishes its keys.
    for_tests
        Believe it in a sandbox only.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        manage_access.register_provider(connection, issuer, jwks_uri, for_tests=for_tests)
    say(
        json,
        {"issuer": issuer, "jwks_uri": jwks_uri, "for_tests": for_tests},
        f"Fournisseur d’identité admis\u00a0: {issuer}.",
    )


@app.command(name="list")
def list_providers(*, json: bool = False) -> None:
    """List the identity providers.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        found = kept.list_providers(connection)
    facts = [
        {"issuer": row[0], "jwks_uri": row[1], "for_tests": row[2], "is_revoked": row[4] is not None}
        for row in found
    ]
    lines = [f"{row[0]}{'  pour essais' if row[2] else ''}{'  révoqué' if row[4] else ''}" for row in found]
    say(json, {"providers": facts}, "\n".join(lines) or "Aucun fournisseur d’identité n’est encore admis.")


@app.command
def revoke(issuer: str, *, json: bool = False) -> None:
    """Stop believing an identity provider; sessions already open end within a quarter of an hour.

    Parameters
    ----------
    issuer
        Its name, as it was registered.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        manage_access.revoke_provider(connection, issuer)
    say(json, {"issuer": issuer, "revoked": True}, f"Fournisseur d’identité révoqué\u00a0: {issuer}.")
