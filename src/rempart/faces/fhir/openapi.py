"""The OpenAPI description of this face, for those who generate a client or try to break this server.

The schemas come from the structs that read and write the bodies, so that they cannot drift from them.

Source: https://spec.openapis.org/oas/v3.1.1
"""

from typing import Any, Final

import msgspec

from rempart.faces.fhir import documents
from rempart.faces.fhir.envelope import FHIR_JSON, JSON
from rempart.faces.fhir.r4.capability import CapabilityStatement
from rempart.faces.fhir.r4.elements import Number
from rempart.faces.fhir.r4.eligibility import (
    CoverageEligibilityRequest,
    CoverageEligibilityResponse,
    Parameters,
)
from rempart.faces.fhir.r4.outcome import OperationOutcome
from rempart.faces.fhir.submit import PATH
from rempart.limits import IDEMPOTENCY_KEY_MAX_CHARS
from rempart.settings import Settings

SCHEMAS: Final = "#/components/schemas/{name}"

_REFUSALS: Final = {
    "400": "The body is not the FHIR R4 resource that is expected here.",
    "401": "The token or the proof does not hold.",
    "403": "This caller may not ask this, or a proof of presence is asked for.",
    "404": "There is nothing at this address.",
    "405": "The method does not exist at this address.",
    "406": "None of the accepted forms is written here.",
    "408": "The body did not arrive whole in time.",
    "409": "The idempotency key was used with another body.",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON of FHIR 4.0 in UTF-8.",
    "422": "The question cannot be asked as it stands.",
    "429": "Questions come too fast, or those without a card are used up.",
    "500": "An error of ours; the answer holds an incident number.",
    "503": "A service that this one needs does not answer; ask again.",
}
_EXTENSION_PROPERTIES: Final = {
    "url", "extension", "valueBoolean", "valueCode", "valueDate", "valueInstant", "valueInteger", "valuePositiveInt",
    "valueString", "valueUri",
}  # fmt: skip
_PLAIN: Final = {
    "/.well-known/smart-configuration": "SMART configuration",
    "/fhir/.well-known/smart-configuration": "SMART configuration",
    "/.well-known/oauth-protected-resource": "Metadata of the protected resource (RFC 9728)",
    "/.well-known/oauth-protected-resource/fhir": "Metadata of the protected resource (RFC 9728)",
    "/openapi.json": "This description",
    "/health": "Whether this process can answer",
}


def description(settings: Settings) -> bytes:
    """Write the description."""
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Rempart, FHIR R4",
                "version": documents.VERSION,
                "description": "May tiers payant be granted to this person, on this day, for this kind of care?",
            },
            "servers": [{"url": settings.fhir_url}],
            "paths": {
                PATH: {"post": _submit()},
                "/fhir/metadata": {"get": _get("CapabilityStatement", fhir_schema="CapabilityStatement")},
                **{path: {"get": _get(said)} for path, said in _PLAIN.items()},
            },
            "components": {"schemas": _schemas(), "securitySchemes": _security_schemes()},
        }
    )


def _submit() -> dict[str, Any]:
    request = {"anyOf": [_reference("CoverageEligibilityRequest"), _reference("Parameters")]}
    return {
        "summary": "Ask one rights question",
        "operationId": "submitCoverageEligibilityRequest",
        "security": [{"token": [], "proof": []}],
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A repeat with the same key and body within 24 hours has the first answer again.",
                "schema": {"type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_MAX_CHARS},
            },
            {"name": "Accept-Language", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": {"required": True, "content": _both(request)},
        "responses": {
            "200": {
                "description": "The answer, granted or not.",
                "content": _both(_reference("CoverageEligibilityResponse")),
            },
            **_refusals(*_REFUSALS),
        },
    }


def _get(said: str, fhir_schema: str = "") -> dict[str, Any]:
    content = (
        _both(_reference(fhir_schema)) if fhir_schema else {JSON.decode(): {"schema": {"type": "object"}}}
    )
    refusals = ("405", "406", "503") if fhir_schema else ("405", "503")
    return {
        "summary": said,
        "responses": {"200": {"description": said, "content": content}, **_refusals(*refusals)},
    }


def _refusals(*statuses: str) -> dict[str, Any]:
    content = _both(_reference("OperationOutcome"))
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}


def _both(schema: dict[str, Any]) -> dict[str, Any]:
    return {kind.decode(): {"schema": schema} for kind in (FHIR_JSON, JSON)}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": SCHEMAS.format(name=name)}


def _security_schemes() -> dict[str, Any]:
    return {
        "token": {
            "type": "http",
            "scheme": "DPoP",
            "description": "An access token of the identity server, sent as `Authorization: DPoP …` (RFC 9449).",
        },
        "proof": {
            "type": "apiKey",
            "in": "header",
            "name": "DPoP",
            "description": "A fresh proof for this request, signed by the key that the token is bound to.",
        },
    }


def _schemas() -> dict[str, Any]:
    """Give the JSON schemas of the bodies, with the regular expressions written as ECMA does."""
    spoken = (
        CoverageEligibilityRequest,
        Parameters,
        CoverageEligibilityResponse,
        OperationOutcome,
        CapabilityStatement,
    )
    _, schemas = msgspec.json.schema_components(spoken, schema_hook=_schema_of, ref_template=SCHEMAS)
    _leave_out_what_is_rarely_sent(schemas)
    _write_patterns_as_ecma(schemas)
    return schemas


def _leave_out_what_is_rarely_sent(schemas: dict[str, Any]) -> None:
    """Drop the siblings of primitives and the values of extensions that are never read: a client generated from them is unusable.

    They are read nevertheless, and FHIR's own definitions describe them.
    """
    for schema in schemas.values():
        properties = schema["properties"]
        for name in [name for name in properties if name.startswith("_")]:
            del properties[name]
        schema.pop("additionalProperties", None)
    for name in [name for name in schemas["Extension"]["properties"] if name not in _EXTENSION_PROPERTIES]:
        del schemas["Extension"]["properties"][name]


def _schema_of(kind: type) -> dict[str, Any]:
    if kind is Number:
        return {"type": "number"}
    raise NotImplementedError


def _write_patterns_as_ecma(part: object) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            part["pattern"] = part["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
        for inner in part.values():
            _write_patterns_as_ecma(inner)
    elif isinstance(part, list):
        for inner in part:
            _write_patterns_as_ecma(inner)
