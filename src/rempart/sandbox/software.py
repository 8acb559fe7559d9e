"""The software of a pharmacy: it says who it is, names its professional, gets a token, and asks through FHIR."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rempart.adapters import clock
from rempart.faces.fhir.systems import (
    AMC_NUMBER,
    BIRTH_DATE_TEXT,
    BREAK_GLASS,
    CARD_SECRET,
    CARE_DOMAIN,
    NIR,
    ONE_TIME_CODE,
    PRESENCE_REQUEST,
    TRACE_NUMBER,
)
from rempart.sandbox.client import Answer, ProofKey, ask
from rempart.settings import Settings

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name of a standard)

_CODES_WITHOUT_ERROR = {"complete": "open", "queued": "presence-asked"}


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
    asked_for: str | None = None
    one_time_code: str | None = None


class Software:
    """A registered software and the key that proves it."""

    def __init__(
        self, client_id: str, key_id: str, key: ProofKey, fhir_url: str, token_url: str, token: str = ""
    ) -> None:
        self._client_id = client_id
        self._key_id = key_id
        self._key = key
        self._address = f"{fhir_url}/CoverageEligibilityRequest/$submit"
        self._token_url = token_url
        self._token = token

    @property
    def token(self) -> str:
        """The access token at hand; empty before the first one."""
        return self._token

    def take_token(self, issuer: str, id_token: str, place: str | None = None) -> int:
        """Exchange the token that names the professional for one bound to our key; its life in seconds.

        `place` is the FINESS number of one who works at several.
        """
        form = {
            "grant_type": GRANT,
            "client_id": self._client_id,
            "client_assertion_type": ASSERTION,
            "client_assertion": self._key.assertion(self._client_id, issuer, self._key_id),
            "subject_token_type": ID_TOKEN,
            "subject_token": id_token,
        }
        if place is not None:
            form["organization"] = place
        proof = {"DPoP": self._key.proof("POST", self._token_url)}
        answer = ask("POST", self._token_url, headers=proof, form=form).must_be(200)
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


@dataclass(frozen=True, slots=True)
class Registration:
    """A software as the operator registered it, and where its private key is kept."""

    client_id: str
    name: str
    key_id: str
    key: ProofKey
    key_file: Path

    def software(self, settings: Settings, token: str = "") -> Software:
        """Start this software, pointed at a platform, with a token that it has already if there is one."""
        fhir_url, token_url = f"{settings.fhir_url}/fhir", f"{settings.identity_url}/oauth/token"
        return Software(self.client_id, self.key_id, self.key, fhir_url, token_url, token)


def read_fhir(content: dict[str, Any]) -> tuple[str, str, str]:
    """Read the code, the sentence and the trace number of an answer or a refusal."""
    if content["resourceType"] == "CoverageEligibilityResponse":
        errors = content.get("error")
        code = errors[0]["code"]["coding"][0]["code"] if errors else _CODES_WITHOUT_ERROR[content["outcome"]]
        return code, content["disposition"], content["identifier"][0]["value"]
    details = content["issue"][0]["details"]
    traces = [one["valueString"] for one in content.get("extension", ()) if one["url"] == TRACE_NUMBER]
    return details["coding"][0]["code"], details["text"], traces[0] if traces else "sans reçu"


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
    if asked.asked_for is not None:
        extensions.append({"url": PRESENCE_REQUEST, "valueCode": asked.asked_for})
    if asked.one_time_code is not None:
        extensions.append({"url": ONE_TIME_CODE, "valueString": asked.one_time_code})
    if extensions:
        request["extension"] = extensions
    return request
