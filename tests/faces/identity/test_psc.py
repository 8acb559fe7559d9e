"""Signing in by Pro Santé Connect: a real provider, several people, and whoever tries to profit from somebody else's sign-in."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from rempart.limits import BROWSER_SESSION_IDLE_S, BROWSER_SESSION_LIFE_S
from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.faces.identity.test_contacts import PRACTICE, given, sent
from tests.faces.identity.test_devices import hours_reduced
from tests.faces.identity.test_recovery import CANCELLED, a_day_later, name_guarantor, signed_in, vouch
from tests.support.authenticator import Browser
from tests.support.database import Database
from tests.support.identity import Answer, House, Professional, running_house
from tests.support.mail import PostOffice, post_office
from tests.support.proofs import ClientKey, base64url
from tests.support.psc import CLIENT_ID, SECRET, PscBrowser, PscProvider, practising, pro_sante_connect

REDIRECTS = ["http://localhost:8402/psc", "http://localhost:8402/en/psc"]
SECRET_CODES = {"10": "doctor", "21": "pharmacist", "28": "optician"}


@dataclass
class Town:
    """The platform and the provider, and people who are known to both."""

    house: House
    psc: PscProvider

    def somebody(self, login: str, code: str = "21", fault: str = "", **practice: Any) -> Professional:
        """Register a professional here, and let the provider know her at the same place."""
        professional = self.house.register(login, profession=SECRET_CODES[code])
        self.psc.know(login, practising(professional.rpps, code, professional.finess) | practice, fault)
        return professional

    def run(self, statement: str, *parameters: Any) -> list[Any]:
        """Run a statement as the owner of the database."""
        with connect_sync(self.house.settings, "owner") as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def town(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    secret = tmp_path_factory.mktemp("psc") / "secret"
    secret.write_text(SECRET + "\n")
    with (
        pro_sante_connect() as provider,
        running_house(
            database, psc_issuer=provider.issuer, psc_client_id=CLIENT_ID, psc_secret_file=secret
        ) as house,
    ):
        provider.open(REDIRECTS)
        yield Town(house, provider)


@pytest.fixture
def office(town: Town) -> Iterator[PostOffice]:
    """A mail server, with nothing owed from the test before."""
    town.run("truncate jobs.procrastinate_jobs cascade")
    with post_office() as office:
        yield office


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


def test_a_pharmacist_signs_in_as_if_by_passkey(town: Town) -> None:
    claire = town.somebody("Claire Fontaine")
    browser = PscBrowser(town.house)
    answer = browser.go(town.psc, "Claire Fontaine")
    assert answer.status == 200, answer.body
    assert (answer.body["expires_in"], answer.body["idle_s"]) == (
        BROWSER_SESSION_LIFE_S,
        BROWSER_SESSION_IDLE_S,
    )
    assert answer.body["account"]["display_name"] == "Claire Fontaine"
    assert "set-cookie" not in answer.headers
    ((account_id, thumbprint),) = town.run(
        "select account_id, key_thumbprint from access.sessions where token_digest = sha256(%s::text::bytea)",
        browser.token,
    )
    assert (account_id, bytes(thumbprint)) == (claire.account_id, browser.key.thumbprint)
    assert browser.call("GET", "/browser/session").status == 200


def test_the_browser_leaves_with_everything_that_the_profile_asks_for(town: Town) -> None:
    address = urlsplit(PscBrowser(town.house).leave("en").body["address"])
    query = {name: texts[0] for name, texts in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}" == town.psc.issuer
    assert (query["scope"], query["acr_values"], query["prompt"]) == ("openid scope_all", "eidas1", "login")
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == REDIRECTS[1]
    assert query["response_mode"] == "fragment"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3


def test_nothing_of_a_sign_in_but_the_verifier_is_kept_as_it_is(town: Town) -> None:
    address = urlsplit(PscBrowser(town.house).leave().body["address"])
    query = parse_qs(address.query)
    (row,) = town.run(
        "select a::text from access.psc_attempts as a where state_digest = sha256(%s::text::bytea)",
        query["state"][0],
    )
    assert query["state"][0] not in row[0]
    assert query["nonce"][0] not in row[0]


def test_from_the_session_a_first_passkey_is_registered_and_it_signs_in(town: Town) -> None:
    town.somebody("Paul Martin")
    browser = PscBrowser(town.house)
    browser.go(town.psc, "Paul Martin")
    options = browser.call("POST", "/browser/passkeys/another/options", {}).body["publicKey"]
    credential = browser.authenticator.register(options)
    assert browser.call("POST", "/browser/passkeys/another", {"credential": credential}).status == 201
    assert browser.sign_in().body["account"]["display_name"] == "Paul Martin"


# --- who may not ------------------------------------------------------------------------------------------------------


def test_somebody_without_a_practice_is_refused(town: Town) -> None:
    for login, practice in (
        ("no exercise", {"SubjectRefPro": {"exercices": []}}),
        ("no activity", {"SubjectRefPro": {"exercices": [{"codeProfession": "21", "activities": []}]}}),
        ("no number", {"SubjectNameID": "0499700366240007"}),
        ("a wrong number", {"SubjectNameID": "810005173141"}),
    ):
        town.somebody(login, **practice)
        assert refused(PscBrowser(town.house).go(town.psc, login)) == (403, "psc-practice-missing"), login


def test_somebody_who_is_not_affiliated_is_told_how_to_join(town: Town) -> None:
    town.psc.know("a stranger", practising("10005173140", "21", "750712184"))
    answer = PscBrowser(town.house).go(town.psc, "a stranger")
    assert refused(answer) == (403, "psc-not-affiliated")
    assert "FINESS" in answer.body["message"]


def test_somebody_struck_off_does_not_come_in_by_this_door(town: Town) -> None:
    luc = town.somebody("Luc Bernard")
    with connect_sync(town.house.settings, "operator") as connection:
        manage_access.strike_off(connection, luc.rpps)
    assert refused(PscBrowser(town.house).go(town.psc, "Luc Bernard")) == (403, "account-closed")


def test_another_profession_than_the_accounts_is_refused(town: Town) -> None:
    anne = town.somebody("Anne Robert", "28")
    town.psc.know("Anne as a doctor", practising(anne.rpps, "10", anne.finess))
    assert refused(PscBrowser(town.house).go(town.psc, "Anne as a doctor")) == (403, "psc-profession-differs")


def test_another_place_than_the_accounts_is_refused_and_an_activity_without_place_is_not(town: Town) -> None:
    lea = town.somebody("Léa Moreau")
    town.psc.know("Léa elsewhere", practising(lea.rpps, "21", "750000358"))
    town.psc.know("Léa nowhere in particular", practising(lea.rpps, "21", "750000358", ""))
    assert refused(PscBrowser(town.house).go(town.psc, "Léa elsewhere")) == (403, "psc-place-differs")
    assert PscBrowser(town.house).go(town.psc, "Léa nowhere in particular").status == 200


def test_the_register_has_the_last_word_once_it_is_loaded(town: Town) -> None:
    hugo, ines = town.somebody("Hugo Lefebvre"), town.somebody("Inès Morel")
    town.somebody("Jules Andre")
    town.run(
        "insert into access.register_professionals values (%s, 'LEFEBVRE', 'Hugo'), (%s, 'MOREL', 'Inès')",
        hugo.rpps,
        ines.rpps,
    )
    exercise = "insert into access.register_exercises values (%s, %s, %s, '', '', 'L')"
    try:
        town.run(exercise, hugo.rpps, "21", hugo.finess)
        town.run(exercise, ines.rpps, "21", hugo.finess)
        assert PscBrowser(town.house).go(town.psc, "Hugo Lefebvre").status == 200
        for login in ("Inès Morel", "Jules Andre"):
            assert refused(PscBrowser(town.house).go(town.psc, login)) == (403, "psc-not-in-register")
        town.run("update access.register_exercises set profession_code = '10' where rpps = %s", hugo.rpps)
        assert refused(PscBrowser(town.house).go(town.psc, "Hugo Lefebvre")) == (403, "psc-not-in-register")
    finally:
        town.run("delete from access.register_professionals")
        town.run("delete from access.register_exercises")


# --- several places ---------------------------------------------------------------------------------------------------


@pytest.fixture
def two_places(town: Town) -> tuple[str, list[str]]:
    """Register a professional at two places; give her login and the places."""
    first = town.house.register("Nina Faure", finess=None)
    other = "750000358"
    with connect_sync(town.house.settings, "operator") as connection:
        manage_access.register_professional(
            connection,
            rpps=first.rpps,
            finess=other,
            profession="pharmacist",
            name="Nina Faure",
            organisation="Le Port",
        )
    login = f"Nina {first.rpps}"
    town.psc.know(login, practising(first.rpps, "21", first.finess, other))
    return login, [first.finess, other]


def test_several_places_are_asked_about_and_the_choice_serves_once(
    town: Town, two_places: tuple[str, list[str]]
) -> None:
    login, (_, other) = two_places
    browser = PscBrowser(town.house)
    asked = browser.go(town.psc, login)
    assert asked.status == 200
    assert sorted(place["finess"] for place in asked.body["places"]) == sorted(two_places[1])
    opened = browser.choose(asked.body["choice"], other)
    assert (opened.status, opened.body["account"]["organisation"]) == (200, "Le Port")
    assert refused(browser.choose(asked.body["choice"], other)) == (403, "psc-attempt-unknown")


def test_a_choice_is_the_browsers_own_and_among_the_places_offered(
    town: Town, two_places: tuple[str, list[str]]
) -> None:
    login, (first, _) = two_places
    browser = PscBrowser(town.house)
    choice = browser.go(town.psc, login).body["choice"]
    assert refused(PscBrowser(town.house).choose(choice, first)) == (403, "psc-attempt-unknown")
    town.run("update access.psc_choices set expires_at = now() - interval '1 second' where false")
    assert refused(browser.choose(choice, "750712184")) == (403, "psc-attempt-unknown")
    late = browser.go(town.psc, login).body["choice"]
    town.run("update access.psc_choices set expires_at = now() - interval '1 second'")
    assert refused(browser.choose(late, first)) == (403, "psc-attempt-unknown")


# --- who profits from somebody else's sign-in --------------------------------------------------------------------------


def test_the_address_of_a_thief_signs_nobody_in_as_the_thief(town: Town) -> None:
    """Login CSRF: the victim's browser is brought to an address that carries the thief's own code and state."""
    town.somebody("a thief")
    thief, victim = PscBrowser(town.house), PscBrowser(town.house)
    returned = town.psc.sign_in(thief.leave().body["address"], "a thief")
    victim.leave()
    assert refused(victim.come_back(returned)) == (403, "psc-attempt-unknown")
    assert thief.come_back(returned).status == 200, "and nothing was taken from who began"


def test_an_address_that_was_seen_over_a_shoulder_opens_nothing(town: Town) -> None:
    town.somebody("Emma Lambert")
    owner, thief = PscBrowser(town.house), PscBrowser(town.house)
    returned = town.psc.sign_in(owner.leave().body["address"], "Emma Lambert")
    assert refused(thief.come_back(returned)) == (403, "psc-attempt-unknown")


def test_a_stolen_code_does_not_serve_in_a_sign_in_of_ones_own(town: Town) -> None:
    """Code injection: the thief began a sign-in, and shows the victim's code with it; the verifier is not that code's."""
    town.somebody("Noah Mercier")
    owner, thief = PscBrowser(town.house), PscBrowser(town.house)
    stolen = town.psc.sign_in(owner.leave().body["address"], "Noah Mercier")
    own = town.psc.sign_in(thief.leave().body["address"], "Noah Mercier")
    assert refused(thief.come_back(own | {"code": stolen["code"]})) == (403, "psc-answer-refused")


def test_a_sign_in_comes_back_once_and_in_time(town: Town) -> None:
    town.somebody("Adam Leroy")
    browser = PscBrowser(town.house)
    returned = town.psc.sign_in(browser.leave().body["address"], "Adam Leroy")
    assert browser.come_back(returned).status == 200
    assert refused(browser.come_back(returned)) == (403, "psc-attempt-unknown")
    returned = town.psc.sign_in(browser.leave().body["address"], "Adam Leroy")
    town.run("update access.psc_attempts set expires_at = now() - interval '1 second'")
    assert refused(browser.come_back(returned)) == (403, "psc-attempt-unknown")


def test_a_proof_serves_once_here_too(town: Town) -> None:
    headers = {"DPoP": ClientKey().proof("POST", f"{town.house.url}/browser/psc")}
    answers = [town.house.post_json("/browser/psc", {"language": "fr"}, headers) for _ in range(2)]
    assert (answers[0].status, refused(answers[1])) == (200, (401, "proof-replayed"))


@pytest.mark.parametrize("path", ["/browser/psc", "/browser/psc/return", "/browser/psc/place"])
def test_without_a_proof_nothing_begins_and_nothing_ends(town: Town, path: str) -> None:
    assert refused(town.house.post_json(path, {})) == (401, "proof-missing")


def test_an_answer_of_another_provider_is_refused(town: Town) -> None:
    """The mix-up of RFC 9207: this provider says in its answers who it is, and then must."""
    town.somebody("Sarah Dupuis")
    browser = PscBrowser(town.house)
    for said in ({"iss": "https://elsewhere.example"}, {"iss": None}):
        returned = town.psc.sign_in(browser.leave().body["address"], "Sarah Dupuis") | said
        sent = {name: text for name, text in returned.items() if text is not None}
        assert refused(browser.come_back(sent)) == (403, "psc-answer-refused")


@pytest.mark.parametrize(
    "fault",
    [
        "wrong-audience",
        "expired",
        "nonce-replayed",
        "other-issuer",
        "level-too-low",
        "signature-wrong",
        "other-subject",
    ],
)
def test_a_provider_that_lies_is_not_believed(town: Town, fault: str) -> None:
    town.somebody(f"Zoé {fault}", fault=fault)
    answer = PscBrowser(town.house).go(town.psc, f"Zoé {fault}")
    assert refused(answer) == (403, "psc-answer-refused")
    assert answer.body["place"] == "", "which check failed is told to nobody but the log"


# --- devices ----------------------------------------------------------------------------------------------------------


def test_a_browser_never_seen_under_the_account_is_a_new_device_and_only_then(town: Town) -> None:
    account_id = town.somebody("Lucas Rousseau").account_id
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    usual = PscBrowser(town.house, headers={"User-Agent": firefox})
    for browser, hours in ((usual, 24), (usual, None), (PscBrowser(town.house), 24)):
        assert browser.go(town.psc, "Lucas Rousseau").status == 200
        assert hours_reduced(town.house, account_id) == hours
        town.run("update gate.account_state set reduced_until = null where account_id = %s", account_id)
    labels = town.run(
        "select label from access.new_devices where account_id = %s order by new_device_id", account_id
    )
    assert labels == [("Firefox, Windows",), ("Navigateur inconnu",)]


async def test_every_contact_is_told_of_a_new_browser_and_by_what_name(
    town: Town, office: PostOffice
) -> None:
    professional = town.somebody("Inès Rousseau")
    given(town.house, professional, PRACTICE)
    browser = PscBrowser(town.house)
    for told in ([(PRACTICE, "Nouvelle connexion à votre compte Rempart")], []):
        assert browser.go(town.psc, "Inès Rousseau").status == 200
        assert await sent(town.house, office) == told
        assert not told or "Navigateur inconnu" in office.words()


async def test_who_comes_back_by_pro_sante_connect_needs_no_account_given_back(
    town: Town, office: PostOffice
) -> None:
    owner = town.somebody("Hélène Rousseau")
    given(town.house, owner, PRACTICE)
    friend = town.house.register("Garant d’Hélène", finess=owner.finess)
    first, guarantor = signed_in(town.house, owner), signed_in(town.house, friend)
    assert name_guarantor(first, friend) == 201
    a_day_later(town.house)
    handed = vouch(guarantor, owner.account_id)
    assert handed.status == 201
    await sent(town.house, office)
    assert PscBrowser(town.house).go(town.psc, "Hélène Rousseau").status == 200
    assert (PRACTICE, CANCELLED) in await sent(town.house, office)
    a_day_later(town.house)
    assert Browser(town.house).enrol(handed.body["link"]).status == 404


def test_who_signed_in_by_pro_sante_connect_sees_the_passkeys_and_takes_none_back(town: Town) -> None:
    owner = town.somebody("Marie Rousseau")
    lost = signed_in(town.house, owner).authenticator
    browser = PscBrowser(town.house)
    assert browser.go(town.psc, "Marie Rousseau").status == 200
    (listed,) = browser.call("GET", "/browser/passkeys").body["passkeys"]
    assert listed["is_in_use"] is False
    told = browser.call("DELETE", f"/browser/passkeys/{base64url(lost.credential_id)}")
    assert refused(told) == (403, "passkey-too-new")


# --- outages and ways to prove who we are ---------------------------------------------------------------------------------


def test_a_provider_that_is_down_is_an_outage_and_locks_nothing(
    database: Database, town: Town, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    down = {"psc_issuer": "http://localhost:1", "psc_client_id": CLIENT_ID, "psc_secret_file": secret}
    with running_house(database, **down) as house:
        for _ in range(2):
            answer = PscBrowser(house).leave()
            assert refused(answer) == (503, "psc-unreachable")
            assert int(answer.headers["retry-after"]) > 0
        assert Browser(house).begin_sign_in().status == 200, "passkeys go on"


def test_a_provider_that_goes_down_between_leaving_and_coming_back_is_an_outage(
    database: Database, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    with pro_sante_connect() as provider:
        connected = {"psc_issuer": provider.issuer, "psc_client_id": CLIENT_ID, "psc_secret_file": secret}
        with running_house(database, **connected) as house:
            provider.open(REDIRECTS)
            rpps = "10005173140"
            provider.know("Marc Dubois", practising(rpps, "21", "750712184"))
            browser = PscBrowser(house)
            returned = provider.sign_in(browser.leave().body["address"], "Marc Dubois")
            provider.end()
            assert refused(browser.come_back(returned)) == (503, "psc-unreachable")


def test_a_platform_with_a_key_proves_itself_by_it(fresh_database: Database, tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", {"kid": "rempart-1", "use": "sig"})
    path = tmp_path / "key.pem"
    path.write_bytes(key.as_pem(private=True))
    with (
        pro_sante_connect() as provider,
        running_house(
            fresh_database, psc_issuer=provider.issuer, psc_client_id=CLIENT_ID, psc_key_file=path
        ) as house,
    ):
        provider.open(REDIRECTS, jwks={"keys": [key.as_dict(private=False)]})
        town = Town(house, provider)
        town.somebody("Claire Fontaine")
        assert PscBrowser(house).go(provider, "Claire Fontaine").status == 200


def test_a_platform_with_a_wrong_secret_gets_nobody_in(fresh_database: Database, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not that one")
    with pro_sante_connect() as provider:
        wrong = {"psc_issuer": provider.issuer, "psc_client_id": CLIENT_ID, "psc_secret_file": secret}
        with running_house(fresh_database, **wrong) as house:
            provider.open(REDIRECTS)
            town = Town(house, provider)
            town.somebody("Claire Fontaine")
            assert refused(PscBrowser(house).go(provider, "Claire Fontaine")) == (403, "psc-answer-refused")


def test_a_platform_that_is_not_connected_has_no_such_addresses(fresh_database: Database) -> None:
    with running_house(fresh_database) as house:
        production = replace(house.settings, environment="production")
    assert production.psc_address == ""


def test_what_expires_is_swept(town: Town) -> None:
    PscBrowser(town.house).leave()
    town.run("update access.psc_attempts set expires_at = now() - interval '1 second'")
    with closing(connect_sync(town.house.settings, "identity")) as connection:
        connection.execute("select access.forget_psc()")
    assert town.run("select count(*) from access.psc_attempts") == [(0,)]
