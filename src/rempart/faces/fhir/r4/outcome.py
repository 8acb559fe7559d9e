"""OperationOutcome: why a request was not answered.

Source: https://hl7.org/fhir/R4/operationoutcome.html
"""

from typing import Annotated, Literal

from msgspec import Meta

from rempart.faces.fhir.r4.datatypes import CodeableConcept, Resource
from rempart.faces.fhir.r4.elements import BackboneElement, Text, Texts

IssueCode = Literal[
    "invalid", "structure", "required", "value", "invariant",
    "security", "login", "unknown", "expired", "forbidden", "suppressed",
    "processing", "not-supported", "duplicate", "multiple-matches", "not-found", "deleted", "too-long", "code-invalid",
    "extension", "too-costly", "business-rule", "conflict",
    "transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled",
    "informational",
]  # fmt: skip


class Issue(BackboneElement, kw_only=True):
    """One thing to say about a request."""

    severity: Literal["fatal", "error", "warning", "information"]
    code: IssueCode
    details: CodeableConcept | None = None
    diagnostics: Text | None = None
    location: Texts | None = None
    expression: Texts | None = None


class OperationOutcome(Resource, kw_only=True, tag_field="resourceType", tag="OperationOutcome"):
    """What there is to say about a request."""

    issue: Annotated[list[Issue], Meta(min_length=1)]
