"""One caller at work: a session opened at the token endpoint, questions through FHIR, and what the bytes of the answers say."""

import json
import os
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from rempart.adapters import clock
from rempart.drill.callers.provider import Provider
from rempart.drill.callers.wire import Heard, Key, Line, address_of, base64url
from rempart.drill.world.people import People
from rempart.drill.world.shops import Shop
from rempart.faces.fhir.systems import AMC_NUMBER, BIRTH_DATE_TEXT, BREAK_GLASS, CARD_SECRET, CARE_DOMAIN, NIR
from rempart.sandbox.software import ASSERTION, GRANT, ID_TOKEN, read_fhir
from rempart.settings import Settings

TELL_NOTHING: Final = frozenset(("not-confirmed", "insurer-data-stale", "not-known", "presence-asked"))
"""The answers after which one knows of nobody that he is insured."""

SESSION_OVER: Final = frozenset(("session-expired", "session-unknown", "session-revoked"))
NO_ANSWER: Final = "no-answer"


@dataclass(frozen=True, slots=True)
class Question:
    """Whom one asks about: a person, or with another rank somebody who does not exist."""

    person: int
    rank: int
    nir: str
    card_secret: str | None = None
    break_glass: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the stable code, whether the bytes confirm that the person is insured, the trace number, the bytes."""

    code: str
    is_answer: bool
    confirms: bool
    trace: str
    heard: Heard | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller asks: the platform's addresses, who vouches, and the people."""

    settings: Settings
    provider: Provider
    people: People

    @property
    def token_url(self) -> str:
        """The token endpoint."""
        return f"{self.settings.identity_url}/oauth/token"

    @property
    def rights_url(self) -> str:
        """The question."""
        return f"{self.settings.fhir_url}/fhir/CoverageEligibilityRequest/$submit"


class Caller:
    """A shop's software, or the thief who holds all that it holds."""

    def __init__(self, place: Place, shop: Shop, address_number: int | None = None) -> None:
        self.place, self.shop = place, shop
        self.key, self.token = Key(), ""
        self.line = Line(address_of(shop.number if address_number is None else address_number))

    def token_form(self, subject_token: str | None = None, assertion: str | None = None) -> bytes:
        """Write a token request of the shop's software."""
        software = self.shop.software
        return urlencode(
            {
                "grant_type": GRANT,
                "client_id": software.client_id,
                "client_assertion_type": ASSERTION,
                "client_assertion": assertion or self.assertion(),
                "subject_token_type": ID_TOKEN,
                "subject_token": subject_token
                if subject_token is not None
                else self.place.provider.name(self.shop.subject, software.client_id),
            }
        ).encode()

    def assertion(self) -> str:
        """Say which software asks, once and for two minutes."""
        client_id, now = self.shop.software.client_id, int(clock.now_s())
        claims = {
            "iss": client_id, "sub": client_id, "aud": self.place.settings.identity_url, "jti": base64url(os.urandom(16)),
            "iat": now, "exp": now + 120,
        }  # fmt: skip
        return self.shop.software.key.sign({"kid": "drill"}, claims)

    async def send_token_request(self, form: bytes) -> Heard:
        """Post a token request with a proof of the caller's key."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "DPoP": self.key.prove(self.place.token_url),
        }
        return await self.line.post(self.place.token_url, form, headers)

    async def open_session(self) -> bool:
        """Take a token bound to the caller's key; false if it is refused."""
        heard = await self.send_token_request(self.token_form())
        self.token = json.loads(heard.body)["access_token"] if heard.status == 200 else ""
        return bool(self.token)

    async def ask(self, question: Question) -> Reply:
        """Ask about one person; the session is opened again once if it is over."""
        for _ in range(2):
            if not self.token and not await self.open_session():
                return Reply("no-session", False, False, "", None)
            reply = await self._ask_once(question)
            if reply.code not in SESSION_OVER:
                return reply
            self.token = ""
        return reply

    async def _ask_once(self, question: Question) -> Reply:
        url = self.place.rights_url
        headers = {
            "Authorization": f"DPoP {self.token}",
            "DPoP": self.key.prove(url, self.token),
            "Content-Type": "application/fhir+json",
        }
        try:
            return read(await self.line.post(url, self.body_of(question), headers))
        except (OSError, TimeoutError, EOFError):
            return Reply(NO_ANSWER, False, False, "", None)

    def body_of(self, question: Question) -> bytes:
        """Write the question as a CoverageEligibilityRequest (docs/reference/fhir.md)."""
        people, birth = self.place.people, self.place.people.birth_date[question.person]
        patient: dict[str, Any] = {
            "resourceType": "Patient", "id": "patient", "identifier": [{"system": NIR, "value": question.nir}],
            "multipleBirthInteger": question.rank,
        }  # fmt: skip
        if 1 <= int(birth[4:6]) <= 12 and 1 <= int(birth[6:]) <= 28:
            patient["birthDate"] = f"{birth[:4]}-{birth[4:6]}-{birth[6:]}"
        else:
            patient["extension"] = [{"url": BIRTH_DATE_TEXT, "valueString": birth}]
        request: dict[str, Any] = {
            "resourceType": "CoverageEligibilityRequest",
            "status": "active",
            "purpose": ["validation", "benefits"],
            "contained": [patient],
            "patient": {"reference": "#patient"},
            "created": clock.today("Europe/Paris").isoformat(),
            "insurer": {"identifier": {"system": AMC_NUMBER, "value": people.amc_number[question.person]}},
            "item": [{"category": {"coding": [{"system": CARE_DOMAIN, "code": self.shop.domain.name}]}}],
        }
        extensions: list[dict[str, str]] = []
        if question.card_secret is not None:
            extensions.append({"url": CARD_SECRET, "valueString": question.card_secret})
        if question.break_glass is not None:
            extensions.append({"url": BREAK_GLASS, "valueCode": question.break_glass})
        if extensions:
            request["extension"] = extensions
        return json.dumps(request, separators=(",", ":")).encode()


def read(heard: Heard) -> Reply:
    """Read an answer in the bytes of the socket, and in nothing else."""
    try:
        content = json.loads(heard.body)
        code, _, trace = read_fhir(content)
    except (ValueError, KeyError, IndexError, TypeError):
        return Reply(f"http-{heard.status}", False, False, "", heard)
    is_answer = heard.status == 200 and content["resourceType"] == "CoverageEligibilityResponse"
    return Reply(code, is_answer, is_answer and code not in TELL_NOTHING, trace, heard)
