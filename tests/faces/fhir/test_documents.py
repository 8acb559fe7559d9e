"""What the face says of itself is true, found where clients look for it, and valid."""

from urllib.parse import urlsplit

import pytest

from tests.faces.fhir.conftest import Desk, judge
from tests.faces.fhir.requests import NADIA, question

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def get(desk: Desk, path: str, **headers: str) -> dict[str, object]:
    answer = desk.exchange("GET", path, None, headers)
    assert answer.status == 200
    return answer.resource


def test_the_capability_statement_is_valid_and_says_where_tokens_are(desk: Desk) -> None:
    answer = desk.exchange("GET", "/fhir/metadata", None, {})
    judge(answer)
    assert answer.headers["content-type"] == "application/fhir+json"
    security = answer.resource["rest"][0]["security"]
    (uris,) = [extension for extension in security["extension"] if extension["url"] == OAUTH_URIS]
    assert uris["extension"] == [
        {"url": "token", "valueUri": f"{desk.running.settings.identity_url}/oauth/token"}
    ]
    (resource,) = answer.resource["rest"][0]["resource"]
    assert (resource["type"], resource["operation"][0]["name"]) == ("CoverageEligibilityRequest", "submit")


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "application/json", "application/json"),
        ("?_format=json", "application/fhir+xml", "application/fhir+json"),
        ("?_format=application/fhir%2Bjson", "*/*", "application/fhir+json"),
        ("", "text/html, application/xhtml+xml, */*;q=0.8", "application/fhir+json"),
    ],
)
def test_the_form_of_an_answer_is_the_one_asked_for(desk: Desk, query: str, accept: str, kind: str) -> None:
    answer = desk.exchange("GET", f"/fhir/metadata{query}", None, {"Accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (200, kind)


def test_xml_is_not_written(desk: Desk) -> None:
    assert desk.exchange("GET", "/fhir/metadata?_format=xml", None, {}).status == 406


@pytest.mark.parametrize(
    "path", ["/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"]
)
def test_the_smart_configuration_is_at_both_addresses(desk: Desk, path: str) -> None:
    said = get(desk, path)
    assert said["token_endpoint"] == f"{desk.running.settings.identity_url}/oauth/token"
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


@pytest.mark.parametrize(
    ("path", "resource"),
    [("/.well-known/oauth-protected-resource", ""), ("/.well-known/oauth-protected-resource/fhir", "/fhir")],
)
def test_the_metadata_of_the_protected_resource_name_the_resource_they_are_of(
    desk: Desk, path: str, resource: str
) -> None:
    said = get(desk, path)
    settings = desk.running.settings
    assert said["resource"] == f"{settings.fhir_url}{resource}"
    assert said["authorization_servers"] == [settings.identity_url]
    assert said["dpop_bound_access_tokens_required"] is True


def test_the_challenge_leads_to_the_metadata(desk: Desk) -> None:
    answer = desk.send(b"{}", headers={"Authorization": "", "DPoP": ""})
    address = answer.headers["www-authenticate"].partition('resource_metadata="')[2].rstrip('"')
    assert desk.exchange("GET", urlsplit(address).path, None, {}).status == 200


def test_health_is_told_without_a_secret(desk: Desk) -> None:
    assert get(desk, "/health") == {"status": "pass"}


def test_head_says_what_get_would(desk: Desk) -> None:
    got, head = (desk.exchange(method, "/fhir/metadata", None, {}) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert head.headers["content-length"] == str(len(got.body)) == got.headers["content-length"]


def test_a_document_may_be_kept_by_nobody(desk: Desk) -> None:
    for answer in (
        desk.exchange("GET", "/fhir/metadata", None, {}),
        desk.ask(question(NADIA, desk.insurer.amc)),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_description_holds_every_address_and_every_status(desk: Desk) -> None:
    described = get(desk, "/openapi.json")
    assert isinstance(described["paths"], dict)
    submit = described["paths"]["/fhir/CoverageEligibilityRequest/$submit"]["post"]
    assert {"200", "400", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(submit["responses"])
    for path in set(described["paths"]) - {"/fhir/CoverageEligibilityRequest/$submit"}:
        assert desk.exchange("GET", path, None, {}).status == 200, path
