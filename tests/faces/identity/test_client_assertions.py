"""A software proves itself to the token endpoint by its own key, and by nothing else."""

import hmac
import json
import time
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from rempart.domain.errors import registration as errors
from rempart.limits import ASSERTION_LIFE_MAX_S
from rempart.operations import manage_access
from rempart.store import software
from rempart.store.database import connect_sync
from tests.support.identity import House, Professional, said
from tests.support.proofs import base64url


def test_an_assertion_used_twice_is_refused(house: House, pharmacist: Professional) -> None:
    assertion = house.software.assertion(house.url)
    assert house.exchange(pharmacist.rpps, client_assertion=assertion).status == 200
    again = house.exchange(pharmacist.rpps, client_assertion=assertion)
    assert said(again) == (401, "invalid_client", "client-assertion-replayed")


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
