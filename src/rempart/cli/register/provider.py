"""`rempart provider`: the identity providers whose word is taken."""

from cyclopts import App

from rempart.cli.operate.proposal import tell
from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.operations import manage_access
from rempart.store import software as kept

app = App(name="provider", help="Identity providers whose word is taken: register, list, revoke.")


@app.command
def register(
    *, issuer: str, jwks_uri: str, because: str, for_tests: bool = False, by: str = "", json: bool = False
) -> None:
    """Believe an identity provider, as two operators sign: whoever its tokens name to a software may ask through that software.

    Parameters
    ----------
    issuer
        Its name, an HTTPS address, exactly as its tokens write it.
    jwks_uri
        Where it publishes its keys.
    because
        The reason, as others will read it.
    for_tests
        Believe it in a sandbox only.
    by
        Who asks for it; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        asked = manage_access.register_provider(
            connection, issuer, jwks_uri, for_tests=for_tests, because=because, by=by or typist()
        )
    facts: dict[str, object] = {"issuer": issuer, "jwks_uri": jwks_uri, "for_tests": for_tests}
    done = f"Fournisseur d’identité admis\u00a0: {issuer}."
    tell(settings, asked, facts, done, f"{issuer} sera admis", as_json=json)


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
def revoke(issuer: str, /, *, because: str, by: str = "", json: bool = False) -> None:
    """Stop believing an identity provider; sessions already open end within a quarter of an hour.

    Parameters
    ----------
    issuer
        Its name, as it was registered.
    because
        The reason, as others will read it.
    by
        Who does it; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        manage_access.revoke_provider(connection, issuer, because=because, by=by or typist())
    say(json, {"issuer": issuer, "revoked": True}, f"Fournisseur d’identité révoqué\u00a0: {issuer}.")
