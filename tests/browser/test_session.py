"""The bound session: changing user, losing the network, two tabs, a copied profile; what is typed survives all of it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.support.counter import CHROMIUM_FLAGS, Counter, Patient, Window
from tests.support.programs import chromium

CHANGE_OF_USER_MAX_S = 5.0


@pytest.fixture
def window(counter: Counter) -> Window:
    """Sign an optician in."""
    opened = counter.window()
    opened.accept(counter.titulaire("Claire Fontaine"))
    return opened


def typed(window: Window) -> tuple[str, str, str]:
    """Read what a patient's fields hold."""
    return window.field("card").replace(" ", ""), window.field("amc-number"), window.field("birth-date")


def of(patient: Patient) -> tuple[str, str, str]:
    """Say what the fields hold once a patient is typed in."""
    return patient.nir, patient.amc, patient.birth_date


def test_a_colleague_takes_over_in_five_seconds_and_finds_what_was_typed(
    counter: Counter, window: Window
) -> None:
    karim = counter.titulaire("Karim Haddad")
    counter.window().accept(karim)
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    window.touch(karim)

    began = time.monotonic()
    window.press("F2")
    window.page.locator("#who-name", has_text="Karim Haddad").wait_for()
    took_s = time.monotonic() - began

    assert took_s < CHANGE_OF_USER_MAX_S
    assert typed(window) == of(nadia)
    window.page.locator("#birth-date").press("Enter")
    assert window.answer().startswith("Droits ouverts")
    asker = counter.world.one("select account_id from evidence.receipts order by asked_at desc limit 1")
    assert asker == karim.account_id


def test_who_signs_out_leaves_no_patient_on_any_screen(counter: Counter, window: Window) -> None:
    window.ask_about(counter.patients["Nadia"])
    other = window.context.new_page()
    other.goto(counter.url)
    other.locator("#card").fill(counter.patients["Paul"].nir)
    window.page.locator("#sign-out").click()
    window.page.locator("#sign-in-why", has_text="Vous êtes déconnecté").wait_for()
    other.locator("#sign-in").wait_for()

    for page in (window.page, other):
        assert page.locator("#answer").inner_text() == ""
        left = page.eval_on_selector_all("#question input", "all => all.map(one => one.value).join('|')")
        for patient in (counter.patients["Nadia"], counter.patients["Paul"]):
            assert patient.nir not in left.replace(" ", "")
            assert patient.amc not in left
            assert patient.birth_date not in left
    assert window.focused() == "sign-in-act"


def test_the_colleague_before_has_no_session_left(counter: Counter) -> None:
    claire, karim = counter.titulaire("Claire Fontaine"), counter.titulaire("Karim Haddad")
    counter.window().accept(karim)
    window = counter.window()
    window.accept(claire)
    alive = "select count(*) from access.sessions where account_id = %s and revoked_at is null"
    assert counter.world.one(alive, claire.account_id) == 1
    window.touch(karim)
    with window.page.expect_response("**/browser/sign-out"):
        window.press("F2")
    window.page.locator("#who-name", has_text="Karim Haddad").wait_for()
    assert counter.world.one(alive, claire.account_id) == 0


def test_a_ceremony_that_is_given_up_loses_nothing(counter: Counter, window: Window) -> None:
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    window.take_key_away()
    window.page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    window.press("F2")
    window.page.locator("#sign-in-why", has_text="Rien n’a été fait").wait_for()
    assert window.focused() == "sign-in-act"
    assert typed(window) == of(nadia)


@pytest.mark.parametrize("reason", ["signed out elsewhere", "expired"])
def test_a_session_that_ended_is_opened_again_in_place(counter: Counter, window: Window, reason: str) -> None:
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    if reason == "expired":
        counter.world.do("update access.sessions set expires_at = now()")
    else:
        counter.world.do(
            "update access.sessions set revoked_at = now(), revoked_because = %s where revoked_at is null",
            reason,
        )
    window.press("Enter")
    window.page.locator("#sign-in").wait_for()
    assert "Votre saisie est gardée." in window.page.locator("#sign-in-why").inner_text()
    assert window.focused() == "sign-in-act"
    assert typed(window) == of(nadia)
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts"), "the question that waited is asked after the sign-in"


def test_a_network_that_fails_keeps_what_was_typed(counter: Counter, window: Window) -> None:
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    window.context.set_offline(True)
    window.press("Enter")
    window.page.locator("#notice", has_text="Votre saisie est gardée").wait_for()
    assert typed(window) == of(nadia)
    window.context.set_offline(False)
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts"), "the same proof, which never arrived, passes"
    assert window.page.locator("#notice").inner_text() == ""


def test_an_answer_lost_on_its_way_is_asked_again_without_counting_twice(
    counter: Counter, window: Window
) -> None:
    nadia = counter.patients["Nadia"]
    before = counter.receipts()
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)  # the server answers, the page never hears it
        route.abort("connectionreset")

    window.page.route("**/api/rights", lose)
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    window.press("Enter")
    window.page.locator("#sign-in-why", has_text="sans compter deux fois").wait_for()
    assert lost == [200]
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts")
    assert "Répétition de" in window.page.locator(".evidence").inner_text()
    assert counter.receipts() == before + 3, "the first, the proof presented again, the repeat"
    met = counter.world.one(
        "select people_today from gate.account_state where account_id ="
        " (select account_id from evidence.receipts order by asked_at desc limit 1)"
    )
    assert met == 1


def test_two_tabs_share_one_chain_of_nonces(counter: Counter, window: Window) -> None:
    second = window.context.new_page()
    second.goto(f"{counter.url}/")
    second.locator("#who-name", has_text="Claire Fontaine").wait_for()
    ask = """async (question) => {
        const root = document.querySelector('link[rel=stylesheet]').href.replace(/styles.*/, '');
        const { boundFetch } = await import(`${root}scripts/session/bound_fetch.js`);
        const asked = Array.from({ length: 5 }, () => boundFetch('/api/rights', { method: 'POST', body: question }));
        window.asked = Promise.all(asked.map(async (answer) => (await answer).status));
    }"""
    nadia = counter.patients["Nadia"]
    question = {"amc_number": nadia.amc, "nir": nadia.nir, "birth_date": nadia.birth_date, "domain": "OPTI"}
    tabs = [window.page, second]
    for tab in tabs:
        tab.evaluate(ask, question)
    assert [tab.evaluate("window.asked") for tab in tabs] == [[200] * 5, [200] * 5]


def test_who_signs_out_in_one_tab_is_out_in_the_other(counter: Counter, window: Window) -> None:
    second = window.context.new_page()
    second.goto(f"{counter.url}/")
    second.locator("#who-name", has_text="Claire Fontaine").wait_for()
    window.page.locator("#sign-out").click()
    second.locator("#sign-in").wait_for()
    assert second.locator("#who").is_hidden()


def test_the_key_of_a_session_cannot_be_exported(window: Window) -> None:
    refused = window.page.evaluate(
        """async () => {
            const root = document.querySelector('link[rel=stylesheet]').href.replace(/styles.*/, '');
            const { readSession } = await import(`${root}scripts/session/vault.js`);
            const { keyPair } = await readSession();
            return Promise.all(['jwk', 'pkcs8'].map((form) =>
                crypto.subtle.exportKey(form, keyPair.privateKey).then(() => 'exported', (error) => error.name)));
        }"""
    )
    assert refused == ["InvalidAccessError"] * 2


@contextmanager
def profile(counter: Counter, directory: Path) -> Iterator[Page]:
    """Open a browser on a profile kept on the disk."""
    context = counter.browser.browser_type.launch_persistent_context(
        directory, executable_path=chromium(), args=CHROMIUM_FLAGS, locale="fr-FR"
    )
    context.set_default_timeout(15_000)
    try:
        yield context.pages[0]
    finally:
        context.close()


def ask_on(page: Page, patient: Patient) -> None:
    """Type a patient in and ask."""
    page.locator("#card").fill(patient.nir)
    page.locator("#amc-number").fill(patient.amc)
    page.locator("#birth-date").fill(patient.birth_date)
    page.locator("#birth-date").press("Enter")


def test_a_copied_profile_and_its_owner_diverge_and_the_session_dies(
    counter: Counter, tmp_path: Path
) -> None:
    claire, nadia = counter.titulaire("Claire Fontaine"), counter.patients["Nadia"]
    with profile(counter, tmp_path / "owner") as page:
        window = Window(counter, page.context, page, page.context.new_cdp_session(page))
        window.cdp.send("WebAuthn.enable", {"enableUI": False})
        window.accept(claire)
    shutil.copytree(tmp_path / "owner", tmp_path / "thief", ignore=shutil.ignore_patterns("Singleton*"))

    with profile(counter, tmp_path / "owner") as page:
        page.goto(f"{counter.url}/")
        ask_on(page, nadia)
        page.locator("#answer-sentence", has_text="Droits ouverts").wait_for()
    with profile(counter, tmp_path / "thief") as page:
        page.goto(f"{counter.url}/")
        ask_on(page, nadia)
        page.locator("#sign-in-why", has_text="Une copie de cette session a été utilisée ailleurs").wait_for()
        assert page.locator("#answer-sentence").count() == 0
    with profile(counter, tmp_path / "owner") as page:
        page.goto(f"{counter.url}/")
        ask_on(page, nadia)
        page.locator("#sign-in-why", has_text="révoquée").wait_for()


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_workstation_whose_clock_is_wrong_works_all_the_same(counter: Counter, minutes: int) -> None:
    window = counter.window()
    window.context.add_init_script(
        f"(() => {{ const real = Date.now; Date.now = () => real() + {minutes * 60_000}; }})()"
    )
    window.accept(counter.titulaire("Claire Fontaine"))
    assert window.ask_about(counter.patients["Nadia"]).startswith("Droits ouverts")
