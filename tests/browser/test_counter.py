"""At the counter: a card scanned or typed, a birth date, Enter; the answer, and what stays typed."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Route
from psycopg import sql

from rempart.domain.card_code import SCANNER_LAYOUTS
from rempart.domain.identifiers import nir_key
from rempart.domain.rights import Presence
from rempart.faces.wording import in_words
from tests.support.counter import Counter, Window

KEYSTROKES_MAX = 10


@pytest.fixture
def window(counter: Counter) -> Window:
    """Sign a new optician in, so that no test spends the budget of another."""
    opened = counter.window()
    opened.accept(counter.titulaire("Claire Fontaine"))
    return opened


def last_receipt(counter: Counter, column: str) -> object:
    """Read a column of the receipt written last."""
    (row,) = counter.world.owner.execute(
        sql.SQL("select {} from evidence.receipts order by asked_at desc limit 1").format(
            sql.Identifier(column)
        )
    )
    return row[0]


def test_a_scanned_card_leaves_nine_keys_to_press(counter: Counter, window: Window) -> None:
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    pressed = [*nadia.birth_date, "Enter"]
    assert len(pressed) <= KEYSTROKES_MAX
    for key in pressed:
        window.press(key)
    assert window.answer().startswith("Droits ouverts jusqu’au")
    assert last_receipt(counter, "presence") == Presence.CARD


def test_the_scan_fills_the_fields_and_goes_to_the_birth_date(counter: Counter, window: Window) -> None:
    lou = counter.patients["Lou"]
    window.scan(lou.card)
    assert window.field("card").replace(" ", "") == lou.nir
    assert window.field("amc-number") == lou.amc
    assert window.field("birth-rank") == "2"
    assert window.page.locator("#birth-rank").is_visible(), "a twin's rank shows"
    assert window.focused() == "birth-date"
    assert lou.secret not in window.page.content()


@pytest.mark.parametrize("layout", SCANNER_LAYOUTS)
def test_a_scanner_set_to_another_keyboard_is_understood(
    counter: Counter, window: Window, layout: str
) -> None:
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card.translate(str.maketrans("0123456789", layout)), end="Tab")
    assert window.field("card").replace(" ", "") == nadia.nir
    assert window.focused() == "birth-date", "the key that ends the burst moves nothing"


@pytest.mark.parametrize("place", ["answer-sentence", "birth-date", "amc-number", "domain", "ask"])
def test_a_card_is_read_wherever_the_focus_is(counter: Counter, window: Window, place: str) -> None:
    window.ask_about(counter.patients["Lou"])
    window.page.locator(f"#{place}").focus()
    window.scan(counter.patients["Nadia"].card)
    assert window.field("card").replace(" ", "") == counter.patients["Nadia"].nir
    assert window.field("birth-date") == "", "the next patient's birth date is not the last one's"
    assert window.page.locator("#answer-sentence").count() == 0
    assert window.focused() == "birth-date"


def test_a_birth_date_typed_before_the_scan_is_kept(counter: Counter, window: Window) -> None:
    nadia = counter.patients["Nadia"]
    window.page.locator("#birth-date").focus()
    window.keys(nadia.birth_date)
    window.page.wait_for_timeout(150)
    window.scan(nadia.card)
    assert window.field("birth-date") == nadia.birth_date
    assert window.focused() == "ask"
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts")


def test_everything_can_be_typed_with_the_keyboard_alone(counter: Counter, window: Window) -> None:
    nadia = counter.patients["Nadia"]
    assert window.focused() == "card"
    window.type_in(nadia)
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts")
    assert last_receipt(counter, "presence") == Presence.NONE
    window.press("Tab")
    assert "Patient suivant" in window.page.locator(":focus").inner_text()
    window.press("Enter")
    assert window.focused() == "card"
    assert window.field("card") == window.field("birth-date") == ""


def test_a_wrong_key_is_said_as_soon_as_it_is_typed(counter: Counter, window: Window) -> None:
    nir = counter.patients["Nadia"].nir
    window.keys(nir[:-1] + str((int(nir[-1]) + 1) % 10))
    assert "La clé du NIR ne correspond pas" in window.page.locator("#card-defect").inner_text()
    assert window.page.locator("#card").get_attribute("aria-invalid") == "true"
    window.press("Backspace")
    window.keys(nir[-1])
    assert window.page.locator("#card-defect").inner_text() == ""
    assert window.page.locator("#card-remark").inner_text() == "Numéro complet, clé exacte."


def test_what_is_missing_is_said_and_takes_the_focus(counter: Counter, window: Window) -> None:
    before = counter.receipts()
    window.press("Enter")
    assert window.focused() == "card"
    assert window.page.locator(".defect:not(:empty)").count() == 3
    window.scan(counter.patients["Nadia"].card)
    window.press("Enter")
    assert window.focused() == "birth-date"
    assert "Tapez ses 8 chiffres" in window.page.locator("#birth-date-defect").inner_text()
    assert counter.receipts() == before, "nobody was asked about"


def test_without_the_card_an_ended_right_and_a_stranger_read_alike(counter: Counter, window: Window) -> None:
    paul, nobody = counter.patients["Paul"], f"2850675059999{nir_key('2850675059999'):02}"
    seen = []
    for nir in (paul.nir, nobody):
        window.press("Escape")
        with window.page.expect_response("**/api/rights") as reply:
            window.type_in(replace(paul, nir=nir))
            window.press("Enter")
        sentence, next_step = window.answer(), window.page.locator(".next-step").inner_text()
        seen.append((sentence, next_step, reply.value.status, len(reply.value.body())))
    assert seen[0] == seen[1], "not one byte tells them apart"
    assert seen[0][0] == "Droits non confirmés."
    assert "Retapez" in seen[0][1]
    assert "demandez sa carte au patient" in seen[0][1]


def test_an_answer_that_comes_after_the_next_card_is_not_shown_beside_it(
    counter: Counter, window: Window
) -> None:
    nadia, paul = counter.patients["Nadia"], counter.patients["Paul"]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    window.page.route("**/api/rights", hold, times=1)
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    with window.page.expect_request("**/api/rights"):
        window.press("Enter")
    window.scan(paul.card)
    window.keys(paul.birth_date)
    (first,) = held
    with window.page.expect_response("**/api/rights"):
        first.continue_()
    window.press("Enter")
    assert window.answer().startswith("Droits terminés"), (
        "what was asked about the patient before is not shown"
    )
    assert window.field("card").replace(" ", "") == paul.nir
    assert window.page.locator("#answer article").count() == 1


def test_a_patient_who_left_before_the_sign_in_is_not_asked_about(counter: Counter, window: Window) -> None:
    sent = window.questions()
    window.scan(counter.patients["Nadia"].card)
    window.keys(counter.patients["Nadia"].birth_date)
    counter.world.do(
        "update access.sessions set revoked_at = now(), revoked_because = 'a test' where revoked_at is null"
    )
    window.press("Enter")
    window.page.locator("#sign-in").wait_for()
    window.press("Escape")
    window.page.locator("#sign-in-act").click()
    window.page.locator("#who-name").wait_for()
    assert window.ask_about(counter.patients["Paul"]).startswith("Droits terminés")
    assert [question["nir"] for question in sent] == [
        counter.patients[name].nir for name in ("Nadia", "Paul")
    ]


def test_with_the_card_an_ended_right_says_when(counter: Counter, window: Window) -> None:
    last_day = counter.world.today() - timedelta(200)
    assert window.ask_about(counter.patients["Paul"]) == f"Droits terminés le {in_words(last_day)}."


def test_a_lunar_birth_date_is_taken_as_it_is_written(counter: Counter, window: Window) -> None:
    window.scan(counter.patients["Ange"].card)
    window.keys("30/13/1988")
    assert "Date hors calendrier" in window.page.locator("#birth-date-remark").inner_text()
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts")


def test_days_in_an_impossible_order_are_said_before_anybody_is_asked(
    counter: Counter, window: Window
) -> None:
    before = counter.receipts()
    nadia = counter.patients["Nadia"]
    window.type_in(replace(nadia, birth_date="14062099"))
    assert "dans l’avenir" in window.page.locator("#birth-date-defect").inner_text()
    window.page.locator("#birth-date").fill(nadia.birth_date)
    window.page.locator("#care-date").fill("13/06/1985")
    window.press("Enter")
    assert "Les soins précèdent la naissance." in window.page.locator("#care-date-defect").inner_text()
    assert window.focused() == "care-date"
    assert counter.receipts() == before


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amc-number", "9912345678", "n’est pas servi"),
        ("care-date", "01/01/2020", "trop lointaine"),
        ("domain", "LABO", "n’est pas celui de votre profession"),
    ],
)
def test_what_the_gate_refuses_is_said_at_its_field_beside_its_trace(
    counter: Counter, window: Window, field: str, typed: str, said: str
) -> None:
    window.type_in(counter.patients["Nadia"])
    if field == "domain":  # the page offers those of the profession only
        window.page.eval_on_selector("#domain", "(list, code) => { list.options[0].value = code }", typed)
        window.page.locator("#domain").select_option(typed)
    else:
        window.page.locator(f"#{field}").fill(typed)
    window.page.locator("#ask").click()
    window.page.locator(f"#{field}-defect", has_text=said).wait_for()

    assert window.focused() == field
    assert window.page.locator(f"#{field}").get_attribute("aria-invalid") == "true"
    assert window.page.locator("#answer dd.trace").inner_text()


def test_escape_forgets_the_patient_and_the_secret_of_the_card(counter: Counter, window: Window) -> None:
    sent = window.questions()
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    window.press("Escape")
    assert [window.field(name) for name in ("card", "amc-number", "birth-date")] == ["", "", ""]
    assert window.focused() == "card"
    window.type_in(nadia)
    window.press("Enter")
    window.answer()
    assert ["card_secret" in question for question in sent] == [False]


def test_a_number_changed_after_the_scan_does_not_take_the_secret_along(
    counter: Counter, window: Window
) -> None:
    sent = window.questions()
    window.scan(counter.patients["Nadia"].card)
    window.page.locator("#card").fill(counter.patients["Paul"].nir)
    assert window.page.locator("#card-remark").inner_text() == "Numéro complet, clé exacte."
    window.page.locator("#birth-date").fill("02011950")
    window.press("Enter")
    window.answer()
    assert "card_secret" not in sent[-1]


def test_without_a_card_a_reason_gives_the_precise_answer_three_times_a_day(
    counter: Counter, window: Window
) -> None:
    for _ in range(3):
        window.press("Escape")
        window.type_in(counter.patients["Paul"])
        window.page.locator("#without-card summary").click()
        window.page.locator("#break-glass").select_option("card-forgotten")
        window.page.locator("#ask").click()
        assert window.answer().startswith("Droits terminés le")
        assert last_receipt(counter, "presence") == Presence.BREAK_GLASS
        assert window.field("break-glass") == "", "a reason counts for one question"
    window.page.locator("#break-glass").select_option("urgent-care")
    window.page.locator("#ask").click()
    window.page.get_by_role("heading", name=re.compile("sont toutes utilisées")).wait_for()


def test_nothing_about_the_patient_is_in_an_address_or_in_the_browsers_storage(
    counter: Counter, window: Window
) -> None:
    addresses: list[str] = []
    window.page.on("request", lambda request: addresses.append(request.url))
    nadia = counter.patients["Nadia"]
    window.ask_about(nadia)
    kept = window.page.evaluate(
        """async () => {
            const names = (await indexedDB.databases()).map(({ name }) => name);
            const root = document.querySelector('link[rel=stylesheet]').href.replace(/styles.*/, '');
            const { readSession } = await import(`${root}scripts/session/vault.js`);
            const { keyPair, ...session } = await readSession();
            return JSON.stringify([names, session, { ...localStorage }, { ...sessionStorage }, document.cookie]);
        }"""
    )
    for secret in (nadia.nir, nadia.nir[:13], nadia.birth_date, nadia.secret):
        assert not any(secret in address for address in addresses)
        assert secret not in kept
    assert window.context.cookies() == []
    assert window.complaints == []


YESTERDAY = """
(() => {
  const Real = Date;
  window.daysAgo = 1;
  window.Date = class extends Real {
    constructor(...parts) { if (parts.length) super(...parts); else super(Real.now() - window.daysAgo * 86_400_000); }
  };
})();
"""


def test_a_window_that_stayed_open_over_the_night_asks_about_today(counter: Counter) -> None:
    window = counter.window()
    window.accept(counter.titulaire("Claire Fontaine"))
    window.context.add_init_script(YESTERDAY)
    window.page.goto(counter.url)
    window.page.locator("#who-name").wait_for()
    evening = window.field("care-date")
    window.page.evaluate("window.daysAgo = 0")
    sent = window.questions()
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.keys(nadia.birth_date)
    window.press("Enter")
    window.answer()
    assert window.field("care-date") != evening
    assert "care_date" not in sent[0]
