"""How the pages look: nothing for axe to find, nothing wider than the screen, in light and dark, in both languages, on paper.

Each page and state is photographed into out/screenshots.
"""

from collections.abc import Callable

import pytest

from tests.support.counter import NARROW, WIDE, Counter, Professional, Window

LOOKS = [("wide", WIDE, "light"), ("wide", WIDE, "dark"), ("narrow", NARROW, "light")]


def signed_out(counter: Counter, window: Window, _: Professional) -> None:
    """Arrive for the first time."""
    window.page.goto(f"{counter.url}/")
    window.page.locator("#sign-in").wait_for()


def empty_form(_: Counter, window: Window, claire: Professional) -> None:
    """Sign in."""
    window.sign_in(claire)


def card_read(counter: Counter, window: Window, claire: Professional) -> None:
    """Scan a card of a twin."""
    window.sign_in(claire)
    window.scan(counter.patients["Lou"].card)
    window.keys(counter.patients["Lou"].birth_date)


def defects(counter: Counter, window: Window, claire: Professional) -> None:
    """Ask with everything wrong or missing."""
    window.sign_in(claire)
    window.page.locator("#card").fill("2850675059999")
    window.page.locator("#birth-date").fill("1406")
    window.page.locator("#without-card summary").click()
    window.page.locator("#ask").click()


def answer_open(counter: Counter, window: Window, claire: Professional) -> None:
    """Have an answer with two coverages."""
    window.sign_in(claire)
    window.ask_about(counter.patients["Nadia"])


def answer_ended(counter: Counter, window: Window, claire: Professional) -> None:
    """Have a precise negative answer."""
    window.sign_in(claire)
    window.ask_about(counter.patients["Paul"])


def insurer_not_served(counter: Counter, window: Window, claire: Professional) -> None:
    """Ask an insurer that is not here."""
    window.sign_in(claire)
    window.keys(counter.patients["Nadia"].nir)
    window.page.locator("#amc-number").fill("9999999999")
    window.page.locator("#birth-date").fill("14061985")
    window.press("Enter")
    window.answer()


def session_over(counter: Counter, window: Window, claire: Professional) -> None:
    """Lose the session while a patient is typed in."""
    card_read(counter, window, claire)
    counter.world.do(
        "update access.sessions set revoked_at = now(), revoked_because = 'a test' where revoked_at is null"
    )
    window.press("Enter")
    window.page.locator("#sign-in-why:not(:empty)").wait_for()


def staff(counter: Counter, window: Window, claire: Professional) -> None:
    """Invite somebody."""
    counter.a_day_passes()
    window.sign_in(claire, "/staff")
    window.page.locator("#display-name").fill("Marie-Antoinette de La Rochefoucauld-Montbel")
    window.press("Enter")
    window.page.locator("#handed").wait_for()
    window.page.locator("#staff tr").first.wait_for()


def account(_: Counter, window: Window, claire: Professional) -> None:
    """See one's account."""
    window.sign_in(claire, "/account")
    window.page.locator("#page").wait_for()


def invitation(counter: Counter, window: Window, _: Professional) -> None:
    """Follow an invitation."""
    window.page.goto(counter.titulaire("Inès Moreau").link)
    window.page.locator("#accept").wait_for()


def no_invitation(counter: Counter, window: Window, _: Professional) -> None:
    """Arrive at the invitation page without a code."""
    window.page.goto(f"{counter.url}/invitation")
    window.page.locator("#code").wait_for()


def not_found(counter: Counter, window: Window, _: Professional) -> None:
    """Follow a dead link."""
    window.page.goto(f"{counter.url}/nowhere")


STATES: list[Callable[[Counter, Window, Professional], None]] = [
    signed_out,
    empty_form,
    card_read,
    defects,
    answer_open,
    answer_ended,
    insurer_not_served,
    session_over,
    staff,
    account,
    invitation,
    no_invitation,
    not_found,
]


@pytest.fixture(scope="module")
def claire(open_counter: Counter) -> Professional:
    """Give the optician who looks at all these pages a passkey."""
    person = open_counter.titulaire("Claire Fontaine")
    open_counter.window().accept(person)
    open_counter.close_windows()
    return person


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_page_has_no_fault_and_fits_wide_and_narrow_in_light_and_dark(
    counter: Counter, claire: Professional, state: Callable[[Counter, Window, Professional], None]
) -> None:
    window = counter.window()
    state(counter, window, claire)
    for size, viewport, scheme in LOOKS:
        window.wear(viewport, scheme)
        look = f"{state.__name__}-{size}-{scheme}"
        window.photograph(look)
        assert window.overflow() <= 0, look
        assert window.faults() == [], look
    assert window.complaints == []


@pytest.mark.parametrize("path", ["/en/", "/en/staff", "/en/account"])
def test_a_page_is_english_through_and_through(counter: Counter, claire: Professional, path: str) -> None:
    window = counter.window(locale="en-GB")
    window.sign_in(claire, path)
    assert window.page.locator("html").get_attribute("lang") == "en"
    if path == "/en/":
        assert window.ask_about(counter.patients["Nadia"]).startswith("Rights open until")
        assert (
            "The insured person can see this consultation." in window.page.locator(".evidence").inner_text()
        )
    window.photograph(f"english{path.removeprefix('/en').replace('/', '-').rstrip('-') or '-rights'}")
    words = window.page.locator("body").inner_text().split()
    assert not {
        "Droits",
        "Carte",
        "votre",
        "Votre",
        "clé",
        "Équipe",
        "Établissement",
        "Demander",
        "le",
    } & set(words)


def test_on_paper_only_the_answer_is_left(counter: Counter, claire: Professional) -> None:
    window = counter.window()
    answer_open(counter, window, claire)
    window.page.emulate_media(media="print")
    window.photograph("print")
    seen = window.page.locator("body").inner_text()
    assert "Droits ouverts" in seen
    assert "Numéro de trace" in seen
    assert window.page.locator("#card").is_hidden()
    assert counter.patients["Nadia"].nir not in seen.replace(" ", "")


def test_the_answer_is_in_sight_on_a_telephone(counter: Counter, claire: Professional) -> None:
    window = counter.window(size=NARROW)
    answer_open(counter, window, claire)
    box = window.page.locator("#answer-sentence").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < NARROW["height"] - 80
