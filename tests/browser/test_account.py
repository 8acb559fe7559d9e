"""The account page: the addresses that are told, confirmed by a code that a real letter brought, and the passkeys taken back."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from rempart.store.database import connect_sync
from tests.support.counter import Counter, Professional, Window
from tests.support.mail import deliver, post_office

HOME = "claire@example.net"
WORK = "une-adresse-assez-longue-pour-deborder@pharmacie-de-la-grande-place.example.org"


def code_sent(counter: Counter) -> str:
    """Have the letters sent, and read the code in the one that brings it."""
    with (
        post_office() as office,
        ThreadPoolExecutor(1) as elsewhere,
    ):  # the browser has the event loop of this thread
        elsewhere.submit(asyncio.run, deliver(counter.running.settings, office)).result()
        (letter,) = [letter for letter in office.letters if "Votre code" in letter["Subject"]]
    found = re.search(r"^ {4}(\d{8})\s*$", letter.get_content(), re.MULTILINE)
    assert found
    return found[1]


def add_address(counter: Counter, window: Window, address: str) -> None:
    window.page.locator("#address").fill(address)
    window.press("Enter")
    window.page.locator("#done", has_text="Un code part").wait_for()
    assert window.focused() == "code"
    window.page.locator("#code").fill(code_sent(counter))
    window.press("Enter")
    window.page.locator("#done", has_text="est confirmée").wait_for()


def test_an_address_is_added_confirmed_and_removed(counter: Counter) -> None:
    claire = counter.titulaire("Claire Fontaine")
    window = counter.window()
    window.accept(claire)
    window.page.get_by_role("link", name="Mon compte").click()
    window.page.locator("#nobody").wait_for()
    add_address(counter, window, HOME)
    assert window.page.locator("#contacts tr").count() == 1
    assert not window.page.locator("#nobody").is_visible()
    add_address(counter, window, WORK)
    window.page.locator("#contacts tr", has_text=HOME).get_by_role("button").click()
    window.photograph("account-question")
    window.page.locator("#confirm button[value=keep]").click()
    assert window.page.locator("#contacts tr").count() == 2
    window.page.locator("#contacts tr", has_text=HOME).get_by_role("button").click()
    window.page.locator("#confirm button[value=remove]").click()
    window.page.locator("#done", has_text="L’adresse est retirée").wait_for()
    assert window.page.locator("#contacts tr").count() == 1
    assert window.focused() == "contacts-title"
    assert window.complaints == []


def test_a_wrong_code_is_said_and_the_right_one_still_serves(counter: Counter) -> None:
    window = counter.window()
    window.accept(counter.titulaire("Inès Moreau"))
    window.page.get_by_role("link", name="Mon compte").click()
    window.page.locator("#address").fill(HOME)
    window.press("Enter")
    window.page.locator("#done", has_text="Un code part").wait_for()
    code = code_sent(counter)
    window.page.locator("#code").fill("00000000" if code != "00000000" else "1")
    window.press("Enter")
    window.page.locator("#notice", has_text="pas le bon").wait_for()
    window.page.locator("#code").fill(code)
    window.press("Enter")
    window.page.locator("#done", has_text="est confirmée").wait_for()


def test_a_lost_passkey_is_taken_back_and_its_session_ends(counter: Counter) -> None:
    claire = counter.titulaire("Claire Fontaine")
    window = counter.window()
    window.accept(claire)
    window.page.get_by_role("link", name="Mon compte").click()
    lost = Professional("Claire Fontaine", "", claire.account_id)
    window.touch(lost)
    window.page.locator("#another").click()
    window.page.locator("#done", has_text="enregistrée").wait_for()
    window.keep_credential(lost)
    other = counter.window()
    other.sign_in(lost)
    assert window.page.locator("#passkeys tr").count() == 2
    assert window.page.locator("#passkeys tr", has_text="En usage ici").count() == 1
    for width in (1280, 390):
        window.page.set_viewport_size({"width": width, "height": 900})
        window.photograph(f"account-two-passkeys-{width}")
        assert window.overflow() <= 0
    window.page.locator("#passkeys").get_by_role("button").click()
    window.page.locator("#confirm button[value=remove]").click()
    window.page.locator("#done", has_text="est retirée").wait_for()
    assert window.page.locator("#passkeys tr").count() == 1
    alive = "select count(*) from access.sessions where account_id = %s and revoked_at is null"
    with connect_sync(counter.running.settings, "owner") as owner:
        assert owner.execute(alive, (claire.account_id,)).fetchone() == (1,)
    other.page.reload()
    other.page.get_by_role("link", name="Mon compte").click()
    other.page.locator("#sign-in").wait_for()


def test_a_titulaire_gives_a_member_of_the_staff_the_access_back(counter: Counter) -> None:
    karim = counter.titulaire("Karim Haddad")
    window = counter.window()
    window.accept(karim)
    counter.a_day_passes()
    window.page.get_by_role("link", name="Équipe").click()
    window.page.locator("#display-name").fill("Manon Rey")
    window.press("Enter")
    window.page.locator("#handed").wait_for()
    manon = Professional("Manon Rey", window.page.locator("#handed-link").input_value(), 0)
    lost = counter.window()
    lost.accept(manon)

    window.page.get_by_role("link", name="Mon compte").click()
    window.page.locator("#wards").get_by_role("button", name="Rendre l’accès à Manon Rey").click()
    window.page.locator("#handed-back").wait_for()
    assert window.focused() == "handed-back-title"
    for width in (1280, 390):
        window.page.set_viewport_size({"width": width, "height": 900})
        window.photograph(f"account-given-back-{width}")
        assert window.overflow() <= 0
        assert window.faults() == []
    back = counter.window()
    back.accept(Professional("Manon Rey", window.page.locator("#back-link").input_value(), 0))
    assert back.page.locator("#who-name").inner_text() == "Manon Rey"
    lost.page.reload()
    lost.page.get_by_role("link", name="Mon compte").click()
    lost.page.locator("#sign-in").wait_for()
    lost.page.get_by_text("J’ai perdu mes clés").click()
    lost.photograph("lost-keys")
    assert lost.faults() == []


def test_a_professional_names_a_colleague(counter: Counter) -> None:
    ines = counter.titulaire("Inès Moreau")
    counter.world.do(
        "with p as (insert into access.professionals (rpps, profession_id, name) values ('10999999990', 2, 'Paul Roy')"
        " returning professional_id), n as (select nextval('access.accounts_account_id_seq') as account_id)"
        " insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id,"
        " display_name) overriding system value"
        " select n.account_id, 'professional', a.organisation_id, p.professional_id, 2, n.account_id, 'Paul Roy'"
        " from p, n, access.accounts as a where a.account_id = %s",
        ines.account_id,
    )
    window = counter.window()
    window.accept(ines)
    window.page.get_by_role("link", name="Mon compte").click()
    window.page.locator("#name-guarantor button").click()
    window.page.locator("#done", has_text="dans 24 heures").wait_for()
    assert window.page.locator("#guarantors th").inner_text() == "Paul Roy"
    window.photograph("account-guarantor")
    window.page.locator("#guarantors button").click()
    window.page.locator("#confirm button[value=remove]").click()
    window.page.locator("#done", has_text="ne peut plus").wait_for()
    assert window.page.locator("#guarantors tr").count() == 0
