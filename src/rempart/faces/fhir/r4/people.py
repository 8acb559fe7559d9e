"""Who a question is about and who asks it: Patient, Practitioner, PractitionerRole, Organization.

Sources: https://hl7.org/fhir/R4/patient.html, practitioner.html, practitionerrole.html, organization.html
"""

from typing import Annotated, Literal

from msgspec import Meta

from rempart.faces.fhir.r4.datatypes import (
    Address,
    Addresses,
    Attachments,
    CodeableConcept,
    Concepts,
    ContactPoints,
    HumanName,
    HumanNames,
    Identifiers,
    Period,
    Reference,
    References,
    Resource,
)
from rempart.faces.fhir.r4.elements import BackboneElement, Date, DateTime, Integer, Text, Texts, Time

Gender = Literal["male", "female", "other", "unknown"]


class PatientContact(BackboneElement, kw_only=True):
    """Somebody to call for the patient."""

    relationship: Concepts | None = None
    name: HumanName | None = None
    telecom: ContactPoints | None = None
    address: Address | None = None
    gender: Gender | None = None
    organization: Reference | None = None
    period: Period | None = None


class PatientCommunication(BackboneElement, kw_only=True):
    """A language that the patient speaks."""

    language: CodeableConcept
    preferred: bool | None = None


class PatientLink(BackboneElement, kw_only=True):
    """Another record of the same patient."""

    other: Reference
    type: Literal["replaced-by", "replaces", "refer", "seealso"]


class Patient(Resource, kw_only=True, tag_field="resourceType", tag="Patient"):
    """The person whom a question is about."""

    identifier: Identifiers | None = None
    active: bool | None = None
    name: HumanNames | None = None
    telecom: ContactPoints | None = None
    gender: Gender | None = None
    birth_date: Date | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: DateTime | None = None
    address: Addresses | None = None
    marital_status: CodeableConcept | None = None
    multiple_birth_boolean: bool | None = None
    multiple_birth_integer: Integer | None = None
    photo: Attachments | None = None
    contact: Annotated[list[PatientContact], Meta(min_length=1)] | None = None
    communication: Annotated[list[PatientCommunication], Meta(min_length=1)] | None = None
    general_practitioner: References | None = None
    managing_organization: Reference | None = None
    link: Annotated[list[PatientLink], Meta(min_length=1)] | None = None


class PractitionerQualification(BackboneElement, kw_only=True):
    """A diploma."""

    identifier: Identifiers | None = None
    code: CodeableConcept
    period: Period | None = None
    issuer: Reference | None = None


class Practitioner(Resource, kw_only=True, tag_field="resourceType", tag="Practitioner"):
    """A health professional, by RPPS number."""

    identifier: Identifiers | None = None
    active: bool | None = None
    name: HumanNames | None = None
    telecom: ContactPoints | None = None
    address: Addresses | None = None
    gender: Gender | None = None
    birth_date: Date | None = None
    photo: Attachments | None = None
    qualification: Annotated[list[PractitionerQualification], Meta(min_length=1)] | None = None
    communication: Concepts | None = None


class AvailableTime(BackboneElement, kw_only=True):
    """When a professional works at a place."""

    days_of_week: (
        Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Meta(min_length=1)] | None
    ) = None
    all_day: bool | None = None
    available_start_time: Time | None = None
    available_end_time: Time | None = None


class NotAvailable(BackboneElement, kw_only=True):
    """When a professional is away."""

    description: Text
    during: Period | None = None


class PractitionerRole(Resource, kw_only=True, tag_field="resourceType", tag="PractitionerRole"):
    """A professional at a place."""

    identifier: Identifiers | None = None
    active: bool | None = None
    period: Period | None = None
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: Concepts | None = None
    specialty: Concepts | None = None
    location: References | None = None
    healthcare_service: References | None = None
    telecom: ContactPoints | None = None
    available_time: Annotated[list[AvailableTime], Meta(min_length=1)] | None = None
    not_available: Annotated[list[NotAvailable], Meta(min_length=1)] | None = None
    availability_exceptions: Text | None = None
    endpoint: References | None = None


class OrganizationContact(BackboneElement, kw_only=True):
    """Whom to reach at an organisation."""

    purpose: CodeableConcept | None = None
    name: HumanName | None = None
    telecom: ContactPoints | None = None
    address: Address | None = None


class Organization(Resource, kw_only=True, tag_field="resourceType", tag="Organization"):
    """A place of care by FINESS number, or an insurer by AMC number."""

    identifier: Identifiers | None = None
    active: bool | None = None
    type: Concepts | None = None
    name: Text | None = None
    alias: Texts | None = None
    telecom: ContactPoints | None = None
    address: Addresses | None = None
    part_of: Reference | None = None
    contact: Annotated[list[OrganizationContact], Meta(min_length=1)] | None = None
    endpoint: References | None = None
