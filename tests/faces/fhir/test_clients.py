"""npm's fhir-kit-client and openid-client, unmodified, get a token and an answer from the address of the server alone."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import ECKey

from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.faces.fhir.conftest import Desk
from tests.faces.fhir.requests import NADIA, question, spoilt
from tests.support.database import Database
from tests.support.identity import Provider, Software, key_set_server, with_luhn_key
from tests.support.platform import Running, processes
from tests.support.programs import run_judge


@pytest.fixture(scope="module")
def running(database: Database) -> Iterator[Running]:
    """Run the keyring, the identity process and the FHIR face, in a sandbox."""
    settings = database.settings_as("sandbox")
    with processes(settings, "keyring", "identity", "fhir", REMPART_FHIR_WORKERS="1") as started:
        yield started


@dataclass(frozen=True)
class Registered:
    """What the operator has registered: a software, a professional, and the provider that knows the professional."""

    software: Software
    provider: Provider
    rpps: str


@pytest.fixture
def registered(running: Running) -> Iterator[Registered]:
    """Register a software, an identity provider and a pharmacist."""
    software = Software("officine-fhir", ECKey.generate_key("P-256"))
    rpps = with_luhn_key("1099999999")
    with key_set_server() as (provider, _), connect_sync(running.settings, "operator") as connection:
        keys = json.dumps({"keys": [software.key.as_dict(private=False)]}).encode()
        manage_access.register_software(connection, software.client_id, "Officine", keys)
        manage_access.register_provider(
            connection,
            provider.issuer,
            f"{provider.issuer}/jwks",
            for_tests=True,
            because="essai",
            by="nadia",
        )
        manage_access.register_professional(
            connection,
            rpps=rpps,
            finess=with_luhn_key("75999999"),
            profession="pharmacist",
            name="Claire Fontaine",
        )
        yield Registered(software, provider, rpps)


def test_fhir_kit_client_finds_its_way_and_gets_answers(desk: Desk, registered: Registered) -> None:
    asked = question(NADIA, desk.insurer.amc)
    told: dict[str, Any] = json.loads(
        run_judge(
            "fhir_client.mjs",
            text=json.dumps(
                {
                    "base_url": f"{desk.running.settings.fhir_url}/fhir",
                    "client_id": registered.software.client_id,
                    "private_key": registered.software.key.as_dict(private=True),
                    "subject_token": registered.provider.identity_token(
                        registered.software.client_id, registered.rpps
                    ),
                    "questions": [asked, spoilt(asked, "contained.0.birthDate", "1985-02-30")],
                }
            ),
        )
    )
    assert told["token_url"] == f"{desk.running.settings.identity_url}/oauth/token"
    assert told["statement"]["fhirVersion"] == "4.0.1"
    granted, refused = told["answers"]
    assert granted["resource"]["insurance"][0]["inforce"] is True
    assert refused["status"] == 422
    assert refused["resource"]["issue"][0]["details"]["coding"][0]["code"] == "birth-date-impossible"


def test_a_sandbox_says_why(desk: Desk) -> None:
    said = json.loads(desk.ask(question(NADIA, desk.insurer.amc)).extension("why"))
    assert said["person_found"] is True


def test_what_is_said_of_tokens_is_what_the_identity_process_says(desk: Desk) -> None:
    identity = http.client.HTTPConnection(urlsplit(desk.running.settings.identity_url).netloc, timeout=10)
    identity.request("GET", "/.well-known/openid-configuration")
    with closing(identity):
        said = json.loads(identity.getresponse().read())
    smart = desk.exchange("GET", "/.well-known/smart-configuration", None, {}).resource
    for member in (
        "issuer", "token_endpoint", "token_endpoint_auth_methods_supported", "grant_types_supported",
    ):  # fmt: skip
        assert smart[member] == said[member], member
    for member in ("token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"):
        assert sorted(smart[member]) == sorted(said[member]), member
