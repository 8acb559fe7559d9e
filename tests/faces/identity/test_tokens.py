"""A software gets a token bound to its key: the request, what it may not ask for, and what the discovery documents promise."""

import hashlib
from typing import Any

import pytest

from rempart.limits import SOFTWARE_SESSION_LIFE_S
from rempart.store.database import connect_sync
from tests.support.identity import House, Professional, said, sessions_of
from tests.support.proofs import ClientKey


def test_the_exchange_gives_a_token_bound_to_the_software_key(house: House) -> None:
    professional = house.register("Paul Martin")
    answer = house.exchange(professional.rpps)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body | {"access_token": ""} == {
        "access_token": "",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "DPoP",
        "expires_in": SOFTWARE_SESSION_LIFE_S,
    }
    (session,) = sessions_of(house, professional.account_id)
    assert bytes(session[0]) == hashlib.sha256(answer.body["access_token"].encode()).digest()
    assert bytes(session[1]) == house.software.proof_key.thumbprint
    assert session[2] is not None
    assert session[3:] == (None, SOFTWARE_SESSION_LIFE_S)


def test_the_token_itself_is_nowhere_in_the_database(house: House, pharmacist: Professional) -> None:
    token = house.exchange(pharmacist.rpps).body["access_token"]
    with connect_sync(house.settings, "owner") as connection:
        rows = connection.execute("select s::text from access.sessions as s").fetchall()
    assert rows
    assert not any(token in row[0] or token.encode().hex() in row[0] for row in rows)


def test_a_proof_used_twice_is_refused(house: House, pharmacist: Professional) -> None:
    proof = house.software.proof_key.proof("POST", f"{house.url}/oauth/token")
    assert house.exchange(pharmacist.rpps, proof=proof).status == 200
    assert said(house.exchange(pharmacist.rpps, proof=proof)) == (400, "invalid_dpop_proof", "proof-replayed")


def test_a_request_without_a_proof_is_refused(house: House, pharmacist: Professional) -> None:
    assert said(house.exchange(pharmacist.rpps, proof=None)) == (400, "invalid_dpop_proof", "proof-missing")


def test_a_proof_for_another_address_is_refused(house: House, pharmacist: Professional) -> None:
    proof = house.software.proof_key.proof("POST", "http://localhost:1/oauth/token")
    assert said(house.exchange(pharmacist.rpps, proof=proof)) == (
        400,
        "invalid_dpop_proof",
        "proof-address-wrong",
    )


WRONG_REQUESTS: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "another grant": (
        {"grant_type": "client_credentials"},
        400,
        "unsupported_grant_type",
        "grant-type-unsupported",
    ),
    "a password": ({"grant_type": "password"}, 400, "unsupported_grant_type", "grant-type-unsupported"),
    "no grant": ({"grant_type": None}, 400, "unsupported_grant_type", "grant-type-unsupported"),
    "no assertion": ({"client_assertion": None}, 400, "invalid_request", "token-request-refused"),
    "a secret for an assertion": (
        {"client_assertion_type": None},
        400,
        "invalid_request",
        "token-request-refused",
    ),
    "no subject": ({"subject_token": None}, 400, "invalid_request", "token-request-refused"),
    "an access token for a subject": (
        {"subject_token_type": "urn:ietf:params:oauth:token-type:access_token"},
        400,
        "invalid_request",
        "token-request-refused",
    ),
    "an actor": ({"actor_token": "x"}, 400, "invalid_request", "token-request-refused"),
    "a refresh token wanted": (
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        400,
        "invalid_request",
        "token-request-refused",
    ),
    "a scope": ({"scope": "system/*.read"}, 400, "invalid_scope", "scope-unknown"),
    "another resource": ({"resource": "https://elsewhere.example"}, 400, "invalid_target", "target-unknown"),
    "another audience": ({"audience": "elsewhere"}, 400, "invalid_target", "target-unknown"),
    "a place that is no FINESS number": ({"organization": "12"}, 400, "invalid_request", "finess-length"),
}


@pytest.mark.parametrize(
    ("form", "told"), [(case[0], case[1:]) for case in WRONG_REQUESTS.values()], ids=WRONG_REQUESTS.keys()
)
def test_a_token_request_is_refused_with(
    house: House, pharmacist: Professional, form: dict[str, Any], told: tuple[int, str, str]
) -> None:
    assert said(house.exchange(pharmacist.rpps, **form)) == told


def test_the_fhir_address_is_a_resource(house: House, pharmacist: Professional) -> None:
    assert house.exchange(pharmacist.rpps, resource=f"{house.settings.fhir_url}/fhir").status == 200


def test_a_parameter_that_comes_twice_is_refused(house: House) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = house.send("POST", "/oauth/token", "grant_type=a&grant_type=b", headers)
    assert said(answer) == (400, "invalid_request", "token-request-refused")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", "application/json", 415),
        ("a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded", 400),
        ("&".join(f"a{number}=1" for number in range(40)), "application/x-www-form-urlencoded", 400),
        ("", "application/x-www-form-urlencoded", 400),
    ],
)
def test_a_body_that_is_no_token_request_is_refused(
    house: House, body: Any, content_type: str, status: int
) -> None:
    answer = house.send("POST", "/oauth/token", body, {"Content-Type": content_type})
    assert answer.status == status
    assert answer.body["error"] in ("invalid_request", "unsupported_grant_type")


def test_each_error_leads_to_a_page_that_says_it(house: House) -> None:
    answer = house.exchange("", subject_token=None)
    page = house.send("GET", answer.body["error_uri"].removeprefix(house.url))
    assert page.status == 200
    assert answer.body["code"].encode() in page.body
    assert house.send("GET", "/errors/no-such-code").status == 404


def test_the_key_of_a_session_is_the_one_of_its_proof(house: House, pharmacist: Professional) -> None:
    thief = ClientKey()
    proof = thief.proof("POST", f"{house.url}/oauth/token")
    house.exchange(pharmacist.rpps, proof=proof)
    assert bytes(sessions_of(house, pharmacist.account_id)[-1][1]) == thief.thumbprint


def test_a_page_of_another_site_may_not_read_the_answers(house: House) -> None:
    answer = house.send(
        "GET", "/.well-known/openid-configuration", headers={"Origin": "https://elsewhere.example"}
    )
    assert "access-control-allow-origin" not in answer.headers
    answer = house.send(
        "GET", "/.well-known/openid-configuration", headers={"Origin": house.settings.portal_url}
    )
    assert answer.headers["access-control-allow-origin"] == house.settings.portal_url


def test_both_discovery_documents_say_what_there_is(house: House) -> None:
    documents = [
        house.send("GET", f"/.well-known/{name}").body
        for name in ("openid-configuration", "oauth-authorization-server")
    ]
    assert documents[0] == documents[1]
    assert documents[0]["issuer"] == house.url
    assert documents[0]["token_endpoint"] == f"{house.url}/oauth/token"
    assert documents[0]["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert documents[0]["grant_types_supported"] == ["urn:ietf:params:oauth:grant-type:token-exchange"]
    assert "authorization_endpoint" not in documents[0]


def test_an_unknown_address_or_method_is_said_without_a_trace(house: House) -> None:
    assert house.send("GET", "/nowhere").body["code"] == "address-unknown"
    answer = house.send("GET", "/oauth/token")
    assert (answer.status, answer.body["code"]) == (405, "method-unknown")
    assert answer.body["error"] == "invalid_request"
    assert answer.body["error_description"].isascii()
    assert answer.headers["allow"] == "POST"
