"""`rempart insurer`: register an insurer, list those that are served."""

from typing import Annotated

from babel.numbers import format_decimal
from cyclopts import App, Parameter, validators

from rempart.cli.speech import say
from rempart.domain.identifiers import parse_amc_number
from rempart.domain.rights import Presence
from rempart.operations.register_insurer import register_insurer, registered_insurers
from rempart.settings import read_settings
from rempart.store.insurers import InsurerRow
from rempart.supervisor.beside import beside

app = App(name="insurer", help="Insurers: register, list.")


@app.command
def register(
    *,
    amc: str,
    name: str,
    presence: Presence = Presence.NONE,
    data_age_max_h: Annotated[int, Parameter(validator=validators.Number(gt=0))] = 48,
    json: bool = False,
) -> None:
    """Make an insurer's keys and its row; its first member file can then be loaded.

    Parameters
    ----------
    amc
        Its AMC number, 8 to 10 digits.
    name
        Its name, as professionals read it.
    presence
        The least proof of presence that a question must bring.
    data_age_max_h
        Hours after which its data are too old for a negative answer to be trusted.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    amc_number = parse_amc_number(amc)
    with beside(settings, "keyring"):
        insurer_id = register_insurer(
            settings, amc_number, name, required_presence=presence.value, data_age_max_h=data_age_max_h
        )
    facts: dict[str, object] = {"insurer_id": insurer_id, "amc_number": str(amc_number), "name": name}
    say(json, facts, f"L’assureur {amc_number} est enregistré\u00a0: {name}.")


@app.command(name="list")
def list_insurers(*, json: bool = False) -> None:
    """List the insurers and how much is known of their people.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    with beside(settings):
        insurers = registered_insurers(settings)
    facts = [_facts_of(insurer) for insurer in insurers]
    lines = [_line_of(insurer) for insurer in insurers]
    say(json, {"insurers": facts}, "\n".join(lines) or "Aucun assureur n’est encore enregistré.")


def _line_of(insurer: InsurerRow) -> str:
    people, rights = (
        format_decimal(count, locale="fr") for count in (insurer.people_count, insurer.rights_count)
    )
    since = f"{insurer.data_as_of:%Y-%m-%d %H:%M}" if insurer.data_as_of else "aucun fichier"
    return f"{insurer.amc_number}  {people:>11} personnes  {rights:>11} droits  {since:<16}  {insurer.name}"


def _facts_of(insurer: InsurerRow) -> dict[str, object]:
    moments = {name: getattr(insurer, name) for name in ("data_as_of", "served_until")}
    return insurer._asdict() | {name: at.isoformat() if at else None for name, at in moments.items()}
