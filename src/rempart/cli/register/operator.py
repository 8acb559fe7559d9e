"""`rempart operator`: who may work at the console. From the third on, two operators who are there sign, at the console."""

from cyclopts import App

from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.operations.console import ways_in as acts
from rempart.settings import read_settings
from rempart.store.console import operators as kept
from rempart.store.database import connect_sync
from rempart.store.database.roles import OWNER
from rempart.supervisor.beside import beside

app = App(name="operator", help="Operators of the console: invite, list, dismiss, begin again.")

_ROLES = {"support": "assistance", "security": "sécurité", "data-protection": "protection des données"}


@app.command
def invite(*, name: str, role: acts.Role, json: bool = False) -> None:
    """Invite somebody to the console: a link to hand over, with which a passkey is registered.

    Parameters
    ----------
    name
        First name and name of one person, as others will read it beside each act.
    role
        support tightens and tells the public; security and data-protection release too.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        made = acts.invite(connection, settings.console_url, name, role, typist())
    facts: dict[str, object] = {
        "operator_id": made.operator_id,
        "link": made.link,
        "needs_approval": made.needs_approval,
        "expires_at": made.expires_at.isoformat(),
    }
    waits = (
        "\nDeux opérateurs en place doivent encore l’admettre, à la console." if made.needs_approval else ""
    )
    say(json, facts, f"À remettre à {name}, avant le {made.expires_at:%Y-%m-%d}\u00a0:\n{made.link}{waits}")


@app.command
def begin_again(*, name: str, role: acts.Role, because: str, json: bool = False) -> None:
    """Invite somebody whom nobody signs for, where fewer than two operators are left; the owner of the database alone may.

    It stays written, and every operator sees it at the console.

    Parameters
    ----------
    name
        First name and name of one person.
    role
        As for `invite`.
    because
        The reason, as others will read it.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    with beside(settings), connect_sync(settings, OWNER) as connection:
        made = acts.begin_again(connection, settings.console_url, name, role, typist(), because)
    facts: dict[str, object] = {
        "operator_id": made.operator_id,
        "link": made.link,
        "expires_at": made.expires_at.isoformat(),
    }
    say(json, facts, f"À remettre à {name}, avant le {made.expires_at:%Y-%m-%d}\u00a0:\n{made.link}")


@app.command(name="list")
def list_operators(*, json: bool = False) -> None:
    """List all who are or were operators.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        rows = kept.operators(connection)
    facts: dict[str, object] = {
        "operators": [
            {
                "operator_id": row.operator_id,
                "name": row.name,
                "role": row.role,
                "state": _state_of(row),
                "fingerprint": row.fingerprint,
            }
            for row in rows
        ]
    }
    lines = [
        f"{row.operator_id:>4}  {_ROLES[row.role]:<24} {_STATES[_state_of(row)]:<26} {row.name}"
        for row in rows
    ]
    say(json, facts, "\n".join(lines) or "Aucun opérateur.")


@app.command
def dismiss(operator_id: int, /, *, json: bool = False) -> None:
    """Take an operator's access back, at once: key and sessions serve no more.

    Parameters
    ----------
    operator_id
        The number, as `rempart operator list` gives it.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        acts.dismiss(connection, operator_id, typist())
    say(
        json,
        {"operator_id": operator_id, "verdict": "dismissed"},
        f"L’opérateur {operator_id} n’a plus accès.",
    )


_STATES = {
    "active": "en place",
    "invited": "invité",
    "waiting": "attend d’être admis",
    "dismissed": "accès retiré",
}


def _state_of(row: kept.OperatorRow) -> str:
    if row.revoked_at is not None:
        return "dismissed"
    if not row.has_key:
        return "invited"
    return "waiting" if row.needs_approval and row.approved_by is None else "active"
