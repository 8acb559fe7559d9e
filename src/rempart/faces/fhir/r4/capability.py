"""CapabilityStatement: what a server offers.

Source: https://hl7.org/fhir/R4/capabilitystatement.html
"""

from typing import Annotated, Literal

from msgspec import Meta

from rempart.faces.fhir.r4.datatypes import (
    Coding,
    Concepts,
    ContactDetail,
    Reference,
    Resource,
    UsageContext,
)
from rempart.faces.fhir.r4.elements import (
    BackboneElement,
    Code,
    DateTime,
    Markdown,
    Text,
    Texts,
    UnsignedInt,
    Uri,
)

Uris = Annotated[list[Uri], Meta(min_length=1)]
Codes = Annotated[list[Code], Meta(min_length=1)]


class Software(BackboneElement, kw_only=True):
    """The software that answers."""

    name: Text
    version: Text | None = None
    release_date: DateTime | None = None


class Implementation(BackboneElement, kw_only=True):
    """The running system that answers."""

    description: Text
    url: Uri | None = None
    custodian: Reference | None = None


class Security(BackboneElement, kw_only=True):
    """How a caller proves who it is."""

    cors: bool | None = None
    service: Concepts | None = None
    description: Markdown | None = None


class Interaction(BackboneElement, kw_only=True):
    """Something that can be done with a type of resource, or with the whole system."""

    code: Literal[
        "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
        "transaction", "batch", "search-system", "history-system",
    ]  # fmt: skip
    documentation: Markdown | None = None


class SearchParam(BackboneElement, kw_only=True):
    """A parameter that a search takes."""

    name: Text
    definition: Uri | None = None
    type: Literal["number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"]
    documentation: Markdown | None = None


class Operation(BackboneElement, kw_only=True):
    """An operation that a server offers."""

    name: Text
    definition: Uri
    documentation: Markdown | None = None


class RestResource(BackboneElement, kw_only=True):
    """What is offered for one type of resource."""

    type: Code
    profile: Uri | None = None
    supported_profile: Uris | None = None
    documentation: Markdown | None = None
    interaction: Annotated[list[Interaction], Meta(min_length=1)] | None = None
    versioning: Literal["no-version", "versioned", "versioned-update"] | None = None
    read_history: bool | None = None
    update_create: bool | None = None
    conditional_create: bool | None = None
    conditional_read: Literal["not-supported", "modified-since", "not-match", "full-support"] | None = None
    conditional_update: bool | None = None
    conditional_delete: Literal["not-supported", "single", "multiple"] | None = None
    reference_policy: (
        Annotated[
            list[Literal["literal", "logical", "resolves", "enforced", "local"]],
            Meta(min_length=1),
        ]
        | None
    ) = None
    search_include: Texts | None = None
    search_rev_include: Texts | None = None
    search_param: Annotated[list[SearchParam], Meta(min_length=1)] | None = None
    operation: Annotated[list[Operation], Meta(min_length=1)] | None = None


class Rest(BackboneElement, kw_only=True):
    """What is offered over HTTP."""

    mode: Literal["client", "server"]
    documentation: Markdown | None = None
    security: Security | None = None
    resource: Annotated[list[RestResource], Meta(min_length=1)] | None = None
    interaction: Annotated[list[Interaction], Meta(min_length=1)] | None = None
    search_param: Annotated[list[SearchParam], Meta(min_length=1)] | None = None
    operation: Annotated[list[Operation], Meta(min_length=1)] | None = None
    compartment: Uris | None = None


class MessagingEndpoint(BackboneElement, kw_only=True):
    """Where messages are sent."""

    protocol: Coding
    address: Uri


class SupportedMessage(BackboneElement, kw_only=True):
    """A message that is understood."""

    mode: Literal["sender", "receiver"]
    definition: Uri


class Messaging(BackboneElement, kw_only=True):
    """What is offered by messages."""

    endpoint: Annotated[list[MessagingEndpoint], Meta(min_length=1)] | None = None
    reliable_cache: UnsignedInt | None = None
    documentation: Markdown | None = None
    supported_message: Annotated[list[SupportedMessage], Meta(min_length=1)] | None = None


class Document(BackboneElement, kw_only=True):
    """A kind of document that is made or read."""

    mode: Literal["producer", "consumer"]
    documentation: Markdown | None = None
    profile: Uri


class CapabilityStatement(Resource, kw_only=True, tag_field="resourceType", tag="CapabilityStatement"):
    """What a server offers."""

    url: Uri | None = None
    version: Text | None = None
    name: Text | None = None
    title: Text | None = None
    status: Literal["draft", "active", "retired", "unknown"]
    experimental: bool | None = None
    date: DateTime
    publisher: Text | None = None
    contact: Annotated[list[ContactDetail], Meta(min_length=1)] | None = None
    description: Markdown | None = None
    use_context: Annotated[list[UsageContext], Meta(min_length=1)] | None = None
    jurisdiction: Concepts | None = None
    purpose: Markdown | None = None
    copyright: Markdown | None = None
    kind: Literal["instance", "capability", "requirements"]
    instantiates: Uris | None = None
    imports: Uris | None = None
    software: Software | None = None
    implementation: Implementation | None = None
    fhir_version: Code
    format: Codes
    patch_format: Codes | None = None
    implementation_guide: Uris | None = None
    rest: Annotated[list[Rest], Meta(min_length=1)] | None = None
    messaging: Annotated[list[Messaging], Meta(min_length=1)] | None = None
    document: Annotated[list[Document], Meta(min_length=1)] | None = None
