"""A software gets a token only by its own key, with a fresh proof, for a professional named to it by a provider we believe."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from rempart.domain.errors import registration as errors
from rempart.limits import ASSERTION_LIFE_MAX_S, SOFTWARE_SESSION_LIFE_S
from rempart.operations import manage_access
from rempart.store import software
from rempart.store.database import connect_sync
from tests.support.identity import Answer, House, Professional, Provider, with_luhn_key
from tests.support.proofs import ClientKey, base64url


@pytest.fixture(scope="module")
def pharmacist(house: House) -> Professional:
    return house.register("Claire Fontaine")


def said(answer: Answer) -> tuple[int, str, str]:
    """Give the status, OAuth's word and our code."""
    return answer.status, answer.body["error"], answer.body["code"]


def sessions_of(house: House, account_id: int) -> list[Any]:
    with connect_sync(house.settings, "owner") as connection:
        return connection.execute(
            "select token_digest, key_thumbprint, software_id, nonce_digest, extract(epoch from expires_at - opened_at)::int "
            "from access.sessions where account_id = %s order by session_id",
            (account_id,),
        ).fetchall()


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


def test_an_assertion_used_twice_is_refused(house: House, pharmacist: Professional) -> None:
    assertion = house.software.assertion(house.url)
    assert house.exchange(pharmacist.rpps, client_assertion=assertion).status == 200
    again = house.exchange(pharmacist.rpps, client_assertion=assertion)
    assert said(again) == (401, "invalid_client", "client-assertion-replayed")


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


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA", "Ed25519"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_each_announced_algorithm_of_assertions_is_taken(house: House, algorithm: str) -> None:
    makers = {
        "E": lambda: OKPKey.generate_key("Ed25519"),
        "R": lambda: RSAKey.generate_key(2048),
        "P": lambda: RSAKey.generate_key(2048),
    }
    key = ECKey.generate_key("P-256") if algorithm == "ES256" else makers[algorithm[0]]()
    professional = house.register("Jeanne Petit")
    with connect_sync(house.settings, "operator") as connection:
        client_id = f"logiciel-{algorithm}"
        software.register_software(connection, client_id, "Essai", {"keys": [key.as_dict(private=False)]})
    assertion = house.software.assertion(
        house.url, algorithm=algorithm, key=key, iss=client_id, sub=client_id
    )
    subject_token = house.provider.identity_token(client_id, professional.rpps)
    assert house.exchange(client_assertion=assertion, subject_token=subject_token).status == 200


def test_the_token_endpoint_is_also_an_audience(house: House, pharmacist: Professional) -> None:
    assertion = house.software.assertion(f"{house.url}/oauth/token")
    assert house.exchange(pharmacist.rpps, client_assertion=assertion).status == 200


WRONG_ASSERTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": 1_700_000_000, "iat": None}, "client-assertion-stale"),
    "living longer than five minutes": ({"exp": "later"}, "client-assertion-stale"),
    "dated from the future": ({"iat": "later"}, "client-assertion-stale"),
    "not yet valid": ({"nbf": "later"}, "client-assertion-stale"),
    "without an end": ({"exp": None}, "client-refused"),
    "without an identifier": ({"jti": None}, "client-refused"),
    "for another server": ({"aud": "https://elsewhere.example"}, "client-refused"),
    "for us and for another server": ({"aud": "both"}, "client-refused"),
    "for nobody": ({"aud": []}, "client-refused"),
    "issued by somebody else": ({"iss": "somebody-else"}, "client-refused"),
    "about an unknown client": ({"iss": "nobody", "sub": "nobody"}, "client-refused"),
}


@pytest.mark.parametrize(("claims", "code"), WRONG_ASSERTIONS.values(), ids=WRONG_ASSERTIONS.keys())
def test_an_assertion_is_refused_when_it_is(
    house: House, pharmacist: Professional, claims: dict[str, Any], code: str
) -> None:
    later = int(time.time()) + ASSERTION_LIFE_MAX_S + 60
    meant = {"later": later, "both": [house.url, "https://elsewhere.example"]}
    written = {
        name: meant.get(content, content) if isinstance(content, str) else content
        for name, content in claims.items()
    }
    assertion = house.software.assertion(house.url, **written)
    assert said(house.exchange(pharmacist.rpps, client_assertion=assertion)) == (401, "invalid_client", code)


def test_an_unknown_client_and_a_wrong_key_are_told_the_same_way(
    house: House, pharmacist: Professional
) -> None:
    unknown = house.software.assertion(house.url, iss="nobody", sub="nobody")
    wrong_key = house.software.assertion(house.url, key=ECKey.generate_key("P-256"))
    first, second = (house.exchange(pharmacist.rpps, client_assertion=each) for each in (unknown, wrong_key))
    assert (first.status, first.body) == (second.status, second.body)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}])
def test_an_assertion_signed_by_nobody_or_by_a_shared_secret_is_refused(
    house: House, pharmacist: Professional, header: dict[str, str]
) -> None:
    claims = json.dumps(
        {
            "iss": "officine-test",
            "sub": "officine-test",
            "aud": house.url,
            "exp": time.time() + 60,
            "jti": "x" * 20,
        }
    )
    if header["alg"] == "none":
        assertion = f"{_segment(json.dumps(header))}.{_segment(claims)}."
    else:
        signed = f"{_segment(json.dumps(header))}.{_segment(claims)}"
        public_key = house.software.key.as_pem(private=False)
        assertion = f"{signed}.{base64url(hmac.new(public_key, signed.encode(), 'sha256').digest())}"
    assert said(house.exchange(pharmacist.rpps, client_assertion=assertion)) == (
        401,
        "invalid_client",
        "client-refused",
    )


def _segment(text: str) -> str:
    return base64url(text.encode())


def test_a_client_id_beside_the_assertion_must_be_the_same(house: House, pharmacist: Professional) -> None:
    assert house.exchange(pharmacist.rpps, client_id="officine-test").status == 200
    assert said(house.exchange(pharmacist.rpps, client_id="another")) == (
        401,
        "invalid_client",
        "client-refused",
    )


def test_a_dpop_proof_is_no_client_assertion(house: House, pharmacist: Professional) -> None:
    proof = house.software.proof_key.proof("POST", f"{house.url}/oauth/token", sub="officine-test")
    assert said(house.exchange(pharmacist.rpps, client_assertion=proof))[1] == "invalid_client"


WRONG_SUBJECTS: dict[str, tuple[dict[str, Any], str]] = {
    "issued to another client": ({"aud": "another-software"}, "subject-token-for-another"),
    "for two clients without saying which": (
        {"aud": ["officine-test", "another"]},
        "subject-token-for-another",
    ),
    "for two clients and issued to the other": (
        {"aud": ["officine-test", "another"], "azp": "another"},
        "subject-token-for-another",
    ),
    "expired": ({"exp": 1_700_000_000}, "subject-token-expired"),
    "from the future": ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "subject-token-malformed"),
    "without an end": ({"exp": None}, "subject-token-malformed"),
    "of a provider that we do not believe": (
        {"iss": "https://elsewhere.example"},
        "subject-token-issuer-unknown",
    ),
    "without a national identifier": (
        {"SubjectNameID": None, "preferred_username": None},
        "subject-names-nobody",
    ),
    "about an ADELI number": ({"SubjectNameID": "0759912345"}, "subject-names-nobody"),
    "about a bare RPPS number": ({"SubjectNameID": "10005173140"}, "subject-names-nobody"),
    "about an RPPS number with a wrong key": ({"SubjectNameID": "810005173141"}, "subject-names-nobody"),
    "about somebody who does not practise": ({"SubjectRefPro": {"exercices": []}}, "subject-names-nobody"),
    "about somebody who is not registered": (
        {"SubjectNameID": "8" + with_luhn_key("1099999999")},
        "subject-not-admitted",
    ),
    "at another place": (
        {"SubjectRefPro": {"exercices": [{"activities": [{"numeroFinessSite": "750712184"}]}]}},
        "subject-not-admitted",
    ),
}


@pytest.mark.parametrize(("claims", "code"), WRONG_SUBJECTS.values(), ids=WRONG_SUBJECTS.keys())
def test_a_subject_token_is_refused_when_it_is(
    house: House, pharmacist: Professional, claims: dict[str, Any], code: str
) -> None:
    subject_token = house.provider.identity_token(house.software.client_id, pharmacist.rpps, **claims)
    assert said(house.exchange(subject_token=subject_token)) == (400, "invalid_request", code)
    assert sessions_before_and_after(house, pharmacist, subject_token)


def sessions_before_and_after(house: House, pharmacist: Professional, subject_token: str) -> bool:
    """Whether the number of sessions does not move on a refused subject token."""
    before = len(sessions_of(house, pharmacist.account_id))
    house.exchange(subject_token=subject_token)
    return len(sessions_of(house, pharmacist.account_id)) == before


def test_a_subject_token_of_several_audiences_is_taken_when_it_was_issued_to_this_client(
    house: House, pharmacist: Professional
) -> None:
    claims = {"aud": ["officine-test", "another"], "azp": "officine-test"}
    subject_token = house.provider.identity_token("", pharmacist.rpps, **claims)
    assert house.exchange(subject_token=subject_token).status == 200


def test_a_subject_token_signed_by_another_key_is_refused(house: House, pharmacist: Professional) -> None:
    claims = {
        "iss": house.provider.issuer,
        "sub": "x",
        "aud": "officine-test",
        "iat": 1,
        "exp": 4_000_000_000,
    }
    forged = house.provider.sign(claims | {"SubjectNameID": f"8{pharmacist.rpps}"}, RSAKey.generate_key(2048))
    assert said(house.exchange(subject_token=forged)) == (
        400,
        "invalid_request",
        "subject-token-signature-wrong",
    )


@pytest.mark.parametrize(
    "subject_token", ["", "10005173140", "810005173140", "a.b.c", "..", "é.é.é", "x" * 40_000]
)
def test_what_is_no_token_names_nobody(house: House, subject_token: str) -> None:
    answer = house.exchange(subject_token=subject_token or None)
    assert answer.status == 400
    assert answer.body["error"] == "invalid_request"


def test_an_rpps_number_beside_the_token_changes_nothing(house: House, pharmacist: Professional) -> None:
    other = house.register("Luc Bernard")
    before = len(sessions_of(house, other.account_id))
    assert house.exchange(pharmacist.rpps, RPPS=other.rpps, sub=other.rpps).status == 200
    assert len(sessions_of(house, other.account_id)) == before


def test_unknown_struck_off_and_elsewhere_are_told_the_same_way(
    house: House, pharmacist: Professional
) -> None:
    gone = house.register("Marc Dubois")
    with connect_sync(house.settings, "operator") as connection:
        connection.execute(
            "update access.professionals set struck_off_at = now() where rpps = %s", (gone.rpps,)
        )
    told = [
        house.exchange(gone.rpps),
        house.exchange(with_luhn_key("1088888888")),
        house.exchange(pharmacist.rpps, organization="750712184"),
    ]
    assert {answer.status for answer in told} == {400}
    assert told[0].body == told[1].body == told[2].body
    assert told[0].body["code"] == "subject-not-admitted"


def test_a_professional_of_several_places_is_asked_which(house: House) -> None:
    first = house.register("Anne Robert")
    second_place = "750712184"
    with connect_sync(house.settings, "operator") as connection:
        second = manage_access.register_professional(
            connection, rpps=first.rpps, finess=second_place, profession="pharmacist", name="Anne Robert"
        )
    asked = house.exchange(first.rpps)
    assert said(asked) == (400, "invalid_request", "place-needed")
    assert second_place not in json.dumps(asked.body)
    assert house.exchange(first.rpps, organization=second_place).status == 200
    assert len(sessions_of(house, second.account_id)) == 1
    assert len(sessions_of(house, first.account_id)) == 0


def test_the_places_that_the_provider_names_choose_among_several(house: House) -> None:
    first = house.register("Léa Moreau")
    activity = {"numeroFinessSite": first.finess, "codeModeExercice": "L"}
    practice = {"exercices": [{"codeProfession": "21", "activities": [activity]}]}
    subject_token = house.provider.identity_token("officine-test", first.rpps, SubjectRefPro=practice)
    assert house.exchange(subject_token=subject_token).status == 200


def test_an_activity_without_a_finess_number_leaves_the_place_to_the_register(house: House) -> None:
    first = house.register("Hugo Lefebvre")
    activities = [{"numeroFinessSite": "", "codeModeExercice": "L"}, {"numeroFinessSite": "750712184"}]
    practice = {"exercices": [{"codeProfession": "10", "activities": activities}]}
    subject_token = house.provider.identity_token("officine-test", first.rpps, SubjectRefPro=practice)
    assert house.exchange(subject_token=subject_token).status == 200


def test_a_hospital_asks_in_its_own_name(house: House) -> None:
    with connect_sync(house.settings, "operator") as connection:
        hospital = manage_access.register_structure(connection, finess="750000358", name="Hôpital d'essai")
    claims = {"SubjectNameID": None, "preferred_username": None, "SubjectOrganizationID": "F750000358"}
    subject_token = house.provider.identity_token("officine-test", "", **claims)
    assert house.exchange(subject_token=subject_token).status == 200
    assert len(sessions_of(house, hospital.account_id)) == 1


def test_a_revoked_software_loses_its_sessions_and_gets_no_more(
    house: House, pharmacist: Professional
) -> None:

    key = ECKey.generate_key("P-256")
    with connect_sync(house.settings, "operator") as connection:
        keys = json.dumps({"keys": [key.as_dict(private=False)]}).encode()
        manage_access.register_software(connection, "logiciel-perdu", "Perdu", keys)
        assertion = house.software.assertion(house.url, key=key, iss="logiciel-perdu", sub="logiciel-perdu")
        subject_token = house.provider.identity_token("logiciel-perdu", pharmacist.rpps)
        assert house.exchange(client_assertion=assertion, subject_token=subject_token).status == 200
        manage_access.revoke_software(connection, "logiciel-perdu")
        with pytest.raises(errors.SoftwareRevoked):
            manage_access.register_software(connection, "logiciel-perdu", "Perdu", keys)
    assertion = house.software.assertion(house.url, key=key, iss="logiciel-perdu", sub="logiciel-perdu")
    again = house.exchange(client_assertion=assertion, subject_token=subject_token)
    assert said(again) == (401, "invalid_client", "client-refused")
    with connect_sync(house.settings, "owner") as connection:
        alive = connection.execute(
            "select count(*) from access.sessions as s join access.software as w using (software_id) "
            "where w.client_id = 'logiciel-perdu' and s.revoked_at is null"
        ).fetchone()
    assert alive == (0,)


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


def test_keys_that_the_provider_publishes_later_are_found(house: House, pharmacist: Professional) -> None:
    newer = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"}, private=True)
    rotated = Provider(house.provider.issuer, newer, [])
    token = rotated.identity_token("officine-test", pharmacist.rpps)
    assert said(house.exchange(subject_token=token))[2] == "subject-token-signature-wrong"
    asked = house.provider.asked
    house.exchange(subject_token=token)
    assert house.provider.asked == asked, "a key that is not published is not asked for again at once"


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
