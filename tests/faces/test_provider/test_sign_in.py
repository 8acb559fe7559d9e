"""The test provider exists in a sandbox alone, and there behaves as OpenID Connect says."""

import hashlib
import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from rempart.domain.errors.trials import SandboxOnly
from rempart.faces.test_provider.app import build
from rempart.operations import manage_access
from rempart.operations.trials import roster
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.database import Database
from tests.support.identity import House, house, listening_socket, running_house, serving
from tests.support.proofs import base64url
from tests.support.psc import PscBrowser

__all__ = ["house"]

RETURN = "http://localhost:4999/retour"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def provider(house: House) -> Iterator[Settings]:
    with listening_socket() as listener:
        url = f"http://localhost:{listener.getsockname()[1]}"
        settings = replace(house.settings, test_provider_url=url)
        with serving(build(settings), listener):
            yield settings


def send(
    settings: Settings, method: str, path: str, body: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(settings.test_provider_url)
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)) as connection:
        connection.request(method, path, body, FORM if body is not None else {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): part for name, part in answer.getheaders()}, answer.read()


class Login:
    """A software's authorization request, and its verifier."""

    def __init__(self, client_id: str = "officine-test", **query: str) -> None:
        self.verifier = secrets.token_urlsafe(32)
        challenge = base64url(hashlib.sha256(self.verifier.encode()).digest())
        self.client_id = client_id
        self.query = {
            "client_id": client_id,
            "redirect_uri": RETURN,
            "response_type": "code",
            "scope": "openid",
            "state": "st",
            "nonce": "no",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | query

    @property
    def path(self) -> str:
        return f"/authorize?{urlencode(self.query)}"

    def form(self, given: str, **more: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": RETURN,
            "client_id": self.client_id,
            "code_verifier": self.verifier,
        }
        return urlencode(form | more)


def choose(settings: Settings, login: Login, rpps: str) -> str:
    status, headers, _ = send(settings, "POST", login.path, urlencode({"rpps": rpps}))
    assert status == 303
    returned = urlsplit(headers["location"])
    assert headers["location"].startswith(RETURN + "?")
    query = parse_qs(returned.query)
    assert (query["state"], query["iss"]) == (["st"], [settings.test_provider_url])
    return query["code"][0]


def id_token_of(settings: Settings, rpps: str, **login: str) -> str:
    asked = Login(**login)
    status, _, content = send(settings, "POST", "/token", asked.form(choose(settings, asked, rpps)))
    assert status == 200
    return str(json.loads(content)["id_token"])


@pytest.mark.parametrize(
    ("process", "database_is"), [("production", "sandbox"), ("sandbox", "production"), ("sandbox", "drill")]
)
def test_it_refuses_to_start_unless_process_and_database_are_a_sandbox(
    fresh_database: Database, process: str, database_is: str
) -> None:
    settings = replace(fresh_database.settings_as(database_is), environment=process)
    with pytest.raises(SandboxOnly):
        build(settings)
    assert build(fresh_database.settings_as("sandbox"))


def test_its_token_opens_a_session_at_rempart(house: House, provider: Settings) -> None:
    professional = house.register("Claire Fontaine")
    with connect_sync(house.settings, "operator") as connection:
        roster.publish_roster(provider, connection)
        manage_access.register_provider(
            connection,
            provider.test_provider_url,
            f"{provider.test_provider_url}/jwks",
            for_tests=True,
            because="essai",
            by="nadia",
        )
    answer = house.exchange(subject_token=id_token_of(provider, professional.rpps))
    assert answer.status == 200, answer.body


def test_its_token_for_one_software_is_refused_from_another(house: House, provider: Settings) -> None:
    professional = house.register("Paul Martin")
    answer = house.exchange(subject_token=id_token_of(provider, professional.rpps, client_id="another"))
    assert answer.body["code"] == "subject-token-for-another"


def test_outside_a_sandbox_nobody_believes_it(house: House, provider: Settings) -> None:
    professional = house.register("Jeanne Petit")
    token = id_token_of(provider, professional.rpps)
    with connect_sync(house.settings, "owner") as connection:
        connection.execute("update platform.environment set name = 'production'")
        try:
            assert house.exchange(subject_token=token).body["code"] == "subject-token-issuer-unknown"
        finally:
            connection.execute("update platform.environment set name = 'sandbox'")


def test_the_page_lists_the_professionals_and_escapes_their_names(house: House, provider: Settings) -> None:
    house.register("Zoé <b>Garnier</b>")
    with connect_sync(house.settings, "operator") as connection:
        roster.publish_roster(provider, connection)
    status, headers, content = send(provider, "GET", Login().path)
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "Zoé &lt;b&gt;Garnier" in content.decode()
    assert "<b>" not in content.decode()


WRONG_REQUESTS: dict[str, dict[str, str]] = {
    "a redirection to another machine": {"redirect_uri": "https://elsewhere.example/"},
    "a redirection to a name that begins like ours": {"redirect_uri": "http://localhost.example/"},
    "no challenge": {"code_challenge": ""},
    "a plain challenge": {"code_challenge_method": "plain"},
    "a token without a code": {"response_type": "token"},
    "no openid": {"scope": "email"},
    "no client": {"client_id": ""},
}


@pytest.mark.parametrize("query", WRONG_REQUESTS.values(), ids=WRONG_REQUESTS.keys())
def test_a_request_is_refused_with(provider: Settings, query: dict[str, str]) -> None:
    login = Login()
    login.query |= query
    for method, body in (("GET", None), ("POST", "rpps=10005173140")):
        assert send(provider, method, login.path, body)[0] == 400


def test_a_number_with_a_wrong_key_signs_nobody_in(provider: Settings) -> None:
    assert send(provider, "POST", Login().path, "rpps=10005173141")[0] == 400


@pytest.mark.parametrize(
    "more",
    [{"code_verifier": "x" * 43}, {"client_id": "another"}, {"redirect_uri": RETURN + "x"}, {"code": "x"}],
)
def test_a_code_serves_only_whom_it_was_given_to(provider: Settings, more: dict[str, str]) -> None:
    login = Login()
    code = choose(provider, login, "10005173140")
    assert send(provider, "POST", "/token", login.form(code, **more))[0] == 400


def test_a_code_serves_once(provider: Settings) -> None:
    login = Login()
    code = choose(provider, login, "10005173140")
    assert [send(provider, "POST", "/token", login.form(code))[0] for _ in range(2)] == [200, 400]


def test_another_grant_is_refused(provider: Settings) -> None:
    assert send(provider, "POST", "/token", "grant_type=password")[0] == 400


def test_the_discovery_document_names_addresses_that_answer(provider: Settings) -> None:
    document: dict[str, Any] = json.loads(send(provider, "GET", "/.well-known/openid-configuration")[2])
    assert document["issuer"] == provider.test_provider_url
    keys = json.loads(send(provider, "GET", urlsplit(document["jwks_uri"]).path)[2])["keys"]
    assert [set(key) & {"d", "p", "q"} for key in keys] == [set()]


def test_userinfo_says_who_signed_in_to_whoever_holds_the_token(house: House, provider: Settings) -> None:
    professional = house.register("Nadia Roy", profession="optician")
    with connect_sync(house.settings, "operator") as connection:
        roster.publish_roster(provider, connection)
    login = Login(scope="openid scope_all")
    code = choose(provider, login, professional.rpps)
    tokens = json.loads(send(provider, "POST", "/token", login.form(code))[2])
    status, _, content = get_userinfo(provider, tokens["access_token"])
    told = json.loads(content)
    assert (status, told["SubjectNameID"]) == (200, f"8{professional.rpps}")
    assert told["SubjectRefPro"]["exercices"][0]["codeProfession"] == "28"
    assert get_userinfo(provider, tokens["access_token"] + "x")[0] == 401


def get_userinfo(settings: Settings, token: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(settings.test_provider_url)
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)) as connection:
        connection.request("GET", "/userinfo", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_the_page_says_loudly_that_it_is_made_up(provider: Settings) -> None:
    page = send(provider, "GET", Login().path)[2].decode()
    assert "Ceci n’est pas Pro Santé Connect." in page
    assert "Faux Pro Santé Connect" in page


def test_a_sandboxs_portal_is_entered_by_it(house: House, provider: Settings) -> None:
    professional = house.register("Rose Petit")
    with connect_sync(house.settings, "operator") as connection:
        roster.publish_roster(provider, connection)
    with running_house(house.database, test_provider_url=provider.test_provider_url) as sandbox:
        browser = PscBrowser(sandbox)
        address = urlsplit(browser.leave().body["address"])
        status, headers, _ = send(
            provider, "POST", f"{address.path}?{address.query}", urlencode({"rpps": professional.rpps})
        )
        assert status == 303
        returned = dict(parse_qsl(urlsplit(headers["location"]).query))
        opened = browser.come_back(returned)
        assert (opened.status, opened.body["account"]["display_name"]) == (200, "Rose Petit")
