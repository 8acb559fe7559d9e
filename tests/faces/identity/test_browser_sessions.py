"""A browser's session: bound to a key, a nonce at a time, over in time, good at the face where it was opened."""

import pytest

from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.support.authenticator import Browser
from tests.support.enrolment import enrolled, invite, run
from tests.support.identity import House

FACE = "select face from access.sessions where token_digest = sha256(%s::text::bytea)"


def test_a_proof_opens_one_session_only(house: House) -> None:
    browser = enrolled(house, "Jules Andre")
    headers = {"DPoP": browser.key.proof("POST", f"{house.url}/browser/sign-in")}
    for status in (200, 401):
        options = browser.begin_sign_in().body["publicKey"]
        body = {"credential": browser.authenticator.sign_in(options)}
        assert house.post_json("/browser/sign-in", body, headers).status == status


def test_each_answer_gives_the_nonce_of_the_next_proof_errors_included(house: House) -> None:
    browser = enrolled(house, "Emma Lambert")
    nonces = [browser.nonce]
    for method, path, body, status in (
        ("GET", "/browser/session", None, 200),
        ("GET", "/browser/staff", None, 200),
        ("POST", "/browser/staff", {"display_name": ""}, 400),
        ("POST", "/browser/staff", {"name": "x"}, 400),
        ("DELETE", "/browser/staff/999999", None, 404),
        ("GET", "/browser/session", None, 200),
    ):
        assert browser.call(method, path, body).status == status
        nonces.append(browser.nonce)
    assert len(set(nonces)) == len(nonces)


def test_a_copied_profile_and_its_owner_diverge_and_the_session_is_revoked(house: House) -> None:
    owner = enrolled(house, "Lucas Rousseau")
    thief = Browser(house, key=owner.key, token=owner.token, nonce=owner.nonce)
    assert thief.call("GET", "/browser/session").status == 200
    noticed = owner.call("GET", "/browser/session")
    assert (noticed.status, noticed.body["code"]) == (401, "nonce-diverged")
    told = thief.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (401, "session-revoked")


def test_a_stolen_token_without_the_key_opens_nothing(house: House) -> None:
    owner = enrolled(house, "Chloé Vincent")
    thief = Browser(house, token=owner.token, nonce=owner.nonce)
    told = thief.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (401, "key-mismatch")
    assert owner.call("GET", "/browser/session").status == 200, "the owner is not disturbed"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/browser/session"),
        ("POST", "/browser/staff"),
        ("POST", "/browser/passkeys/another/options"),
        ("POST", "/browser/sign-out"),
    ],
)
def test_a_softwares_token_is_nothing_here(house: House, method: str, path: str) -> None:
    professional = house.register("Agathe Noël")
    token = house.exchange(professional.rpps).body["access_token"]
    thief = Browser(house, key=house.software.proof_key, token=token)
    told = thief.call(method, path, {"display_name": "Un ami"} if method == "POST" else None)
    assert (told.status, told.body["code"]) == (401, "face-not-allowed")


def test_the_same_request_sent_again_is_a_replay_and_revokes_nothing(house: House) -> None:
    browser = enrolled(house, "Manon Fournier")
    headers = browser.key.headers("GET", f"{house.url}/browser/session", browser.token, nonce=browser.nonce)
    first = house.send("GET", "/browser/session", None, headers)
    again = house.send("GET", "/browser/session", None, headers)
    assert (first.status, again.status, again.body["code"]) == (200, 401, "proof-replayed")
    browser.nonce = first.headers["dpop-nonce"]
    assert browser.call("GET", "/browser/session").status == 200


def test_a_session_idle_for_half_an_hour_is_over(house: House) -> None:
    browser = enrolled(house, "Noah Mercier")
    run(house, "update access.sessions set last_used_at = now() - interval '31 minutes'")
    told = browser.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (401, "session-idle")


def test_a_session_of_four_hours_is_over(house: House) -> None:
    browser = enrolled(house, "Sarah Dupuis")
    run(house, "update access.sessions set expires_at = now() - interval '1 second'")
    told = browser.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (401, "session-expired")


def test_signing_out_ends_the_session_and_gives_no_nonce(house: House) -> None:
    browser = enrolled(house, "Adam Leroy")
    answer = browser.call("POST", "/browser/sign-out")
    assert (answer.status, "dpop-nonce" in answer.headers) == (204, False)
    assert browser.call("GET", "/browser/session").body["code"] == "session-revoked"


def test_striking_off_ends_the_session_at_once(house: House) -> None:
    professional = house.register("Eva Colin")
    browser = Browser(house)
    assert browser.enrol(invite(house, professional)).status == 201
    with connect_sync(house.settings, "operator") as connection:
        manage_access.strike_off(connection, professional.rpps)
    told = browser.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (403, "professional-struck-off")
    assert browser.sign_in().status == 403


def test_the_portal_may_call_with_its_headers_and_no_cookie(house: House) -> None:
    headers = {
        "Origin": house.settings.portal_url,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization,dpop,content-type",
    }
    answer = house.send("OPTIONS", "/browser/staff/1", headers=headers)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == house.settings.portal_url
    assert "access-control-allow-credentials" not in answer.headers


def test_a_session_is_for_the_face_where_the_passkey_was_used(house: House) -> None:
    browser = enrolled(house, "Rose Fabre")
    faces = []
    for url in (house.settings.portal_url, house.settings.counter_url):
        browser.authenticator.origin = url
        assert browser.sign_in().status == 200
        faces.append(run(house, FACE, browser.token)[0][0])
    assert faces == [2, 3]


@pytest.mark.parametrize(
    "origin", ["http://localhost:8400", "http://localhost:8404.example", "https://localhost:8404"]
)
def test_a_passkey_used_at_another_origin_opens_nothing(house: House, origin: str) -> None:
    browser = enrolled(house, "Rose Fabre")
    browser.authenticator.origin = origin
    assert browser.sign_in().body["code"] == "passkey-refused"


def test_no_passkey_is_made_at_the_counter(house: House) -> None:
    browser = Browser(house)
    browser.authenticator.origin = house.settings.counter_url
    answer = browser.enrol(invite(house, house.register("Rose Fabre")))
    assert answer.body["code"] == "passkey-refused"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/browser/staff"),
        ("POST", "/browser/staff"),
        ("POST", "/browser/passkeys/another/options"),
        ("GET", "/browser/passkeys"),
        ("GET", "/browser/contacts"),
        ("POST", "/browser/contacts"),
        ("GET", "/browser/recovery"),
        ("POST", "/browser/recovery/options"),
    ],
)
def test_a_session_of_the_counter_administers_nothing(house: House, method: str, path: str) -> None:
    browser = enrolled(house, "Rose Fabre")
    browser.authenticator.origin = house.settings.counter_url
    browser.sign_in()
    body = {"display_name": "Un complice"} if method == "POST" else None
    assert browser.call(method, path, body).body["code"] == "face-not-allowed"
    assert browser.call("GET", "/browser/session").status == 200, "and its chain of nonces goes on"
