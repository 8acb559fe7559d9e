"""The questions that a software would send, to be spoilt one part at a time.

request = question(nadia, insurer_number)                    a sound CoverageEligibilityRequest
spoilt(request, "contained.0.birthDate", "1985-02-30")       the same, one element replaced
spoilt(request, "servicedDate", ABSENT)                      the same, one element gone
"""

import copy
from dataclasses import dataclass
from typing import Any, Final

from rempart.faces.fhir import systems

ABSENT: Final = object()
"""An element that is taken out."""

Resource = dict[str, Any]


@dataclass(frozen=True)
class Traits:
    """How an insurer knows somebody, as a card would say it."""

    given_name: str
    nir: str
    birth_date: str  # AAAAMMJJ
    birth_rank: int = 1


NADIA = Traits("Nadia", "285057800608441", "19850517")
ZOE = Traits("Zoé", "285057800608441", "20180228")
HUGO = Traits("Hugo", "285057800608441", "20180228", 2)
AMINA = Traits("Amina", "253329935212376", "19531399")


def question(person: Traits, amc_number: str, domain: str | None = "PHAR") -> Resource:
    """Write the request that a pharmacist's software would send about somebody."""
    request: Resource = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation"],
        "contained": [_patient(person)],
        "patient": {"reference": "#beneficiary"},
        "created": "2026-11-22T10:00:00+01:00",
        "provider": {"identifier": {"system": systems.IDNPS, "value": "10005173140"}},
        "insurer": {"identifier": {"system": systems.AMC_NUMBER, "value": amc_number}},
        "insurance": [
            {"coverage": {"identifier": {"system": "https://editeur.example/adherent", "value": "70012345"}}}
        ],
    }
    if domain is not None:
        coding = {"system": systems.CARE_DOMAIN, "code": domain}
        request["item"] = [{"category": {"coding": [coding]}}]
    return request


def _patient(person: Traits) -> Resource:
    patient: Resource = {
        "resourceType": "Patient",
        "id": "beneficiary",
        "identifier": [{"system": systems.NIR, "value": person.nir}],
        "name": [{"given": [person.given_name]}],
    }
    year, month, day = person.birth_date[:4], person.birth_date[4:6], person.birth_date[6:]
    if "01" <= month <= "12" and "01" <= day <= "31":
        patient["birthDate"] = f"{year}-{month}-{day}"
    else:
        patient["extension"] = [{"url": systems.BIRTH_DATE_TEXT, "valueString": person.birth_date}]
    if person.birth_rank != 1:
        patient["multipleBirthInteger"] = person.birth_rank
    return patient


def spoilt(request: Resource, path: str, content: object) -> Resource:
    """Copy a request with one element replaced, added or (ABSENT) taken out; the path is dotted, list places by number."""
    copied: Any = copy.deepcopy(request)
    *way, last = path.split(".")
    here = copied
    for step in way:
        here = here[int(step)] if step.isdigit() else here.setdefault(step, {})
    key: Any = int(last) if last.isdigit() else last
    if content is ABSENT:
        del here[key]
    elif isinstance(here, list) and key == len(here):
        here.append(content)
    else:
        here[key] = content
    return dict(copied)


def with_extension(request: Resource, url: str, **typed: object) -> Resource:
    """Copy a request with one extension more at its root."""
    return spoilt(request, "extension", [*request.get("extension", []), {"url": url, **typed}])
