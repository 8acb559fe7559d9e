"""From an invitation to a passkey, and by a passkey in: each ceremony that is wrong is refused."""

from typing import Any

import pytest

from rempart.limits import BROWSER_SESSION_IDLE_S, BROWSER_SESSION_LIFE_S, PASSKEYS_PER_ACCOUNT_MAX
from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.support.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator, Browser
from tests.support.enrolment import enrolled, invite, run
from tests.support.identity import House
from tests.support.proofs import ClientKey


def test_an_invitation_says_who_is_invited_and_is_not_used_up_by_it(house: House) -> None:
    link = invite(house, house.register("Claire Fontaine", profession="optician"))
    assert link.startswith("http://localhost:8402/invitation#code=")
    for _ in range(2):
        seen = house.post_json("/browser/invitation", {"code": link.partition("#code=")[2]})
        assert seen.status == 200
        assert seen.body | {"expires_at": ""} == {
            "display_name": "Claire Fontaine",
            "kind": "professional",
            "profession_label": "Opticien-lunetier",
            "organisation": "Claire Fontaine",
            "expires_at": "",
        }


def test_enrolling_opens_a_session_of_four_hours_bound_to_the_browsers_key(house: House) -> None:
    browser = Browser(house)
    answer = browser.enrol(invite(house, house.register("Claire Fontaine", profession="optician")))
    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert (answer.body["expires_in"], answer.body["idle_s"]) == (
        BROWSER_SESSION_LIFE_S,
        BROWSER_SESSION_IDLE_S,
    )
    assert answer.body["account"] == {
        "display_name": "Claire Fontaine",
        "kind": "professional",
        "profession": "optician",
        "profession_label": "Opticien-lunetier",
        "organisation": "Claire Fontaine",
        "domains": ["OPTI"],
        "default_domain": "OPTI",
        "may_enrol_staff": True,
        "new_until": None,
    }
    (row,) = run(
        house,
        "select key_thumbprint, software_id, idle_s from access.sessions where token_digest = sha256(%s::text::bytea)",
        browser.token,
    )
    assert (bytes(row[0]), row[1], row[2]) == (browser.key.thumbprint, None, BROWSER_SESSION_IDLE_S)


def test_an_invitation_serves_once(house: House) -> None:
    link = invite(house, house.register("Paul Martin"))
    assert Browser(house).enrol(link).status == 201
    again = Browser(house).enrol(link)
    assert (again.status, again.body["code"]) == (404, "invitation-unknown")


def test_wrong_used_and_expired_codes_are_told_the_same_way(house: House) -> None:
    expired = invite(house, house.register("Jeanne Petit"))
    run(house, "update access.invitations set expires_at = now() - interval '1 second' where used_at is null")
    codes = ["x" * 43, "", expired.partition("#code=")[2]]
    told = [house.post_json("/browser/invitation", {"code": code}) for code in codes]
    assert {answer.status for answer in told} == {404}
    assert told[0].body == told[1].body == told[2].body


def test_nobody_can_add_a_passkey_to_an_account_that_is_in_use(house: House) -> None:
    professional = house.register("Marc Dubois")
    first, second = invite(house, professional), invite(house, professional)
    assert Browser(house).enrol(first).status == 201
    assert Browser(house).enrol(second).status == 404
    assert Browser(house).enrol(invite(house, professional)).status == 404, "not even by a fresh invitation"


def test_an_invitation_of_somebody_struck_off_since_opens_nothing(house: House) -> None:
    professional = house.register("Luc Bernard")
    link = invite(house, professional)
    with connect_sync(house.settings, "operator") as connection:
        manage_access.strike_off(connection, professional.rpps)
    assert Browser(house).enrol(link).status == 404


def test_a_passkey_signs_in_without_saying_who_one_is(house: House) -> None:
    browser = enrolled(house, "Anne Robert")
    options = browser.begin_sign_in().body["publicKey"]
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"
    assert options["allowCredentials"] == []
    browser.token = ""
    answer = browser.sign_in()
    assert (answer.status, answer.body["account"]["display_name"]) == (200, "Anne Robert")
    assert browser.call("GET", "/browser/session").body["account"]["display_name"] == "Anne Robert"


def test_registration_asks_for_a_verified_user_and_a_discoverable_passkey(house: House) -> None:
    code = invite(house, house.register("Léa Moreau")).partition("#code=")[2]
    options = house.post_json("/browser/passkeys/options", {"code": code}).body["publicKey"]
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert options["rp"] == {"name": "Rempart", "id": "localhost"}
    assert options["attestation"] == "none"


WRONG_AUTHENTICATORS: dict[str, dict[str, Any]] = {
    "of another site": {"origin": "http://localhost.example:8402"},
    "of another port of this machine": {"origin": "http://localhost:9999"},
    "for another host": {"host": "elsewhere.example"},
    "without the user verified": {"flags": USER_PRESENT},
    "without the user present": {"flags": USER_VERIFIED},
    "in a frame of another site": {"cross_origin": True},
}


@pytest.mark.parametrize("wrong", WRONG_AUTHENTICATORS.values(), ids=WRONG_AUTHENTICATORS.keys())
def test_a_ceremony_is_refused(house: House, wrong: dict[str, Any]) -> None:
    link = invite(house, house.register("Hugo Lefebvre"))
    refused = Browser(house, Authenticator(**wrong)).enrol(link)
    assert (refused.status, refused.body["code"]) == (403, "passkey-refused")
    browser = Browser(house)
    assert browser.enrol(link).status == 201, "the invitation was not used up by the refused ceremony"
    for name, content in wrong.items():
        setattr(browser.authenticator, name, content)
    refused = browser.sign_in()
    assert (refused.status, refused.body["code"]) == (403, "passkey-refused")


def test_a_challenge_serves_once(house: House) -> None:
    browser = enrolled(house, "Zoé Garnier")
    options = browser.begin_sign_in().body["publicKey"]
    for status in (200, 403):
        credential = browser.authenticator.sign_in(options)
        headers = {"DPoP": browser.key.proof("POST", f"{house.url}/browser/sign-in")}
        assert house.post_json("/browser/sign-in", {"credential": credential}, headers).status == status


def test_what_an_authenticator_signed_opens_nothing_with_another_key(house: House) -> None:
    """Whatever reads the page may steal it before it is sent, and be faster: the challenge was for the browser that began."""
    browser = enrolled(house, "Iris Colin")
    stolen = browser.authenticator.sign_in(browser.begin_sign_in().body["publicKey"])
    thief = {"DPoP": ClientKey().proof("POST", f"{house.url}/browser/sign-in")}
    refused = house.post_json("/browser/sign-in", {"credential": stolen}, thief)
    assert (refused.status, refused.body["code"]) == (403, "passkey-refused")


def test_a_challenge_of_one_ceremony_does_not_serve_in_the_other(house: House) -> None:
    browser = enrolled(house, "Théo Roux")
    code = invite(house, house.register("Nina Faure")).partition("#code=")[2]
    options = house.post_json("/browser/passkeys/options", {"code": code}).body["publicKey"]
    headers = {"DPoP": browser.key.proof("POST", f"{house.url}/browser/sign-in")}
    credential = browser.authenticator.sign_in(options)
    assert house.post_json("/browser/sign-in", {"credential": credential}, headers).status == 403


def test_a_challenge_of_one_invitation_does_not_serve_for_another(house: House) -> None:
    codes = [
        invite(house, house.register(name)).partition("#code=")[2] for name in ("Alice Blanc", "Bob Noir")
    ]
    options = house.post_json("/browser/passkeys/options", {"code": codes[0]}).body["publicKey"]
    key = ClientKey()
    headers = {"DPoP": key.proof("POST", f"{house.url}/browser/passkeys")}
    body = {"code": codes[1], "credential": Authenticator().register(options)}
    assert house.post_json("/browser/passkeys", body, headers).status == 403


def test_a_passkey_whose_counter_goes_back_is_a_copy(house: House) -> None:
    browser = enrolled(house, "Louis Girard")
    browser.authenticator.counter = 10
    assert browser.sign_in().status == 200
    browser.authenticator.counter = 5
    assert browser.sign_in().status == 403


def test_a_sign_in_without_a_proof_opens_nothing(house: House) -> None:
    browser = enrolled(house, "Inès Morel")
    options = browser.begin_sign_in().body["publicKey"]
    answer = house.post_json("/browser/sign-in", {"credential": browser.authenticator.sign_in(options)})
    assert (answer.status, answer.body["code"]) == (401, "proof-missing")
    assert answer.headers["www-authenticate"].startswith("DPoP ")


def test_a_second_passkey_is_the_recovery_of_the_first(house: House) -> None:
    browser = enrolled(house, "Rose Perrin")
    spare = Browser(house)
    options = browser.call("POST", "/browser/passkeys/another/options").body["publicKey"]
    assert len(options["excludeCredentials"]) == 1
    credential = spare.authenticator.register(options)
    assert browser.call("POST", "/browser/passkeys/another", {"credential": credential}).status == 201
    assert spare.sign_in().body["account"]["display_name"] == "Rose Perrin"


def test_an_account_has_no_more_passkeys_than_it_may(house: House) -> None:
    browser = enrolled(house, "Léo Marchand")
    statuses = []
    for _ in range(PASSKEYS_PER_ACCOUNT_MAX):
        options = browser.call("POST", "/browser/passkeys/another/options").body["publicKey"]
        credential = Authenticator().register(options)
        statuses.append(browser.call("POST", "/browser/passkeys/another", {"credential": credential}).status)
    assert statuses == [201] * (PASSKEYS_PER_ACCOUNT_MAX - 1) + [409]


def test_another_accounts_challenge_does_not_add_a_passkey(house: House) -> None:
    one, other = enrolled(house, "Ana Renard"), enrolled(house, "Max Gautier")
    options = one.call("POST", "/browser/passkeys/another/options").body["publicKey"]
    body = {"credential": Authenticator().register(options)}
    assert other.call("POST", "/browser/passkeys/another", body).status == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/browser/invitation", []),
        ("/browser/invitation", {"code": 1}),
        ("/browser/invitation", {"code": "x", "more": 1}),
        ("/browser/passkeys", {"code": "x", "credential": "y"}),
        ("/browser/sign-in", {"credential": []}),
    ],
)
def test_a_body_of_another_shape_is_refused_with_its_place(house: House, path: str, body: Any) -> None:
    headers = {"DPoP": ClientKey().proof("POST", house.url + path)}
    answer = house.post_json(path, body, headers)
    assert (answer.status, answer.body["code"]) == (400, "body-malformed")


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"rawId": "AAAA"},
        {"rawId": "AAAA", "response": {"clientDataJSON": "AAAA"}},
        {"rawId": "AAAA", "response": {"clientDataJSON": "e30"}},
        {"rawId": 1, "response": {"clientDataJSON": 1}},
        {"rawId": "é", "response": None},
    ],
)
def test_a_credential_that_is_none_is_refused(house: House, credential: dict[str, Any]) -> None:
    headers = {"DPoP": ClientKey().proof("POST", f"{house.url}/browser/sign-in")}
    answer = house.post_json("/browser/sign-in", {"credential": credential}, headers)
    assert (answer.status, answer.body["code"]) == (403, "passkey-refused")


def test_errors_speak_the_readers_language(house: House) -> None:
    french, english = (
        house.send("GET", "/browser/session", headers={"Accept-Language": language}).body["message"]
        for language in ("fr", "en")
    )
    assert french != english
