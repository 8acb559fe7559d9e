"""`rempart standing`: what an insurer says of its people's authorisations, typed by the operator: list, revoke."""

from cyclopts import App

from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.domain.trace import trace_of
from rempart.operations.presence import register_channel
from rempart.store.presence.channels import Authorisation

app = App(name="standing", help="Standing authorisations, on the insurer's word: list, revoke.")


@app.command(name="list")
def list_standing(*, trace: str | None = None, reference: str | None = None, json: bool = False) -> None:
    """List the standing authorisations of one person.

    Parameters
    ----------
    trace
        The trace number of one of them, as the notice of it told.
    reference
        Or the reference of the person, as the insurer's channel is told.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        found = register_channel.list_standing(connection, trace, reference)
    lines = [_line_of(one) for one in found]
    say(
        json,
        {"authorisations": [_facts_of(one) for one in found]},
        "\n".join(lines) or "Aucune autorisation.",
    )


@app.command
def revoke(*, trace: str | None = None, reference: str | None = None, json: bool = False) -> None:
    """Take back one authorisation, or all those of a person; whoever asks next needs a proof of presence again.

    Parameters
    ----------
    trace
        The trace number of the authorisation.
    reference
        Or the reference of the person: all of them.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        count = register_channel.revoke_standing(connection, trace, reference, typist())
    said = "1 autorisation retirée." if count == 1 else f"{count} autorisations retirées."
    say(json, {"revoked": count}, said)


def _line_of(one: Authorisation) -> str:
    named = f", liste {one.list}" if one.list else ""
    over = f"  retirée le {one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
    return f"{trace_of(one.receipt_id)}  du {one.given_on} au {one.ends_on}  {one.place}{named}{over}"


def _facts_of(one: Authorisation) -> dict[str, object]:
    return {
        "trace": trace_of(one.receipt_id),
        "place": one.place,
        "list": one.list,
        "given_on": str(one.given_on),
        "ends_on": str(one.ends_on),
        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
        "revoked_by": one.revoked_by,
    }
