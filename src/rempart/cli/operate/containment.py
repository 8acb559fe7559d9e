"""`rempart containment`: cut what is under attack, list what is cut, release it.

Exit status: 0 done; 1 refused; 4 a release waits for signatures.
"""

from datetime import datetime
from typing import Annotated, Final

from cyclopts import App, Group, Parameter, validators

from rempart.cli.operate.proposal import tell
from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.domain.trace import trace_of
from rempart.operations import contain as acts
from rempart.store import containment as kept

app = App(name="containment", help="What is cut: start, list, release.")

_ONE_THING: Final = Group("What is released, one of", validator=validators.LimitedChoice(1, 1))

_MODES: Final = {1: "présence exigée", 2: "gelé", 3: "révoqué", 4: "ralenti"}
_SCOPES: Final = {
    "platform": "la plateforme", "face": "la façade", "software": "le logiciel", "organisation": "l’établissement",
    "professional": "le professionnel", "profession": "la profession", "insurer": "l’assureur", "account": "le compte",
    "person": "la personne du reçu", "shape": "la forme",
}  # fmt: skip


@app.command
def start(
    scope: acts.Scope,
    named: str = "",
    *,
    because: str,
    mode: acts.Mode = "freeze",
    hours: Annotated[float | None, Parameter(validator=validators.Number(gt=0, lte=720))] = None,
    by: str = "",
    json: bool = False,
) -> None:
    """Contain at once: every question from now on is refused, slowed down, or asked for a proof of presence.

    Parameters
    ----------
    scope
        What is contained.
    named
        Which one: a FINESS (organisation), an RPPS (professional), a client_id (software), a code (profession), an AMC
        number (insurer), fhir, portal or counter (face), the number of an account, the trace number of an answer (person),
        profession/client_id/region with - for browsers (shape: pharmacist/-/53); nothing for the platform.
    because
        The reason, as others will read it.
    mode
        freeze: nothing is answered. revoke: nothing, and the sessions end. step-up: only to who brings a proof of presence.
        slow: a tenth of the budgets. A person who is frozen, or stepped up and not proven present, is answered as nobody is.
    hours
        After how long it ends by itself; when not said, once two operators release it.
    by
        Who decides; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        done = acts.contain(connection, scope, named, mode, because, by or typist(), hours)
    facts: dict[str, object] = {
        "containment_id": done.containment_id,
        "scope": scope,
        "named": named,
        "mode": mode,
        "already_in_force": None if done.before is None else _facts_of(done.before),
    }
    what = f"{_SCOPES[scope]} {named}".rstrip()
    to_release = f"Pour lever\u00a0: rempart containment release {done.containment_id}"
    if done.before is None:
        say(json, facts, f"Confinement {done.containment_id} en vigueur\u00a0: {what}. {to_release}")
    else:
        say(json, facts, f"{_already(done.before, what, ends_sessions=mode == 'revoke')} {to_release}")


def _already(row: kept.ContainmentRow, what: str, *, ends_sessions: bool) -> str:
    """Say that nothing was changed of what is in force: neither its reason nor its term is what was just typed."""
    until = f"jusqu’à {row.ends_at:%Y-%m-%d %H:%M}" if row.ends_at else "sans terme, jusqu’à sa levée"
    ended = " Les sessions ouvertes depuis ont pris fin." if ends_sessions else ""
    return (
        f"Rien n’a été changé\u00a0: le confinement {row.containment_id} ({what}) est déjà en vigueur depuis "
        f"{row.since:%Y-%m-%d %H:%M}, {until}, décidé par {row.decided_by}\u00a0: {row.because}. "
        f"Ni le motif ni la durée que vous venez de donner ne sont retenus.{ended}"
    )


@app.command(name="list")
def list_contained(*, json: bool = False) -> None:
    """List the containments in force and the accounts that the detectors convicted, the latest first.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        contained, convicted = kept.containments(connection), kept.convicted_accounts(connection)
    facts: dict[str, object] = {
        "containments": [_facts_of(row) for row in contained],
        "convicted_accounts": [_facts_of(row) for row in convicted],
    }
    lines = [
        f"{row.containment_id:>6}  {row.scope:<12} {_name_of(row):<14} {_MODES[row.mode]:<15}  {row.since:%Y-%m-%d %H:%M}"
        f"{_until(row)}  {row.decided_by}\u00a0: {row.because}{_asked(row)}"
        for row in contained
    ]
    lines += [
        f"compte {row.account_id:>6}  {row.finess}  {row.profession:<16} {_MODES[row.measure]} par détection  "
        f"{row.convicted_at:%Y-%m-%d %H:%M}  {row.display_name}\u00a0: {row.signal}{_asked(row)}"
        for row in convicted
    ]
    say(json, facts, "\n".join(lines) or "Rien n’est confiné.")


@app.command
def release(
    containment_id: Annotated[int | None, Parameter(group=_ONE_THING)] = None,
    /,
    *,
    account: Annotated[int | None, Parameter(group=_ONE_THING)] = None,
    software: Annotated[str | None, Parameter(group=_ONE_THING)] = None,
    because: str,
    waves: Annotated[float | None, Parameter(validator=validators.Number(gte=1, lte=10_080))] = None,
    by: str = "",
    json: bool = False,
) -> None:
    """Ask to release a containment, or accounts that the detectors convicted; two operators sign it at the console.

    As long as nobody ever had an operator's key, a second person who types the same releases it.

    Parameters
    ----------
    containment_id
        The number of the containment, as `rempart containment list` gives it.
    account
        The number of the account, likewise.
    software
        The client_id of a software: all accounts whose last conviction came by it, as after a faulty release of that software.
    because
        The reason, as others will read it.
    waves
        Over how many minutes those who were cut come back, one after the other; the first person's word holds. What returns by
        waves already is released again in the same way: at once when not said, or over fewer minutes than are left.
    by
        Who asks, or agrees; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        asked = acts.release(
            connection,
            because,
            by or typist(),
            containment_id=containment_id,
            account_id=account,
            client_id=software,
            waves_s=None if waves is None else round(waves * 60),
        )
    if software is not None:
        facts: dict[str, object] = {"client_id": software}
        what = f"tout ce qui tient les comptes condamnés par le logiciel {software}"
    elif account is not None:
        facts = {"account_id": account}
        what = f"la condamnation du compte {account}"
    else:
        facts = {"containment_id": containment_id}
        what = f"le confinement {containment_id}"
    tell(settings, asked, facts, f"C’est levé\u00a0: {what}.", f"{what} sera levé", as_json=json)


def _name_of(row: kept.ContainmentRow) -> str:
    return trace_of(int(row.named)) if row.scope == "person" else row.named


def _until(row: kept.ContainmentRow) -> str:
    if row.ends_at is None:
        return ""
    return f" {'retour par vagues' if row.by_waves else ''} jusqu’à {row.ends_at:%Y-%m-%d %H:%M}".replace(
        "  ", " "
    )


def _asked(row: kept.ContainmentRow | kept.ConvictedRow) -> str:
    if row.release_asked_by is None:
        return ""
    return f"  [levée demandée par {row.release_asked_by}\u00a0: {row.release_because}]"


def _facts_of(row: kept.ContainmentRow | kept.ConvictedRow) -> dict[str, object]:
    return {
        name: moment.isoformat() if isinstance(moment := getattr(row, name), datetime) else moment
        for name in row.__slots__
    }
