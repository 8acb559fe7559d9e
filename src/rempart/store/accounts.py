"""Accounts as the identity process sees them: who may open a session, under which name, with which staff.

Which account may ask is said in one place, `access.may_ask`.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow, class_row

from rempart.domain.access import AccountLabel, StaffMember
from rempart.store.rows import returned

type_of_connection = psycopg.AsyncConnection[TupleRow]

FIND_ACCOUNTS_OF_PROFESSIONAL = """
select a.account_id, o.finess
from access.accounts as a
join access.professionals as p on p.professional_id = a.professional_id
join access.organisations as o on o.organisation_id = a.organisation_id
where p.rpps = %s and access.may_ask(a.account_id)
order by o.finess
"""

FIND_ACCOUNTS_OF_STRUCTURE = """
select a.account_id, o.finess
from access.accounts as a
join access.organisations as o on o.organisation_id = a.organisation_id
where o.finess = %s and a.kind = 'structure' and access.may_ask(a.account_id)
order by a.account_id
"""

DESCRIBE_ACCOUNT = """
select a.account_id, a.kind, a.display_name, f.code as profession, f.label as profession_label, r.domains,
    r.default_domain, o.name as organisation, gate.new_until(a.account_id) as new_until
from access.accounts as a
join access.professions as f on f.profession_id = a.profession_id
join access.organisations as o on o.organisation_id = a.organisation_id
cross join lateral (select (now() at time zone o.timezone)::date as today) as t
join access.profession_rules as r
    on r.profession_id = a.profession_id and r.valid_from <= t.today and t.today < r.valid_until
where a.account_id = %s and access.may_ask(a.account_id)
"""

LOCK_ACCOUNT = "select from access.accounts where account_id = %s for update"

ENROL_STAFF = "select account_id, refusal, opens_at from gate.enrol_staff(%s, %s)"

ENROLMENT_OF = "select null, refusal, opens_at from gate.enrolment_of(%s)"

LIST_STAFF = """
select a.account_id, a.display_name, exists (select from access.passkeys as k where k.account_id = a.account_id) as is_active,
    a.created_at as invited_at,
    (select max(s.last_used_at) from access.sessions as s where s.account_id = a.account_id) as last_used_at
from access.accounts as a
where a.holder_account_id = %s and a.kind = 'staff' and a.revoked_at is null
order by lower(a.display_name), a.account_id
"""

REVOKE_STAFF = """
with gone as (
    update access.accounts set revoked_at = now()
    where account_id = %s and holder_account_id = %s and kind = 'staff' and revoked_at is null
    returning account_id
), passkeys as (
    update access.passkeys as k set revoked_at = now() from gone where k.account_id = gone.account_id and k.revoked_at is null
), sessions as (
    update access.sessions as s set revoked_at = now(), revoked_because = 'revoked by the titulaire'
    from gone where s.account_id = gone.account_id and s.revoked_at is null
), invitations as (
    update access.invitations as i set used_at = now() from gone where i.account_id = gone.account_id and i.used_at is null
)
select account_id from gone
"""


@dataclass(frozen=True, slots=True)
class AccountAtPlace:
    """An account that may ask, and the FINESS number of its place."""

    account_id: int
    finess: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What came of an enrolment: the account, or the code of the error that refuses it, and when it ends if that is known."""

    account_id: int | None
    refusal: str | None
    opens_at: datetime | None


async def find_accounts_of_professional(connection: type_of_connection, rpps: str) -> list[AccountAtPlace]:
    """List the accounts, one a place, under which a professional may ask."""
    async with connection.cursor(row_factory=class_row(AccountAtPlace)) as cursor:
        return await (await cursor.execute(FIND_ACCOUNTS_OF_PROFESSIONAL, (rpps,))).fetchall()


async def find_accounts_of_structure(connection: type_of_connection, finess: str) -> list[AccountAtPlace]:
    """List the accounts under which a structure may ask in its own name."""
    async with connection.cursor(row_factory=class_row(AccountAtPlace)) as cursor:
        return await (await cursor.execute(FIND_ACCOUNTS_OF_STRUCTURE, (finess,))).fetchall()


async def describe_account(connection: type_of_connection, account_id: int) -> AccountLabel | None:
    """Describe an account that may ask; None for one that may not."""
    async with connection.cursor(row_factory=class_row(AccountLabel)) as cursor:
        return await (await cursor.execute(DESCRIBE_ACCOUNT, (account_id,))).fetchone()


async def lock_account(connection: type_of_connection, account_id: int) -> None:
    """Hold an account until the end of the transaction, so that two acts upon it follow each other."""
    await connection.execute(LOCK_ACCOUNT, (account_id,))


async def enrol_staff(connection: type_of_connection, holder_account_id: int, display_name: str) -> Enrolment:
    """Enrol a named member at the holder's place, if the database lets the holder enrol anybody now."""
    row = await (await connection.execute(ENROL_STAFF, (holder_account_id, display_name))).fetchone()
    return Enrolment(*returned(row))


async def enrolment_of(connection: type_of_connection, holder_account_id: int) -> Enrolment:
    """Say what would come of an enrolment now, without one."""
    return Enrolment(
        *returned(await (await connection.execute(ENROLMENT_OF, (holder_account_id,))).fetchone())
    )


async def list_staff(connection: type_of_connection, holder_account_id: int) -> list[StaffMember]:
    """List the staff of a holder, by name."""
    async with connection.cursor(row_factory=class_row(StaffMember)) as cursor:
        return await (await cursor.execute(LIST_STAFF, (holder_account_id,))).fetchall()


async def revoke_staff(connection: type_of_connection, holder_account_id: int, account_id: int) -> bool:
    """Revoke one of a holder's staff, with passkeys, sessions and invitations; false if he is not of it."""
    return (
        await (await connection.execute(REVOKE_STAFF, (account_id, holder_account_id))).fetchone() is not None
    )
