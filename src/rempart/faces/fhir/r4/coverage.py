"""Coverage: a contract that pays for a person's care.

Source: https://hl7.org/fhir/R4/coverage.html
"""

from typing import Annotated, Literal

from msgspec import Meta

from rempart.faces.fhir.r4.datatypes import (
    CodeableConcept,
    Identifiers,
    Money,
    Period,
    Quantity,
    Reference,
    References,
    Resource,
)
from rempart.faces.fhir.r4.elements import BackboneElement, PositiveInt, Text

FinancialStatus = Literal["active", "cancelled", "draft", "entered-in-error"]
"""The status of a Coverage, of a request and of a response alike."""


class CoverageClass(BackboneElement, kw_only=True):
    """A group, plan or subgroup of a contract."""

    type: CodeableConcept
    value: Text
    name: Text | None = None


class CostException(BackboneElement, kw_only=True):
    """When a cost to the beneficiary does not apply."""

    type: CodeableConcept
    period: Period | None = None


class CostToBeneficiary(BackboneElement, kw_only=True):
    """What the beneficiary pays."""

    type: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_money: Money | None = None
    exception: Annotated[list[CostException], Meta(min_length=1)] | None = None


class Coverage(Resource, kw_only=True, tag_field="resourceType", tag="Coverage"):
    """A contract that pays for a person's care."""

    identifier: Identifiers | None = None
    status: FinancialStatus
    type: CodeableConcept | None = None
    policy_holder: Reference | None = None
    subscriber: Reference | None = None
    subscriber_id: Text | None = None
    beneficiary: Reference
    dependent: Text | None = None
    relationship: CodeableConcept | None = None
    period: Period | None = None
    payor: References
    class_: Annotated[list[CoverageClass], Meta(min_length=1)] | None = None
    order: PositiveInt | None = None
    network: Text | None = None
    cost_to_beneficiary: Annotated[list[CostToBeneficiary], Meta(min_length=1)] | None = None
    subrogation: bool | None = None
    contract: References | None = None
