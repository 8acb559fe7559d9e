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


class PasskeyUnknown(Refusal):
    """There is no such passkey in this account, or it was revoked."""

    code = "passkey-unknown"


class PasskeyInUse(Refusal):
    """A passkey does not revoke itself: sign in with another one."""

    code = "passkey-in-use"


class PasskeyTooNew(AccessRefused):
    """A passkey registered less than a day ago revokes no older one."""

    code = "passkey-too-new"


class ContactRefused(Refusal):
    """The address is no e-mail address, or is there already."""

    code = "contact-refused"


class ContactsTooMany(Refusal):
    """The account has as many addresses as it may, or as many were added today."""

    code = "contacts-too-many"


class ContactUnknown(Refusal):
    """There is no such address in this account."""

    code = "contact-unknown"


class ContactCodeRefused(AccessRefused):
    """The code is wrong, too old, or was tried too often."""

    code = "contact-code-refused"


class GuarantorRefused(Refusal):
    """A guarantor is another professional of the same place, named once."""

    code = "guarantor-refused"


class NotAGuarantor(AccessRefused):
    """The caller may not vouch for this person."""

    code = "not-a-guarantor"
