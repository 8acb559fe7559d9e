"""`rempart insurer`: register an insurer, list those that are served, say what proofs of presence one asks for."""

from datetime import date, timedelta
from typing import Annotated

from babel.numbers import format_decimal
from cyclopts import App, Parameter, validators

from rempart.adapters import clock
from rempart.cli.operate.proposal import tell
from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.domain.identifiers import parse_amc_number
from rempart.domain.rights import Presence
from rempart.limits import DATA_AGE_MIN_H
from rempart.operations.presence.policy import cancel_planned_policy, policies_of, set_presence_policy
from rempart.operations.register_insurer import register_insurer, registered_insurers
from rempart.settings import read_settings
from rempart.store.insurers import InsurerRow
from rempart.store.presence.policies import PolicyRow
from rempart.supervisor.beside import beside

app = App(name="insurer", help="Insurers: register, list, presence, channel, references.")
app.command("rempart.cli.presence.channel:channel", name="channel")
app.command("rempart.cli.presence.channel:references", name="references")


@app.command
def register(
    *,
    amc: str,
    name: str,
    presence: Presence = Presence.NONE,
    data_age_max_h: Annotated[int, Parameter(validator=validators.Number(gte=DATA_AGE_MIN_H))] = 48,
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


@app.command
def presence(
    *,
    amc: str,
    required: Presence | None = None,
    stepped_up: Presence = Presence.KNOWN_PATIENT,
    accepts: Annotated[list[Presence] | None, Parameter(consume_multiple=True)] = None,
    since: date | None = None,
    cancel: date | None = None,
    because: str = "",
    by: str = "",
    json: bool = False,
) -> None:
    """Say, or with --required set, which proofs of presence an insurer asks for; what asks for less, two operators sign.

    Parameters
    ----------
    amc
        Its AMC number.
    required
        The least on an ordinary day: none, known-patient, or card for any proof. Not said: the policies are listed.
    stepped_up
        The least where presence is asked for (a conviction, a containment): known-patient, or card for any proof.
    accepts
        The presences that count; all of them when not said. Leave card out as long as the cards have no secret.
    since
        The first day of this policy, today or later; it holds until the next one planned. Where it
        tightens, planned ones that ask for less go.
    cancel
        The first day of a planned policy, to take back: what holds before it goes on.
    because
        The reason of a change, as others will read it.
    by
        Who asks for it; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    amc_number = parse_amc_number(amc)
    today = clock.today("Europe/Paris")
    with opened() as (settings, connection):
        asked = None
        before = policies_of(connection, amc_number)
        if cancel is not None:
            asked = cancel_planned_policy(
                connection, amc_number, today=today, planned_for=cancel, because=because, by=by or typist()
            )
        elif required is not None:
            asked = set_presence_policy(
                connection, amc_number, today=today, valid_from=since or today, required=required,
                required_when_stepped_up=stepped_up, accepted=accepts or Presence, because=because, by=by or typist(),
            )  # fmt: skip
        policies = policies_of(connection, amc_number)
    facts = [
        {"valid_from": str(row.valid_from), "valid_until": str(row.valid_until) if row.valid_until else None}
        | {"required": _code(row.required), "required_when_stepped_up": _code(row.required_when_stepped_up)}
        | {"accepts": _accepted(row), "is_planned": row.valid_from > today}
        for row in policies
    ]
    lines = [_policy_line(row, today) for row in policies]
    kept = {row.valid_from for row in policies}
    taken_back = [row.valid_from for row in before if row.valid_from > today and row.valid_from not in kept]
    lines += [f"La politique prévue pour le {day} est retirée." for day in taken_back]
    told: dict[str, object] = {
        "amc_number": str(amc_number), "policies": facts, "taken_back": [str(day) for day in taken_back],
    }  # fmt: skip
    listed = "\n".join(lines) or "Rien n’est exigé, toute preuve compte."
    if asked is None:
        say(json, told, listed)
    else:
        tell(settings, asked, told, listed, "cette politique sera en vigueur", as_json=json)


def _policy_line(row: PolicyRow, today: date) -> str:
    planned = "prévu " if row.valid_from > today else ""
    until = f" jusqu’au {row.valid_until - timedelta(days=1)}" if row.valid_until else ""
    return (
        f"{planned}à partir du {row.valid_from}{until}\u00a0: {_code(row.required)}, "
        f"au moins {_code(row.required_when_stepped_up)} si une présence est exigée\u00a0; "
        f"comptent\u00a0: {', '.join(_accepted(row))}"
    )


def _code(presence: int) -> str:
    return Presence(presence).name.lower().replace("_", "-")


def _accepted(row: PolicyRow) -> list[str]:
    return [_code(presence) for presence in Presence if presence and row.accepted >> presence & 1]


def _line_of(insurer: InsurerRow) -> str:
    people, rights = (
        format_decimal(count, locale="fr") for count in (insurer.people_count, insurer.rights_count)
    )
    since = f"{insurer.data_as_of:%Y-%m-%d %H:%M}" if insurer.data_as_of else "aucun fichier"
    return f"{insurer.amc_number}  {people:>11} personnes  {rights:>11} droits  {since:<16}  {insurer.name}"


def _facts_of(insurer: InsurerRow) -> dict[str, object]:
    moments = {name: getattr(insurer, name) for name in ("data_as_of", "served_until")}
    return insurer._asdict() | {name: at.isoformat() if at else None for name, at in moments.items()}
