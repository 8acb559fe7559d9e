"""Accounts, passkeys, invitations and staff: what a person at the portal cannot do."""

from rempart.domain.errors.access import AccessRefused
from rempart.domain.errors.families import Refusal


class AccountClosed(AccessRefused):
    """The account was revoked, or the professional behind it was struck off."""

    code = "account-closed"


class PasskeyRefused(AccessRefused):
    """The passkey is not one of ours, or its answer does not fit the challenge: begin again."""

    code = "passkey-refused"


class PasskeysTooMany(Refusal):
    """The account has as many passkeys as it may."""

    code = "passkeys-too-many"


class InvitationUnknown(AccessRefused):
    """The invitation is wrong, was used, or has expired."""

    code = "invitation-unknown"


class NotATitulaire(AccessRefused):
    """Only a titulaire or a structure has a staff."""

    code = "not-a-titulaire"


class StaffMemberUnknown(Refusal):
    """There is no such member in this staff."""

    code = "staff-member-unknown"


class StaffNameRefused(Refusal):
    """A name has 2 to 80 characters on one line."""

    code = "staff-name-refused"


class StaffTooMany(Refusal):
    """The staff is as large as it may be."""

    code = "staff-too-many"
