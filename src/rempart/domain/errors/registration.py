"""Entries that the register does not take: professionals, software, identity providers, insurers."""

from rempart.domain.errors.families import Refusal


class RegistrationRefused(Refusal):
    """The register does not take this entry."""

    code = "registration-refused"


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


class InsurerKnown(Refusal):
    """An insurer is registered under this AMC number already."""

    code = "insurer-known"
