"""The names under which this face knows identifiers, codes and extensions; docs/reference/fhir.md explains each.

Official systems keep their official names. An AMC number has none (the Inter-AMC directory is not public), nor have the domains
of care, so these are ours, under a neutral address.

Sources: INS https://hl7.fr/ig/fhir/core (fr-core-patient-ins), IDNPS and IDNST (a digit for the kind, then RPPS or FINESS)
https://mos.esante.gouv.fr (TRE_G08, TRE_G07), RPPS and FINESS https://hl7.fr/ig/fhir/core (fr-core-practitioner,
fr-core-organization).
"""

from typing import Final

CANONICAL: Final = "https://rempart.example/fhir"

NIR: Final = "urn:oid:1.2.250.1.213.1.4.8"
NIR_SYSTEMS: Final = frozenset(
    {
        NIR,
        "urn:oid:1.2.250.1.213.1.4.9",  # NIA: a number given while a person is being registered
        "urn:oid:1.2.250.1.213.1.4.10",  # test
        "urn:oid:1.2.250.1.213.1.4.11",  # demonstration
    }
)

IDNPS: Final = "urn:oid:1.2.250.1.71.4.2.1"
RPPS_SYSTEMS: Final = frozenset({IDNPS, "https://rpps.esante.gouv.fr", "http://rpps.fr"})
RPPS_PREFIX: Final = "8"
"""What comes before an RPPS number in the national identifier of a professional."""

IDNST: Final = "urn:oid:1.2.250.1.71.4.2.2"
FINESS_SYSTEMS: Final = frozenset({IDNST, "https://finess.esante.gouv.fr", "http://finess.sante.gouv.fr"})
FINESS_PREFIX: Final = "1"
"""What comes before a FINESS number in the national identifier of a structure."""

AMC_NUMBER: Final = f"{CANONICAL}/NamingSystem/amc-number"
TRACE: Final = f"{CANONICAL}/NamingSystem/trace"

CARE_DOMAIN: Final = f"{CANONICAL}/CodeSystem/care-domain"
OUTCOME: Final = f"{CANONICAL}/CodeSystem/outcome"

# Extensions that a request may carry.
BIRTH_RANK: Final = f"{CANONICAL}/StructureDefinition/birth-rank"
BIRTH_DATE_TEXT: Final = f"{CANONICAL}/StructureDefinition/birth-date-text"
CARD_SECRET: Final = f"{CANONICAL}/StructureDefinition/card-secret"
BREAK_GLASS: Final = f"{CANONICAL}/StructureDefinition/break-glass"
ONE_TIME_CODE: Final = f"{CANONICAL}/StructureDefinition/one-time-code"
PRESENCE_REQUEST: Final = f"{CANONICAL}/StructureDefinition/presence-request"
STANDING_LIST: Final = f"{CANONICAL}/StructureDefinition/standing-list"

# Extensions that an answer or a refusal may carry.
COVERAGE_RANK: Final = f"{CANONICAL}/StructureDefinition/coverage-rank"
DATA_AS_OF: Final = f"{CANONICAL}/StructureDefinition/data-as-of"
PRESENCE: Final = f"{CANONICAL}/StructureDefinition/presence"
REPEAT_OF: Final = f"{CANONICAL}/StructureDefinition/repeat-of"
TRACE_NUMBER: Final = f"{CANONICAL}/StructureDefinition/trace"
INCIDENT: Final = f"{CANONICAL}/StructureDefinition/incident"
WHY: Final = f"{CANONICAL}/StructureDefinition/why"

URI: Final = "urn:ietf:rfc:3986"
"""The system of identifiers that are URIs (https://hl7.org/fhir/R4/identifier-registry.html)."""

OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
