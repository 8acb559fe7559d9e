"""The data types of R4 that resources share.

Source: https://hl7.org/fhir/R4/datatypes.html
"""

from typing import Annotated, Literal

from msgspec import Meta

from rempart.faces.fhir.r4.elements import (
    Base64,
    Code,
    DateTime,
    Element,
    Extensions,
    Id,
    Instant,
    Number,
    PositiveInt,
    Text,
    Texts,
    Unread,
    UnsignedInt,
    Uri,
)


class Narrative(Element, kw_only=True):
    """A summary of a resource for people."""

    status: Literal["generated", "extensions", "additional", "empty"]
    div: Text


class Coding(Element, kw_only=True):
    """A code in a system."""

    system: Uri | None = None
    version: Text | None = None
    code: Code | None = None
    display: Text | None = None
    user_selected: bool | None = None


Codings = Annotated[list[Coding], Meta(min_length=1)]


class CodeableConcept(Element, kw_only=True):
    """A concept, by codes and in words."""

    coding: Codings | None = None
    text: Text | None = None


Concepts = Annotated[list[CodeableConcept], Meta(min_length=1)]


class ResourceMeta(Element, kw_only=True):
    """What is known of a resource itself (`Meta` in R4)."""

    version_id: Id | None = None
    last_updated: Instant | None = None
    source: Uri | None = None
    profile: Annotated[list[Uri], Meta(min_length=1)] | None = None
    security: Codings | None = None
    tag: Codings | None = None


class Period(Element, kw_only=True):
    """From one day or instant to another, both included."""

    start: DateTime | None = None
    end: DateTime | None = None


class Identifier(Element, kw_only=True):
    """A number that names something, in a system."""

    use: Literal["usual", "official", "temp", "secondary", "old"] | None = None
    type: CodeableConcept | None = None
    system: Uri | None = None
    value: Text | None = None
    period: Period | None = None
    assigner: "Reference | None" = None


Identifiers = Annotated[list[Identifier], Meta(min_length=1)]


class Reference(Element, kw_only=True):
    """A pointer to another resource."""

    reference: Text | None = None
    type: Uri | None = None
    identifier: Identifier | None = None
    display: Text | None = None


References = Annotated[list[Reference], Meta(min_length=1)]


class Quantity(Element, kw_only=True):
    """A measured amount."""

    value: Number | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: Text | None = None
    system: Uri | None = None
    code: Code | None = None


class Money(Element, kw_only=True):
    """An amount in a currency."""

    value: Number | None = None
    currency: Code | None = None


class Range(Element, kw_only=True):
    """From one quantity to another."""

    low: Quantity | None = None
    high: Quantity | None = None


class HumanName(Element, kw_only=True):
    """A person's name."""

    use: Literal["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"] | None = None
    text: Text | None = None
    family: Text | None = None
    given: Texts | None = None
    prefix: Texts | None = None
    suffix: Texts | None = None
    period: Period | None = None


HumanNames = Annotated[list[HumanName], Meta(min_length=1)]


class ContactPoint(Element, kw_only=True):
    """A way to reach somebody."""

    system: Literal["phone", "fax", "email", "pager", "url", "sms", "other"] | None = None
    value: Text | None = None
    use: Literal["home", "work", "temp", "old", "mobile"] | None = None
    rank: PositiveInt | None = None
    period: Period | None = None


ContactPoints = Annotated[list[ContactPoint], Meta(min_length=1)]


class Address(Element, kw_only=True):
    """A postal address."""

    use: Literal["home", "work", "temp", "old", "billing"] | None = None
    type: Literal["postal", "physical", "both"] | None = None
    text: Text | None = None
    line: Texts | None = None
    city: Text | None = None
    district: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None
    period: Period | None = None


Addresses = Annotated[list[Address], Meta(min_length=1)]


class Attachment(Element, kw_only=True):
    """A document or an image."""

    content_type: Code | None = None
    language: Code | None = None
    data: Base64 | None = None
    url: Uri | None = None
    size: UnsignedInt | None = None
    hash: Base64 | None = None
    title: Text | None = None
    creation: DateTime | None = None


Attachments = Annotated[list[Attachment], Meta(min_length=1)]


class ContactDetail(Element, kw_only=True):
    """Whom to ask."""

    name: Text | None = None
    telecom: ContactPoints | None = None


class UsageContext(Element, kw_only=True):
    """Where something is meant to be used."""

    code: Coding
    value_codeable_concept: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_range: Range | None = None
    value_reference: Reference | None = None


class Resource(Element, kw_only=True):
    """What every resource may have; `contained` is read only where a struct says of what it is made."""

    id: Id | None = None
    meta: ResourceMeta | None = None
    implicit_rules: Uri | None = None
    language: Code | None = None
    text: Narrative | None = None
    contained: Annotated[list[Unread], Meta(min_length=1)] | None = None
    modifier_extension: Extensions | None = None
