"""A titulaire names the members of his staff: each has an account and a passkey of his own.

Nobody shares a login, so each consultation has one name. A member spends the titulaire's budget, and who leaves loses account,
passkeys, sessions and invitations by one act. Whether somebody may enrol now is for the database to decide (gate.enrol_staff):
who holds a stolen account would else multiply himself. Each enrolment is told to the holder's contacts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rempart.domain.access import Staff
from rempart.domain.errors.accounts import (
    EnrolmentDeviceNew,
    EnrolmentsTooMany,
    EnrolmentSuspended,
    NotATitulaire,
    StaffMemberUnknown,
    StaffNameRefused,
    StaffTooMany,
)
from rempart.limits import INVITATION_LIFE_DAYS, STAFF_NAME_MAX_CHARS
from rempart.operations.open_browser_session import describe
from rempart.operations.reception import Reception
from rempart.security.admission import AdmittedCaller
from rempart.security.tokens import digest_of, invitation_link, new_secret
from rempart.store import accounts
from rempart.store import passkeys as kept
from rempart.store.connections import type_of_connection
from rempart.store.notices import letters

_PLACE_OF_NAME = "display_name"

_REFUSALS: Final = {
    error.code: error
    for error in (NotATitulaire, StaffTooMany, EnrolmentSuspended, EnrolmentDeviceNew, EnrolmentsTooMany)
}


@dataclass(frozen=True, slots=True)
class StaffInvitation:
    """An invitation to hand over, shown once."""

    account_id: int
    display_name: str
    code: str
    link: str
    expires_at: datetime


async def invite_staff(reception: Reception, caller: AdmittedCaller, display_name: str) -> StaffInvitation:
    """Add a named member to the caller's staff, invite him, and tell the holder's contacts, all in one transaction.

    Refuses: NotATitulaire, StaffNameRefused, StaffTooMany, EnrolmentSuspended, EnrolmentDeviceNew, EnrolmentsTooMany.
    """
    name = _clean_name(display_name)
    code = new_secret()
    async with reception.connections.lent() as connection, connection.transaction():
        await _require_titulaire(connection, caller)
        enrolment = await accounts.enrol_staff(connection, caller.account_id, name)
        if enrolment.account_id is None:
            raise _REFUSALS[enrolment.refusal or ""]
        account_id = enrolment.account_id
        expires_at = await kept.add_invitation(
            connection, digest_of(code), account_id, caller.account_id, INVITATION_LIFE_DAYS
        )
        await letters.tell_contacts(connection, caller.account_id, "staff-enrolled")
    return StaffInvitation(account_id, name, code, invitation_link(reception.portal_url, code), expires_at)


async def list_staff(reception: Reception, caller: AdmittedCaller) -> Staff:
    """List the caller's staff, and say whether it may grow now. Refuses: NotATitulaire."""
    async with reception.connections.lent() as connection:
        await _require_titulaire(connection, caller)
        members = await accounts.list_staff(connection, caller.account_id)
        enrolment = await accounts.enrolment_of(connection, caller.account_id)
    return Staff(members, enrolment.refusal, enrolment.opens_at)


async def revoke_staff(reception: Reception, caller: AdmittedCaller, account_id: int) -> None:
    """Revoke a member of the caller's staff. Refuses: NotATitulaire, StaffMemberUnknown."""
    async with reception.connections.lent() as connection, connection.transaction():
        await _require_titulaire(connection, caller)
        if not await accounts.revoke_staff(connection, caller.account_id, account_id):
            raise StaffMemberUnknown("account_id")


async def _require_titulaire(connection: type_of_connection, caller: AdmittedCaller) -> None:
    if not (await describe(connection, caller.account_id)).may_enrol_staff:
        raise NotATitulaire


def _clean_name(display_name: str) -> str:
    """Put a name on one line; refuse an empty one, an endless one and one with characters that do not print."""
    name = " ".join(display_name.split())
    if not 2 <= len(name) <= STAFF_NAME_MAX_CHARS or not name.isprintable():
        raise StaffNameRefused(_PLACE_OF_NAME)
    return name
