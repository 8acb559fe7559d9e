"""Accounts, passkeys, invitations, staff and Pro Santé Connect: what a person at the portal cannot do."""

from rempart.domain.errors.access import AccessRefused
from rempart.domain.errors.families import Outage, Refusal


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


class EnrolmentSuspended(AccessRefused):
    """Who is frozen, contained or asked for presence enrols nobody: an account that behaves like a stolen one would multiply."""

    code = "enrolment-suspended"


class EnrolmentDeviceNew(AccessRefused):
    """Nobody is enrolled for a day after a new device: its letters have to be read first."""

    code = "enrolment-device-new"


class EnrolmentsTooMany(Refusal):
    """As many members were enrolled in the last 24 hours as may be, those revoked since included."""

    code = "enrolments-too-many"


class PasskeyUnknown(Refusal):
    """There is no such passkey in this account, or it was revoked."""

    code = "passkey-unknown"


class PasskeyInUse(Refusal):
    """A passkey does not revoke itself: sign in with another one."""

    code = "passkey-in-use"


class PasskeyTooNew(AccessRefused):
    """A passkey registered less than a day ago revokes no older one; no more does who signed in without any."""

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


class PscRefused(AccessRefused):
    """The sign-in by Pro Santé Connect did not come to its end: begin again."""

    code = "psc-refused"


class PscAttemptUnknown(PscRefused):
    """The sign-in by Pro Santé Connect was not begun in this browser, is too old, or was used."""

    code = "psc-attempt-unknown"


class PscAnswerRefused(PscRefused):
    """What Pro Santé Connect answered does not hold: its code, its signature, its time, or whom it names."""

    code = "psc-answer-refused"


class PscPracticeMissing(PscRefused):
    """Pro Santé Connect names somebody without an RPPS number or without a practice."""

    code = "psc-practice-missing"


class PscNotAffiliated(PscRefused):
    """The professional has no account at Rempart."""

    code = "psc-not-affiliated"


class PscProfessionDiffers(PscRefused):
    """The account is of another profession than those that Pro Santé Connect names."""

    code = "psc-profession-differs"


class PscPlaceDiffers(PscRefused):
    """The account is at another place than those that Pro Santé Connect names."""

    code = "psc-place-differs"


class PscNotInRegister(PscRefused):
    """The public register knows no such professional, profession or exercise at this place."""

    code = "psc-not-in-register"


class PscUnreachable(Outage):
    """Pro Santé Connect does not answer just now."""

    code = "psc-unreachable"


class OperatorRefused(Refusal):
    """This cannot be done at the console, or not by this operator."""

    code = "operator-refused"


class OperatorNameTaken(OperatorRefused):
    """An operator of this name is there: a name says who did what, so that no two have the same."""

    code = "operator-name-taken"


class OperatorNameRefused(OperatorRefused):
    """An operator's name has 2 to 80 characters on one line."""

    code = "operator-name-refused"


class OperatorUnknown(OperatorRefused):
    """There is no such operator, or access was taken back before."""

    code = "operator-unknown"


class OperatorNotEntitled(OperatorRefused):
    """The support tightens and tells; what loosens is for security and data protection."""

    code = "operator-not-entitled"


class NothingOfThatName(OperatorRefused):
    """Nothing of this name is there, or it is not so any more."""

    code = "nothing-of-that-name"


class VerificationRefused(OperatorRefused):
    """The key did not sign this act, or not in time: begin the act again."""

    code = "verification-refused"


class ReasonMissing(OperatorRefused):
    """An act says why, in one line of 1 to 300 characters."""

    code = "reason-missing"


class ProposalUnknown(OperatorRefused):
    """No proposal of this number waits for signatures."""

    code = "proposal-unknown"


class ProposalsTooMany(OperatorRefused):
    """As many proposals wait for signatures as anybody reads: withdraw some."""

    code = "proposals-too-many"


class OperatorsInPlace(OperatorRefused):
    """Two operators can sign: they admit the next one, and nobody begins again over their heads; or the name is taken."""

    code = "operators-in-place"


class AgreementBySamePerson(OperatorRefused):
    """Who asked for a release does not agree to it: that takes a second operator."""

    code = "agreement-by-same-person"


class ReleaseNotEarlier(OperatorRefused):
    """A release by waves would end later than what is contained ends already: over fewer minutes, or at once."""

    code = "release-not-earlier"
