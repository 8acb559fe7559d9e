"""Sound questions with one element made wrong, and what is said of each: status, code, place.

`FHIR_FORM` are no FHIR R4; `QUESTIONS` are, but ask what cannot be asked. Every code of faces/fhir/errors.py is here.
"""

from dataclasses import dataclass
from typing import Final

from rempart.faces.fhir import systems
from tests.faces.fhir.requests import ABSENT, AMINA, HUGO, NADIA, Traits

BIRTH_DATE_TEXT: Final = f"contained[0].extension('{systems.BIRTH_DATE_TEXT}').value"
BIRTH_RANK: Final = f"contained[0].extension('{systems.BIRTH_RANK}').value"
CARD_SECRET: Final = f"extension('{systems.CARD_SECRET}').value"
BREAK_GLASS: Final = f"extension('{systems.BREAK_GLASS}').value"


@dataclass(frozen=True)
class Wrong:
    """One element made wrong, and what is said of it."""

    path: str
    content: object
    status: int
    code: str
    place: str
    person: Traits = NADIA

    def __str__(self) -> str:
        return f"{self.code}-{self.path}"


FHIR_FORM = [
    Wrong("resourceType", "Patient", 400, "resource-type-unexpected", "resourceType"),
    Wrong("resourceType", ABSENT, 400, "resource-type-unexpected", "resourceType"),
    Wrong(
        "contained.0.resourceType", "Observation",
        400, "resource-type-unexpected", "contained[0].resourceType",
    ),
    Wrong("status", ABSENT, 400, "element-missing", "status"),
    Wrong("patient", ABSENT, 400, "element-missing", "patient"),
    Wrong("insurance.0.coverage", ABSENT, 400, "element-missing", "insurance[0].coverage"),
    Wrong("statut", "active", 400, "element-unknown", ""),
    Wrong("contained.0.birthPlace", "Oran", 400, "element-unknown", "contained[0]"),
    Wrong("contained.0.active", "yes", 400, "element-type-wrong", "contained[0].active"),
    Wrong(
        "contained.0.multipleBirthInteger", "2",
        400, "element-type-wrong", "contained[0].multipleBirthInteger",
    ),
    Wrong("item", {}, 400, "element-type-wrong", "item"),
    Wrong("created", "hier", 400, "element-format-wrong", "created"),
    Wrong("contained.0.birthDate", "17/05/1985", 400, "element-format-wrong", "contained[0].birthDate"),
    Wrong("contained.0.birthDate", "1985-13-01", 400, "element-format-wrong", "contained[0].birthDate"),
    Wrong("contained.0.id", "#1", 400, "element-format-wrong", "contained[0].id"),
    Wrong("status", "actif", 400, "element-code-unknown", "status"),
    Wrong("purpose", ["validate"], 400, "element-code-unknown", "purpose[0]"),
    Wrong("contained.0.gender", "F", 400, "element-code-unknown", "contained[0].gender"),
    Wrong("purpose", [], 400, "element-empty", "purpose"),
    Wrong("contained.0.name.0.family", "", 400, "element-empty", "contained[0].name[0].family"),
    Wrong("priority", {}, 400, "element-empty", "priority"),
    Wrong("priority", None, 400, "element-empty", "priority"),
    Wrong(
        "contained.0.identifier.0.type", {"coding": [{}]},
        400, "element-empty", "contained[0].identifier[0].type.coding[0]",
    ),
    Wrong(
        "item.0.modifierExtension", [{"url": "https://editeur.example/sauf", "valueBoolean": True}],
        400, "modifier-extension-unknown", "item[0].modifierExtension",
    ),
    Wrong(
        "implicitRules", "https://editeur.example/regles",
        400, "implicit-rules-unknown", "implicitRules",
    ),
    Wrong(
        "contained.0.multipleBirthBoolean", True,
        400, "element-twice", "contained[0].multipleBirth", HUGO,
    ),
]  # fmt: skip

QUESTIONS = [
    Wrong("status", "draft", 422, "status-not-active", "status"),
    Wrong("purpose", ["benefits"], 422, "purpose-not-served", "purpose"),
    Wrong("purpose", ["validation", "discovery"], 422, "purpose-not-served", "purpose"),
    Wrong("servicedPeriod", {"start": "2026-11-01"}, 422, "care-period-refused", "servicedPeriod"),
    Wrong("servicedDate", "2026-11", 422, "care-date-partial", "servicedDate"),
    Wrong("servicedDate", "2026-02-30", 422, "care-date-impossible", "servicedDate"),
    Wrong("servicedDate", "1985-05-16", 422, "care-before-birth", "servicedDate"),
    Wrong("patient", {"reference": "Patient/1"}, 422, "patient-not-contained", "patient"),
    Wrong("patient", {"display": "Nadia"}, 422, "patient-not-contained", "patient"),
    Wrong("patient.reference", "#autre", 422, "reference-unresolved", "patient.reference"),
    Wrong("insurer", {"reference": "#mutuelle"}, 422, "reference-unresolved", "insurer.reference"),
    Wrong("provider", {"reference": "#role"}, 422, "reference-unresolved", "provider.reference"),
    Wrong(
        "contained.0.identifier.0.system", "urn:oid:1.2.3",
        422, "identifier-system-unknown", "contained[0].identifier[0].system",
    ),
    Wrong(
        "insurer.identifier.system", "urn:oid:1.2.3",
        422, "identifier-system-unknown", "insurer.identifier[0].system",
    ),
    Wrong(
        "provider.identifier.system", "urn:oid:1.2.3",
        422, "identifier-system-unknown", "provider.identifier[0].system",
    ),
    Wrong("contained.0.identifier", ABSENT, 422, "nir-missing", "contained[0].identifier"),
    Wrong("contained.0.identifier.0.value", ABSENT, 422, "nir-missing", "contained[0].identifier[0].value"),
    Wrong(
        "contained.0.identifier.1", {"system": systems.NIR, "value": NADIA.nir},
        422, "nir-twice", "contained[0].identifier[1].value",
    ),
    Wrong("insurer", {"display": "Mutuelle"}, 422, "amc-number-missing", "insurer.identifier"),
    Wrong("contained.0.birthDate", ABSENT, 422, "birth-date-missing", "contained[0].birthDate"),
    Wrong("contained.0.birthDate", "1985-05", 422, "birth-date-partial", "contained[0].birthDate"),
    Wrong("contained.0.birthDate", "1985-02-30", 422, "birth-date-impossible", "contained[0].birthDate"),
    Wrong("contained.0.birthDate", "2085-02-20", 422, "birth-date-ahead", "contained[0].birthDate"),
    Wrong(
        "contained.0.extension.0.valueString", "20991399",
        422, "birth-date-ahead", BIRTH_DATE_TEXT, AMINA,
    ),
    Wrong("contained.0.birthDate", "1785-02-20", 422, "birth-date-year", "contained[0].birthDate"),
    Wrong("contained.0.birthDate", "1953-12-31", 422, "birth-date-twice", "contained[0].birthDate", AMINA),
    Wrong(
        "contained.0.extension.0.valueString", "1953139",
        422, "birth-date-length", BIRTH_DATE_TEXT, AMINA,
    ),
    Wrong(
        "contained.0.extension.0.valueString", "1953139X",
        422, "birth-date-character", BIRTH_DATE_TEXT, AMINA,
    ),
    Wrong(
        "contained.0.multipleBirthBoolean", True,
        422, "birth-rank-missing", "contained[0].multipleBirth",
    ),
    Wrong(
        "contained.0.extension", [{"url": systems.BIRTH_RANK, "valuePositiveInt": 3}],
        422, "birth-rank-twice", BIRTH_RANK, HUGO,
    ),
    Wrong("contained.0.multipleBirthInteger", 0, 422, "birth-rank", "contained[0].multipleBirth"),
    Wrong("contained.0.multipleBirthInteger", 10, 422, "birth-rank", "contained[0].multipleBirth"),
    Wrong("contained.0.multipleBirthInteger", -3, 422, "birth-rank", "contained[0].multipleBirth"),
    Wrong(
        "contained.0.identifier.0.value", "285057800608442",
        422, "nir-key", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "2850578006084",
        422, "nir-key-missing", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "28505780060844",
        422, "nir-length", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "28505780060844X",
        422, "nir-character", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "985057800608441",
        422, "nir-sex-digit", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "285137800608441",
        422, "nir-month", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "285050000608441",
        422, "nir-place", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "285057800600041",
        422, "nir-order", "contained[0].identifier[0].value",
    ),
    Wrong(
        "contained.0.identifier.0.value", "255555500104234",
        422, "nir-fictitious", "contained[0].identifier[0].value",
    ),
    Wrong("insurer.identifier.value", "123", 422, "amc-number-length", "insurer.identifier[0].value"),
    Wrong(
        "insurer.identifier.value", "07756273X1",
        422, "amc-number-character", "insurer.identifier[0].value",
    ),
    Wrong("insurer.identifier.value", "0000000000", 422, "amc-number-zero", "insurer.identifier[0].value"),
    Wrong("provider.identifier.value", "1000517314", 422, "rpps-length", "provider.identifier[0].value"),
    Wrong("provider.identifier.value", "10005173141", 422, "rpps-key", "provider.identifier[0].value"),
    Wrong(
        "provider.identifier.value", "1000517314X",
        422, "rpps-character", "provider.identifier[0].value",
    ),
    Wrong(
        "provider.identifier", {"system": systems.IDNST, "value": "75071218"},
        422, "finess-length", "provider.identifier[0].value",
    ),
    Wrong(
        "provider.identifier", {"system": systems.IDNST, "value": "750712185"},
        422, "finess-key", "provider.identifier[0].value",
    ),
    Wrong(
        "provider.identifier", {"system": systems.IDNST, "value": "75071218X"},
        422, "finess-character", "provider.identifier[0].value",
    ),
    Wrong(
        "provider.identifier", {"system": systems.IDNST, "value": "000712184"},
        422, "finess-departement", "provider.identifier[0].value",
    ),
    Wrong("item.0.category", {"text": "Pharmacie"}, 422, "care-domain-system-unknown", "item[0].category"),
    Wrong(
        "item.0.category.coding.0.system", "urn:oid:1.2.3",
        422, "care-domain-system-unknown", "item[0].category.coding[0].system",
    ),
    Wrong(
        "item.0.category.coding.0.code", "OPTIQUE",
        422, "care-domain-unknown", "item[0].category.coding.code",
    ),
    Wrong("item.1", {"category": {"text": "Optique"}}, 422, "care-domains-several", "item"),
    Wrong(
        "extension", [{"url": systems.CARD_SECRET, "valueString": "abc"}],
        422, "card-secret-form", CARD_SECRET,
    ),
    Wrong(
        "extension", [{"url": systems.CARD_SECRET, "valueInteger": 1}],
        422, "extension-value-wrong", CARD_SECRET,
    ),
    Wrong(
        "extension", [{"url": systems.BREAK_GLASS, "valueCode": "because"}],
        422, "break-glass-reason-unknown", BREAK_GLASS,
    ),
    Wrong(
        "extension", [{"url": systems.BREAK_GLASS, "valueCode": "newborn"}] * 2,
        422, "extension-value-wrong", BREAK_GLASS.removesuffix(".value"),
    ),
]  # fmt: skip
