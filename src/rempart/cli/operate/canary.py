"""`rempart canary`: people who do not exist, planted in a list that may be stolen: plant, list, retire.

Exit status: 0 done; 1 refused; 4 a retirement waits for signatures. No output names one of them.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators

from rempart.cli.operate.proposal import tell
from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.domain.identifiers import parse_amc_number
from rempart.limits.files import CANARIES_AT_ONCE_MAX
from rempart.operations.detectors import canaries
from rempart.store.detectors.canaries import CanaryListRow, list_canaries
from rempart.supervisor.beside import beside

app = App(name="canary", help="People who do not exist, in lists that may be stolen: plant, list, retire.")


@app.command
def plant(
    *,
    insurer: str,
    planted_in: Annotated[str, Parameter(name="--in")],
    count: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=CANARIES_AT_ONCE_MAX))],
    out: Path,
    by: str = "",
    json: bool = False,
) -> None:
    """Plant people in one list: whoever asks about one of them is frozen at once.

    Parameters
    ----------
    insurer
        The AMC number of the insurer at which they have rights.
    planted_in
        The list that they are mixed into, as the evidence will name it: an insurer's file, a software's.
    count
        How many.
    out
        The file to write for whoever keeps that list; only its owner reads it.
    by
        Who plants; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    amc_number = parse_amc_number(insurer)
    with opened() as (settings, connection), beside(settings, "keyring"):
        list_id = canaries.plant(settings, connection, amc_number, planted_in, count, by or typist(), out)
    facts: dict[str, object] = {"list_id": list_id, "count": count, "planted_in": planted_in, "out": str(out)}
    say(
        json,
        facts,
        f"Liste {list_id}\u00a0: {count} leurres plantés. Remettez {out} à qui tient «\u00a0{planted_in}\u00a0».",
    )


@app.command(name="list")
def list_planted(*, json: bool = False) -> None:
    """List what was planted where, how much of it still answers, and how many accounts it convicted.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        rows = list_canaries(connection)
    facts = [
        {
            name: moment.isoformat() if isinstance(moment := getattr(row, name), datetime) else moment
            for name in row.__slots__
        }
        for row in rows
    ]
    say(json, {"lists": facts}, "\n".join(_line_of(row) for row in rows) or "Aucun leurre n’est planté.")


@app.command
def retire(list_id: int, /, *, because: str, by: str = "", json: bool = False) -> None:
    """Ask to retire a list; once two operators signed it, its people are known no more.

    As long as nobody ever had an operator's key, a second person who types the same retires it.

    Parameters
    ----------
    list_id
        The number of the list, as `rempart canary list` gives it.
    because
        The reason, as others will read it.
    by
        Who asks, or agrees; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        asked = canaries.retire(connection, list_id, because, by or typist())
    facts: dict[str, object] = {"list_id": list_id}
    tell(
        settings, asked, facts, f"Liste {list_id} retirée.", f"la liste {list_id} sera retirée", as_json=json
    )


def _line_of(row: CanaryListRow) -> str:
    state = f"{row.answering} leurres sur {row.planted} répondent, {row.convicted} comptes pris"
    if row.retired_at is not None:
        state = f"retirée le {row.retired_at:%Y-%m-%d} par {row.retired_by}, {row.convicted} comptes pris"
    return f"{row.list_id:>5}  {row.amc_number}  {row.planted_at:%Y-%m-%d}  {row.planted_in}\u00a0: {state}"
