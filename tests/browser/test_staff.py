"""A titulaire's staff: invited by name, each with a key of her own, gone at once when access is taken back."""

import re

from tests.support.counter import NARROW, WIDE, Counter, Professional, Window


def invited(window: Window, name: str) -> Professional:
    """Invite somebody as a titulaire does; give what she is handed."""
    window.page.locator("#display-name").fill(name)
    window.press("Enter")
    window.page.locator("#handed-name", has_text=name).wait_for()
    return Professional(name, window.field("handed-link"), 0)


def answers(counter: Counter) -> int:
    """Count the questions that were answered, not refused."""
    return int(counter.world.one("select count(*) from evidence.receipts where outcome < 20"))


def test_a_member_of_the_staff_is_invited_asks_and_is_revoked(counter: Counter) -> None:
    titulaire = counter.titulaire("Claire Fontaine")
    owner, till = counter.window(), counter.window()
    owner.accept(titulaire)
    counter.a_day_passes()
    owner.page.get_by_role("link", name="Équipe").click()
    owner.page.locator("#nobody").wait_for()
    noe = invited(owner, "Noé Lambert")
    assert owner.focused() == "handed-title"
    owner.photograph("staff-invited")

    till.accept(noe)
    assert till.page.locator("#who-name").inner_text() == "Noé Lambert"
    assert till.page.get_by_role("link", name="Équipe").count() == 0, "staff enrols nobody"
    assert till.ask_about(counter.patients["Nadia"]).startswith("Droits ouverts")
    spent = counter.world.one(
        "select people_today from gate.account_state where account_id = %s", titulaire.account_id
    )
    assert spent == 1, "the staff's question counts on the titulaire's budget"

    owner.page.reload()
    owner.page.get_by_role("button", name="Retirer l’accès de Noé Lambert").click()
    owner.page.locator("#confirm").wait_for()
    owner.photograph("staff-confirm")
    owner.page.get_by_role("button", name="Retirer l’accès", exact=True).last.click()
    owner.page.locator("#done", has_text="Noé Lambert n’a plus accès.").wait_for()
    assert owner.page.locator("#nobody").is_visible()

    answered = answers(counter)
    till.press("Escape")
    till.scan(counter.patients["Nadia"].card)
    till.keys(counter.patients["Nadia"].birth_date)
    till.press("Enter")
    till.page.locator("#sign-in").wait_for()
    assert till.page.locator("#answer-sentence").count() == 0
    assert answers(counter) == answered
    assert owner.complaints == till.complaints == []


def test_a_new_passkey_invites_nobody_and_the_page_says_until_when(counter: Counter) -> None:
    owner = counter.window()
    owner.accept(counter.titulaire("Claire Fontaine"))
    owner.page.get_by_role("link", name="Équipe").click()
    owner.page.locator("#held", has_text="Vous pourrez inviter à partir du").wait_for()
    assert owner.page.locator("#invite").is_hidden()
    owner.photograph("staff-held")
    assert owner.faults() == []
    owner.wear(NARROW, "light")
    assert owner.overflow() <= 0
    owner.photograph("staff-held-narrow")


def test_a_new_member_reads_why_a_card_is_asked_for_and_until_when(counter: Counter) -> None:
    owner, till = counter.window(), counter.window()
    owner.accept(counter.titulaire("Claire Fontaine"))
    counter.a_day_passes()
    owner.page.get_by_role("link", name="Équipe").click()
    noe = invited(owner, "Noé Lambert")
    till.accept(noe)
    note = till.page.locator("#new-account")
    note.filter(
        has_text=re.compile(r"Votre compte est nouveau\. Jusqu’au .+ \d\d:\d\d, il faut la carte")
    ).wait_for()
    till.photograph("new-account")
    till.type_in(counter.patients["Lou"])
    till.press("Enter")
    assert till.answer().startswith("Une preuve de la présence du patient est demandée")
    assert "Votre compte est nouveau" in till.page.locator("#answer").inner_text()
    till.photograph("new-account-answer")
    assert till.faults() == []
    till.wear(NARROW, "dark")
    assert till.overflow() <= 0
    till.photograph("new-account-narrow")
    till.wear(WIDE, "light")

    counter.a_day_passes()
    later = counter.window()
    later.sign_in(noe)
    assert later.page.locator("#new-account").is_hidden()
    later.type_in(counter.patients["Lou"])
    later.press("Enter")
    later.answer()
    assert "Votre compte est nouveau" not in later.page.locator("main").inner_text()
    assert owner.complaints == till.complaints == []


def test_keeping_somebody_keeps_her(counter: Counter) -> None:
    owner = counter.window()
    owner.accept(counter.titulaire("Claire Fontaine"))
    counter.a_day_passes()
    owner.page.get_by_role("link", name="Équipe").click()
    invited(owner, "Inès Moreau")
    owner.page.get_by_role("button", name="Retirer l’accès de Inès Moreau").click()
    owner.page.locator("#confirm").wait_for()
    owner.press("Escape")
    owner.page.locator("#confirm").wait_for(state="hidden")
    assert owner.page.locator("#staff tr").count() == 1


def test_the_page_of_the_staff_is_closed_to_the_staff(counter: Counter) -> None:
    owner, till = counter.window(), counter.window()
    owner.accept(counter.titulaire("Claire Fontaine"))
    counter.a_day_passes()
    owner.page.get_by_role("link", name="Équipe").click()
    till.accept(invited(owner, "Noé Lambert"))
    till.page.goto(f"{counter.url}/staff")
    till.page.locator("#not-titulaire").wait_for()
    assert till.page.locator("#invite").is_hidden()


def test_a_code_is_typed_where_the_link_cannot_be_followed(counter: Counter) -> None:
    person = counter.titulaire("Karim Haddad")
    window = counter.window()
    window.touch(person)
    window.page.goto(f"{counter.url}/invitation")
    window.page.locator("#code:focus").wait_for()
    window.keys(person.link.partition("#code=")[2])
    window.press("Enter")
    window.page.locator("#invited-name", has_text="Karim Haddad").wait_for()
    assert window.focused() == "accept"
    window.press("Enter")
    window.page.wait_for_url(f"{counter.url}/")
    window.page.locator("#who-name", has_text="Karim Haddad").wait_for()


def test_an_invitation_used_or_wrong_says_so_and_asks_for_a_code(counter: Counter) -> None:
    person = counter.titulaire("Karim Haddad")
    counter.window().accept(person)
    for link in (person.link, f"{counter.url}/invitation#code=wrong"):
        window = counter.window()
        window.page.goto(link)
        window.page.locator("#notice:not(:empty)").wait_for()
        assert window.focused() == "code"


def test_a_second_passkey_opens_the_same_account(counter: Counter) -> None:
    claire = counter.titulaire("Claire Fontaine")
    window = counter.window()
    window.accept(claire)
    window.page.get_by_role("link", name="Mon compte").click()
    second = Professional("Claire Fontaine", "", claire.account_id)
    window.touch(second)
    window.page.locator("#another").click()
    window.page.locator("#done", has_text="enregistrée").wait_for()
    window.keep_credential(second)
    window.photograph("account")
    other = counter.window()
    other.sign_in(second)
    assert other.page.locator("#who-name").inner_text() == "Claire Fontaine"
