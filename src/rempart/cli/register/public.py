"""`rempart register`: take the public registers of professionals and places, let a waiting one in, list what was brought.

Exit status of `load`: 0 taken, or taken before; 1 refused, nothing changed; 3 taken without its bad lines; 4 waits for a second
person.
"""

import json as json_format
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from babel.numbers import format_decimal
from cyclopts import App

from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.operations.registers.load import RegisterReport, approve_register, load_register
from rempart.operations.trials.roster import publish_roster
from rempart.store.registers import loads

app = App(name="register", help="Public registers: load, approve, list.")

TAKEN_IN_PART: Final = 3
WAITING: Final = 4

_KINDS: Final = {"professionals": "professionnels", "places": "établissements"}
_STATES: Final = {"waiting": "en attente", "approved": "admis", "taken": "pris", "withdrawn": "retiré"}


@app.command
def load(*files: Path, by: str = "", json: bool = False) -> None:
    """Take public registers, each whole or not at all.

    Parameters
    ----------
    files
        The extraction of the Annuaire santé (PS_LibreAcces_Personne_activite_….txt), that of FINESS, or both.
    by
        Who brings them; the user of this machine when not said.
    json
        Answer in one line of JSON for each file.
    """
    status = 0
    with opened() as (settings, connection):
        for file in files:
            report = load_register(connection, file, by or typist())
            say(json, _facts(report, file), _sentence(report, file))
            status = max(status, _status_of(report))
        strangers = loads.not_in_register(connection)
        publish_roster(settings, connection)
    if strangers:
        told: dict[str, object] = {"not_in_register": strangers}
        lines = "\n".join(f"  {rpps}" for rpps in strangers)
        say(json, told, f"Enregistrés ici et inconnus de l’annuaire, à vérifier\u00a0:\n{lines}")
    sys.exit(status)


@app.command
def approve(file_id: int, *, by: str = "", json: bool = False) -> None:
    """Let a waiting register in, as a second person; then load the file again.

    Parameters
    ----------
    file_id
        The number of the file, as `rempart register list` gives it.
    by
        Who approves; the user of this machine when not said. Not who brought the file.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        approve_register(connection, file_id, by or typist())
    say(
        json,
        {"verdict": "approved", "file_id": file_id},
        f"Le fichier {file_id} est admis. Chargez-le à nouveau\u00a0: rempart register load FICHIER.",
    )


@app.command(name="list")
def list_registers(*, json: bool = False) -> None:
    """List the registers that were brought, the latest first.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        found = loads.list_files(connection)
    if json:
        print(json_format.dumps({"registers": [asdict(row) for row in found]}, default=str))
        return
    lines = [
        f"{row.file_id:>5}  {_KINDS[row.kind]:<16}  {_STATES[row.state]:<11}  {row.name}, par {row.brought_by}"
        for row in found
    ]
    print("\n".join(lines) or "Aucun annuaire n’a encore été chargé.")


def _status_of(report: RegisterReport) -> int:
    if report.verdict == "waiting":
        return WAITING
    return TAKEN_IN_PART if report.bad_line_count else 0


def _facts(report: RegisterReport, file: Path) -> dict[str, object]:
    return asdict(report) | {"file": file.name, "seconds": round(report.seconds, 1)}


def _sentence(report: RegisterReport, file: Path) -> str:
    if report.verdict == "already-taken":
        return f"{file.name}\u00a0: déjà pris."
    in_file, known, gone = (
        format_decimal(report.difference[name], locale="fr") for name in ("in_file", "known", "gone")
    )
    kind = _KINDS[report.kind]
    lines = [f"{file.name}\u00a0: {in_file} {kind}, {known} connus avant, {gone} disparus."]
    if report.verdict == "waiting":
        lines.append(
            "Rien n’est changé\u00a0: plus de 2\u00a0% disparaîtraient. Une autre personne vérifie, puis tape\u00a0: "
            f"rempart register approve {report.file_id}"
        )
    if report.bad_line_count:
        bad_count = format_decimal(report.bad_line_count, locale="fr")
        lines.append(f"Mauvaises lignes, laissées de côté ({bad_count})\u00a0:")
        lines += [
            f"  ligne {bad.number}\u00a0: {bad.column or 'colonnes manquantes'}" for bad in report.bad_lines
        ]
    if report.difference.get("removals_held_back"):
        lines.append("Personne n’a été retiré\u00a0: les disparus sont peut-être sur ces lignes.")
    if report.struck_off:
        lines.append("Radiés, car ils ont quitté l’annuaire\u00a0:")
        lines += [f"  {rpps}" for rpps in report.struck_off]
    return "\n".join(lines)
