"""CoverageEligibilityRequest and CoverageEligibilityResponse: the question and the answer.

Sources: https://hl7.org/fhir/R4/coverageeligibilityrequest.html, coverageeligibilityresponse.html
"""

from typing import Annotated, Literal

from msgspec import Meta

from rempart.faces.fhir.r4.coverage import Coverage, FinancialStatus
from rempart.faces.fhir.r4.datatypes import (
    CodeableConcept,
    Concepts,
    Identifiers,
    Money,
    Period,
    Quantity,
    Reference,
    References,
    Resource,
)
from rempart.faces.fhir.r4.elements import (
    BackboneElement,
    Date,
    DateTime,
    PositiveInt,
    Text,
    UnsignedInt,
    Uri,
)
from rempart.faces.fhir.r4.people import Organization, Patient, Practitioner, PractitionerRole

Purpose = Literal["auth-requirements", "benefits", "discovery", "validation"]
Purposes = Annotated[list[Purpose], Meta(min_length=1)]

Contained = Patient | Organization | Practitioner | PractitionerRole | Coverage
"""What a request may carry in itself."""


class SupportingInformation(BackboneElement, kw_only=True):
    """Something that supports a request."""

    sequence: PositiveInt
    information: Reference
    applies_to_all: bool | None = None


class RequestInsurance(BackboneElement, kw_only=True):
    """A contract that the request speaks of."""

    focal: bool | None = None
    coverage: Reference
    business_arrangement: Text | None = None


class RequestDiagnosis(BackboneElement, kw_only=True):
    """A diagnosis that the care answers."""

    diagnosis_codeable_concept: CodeableConcept | None = None
    diagnosis_reference: Reference | None = None


class RequestItem(BackboneElement, kw_only=True):
    """A kind of care that the request speaks of."""

    supporting_info_sequence: Annotated[list[PositiveInt], Meta(min_length=1)] | None = None
    category: CodeableConcept | None = None
    product_or_service: CodeableConcept | None = None
    modifier: Concepts | None = None
    provider: Reference | None = None
    quantity: Quantity | None = None
    unit_price: Money | None = None
    facility: Reference | None = None
    diagnosis: Annotated[list[RequestDiagnosis], Meta(min_length=1)] | None = None
    detail: References | None = None


class CoverageEligibilityRequest(
    Resource, kw_only=True, tag_field="resourceType", tag="CoverageEligibilityRequest"
):
    """May this person's care be paid by this insurer?"""

    contained: Annotated[list[Contained], Meta(min_length=1)] | None = None  # type: ignore[assignment]  # read here
    identifier: Identifiers | None = None
    status: FinancialStatus
    priority: CodeableConcept | None = None
    purpose: Purposes
    patient: Reference
    serviced_date: Date | None = None
    serviced_period: Period | None = None
    created: DateTime
    enterer: Reference | None = None
    provider: Reference | None = None
    insurer: Reference
    facility: Reference | None = None
    supporting_info: Annotated[list[SupportingInformation], Meta(min_length=1)] | None = None
    insurance: Annotated[list[RequestInsurance], Meta(min_length=1)] | None = None
    item: Annotated[list[RequestItem], Meta(min_length=1)] | None = None


class RequestParameter(BackboneElement, kw_only=True):
    """The one parameter that $submit takes."""

    name: Literal["resource"]
    resource: "CoverageEligibilityRequest | Parameters"  # a choice, so that resourceType must be there


class Parameters(Resource, kw_only=True, tag_field="resourceType", tag="Parameters"):
    """The envelope that a client may put around a request (https://hl7.org/fhir/R4/parameters.html)."""

    parameter: Annotated[list[RequestParameter], Meta(min_length=1, max_length=1)]


class Benefit(BackboneElement, kw_only=True):
    """An amount that a contract allows, and what is used of it."""

    type: CodeableConcept
    allowed_unsigned_int: UnsignedInt | None = None
    allowed_string: Text | None = None
    allowed_money: Money | None = None
    used_unsigned_int: UnsignedInt | None = None
    used_string: Text | None = None
    used_money: Money | None = None


class ResponseItem(BackboneElement, kw_only=True):
    """What a contract says of a kind of care."""

    category: CodeableConcept | None = None
    product_or_service: CodeableConcept | None = None
    modifier: Concepts | None = None
    provider: Reference | None = None
    excluded: bool | None = None
    name: Text | None = None
    description: Text | None = None
    network: CodeableConcept | None = None
    unit: CodeableConcept | None = None
    term: CodeableConcept | None = None
    benefit: Annotated[list[Benefit], Meta(min_length=1)] | None = None
    authorization_required: bool | None = None
    authorization_supporting: Concepts | None = None
    authorization_url: Uri | None = None


class ResponseInsurance(BackboneElement, kw_only=True):
    """What one contract answers."""

    coverage: Reference
    inforce: bool | None = None
    benefit_period: Period | None = None
    item: Annotated[list[ResponseItem], Meta(min_length=1)] | None = None


class ResponseError(BackboneElement, kw_only=True):
    """A reason, coded."""

    code: CodeableConcept


class CoverageEligibilityResponse(
    Resource, kw_only=True, tag_field="resourceType", tag="CoverageEligibilityResponse"
):
    """The answer to a CoverageEligibilityRequest."""

    identifier: Identifiers | None = None
    status: FinancialStatus
    purpose: Purposes
    patient: Reference
    serviced_date: Date | None = None
    serviced_period: Period | None = None
    created: DateTime
    requestor: Reference | None = None
    request: Reference
    outcome: Literal["queued", "complete", "error", "partial"]
    disposition: Text | None = None
    insurer: Reference
    insurance: Annotated[list[ResponseInsurance], Meta(min_length=1)] | None = None
    pre_auth_ref: Text | None = None
    form: CodeableConcept | None = None
    error: Annotated[list[ResponseError], Meta(min_length=1)] | None = None
