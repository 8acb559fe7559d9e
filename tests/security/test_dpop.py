"""A request is believed only with a fresh proof, by the key it names, for this token, method and address."""

import base64
import hashlib
import json
import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.errors import access as errors
from rempart.limits import PROOF_AGE_MAX_S, PROOF_LEAD_MAX_S
from rempart.security.dpop import ProofVerifier, proof_headers
from rempart.security.principals import ProvenCaller
from tests.support.proofs import ClientKey, base64url

URL = "http://localhost:8400/fhir/CoverageEligibilityRequest/$submit"
TOKEN = secrets.token_urlsafe(32)
NOW_S = 1_795_000_000


@pytest.fixture
def verifier() -> ProofVerifier:
    return ProofVerifier(lambda: NOW_S)


def ask(
    verifier: ProofVerifier, proof: str, token: str = TOKEN, method: str = "POST", url: str = URL
) -> ProvenCaller:
    return verifier.verify_request(f"DPoP {token}".encode(), proof.encode(), method, url)


def proof(key: ClientKey, **claims: Any) -> str:
    return key.proof("POST", URL, TOKEN, **({"iat": NOW_S} | claims))


@pytest.mark.parametrize("kind", ["P-256", "Ed25519"])
def test_a_fresh_proof_shows_the_token_the_key_the_time_and_the_nonce(
    verifier: ProofVerifier, kind: str
) -> None:
    key = ClientKey(kind)
    caller = ask(verifier, proof(key, jti="0123456789abcdef", nonce="the last one"))
    assert caller == ProvenCaller(
        token_digest=hashlib.sha256(TOKEN.encode()).digest(),
        key_thumbprint=key.thumbprint,
        proof_digest=hashlib.sha256(key.thumbprint + b"0123456789abcdef").digest(),
        proof_at=NOW_S,
        nonce="the last one",
    )


def test_the_example_of_rfc_9449_holds() -> None:
    # RFC 9449, figure 13: a proof for a protected resource, with its access token
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    dpop = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
        "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
        "In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90"
        "ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFF"
        "byJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    )
    verified = ProofVerifier(lambda: 1562262618.0).verify_proof(
        dpop.encode(), "GET", "https://resource.example.org/protectedresource"
    )
    assert base64url(verified.key_thumbprint) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert (
        base64url(hashlib.sha256(token.encode()).digest())
        in base64.b64decode(dpop.split(".")[1] + "==").decode()
    )


def test_a_key_met_before_is_still_asked_for_a_right_signature(verifier: ProofVerifier) -> None:
    key = ClientKey()
    ask(verifier, proof(key))
    header, payload, _ = proof(key).split(".")
    signature_of_another_proof = proof(key).split(".")[2]
    with pytest.raises(errors.ProofSignatureWrong):
        ask(verifier, f"{header}.{payload}.{signature_of_another_proof}")


def test_two_clients_that_number_their_proofs_alike_do_not_use_up_each_others(
    verifier: ProofVerifier,
) -> None:
    one, other = (ask(verifier, proof(ClientKey(), jti="proof-number-0001")) for _ in range(2))
    assert one.proof_digest != other.proof_digest


def test_keys_are_remembered_up_to_the_maximum_and_the_idle_one_goes_first() -> None:
    verifier = ProofVerifier(lambda: NOW_S, keys_max=2)
    first, second, third = ClientKey(), ClientKey(), ClientKey()
    for key in (first, second, first, third):
        ask(verifier, proof(key))
    remembered = {found.thumbprint for found in verifier._keys.values()}
    assert remembered == {first.thumbprint, third.thumbprint}


def test_a_proof_that_does_not_hold_takes_no_room() -> None:
    verifier = ProofVerifier(lambda: NOW_S)
    with pytest.raises(errors.ProofMethodWrong):
        ask(verifier, proof(ClientKey(), htm="GET"))
    assert not verifier._keys


WRONG_CLAIMS = [
    ("made for another method", {"htm": "GET"}, errors.ProofMethodWrong),
    ("method in small letters", {"htm": "post"}, errors.ProofMethodWrong),
    ("made for another path", {"htu": URL + "x"}, errors.ProofAddressWrong),
    ("made for another host", {"htu": URL.replace("localhost", "127.0.0.1")}, errors.ProofAddressWrong),
    ("made for another port", {"htu": URL.replace("8400", "8402")}, errors.ProofAddressWrong),
    ("address that is none", {"htu": "http://[::1"}, errors.ProofAddressWrong),
    ("without the token's hash", {"ath": None}, errors.ProofTokenHashWrong),
    (
        "made for another token",
        {"ath": base64url(hashlib.sha256(b"another").digest())},
        errors.ProofTokenHashWrong,
    ),
    ("too old", {"iat": NOW_S - PROOF_AGE_MAX_S - 1}, errors.ProofStale),
    ("from the future", {"iat": NOW_S + PROOF_LEAD_MAX_S + 1}, errors.ProofAhead),
    ("without a time", {"iat": None}, errors.ProofMalformed),
    ("with a time in words", {"iat": "now"}, errors.ProofMalformed),
    ("without an identifier", {"jti": None}, errors.ProofMalformed),
    ("with a short identifier", {"jti": "1"}, errors.ProofMalformed),
    ("with an endless identifier", {"jti": "x" * 257}, errors.ProofMalformed),
    ("without an address", {"htu": None}, errors.ProofMalformed),
    ("without a method", {"htm": None}, errors.ProofMalformed),
]


@pytest.mark.parametrize(
    ("claims", "error"), [case[1:] for case in WRONG_CLAIMS], ids=[case[0] for case in WRONG_CLAIMS]
)
def test_a_proof_is_refused_when_it_is(
    verifier: ProofVerifier, claims: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(verifier, proof(ClientKey(), **claims))


@pytest.mark.parametrize("age_s", [PROOF_AGE_MAX_S, 0, -PROOF_LEAD_MAX_S])
def test_a_proof_is_taken_up_to_the_edges_of_its_time(verifier: ProofVerifier, age_s: int) -> None:
    assert ask(verifier, proof(ClientKey(), iat=NOW_S - age_s)).proof_at == NOW_S - age_s


def test_a_time_with_a_fraction_is_rounded_down(verifier: ProofVerifier) -> None:
    assert ask(verifier, proof(ClientKey(), iat=NOW_S - 0.5)).proof_at == NOW_S - 1


def signed_with_header(**header: Any) -> str:
    key = ClientKey()
    claims = {"jti": secrets.token_urlsafe(), "htm": "POST", "htu": URL, "iat": NOW_S}
    return key.sign(claims, **header)


def test_a_jwt_of_another_type_is_no_proof(verifier: ProofVerifier) -> None:
    with pytest.raises(errors.ProofMalformed):
        ask(verifier, signed_with_header(typ="JWT"))


def test_a_critical_extension_is_refused(verifier: ProofVerifier) -> None:
    header, payload, signature = proof(ClientKey()).split(".")
    opened = json.loads(base64.urlsafe_b64decode(header + "=="))
    forged = base64url(json.dumps(opened | {"crit": ["b64"], "b64": False}).encode())
    with pytest.raises(errors.ProofMalformed):
        ask(verifier, f"{forged}.{payload}.{signature}")


def test_a_private_key_in_the_header_is_refused(verifier: ProofVerifier) -> None:
    with pytest.raises(errors.ProofKeyRefused):
        ask(verifier, signed_with_header(jwk=ClientKey().key.as_dict(private=True)))


def test_a_key_put_in_the_place_of_the_signers_is_refused(verifier: ProofVerifier) -> None:
    with pytest.raises(errors.ProofSignatureWrong):
        ask(verifier, signed_with_header(jwk=ClientKey().public_jwk))


WRONG_KEYS = {
    "a point that is not on the curve": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
    "a curve of another kind": {"kty": "EC", "crv": "secp256k1", "x": "A" * 43, "y": "A" * 43},
    "a symmetric key": {"kty": "oct", "k": "AAAA"},
    "a coordinate too short": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
    "letters outside the alphabet": {"kty": "EC", "crv": "P-256", "x": "é" * 43, "y": "A" * 43},
    "padding": {"kty": "EC", "crv": "P-256", "x": "A" * 43 + "=", "y": "A" * 43},
}


@pytest.mark.parametrize("jwk", WRONG_KEYS.values(), ids=WRONG_KEYS.keys())
def test_a_key_is_refused_for(verifier: ProofVerifier, jwk: dict[str, str]) -> None:
    with pytest.raises(errors.ProofKeyRefused):
        ask(verifier, forged_header(typ="dpop+jwt", alg="ES256", jwk=jwk))


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "ES384", "ES256K"])
def test_an_algorithm_is_refused_when_it_is_not_one_of_ours(verifier: ProofVerifier, alg: str) -> None:
    with pytest.raises(errors.ProofAlgorithmRefused):
        ask(verifier, forged_header(typ="dpop+jwt", alg=alg, jwk=ClientKey().public_jwk))


def forged_header(**header: Any) -> str:
    _, payload, signature = proof(ClientKey()).split(".")
    return f"{base64url(json.dumps(header).encode())}.{payload}.{signature}"


def test_one_key_cannot_be_written_in_two_ways(verifier: ProofVerifier) -> None:
    key = ClientKey()
    jwk = key.public_jwk
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(jwk["x"][-1])
    loose = jwk | {
        "x": jwk["x"][:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last + 1]
    }
    with pytest.raises(errors.ProofKeyRefused):
        ask(verifier, key.sign({"jti": "x" * 20, "htm": "POST", "htu": URL, "iat": NOW_S}, jwk=loose))


WRONG_TOKENS = [
    ("absent", None, errors.TokenMissing),
    ("empty", b"", errors.TokenMissing),
    ("sent as a bearer token", f"Bearer {TOKEN}".encode(), errors.TokenSchemeWrong),
    ("too short", b"DPoP abc", errors.TokenMalformed),
    ("too long", b"DPoP " + b"a" * 44, errors.TokenMalformed),
    ("with a character of another alphabet", b"DPoP " + b"a" * 42 + b"/", errors.TokenMalformed),
]


@pytest.mark.parametrize(
    ("header", "error"), [case[1:] for case in WRONG_TOKENS], ids=[case[0] for case in WRONG_TOKENS]
)
def test_a_token_is_refused_when_it_is(
    verifier: ProofVerifier, header: bytes | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        verifier.verify_request(header, proof(ClientKey()).encode(), "POST", URL)


def test_a_request_without_proof_is_refused(verifier: ProofVerifier) -> None:
    with pytest.raises(errors.ProofMissing):
        verifier.verify_request(f"DPoP {TOKEN}".encode(), None, "POST", URL)


def test_two_proofs_or_two_tokens_in_one_request_are_refused() -> None:
    with pytest.raises(errors.ProofMalformed):
        proof_headers([(b"dpop", b"one"), (b"dpop", b"two")])
    with pytest.raises(errors.TokenMalformed):
        proof_headers([(b"authorization", b"DPoP one"), (b"authorization", b"DPoP two")])


def test_the_two_headers_are_found_among_others() -> None:
    headers = [(b"host", b"x"), (b"dpop", b"proof"), (b"authorization", b"DPoP token")]
    assert proof_headers(headers) == (b"DPoP token", b"proof")
    assert proof_headers([(b"host", b"x")]) == (None, None)


@pytest.mark.parametrize(
    "written",
    [
        "http://LOCALHOST:8400/fhir/CoverageEligibilityRequest/$submit",
        "http://localhost:8400/fhir/CoverageEligibilityRequest/%24submit",
        "HTTP://localhost:8400/fhir/CoverageEligibilityRequest/$submit?x=1#y",
    ],
)
def test_an_address_written_otherwise_is_the_same(verifier: ProofVerifier, written: str) -> None:
    assert ask(verifier, proof(ClientKey(), htu=written))


def test_a_slash_written_in_hexadecimal_is_not_a_slash(verifier: ProofVerifier) -> None:
    with pytest.raises(errors.ProofAddressWrong):
        ask(verifier, proof(ClientKey(), htu=URL.replace("/$submit", "%2F$submit")))


@given(garbage=st.binary(max_size=6000))
def test_no_bytes_whatever_make_anything_but_a_refusal(garbage: bytes) -> None:
    with pytest.raises(errors.ProofRefused):
        ProofVerifier(lambda: NOW_S).verify_request(f"DPoP {TOKEN}".encode(), garbage, "POST", URL)


@given(
    place=st.sampled_from(["header", "payload"]),
    content=st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "jti", "iat", "x"]), inner)
            ),
        ).map(lambda written: json.dumps(written).encode()),
    ),
)
def test_no_segment_whatever_makes_anything_but_a_refusal(place: str, content: bytes) -> None:
    key = ClientKey()
    header, payload, signature = proof(key).split(".")
    if place == "header":
        header = base64url(content)
    else:
        payload = base64url(content)
    with pytest.raises(errors.ProofRefused):
        ask(ProofVerifier(lambda: NOW_S), f"{header}.{payload}.{signature}")


@given(content=st.binary(max_size=60))
def test_a_signed_payload_that_is_not_claims_is_malformed(content: bytes) -> None:
    from joserfc import jws  # noqa: PLC0415 (only this test signs what is not JSON)

    key = ClientKey()
    written = jws.serialize_compact(
        {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.public_jwk}, content, key.key
    )
    with pytest.raises(errors.ProofMalformed):
        ask(ProofVerifier(lambda: NOW_S), written)
