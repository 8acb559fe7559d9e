"""The register of professionals and places, as the operator keeps it.

Registering twice changes a name, never a number; striking off is for ever here: a professional who returns is registered by
a new decision of the Ordre, outside this file. The operator writes no session and no passkey.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.domain.regions import region_of_finess
from rempart.store.rows import returned

type_of_operator = psycopg.Connection[TupleRow]

FIND_PROFESSION = "select profession_id from access.professions where code = %s"

LIST_PROFESSIONS = "select code, label from access.professions order by profession_id"

REGISTER_ORGANISATION = """
insert into access.organisations (finess, name, region, timezone)
values (%(finess)s, %(name)s, %(region)s, coalesce(nullif(%(timezone)s, ''), 'Europe/Paris'))
on conflict (finess) do update
set name = coalesce(nullif(excluded.name, ''), access.organisations.name),
    timezone = coalesce(nullif(%(timezone)s, ''), access.organisations.timezone)
returning organisation_id
"""

REGISTER_PROFESSIONAL = """
insert into access.professionals (rpps, profession_id, name) values (%s, %s, %s)
on conflict (rpps) do update set name = excluded.name where access.professionals.struck_off_at is null
returning professional_id, profession_id
"""

FIND_ACCOUNT = """
select account_id from access.accounts
where professional_id = %s and organisation_id = %s and revoked_at is null
"""

FIND_STRUCTURE = """
select account_id from access.accounts where organisation_id = %s and kind = 'structure' and revoked_at is null
"""

OPEN_ACCOUNT = """
with drawn as (select nextval('access.accounts_account_id_seq') as account_id)
insert into access.accounts
    (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id, display_name)
overriding system value
select account_id, %s, %s, %s, %s, account_id, %s from drawn
returning account_id
"""

DECLARE_OPENING = "select gate.declare_opening(%s, %s)"

INVITE = """
insert into access.invitations (code_digest, account_id, expires_at)
values (%s, %s, now() + make_interval(days => %s))
returning expires_at
"""

GIVE_FIRST_CONTACT = "select access.give_first_contact(%s, %s)"

STRIKE_OFF = "update access.professionals set struck_off_at = now() where rpps = %s and struck_off_at is null"

LIST_PROFESSIONALS = """
select p.rpps, p.name, f.code as profession, o.finess, o.name as organisation, a.account_id, p.struck_off_at
from access.professionals as p
join access.professions as f on f.profession_id = p.profession_id
left join access.accounts as a on a.professional_id = p.professional_id and a.revoked_at is null
left join access.organisations as o on o.organisation_id = a.organisation_id
order by p.rpps, o.finess
limit %s
"""


@dataclass(frozen=True, slots=True)
class RegisteredProfessional:
    """A professional at one place, as the operator's list shows him."""

    rpps: str
    name: str
    profession: str
    finess: str | None
    organisation: str | None
    account_id: int | None
    struck_off_at: datetime | None


def find_profession(connection: type_of_operator, code: str) -> int | None:
    """Find the number of a profession."""
    row = connection.execute(FIND_PROFESSION, (code,)).fetchone()
    return None if row is None else int(row[0])


def list_professions(connection: type_of_operator) -> list[tuple[str, str]]:
    """List the codes and labels of the professions."""
    return [(row[0], row[1]) for row in connection.execute(LIST_PROFESSIONS).fetchall()]


def register_organisation(connection: type_of_operator, finess: str, name: str, timezone: str) -> int | None:
    """Register a place, or change its name or its time zone, empty to keep it; give its number, None for no such zone."""
    place = {"finess": finess, "name": name, "timezone": timezone, "region": region_of_finess(finess)}
    try:
        row = connection.execute(REGISTER_ORGANISATION, place).fetchone()
    except psycopg.errors.InvalidParameterValue:
        return None
    return int(returned(row)[0])


def register_professional(
    connection: type_of_operator, rpps: str, profession_id: int, name: str
) -> tuple[int, int] | None:
    """Register a professional, or change his name; give his number and profession, None if he was struck off."""
    row = connection.execute(REGISTER_PROFESSIONAL, (rpps, profession_id, name)).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def give_first_contact(connection: type_of_operator, professional_id: int, address: str) -> bool:
    """Give a professional his first contact; false if he has had one before: from then on he alone adds."""
    return bool(returned(connection.execute(GIVE_FIRST_CONTACT, (professional_id, address)).fetchone())[0])


def account_of_professional(
    connection: type_of_operator,
    professional_id: int,
    organisation_id: int,
    profession_id: int,
    display_name: str,
) -> int:
    """Give the account of a professional at a place, opened now if need be."""
    row = connection.execute(FIND_ACCOUNT, (professional_id, organisation_id)).fetchone()
    if row is None:
        opened = ("professional", organisation_id, professional_id, profession_id, display_name)
        row = connection.execute(OPEN_ACCOUNT, opened).fetchone()
    return int(returned(row)[0])


def account_of_structure(
    connection: type_of_operator, organisation_id: int, profession_id: int, display_name: str
) -> int:
    """Give the account of a structure that asks in its own name, opened now if need be."""
    row = connection.execute(FIND_STRUCTURE, (organisation_id,)).fetchone()
    if row is None:
        opened = ("structure", organisation_id, None, profession_id, display_name)
        row = connection.execute(OPEN_ACCOUNT, opened).fetchone()
    return int(returned(row)[0])


def declare_opening(connection: type_of_operator, finess: str, days: int) -> datetime | None:
    """Have presence asked for at a place for so many days; give until when, None if no such place is registered."""
    until: datetime | None = returned(connection.execute(DECLARE_OPENING, (finess, days)).fetchone())[0]
    return until


def invite(connection: type_of_operator, code_digest: bytes, account_id: int, life_days: int) -> datetime:
    """Remember an invitation of the operator; give the instant until which it serves."""
    row = connection.execute(INVITE, (code_digest, account_id, life_days)).fetchone()
    expires_at: datetime = returned(row)[0]
    return expires_at


def strike_off(connection: type_of_operator, rpps: str) -> bool:
    """Strike a professional off, at once and everywhere; false if he is not registered, or was struck off before."""
    return connection.execute(STRIKE_OFF, (rpps,)).rowcount == 1


def list_professionals(connection: type_of_operator, count_max: int) -> list[RegisteredProfessional]:
    """List the professionals and their places, by RPPS number."""
    with connection.cursor(row_factory=class_row(RegisteredProfessional)) as cursor:
        return cursor.execute(LIST_PROFESSIONALS, (count_max,)).fetchall()
