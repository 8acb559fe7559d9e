"""`rempart professional`: register, invite, list, strike off."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter, validators

from rempart.cli.register.opened import opened
from rempart.cli.speech import say
from rempart.limits import LISTED_PROFESSIONALS_MAX
from rempart.operations import manage_access
from rempart.operations.manage_access import Invitation, RegisteredAccount
from rempart.operations.trials.roster import publish_roster
from rempart.store import register as kept

app = App(name="professional", help="Professionals: register, invite, list, strike off.")


@app.command
def register(
    *,
    rpps: str,
    finess: str,
    profession: str,
    name: str,
    organisation: str = "",
    timezone: str = "",
    email: str = "",
    json: bool = False,
) -> None:
    """Register a professional at a place, so that a software may ask for him; safe to repeat.

    Parameters
    ----------
    rpps
        The RPPS number, 11 digits.
    finess
        The FINESS number of the place, 9 characters.
    profession
        pharmacist, optician, audioprosthetist, dentist, doctor, auxiliary, laboratory, transporter, hospital, midwife
        or device-supplier.
    name
        The professional's name.
    organisation
        The place's name; the professional's name if there is none.
    timezone
        Where it is (Indian/Reunion); what it was when not said, Europe/Paris for a new place.
    email
        The professional's first contact, who is told of new devices; later ones he adds himself.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        account = manage_access.register_professional(
            connection,
            rpps=rpps,
            finess=finess,
            profession=profession,
            name=name,
            organisation=organisation,
            timezone=timezone,
            email=email,
        )
        publish_roster(settings, connection)
    say(
        json,
        asdict(account),
        f"Enregistré\u00a0: {name}, établissement {account.finess} (compte {account.account_id}).",
    )


@app.command
def invite(
    *,
    rpps: str,
    finess: str,
    profession: str,
    name: str,
    organisation: str = "",
    timezone: str = "",
    email: str = "",
    json: bool = False,
) -> None:
    """Register a professional if need be, and print the link by which he registers his first passkey.

    The link serves once, for seven days, and only while the account has no passkey. Hand it over in person or by a
    channel that you trust: whoever opens it first is the professional.

    Parameters
    ----------
    rpps
        The RPPS number, 11 digits.
    finess
        The FINESS number of the place, 9 characters.
    profession
        As for `register`.
    name
        The professional's name.
    organisation
        The place's name; the professional's name if there is none.
    timezone
        Where it is (Indian/Reunion); what it was when not said, Europe/Paris for a new place.
    email
        The professional's first contact, who is told of new devices; later ones he adds himself.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        account = manage_access.register_professional(
            connection,
            rpps=rpps,
            finess=finess,
            profession=profession,
            name=name,
            organisation=organisation,
            timezone=timezone,
            email=email,
        )
        invitation = manage_access.invite(connection, settings.portal_url, account.account_id)
        publish_roster(settings, connection)
    say(json, asdict(account) | _facts_of(invitation), _handed(invitation))


@app.command
def structure(
    *, finess: str, name: str, timezone: str = "", invite: bool = False, json: bool = False
) -> None:
    """Register a hospital that asks in its own name, through its software and by its staff.

    Parameters
    ----------
    finess
        The FINESS number of the hospital, 9 characters.
    name
        Its name.
    timezone
        Where it is (Indian/Reunion); what it was when not said, Europe/Paris for a new place.
    invite
        Print the link by which whoever answers for the hospital registers its first passkey, then enrols the staff by name.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        account: RegisteredAccount = manage_access.register_structure(
            connection, finess=finess, name=name, timezone=timezone
        )
        link = manage_access.invite(connection, settings.portal_url, account.account_id) if invite else None
    said = f"Enregistré\u00a0: {name}, établissement {account.finess} (compte {account.account_id})."
    if link is None:
        say(json, asdict(account), said)
    else:
        say(json, asdict(account) | _facts_of(link), f"{said}\n{_handed(link)}")


@app.command(name="list")
def list_professionals(*, json: bool = False) -> None:
    """List the professionals and their places.

    Parameters
    ----------
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        found = kept.list_professionals(connection, LISTED_PROFESSIONALS_MAX)
    lines = [
        f"{one.rpps}  {one.finess or '—':<9}  {one.profession:<16}  {one.name}"
        + (f"  radié le {one.struck_off_at:%d/%m/%Y}" if one.struck_off_at else "")
        for one in found
    ]
    facts = [asdict(one) | {"struck_off_at": _moment(one.struck_off_at)} for one in found]
    say(json, {"professionals": facts}, "\n".join(lines) or "Personne n’est encore enregistré.")


@app.command
def opening(
    finess: str,
    *,
    days: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=90))] = 30,
    json: bool = False,
) -> None:
    """Say that a place has just opened: it knows nobody, as a thief, so that presence is asked for there until it does.

    Parameters
    ----------
    finess
        The FINESS number of the place, 9 characters.
    days
        For how many days from today, 90 at most. An opening is never made shorter.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        until = manage_access.declare_opening(connection, finess, days)
    say(
        json,
        {"finess": finess, "opening_until": until.isoformat()},
        f"L’établissement {finess} vient d’ouvrir\u00a0: la présence du patient y est demandée jusqu’au {until:%d/%m/%Y}.",
    )


@app.command
def strike_off(rpps: str, *, json: bool = False) -> None:
    """Strike a professional off: accounts, staff and sessions are refused from this instant.

    Parameters
    ----------
    rpps
        The RPPS number, 11 digits.
    json
        Answer in one line of JSON.
    """
    with opened() as (settings, connection):
        manage_access.strike_off(connection, rpps)
        publish_roster(settings, connection)
    say(
        json,
        {"rpps": rpps, "struck_off": True},
        f"{rpps} est radié\u00a0: plus rien ne peut être demandé sous ce numéro.",
    )


def _facts_of(invitation: Invitation) -> dict[str, str]:
    return {"link": invitation.link, "expires_at": invitation.expires_at.isoformat()}


def _handed(invitation: Invitation) -> str:
    return f"{invitation.link}\nCe lien sert une fois, jusqu’au {invitation.expires_at:%d/%m/%Y %H:%M %Z}."


def _moment(at: object) -> str | None:
    return None if at is None else str(at)
