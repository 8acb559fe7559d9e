"""Entries that the register does not take: professionals, software, identity providers, insurers."""

from rempart.domain.errors.families import Refusal


class RegistrationRefused(Refusal):
    """The register does not take this entry."""

    code = "registration-refused"


class NameRefused(RegistrationRefused):
    """A name is one line of 1 to 120 characters, without arrows, quotation marks or anything that is not seen."""

    code = "name-refused"


class TimezoneUnknown(RegistrationRefused):
    """There is no time zone of this name; Europe/Paris and Indian/Reunion are."""

    code = "timezone-unknown"


class ProfessionUnknown(RegistrationRefused):
    """There is no profession of this code."""

    code = "profession-unknown"


class ProfessionChanged(RegistrationRefused):
    """The professional is registered under another profession, which does not change."""

    code = "profession-changed"


class ProfessionalAlreadyStruckOff(RegistrationRefused):
    """The professional was struck off, which is not undone here."""

    code = "professional-already-struck-off"


class ClientIdRefused(RegistrationRefused):
    """A client_id has 3 to 100 printable ASCII characters."""

    code = "client-id-refused"


class SoftwareRevoked(RegistrationRefused):
    """The software was revoked, which is for ever: register it under another client_id."""

    code = "software-revoked"


class ProfessionalUnknown(RegistrationRefused):
    """No such professional is registered, or he was struck off before."""

    code = "professional-unknown"


class PlaceUnknown(RegistrationRefused):
    """No place of this FINESS number is registered: register a professional there first."""

    code = "place-unknown"


class SoftwareUnknown(RegistrationRefused):
    """No such software is registered, or it was revoked before."""

    code = "software-unknown"


class ProviderUnknown(RegistrationRefused):
    """No such identity provider is believed."""

    code = "provider-unknown"


class AddressRefused(RegistrationRefused):
    """An identity provider and its keys are at HTTPS addresses, or on this machine."""

    code = "address-refused"


class JobUnknown(Refusal):
    """No job of this number was given up."""

    code = "job-unknown"


class ProfessionalNotInRegister(RegistrationRefused):
    """The public register knows nobody by this RPPS number."""

    code = "professional-not-in-register"


class ProfessionNotInRegister(RegistrationRefused):
    """The public register does not know this professional in this profession."""

    code = "profession-not-in-register"


class PlaceNotInRegister(RegistrationRefused):
    """The public register knows no exercise of this professional at this place."""

    code = "place-not-in-register"


class RegisterFileRefused(RegistrationRefused):
    """A register file is not taken, and nothing was changed."""

    code = "register-file-refused"


class RegisterFileUnreadable(RegisterFileRefused):
    """The register file cannot be read, has a line without end, or was written to while it was read."""

    code = "register-file-unreadable"


class RegisterFileUnknown(RegisterFileRefused):
    """The file is neither the extraction of the Annuaire santé nor that of FINESS."""

    code = "register-file-unknown"


class RegisterColumnMissing(RegisterFileRefused):
    """The first line of the register file lacks a column that is needed."""

    code = "register-column-missing"


class RegisterFileOlder(RegisterFileRefused):
    """A register that was published later was taken already."""

    code = "register-file-older"


class RegisterTooManyBadLines(RegisterFileRefused):
    """The register file has no good line, or too many bad ones to be one."""

    code = "register-too-many-bad-lines"


class InsurerKnown(Refusal):
    """An insurer is registered under this AMC number already."""

    code = "insurer-known"


class PolicyRefused(RegistrationRefused):
    """A policy of presence asks for nothing that it does not accept."""

    code = "policy-refused"


class PolicyTooEarly(RegistrationRefused):
    """A policy of presence begins today or later."""

    code = "policy-too-early"


class PolicyNotPlanned(RegistrationRefused):
    """No policy of this insurer is planned for that day: what is in force, or was, is not taken back."""

    code = "policy-not-planned"


class ChannelRefused(RegistrationRefused):
    """The channel of an insurer is an HTTPS address without a query; plain HTTP on this machine alone."""

    code = "channel-refused"


class ReferenceRefused(RegistrationRefused):
    """A number is none that a member file could hold, or a reference is none that was made of one."""

    code = "reference-refused"


class AuthorisationUnknown(RegistrationRefused):
    """No standing authorisation in force has this trace number, or is of this person."""

    code = "authorisation-unknown"
