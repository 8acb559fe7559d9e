"""The software of a pharmacy: it says who it is, names its professional, gets a token, and asks through FHIR."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from rempart.adapters import clock
from rempart.faces.fhir.systems import (
    AMC_NUMBER,
    BIRTH_DATE_TEXT,
    BREAK_GLASS,
    CARD_SECRET,
    CARE_DOMAIN,
    NIR,
)
from rempart.sandbox.client import Answer, ProofKey, ask

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name of a standard)


@dataclass(frozen=True, slots=True)
class Asked:
    """A person as the shop knows him: what stands on the Vitale card and on the insurer's."""

    amc_number: str
    nir: str
    birth_date: str
    rank: int = 1
    domain: str = "PHAR"
    card_secret: str | None = None
    break_glass: str | None = None


class Software:
    """A registered software and the key that proves it."""

    def __init__(self, client_id: str, key_id: str, key: ProofKey, fhir_url: str, token_url: str) -> None:
        self._client_id = client_id
        self._key_id = key_id
        self._key = key
        self._address = f"{fhir_url}/CoverageEligibilityRequest/$submit"
        self._token_url = token_url
        self._token = ""

    def take_token(self, issuer: str, id_token: str) -> int:
        """Exchange the token that names the professional for one bound to our key; its life in seconds."""
        answer = ask(
            "POST",
            self._token_url,
            headers={"DPoP": self._key.proof("POST", self._token_url)},
            form={
                "grant_type": GRANT,
                "client_id": self._client_id,
                "client_assertion_type": ASSERTION,
                "client_assertion": self._key.assertion(self._client_id, issuer, self._key_id),
                "subject_token_type": ID_TOKEN,
                "subject_token": id_token,
            },
        ).must_be(200)
        self._token = answer.content["access_token"]
        return int(answer.content["expires_in"])

    def ask_rights(self, asked: Asked) -> Answer:
        """Ask about one person."""
        headers = {
            "Authorization": f"DPoP {self._token}",
            "DPoP": self._key.proof("POST", self._address, token=self._token),
            "Content-Type": "application/fhir+json",
            "Accept-Language": "fr",
        }
        return ask("POST", self._address, content=eligibility_request(asked), headers=headers)


def eligibility_request(asked: Asked) -> dict[str, Any]:
    """Write the question as a CoverageEligibilityRequest (docs/reference/fhir.md)."""
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "patient",
        "identifier": [{"system": NIR, "value": asked.nir}],
        "multipleBirthInteger": asked.rank,
    }
    try:
        patient["birthDate"] = date.fromisoformat(asked.birth_date).isoformat()
    except ValueError:
        patient["extension"] = [{"url": BIRTH_DATE_TEXT, "valueString": asked.birth_date}]
    request: dict[str, Any] = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation", "benefits"],
        "contained": [patient],
        "patient": {"reference": "#patient"},
        "created": clock.today("Europe/Paris").isoformat(),
        "insurer": {"identifier": {"system": AMC_NUMBER, "value": asked.amc_number}},
        "item": [{"category": {"coding": [{"system": CARE_DOMAIN, "code": asked.domain}]}}],
    }
    extensions = []
    if asked.card_secret is not None:
        extensions.append({"url": CARD_SECRET, "valueString": asked.card_secret})
    if asked.break_glass is not None:
        extensions.append({"url": BREAK_GLASS, "valueCode": asked.break_glass})
    if extensions:
        request["extension"] = extensions
    return request
