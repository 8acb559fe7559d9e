"""What the face says of itself: CapabilityStatement, SMART configuration, protected resource metadata. Made once, at the start.

Sources: https://hl7.org/fhir/R4/capabilitystatement.html, https://hl7.org/fhir/smart-app-launch/conformance.html, RFC 9728
"""

from importlib.metadata import version
from typing import Any, Final

import msgspec

from rempart.faces.fhir import systems
from rempart.faces.fhir.r4.capability import (
    CapabilityStatement,
    Implementation,
    Operation,
    Rest,
    RestResource,
    Security,
    Software,
)
from rempart.faces.fhir.r4.datatypes import CodeableConcept, Coding
from rempart.faces.fhir.r4.elements import Extension
from rempart.security.assertions.signatures import STATEMENT_ALGORITHMS
from rempart.security.dpop import PROOF_ALGORITHMS
from rempart.settings import Settings

VERSION: Final = version("rempart")
RELEASED_ON: Final = "2026-11-22"
"""When what this statement says last changed."""

TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 (the name of a grant)

_encode = msgspec.json.Encoder().encode


def token_url(settings: Settings) -> str:
    """Say where tokens are given."""
    return f"{settings.identity_url}/oauth/token"


def metadata_url(settings: Settings) -> str:
    """Say where the metadata of the protected resource `…/fhir` are (RFC 9728 3.1)."""
    return f"{settings.fhir_url}/.well-known/oauth-protected-resource/fhir"


def capability_statement(settings: Settings) -> bytes:
    """Write the CapabilityStatement."""
    return _encode(
        CapabilityStatement(
            url=f"{systems.CANONICAL}/CapabilityStatement/rempart",
            version=VERSION,
            name="Rempart",
            title="Rempart, tiers payant",
            status="active",
            experimental=settings.environment != "production",
            date=RELEASED_ON,
            publisher="Rempart",
            description="May tiers payant be granted to this person, on this day, for this kind of care?",
            kind="instance",
            software=Software(name="Rempart", version=VERSION),
            implementation=Implementation(
                description=f"Rempart ({settings.environment})", url=f"{settings.fhir_url}/fhir"
            ),
            fhir_version="4.0.1",
            format=["application/fhir+json", "application/json"],
            rest=[Rest(mode="server", security=_security(settings), resource=[_eligibility()])],
        )
    )


def _security(settings: Settings) -> Security:
    smart = Coding(
        system="http://terminology.hl7.org/CodeSystem/restful-security-service",
        code="SMART-on-FHIR",
        display="SMART-on-FHIR",
    )
    return Security(
        extension=[
            Extension(
                url=systems.OAUTH_URIS, extension=[Extension(url="token", value_uri=token_url(settings))]
            )
        ],
        cors=False,
        service=[CodeableConcept(coding=[smart], text="OAuth 2.0, private_key_jwt, DPoP (RFC 9449)")],
        description="A token is exchanged for the identity of a professional, and bound to the key that proves each request.",
    )


def _eligibility() -> RestResource:
    return RestResource(
        type="CoverageEligibilityRequest",
        documentation="One question: one person, one insurer, one domain of care, one day. Nothing is kept but its receipt.",
        operation=[
            Operation(
                name="submit",
                definition="http://hl7.org/fhir/OperationDefinition/CoverageEligibilityRequest-submit",
            )
        ],
    )


def smart_configuration(settings: Settings) -> bytes:
    """Write the SMART configuration: backend services only."""
    said: dict[str, Any] = {
        "issuer": settings.identity_url,
        "token_endpoint": token_url(settings),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": STATEMENT_ALGORITHMS,
        "grant_types_supported": [TOKEN_EXCHANGE],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": sorted(PROOF_ALGORITHMS),
        "capabilities": ["client-confidential-asymmetric"],
    }
    return _encode(said)


def protected_resource(settings: Settings, path: str = "") -> bytes:
    """Write the metadata of a protected resource (RFC 9728 2): this origin, or `/fhir` on it."""
    said: dict[str, Any] = {
        "resource": f"{settings.fhir_url}{path}",
        "authorization_servers": [settings.identity_url],
        "bearer_methods_supported": [],
        "dpop_signing_alg_values_supported": sorted(PROOF_ALGORITHMS),
        "dpop_bound_access_tokens_required": True,
        "resource_name": "Rempart",
    }
    return _encode(said)
