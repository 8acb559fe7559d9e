"""`rempart proposal`: what was asked at the machine and waits for the signatures of two operators; list, withdraw.

Exit status: 0 done; 1 refused. A command that asks ends with 4 where what it asks for waits.
"""

import sys
from datetime import datetime

from cyclopts import App

from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.operations.console.proposals import Asked
from rempart.operations.console.proposals import withdraw as take_back
from rempart.settings import Settings
from rempart.store.console.proposals import ProposalRow, open_proposals

app = App(name="proposal", help="What waits for the signatures of two operators: list, withdraw.")

WAITING = 4


@app.command(name="list")
def list_proposals(*, json: bool = False) -> None:
    """List what waits for signatures, with what it would change.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        rows = open_proposals(connection)
    facts = [
        {
            name: moment.isoformat() if isinstance(moment := getattr(row, name), datetime) else moment
            for name in row.__slots__
        }
        for row in rows
    ]
    say(
        json, {"proposals": facts}, "\n".join(_lines_of(row) for row in rows) or "Rien n’attend de signature."
    )


@app.command
def withdraw(proposal_id: int, /, *, by: str = "", json: bool = False) -> None:
    """Ask no more: nobody can sign it any longer.

    Parameters
    ----------
    proposal_id
        The number, as `rempart proposal list` gives it.
    by
        Who withdraws; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        take_back(connection, proposal_id, by or typist())
    facts: dict[str, object] = {"proposal_id": proposal_id, "verdict": "withdrawn"}
    say(json, facts, f"Demande {proposal_id} retirée.")


def tell(
    settings: Settings, asked: Asked, facts: dict[str, object], done: str, waiting: str, *, as_json: bool
) -> None:
    """Say what became of what was asked, `done` where it is; end with the status of what waits where it waits."""
    facts = facts | {"verdict": asked.verdict, "proposal_id": asked.proposal_id}
    if asked.is_done:
        say(as_json, facts, done)
        return
    if asked.verdict == "asked":
        sentence = f"Demande notée\u00a0: {waiting} quand une seconde personne tapera la même commande."
    else:
        where = f"{settings.console_url}/containments"
        facts |= {"sign_at": where}
        sentence = (
            f"Demande {asked.proposal_id} notée\u00a0: {waiting} quand deux opérateurs l’auront signée "
            f"à la console\u00a0: {where}"
        )
    say(as_json, facts, sentence)
    sys.exit(WAITING)


def _lines_of(row: ProposalRow) -> str:
    signed = (
        f"signée par {row.first_by}, attend une seconde signature"
        if row.first_by
        else "attend deux signatures"
    )
    if row.dropped_by:
        signed += f"\u202f; celle de {row.dropped_by} ne compte plus, ce qui change n’est plus le même"
    change = (
        f"{row.about}\n        à présent\u00a0: {row.was}\n        ensuite\u00a0: {row.becomes}"
        if row.about
        else "sans objet"
    )
    return (
        f"{row.proposal_id:>6}  {change}\n"
        f"        demandé par {row.asked_by} le {row.asked_at:%Y-%m-%d %H:%M}\u00a0: {row.because}\n        {signed}"
    )
