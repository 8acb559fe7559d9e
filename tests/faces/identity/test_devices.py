"""A device that is new to an account is told to every contact, and halves its budget for a day; a passkey is taken back."""

import re
from typing import Any

import pytest

from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.faces.identity.test_contacts import PRACTICE, given, office, sent
from tests.support.authenticator import Authenticator, Browser
from tests.support.enrolment import a_day_after_the_passkey, enrolled, invite, run
from tests.support.identity import House
from tests.support.mail import PostOffice
from tests.support.proofs import base64url

__all__ = ["office"]

NEW_KEY = "Nouvelle clé d’accès à votre compte Rempart"
NEW_SOFTWARE = "Nouveau logiciel sur votre compte Rempart"
TAKEN_BACK = "Clé d’accès retirée de votre compte Rempart"


def add_passkey(browser: Browser, authenticator: Authenticator) -> int:
    options = browser.call("POST", "/browser/passkeys/another/options").body["publicKey"]
    credential = authenticator.register(options)
    return browser.call("POST", "/browser/passkeys/another", {"credential": credential}).status


def revoke(browser: Browser, authenticator: Authenticator) -> Any:
    return browser.call("DELETE", f"/browser/passkeys/{base64url(authenticator.credential_id)}")


def hours_reduced(house: House, account_id: int) -> float | None:
    ((hours,),) = run(
        house,
        "select extract(epoch from reduced_until - now())::float8 / 3600 from gate.account_state where account_id = %s",
        account_id,
    )
    return None if hours is None else round(hours, 1)


def grow_old(house: House, authenticator: Authenticator) -> None:
    run(
        house,
        "update access.passkeys set created_at = created_at - interval '25 hours' where credential_id = %s",
        authenticator.credential_id,
    )


async def test_a_new_passkey_is_told_to_every_contact_and_halves_the_budget_for_a_day(
    house: House, office: PostOffice
) -> None:
    professional = house.register("Claire Fontaine")
    given(house, professional, PRACTICE)
    assert hours_reduced(house, professional.account_id) is None
    browser = Browser(house)
    assert browser.enrol(invite(house, professional)).status == 201
    assert hours_reduced(house, professional.account_id) == 24
    assert await sent(house, office) == [(PRACTICE, NEW_KEY)]
    words = office.words()
    assert "Paul Petit" in words, "the place, as `given` named it"
    assert re.search(r"\d\d/\d\d/\d{4} à \d\d:\d\d", words)
    assert "clé qui reste sur un seul appareil" in words

    run(house, "update gate.account_state set reduced_until = now() + interval '1 hour'")
    assert add_passkey(browser, Authenticator()) == 201
    assert hours_reduced(house, professional.account_id) == 24
    assert await sent(house, office) == [(PRACTICE, NEW_KEY)]
    browser.sign_in()
    assert await sent(house, office) == [], "a passkey that was there is no news"


def test_a_budget_that_is_reduced_is_never_widened_by_a_later_device(house: House) -> None:
    browser = enrolled(house, "Luc Fontaine")
    ((account_id,),) = run(
        house,
        "select account_id from access.passkeys where credential_id = %s",
        browser.authenticator.credential_id,
    )
    run(
        house,
        "update gate.account_state set reduced_until = now() + interval '48 hours' where account_id = %s",
        account_id,
    )
    assert add_passkey(browser, Authenticator()) == 201
    assert hours_reduced(house, account_id) == 48


async def test_a_passkey_that_is_not_registered_tells_nothing(house: House, office: PostOffice) -> None:
    professional = house.register("Anna Petit")
    given(house, professional, PRACTICE)
    browser = Browser(house)
    browser.enrol(invite(house, professional))
    await sent(house, office)
    assert add_passkey(browser, browser.authenticator) == 403, "the same one twice"
    assert await sent(house, office) == []


async def test_the_first_question_through_a_software_is_told_and_the_next_ones_are_not(
    house: House, office: PostOffice
) -> None:
    professional = house.register("Marc Petit")
    given(house, professional, PRACTICE)
    assert house.exchange(professional.rpps).status == 200
    assert hours_reduced(house, professional.account_id) == 24
    assert await sent(house, office) == [(PRACTICE, NEW_SOFTWARE)]
    assert "Officine, logiciel d'essai" in office.words()
    assert house.exchange(professional.rpps).status == 200
    assert await sent(house, office) == []


async def test_the_titulaire_is_told_of_the_passkeys_of_his_staff_who_are_not_told_of_his(
    house: House, office: PostOffice
) -> None:
    professional = house.register("Rose Petit")
    given(house, professional, PRACTICE)
    browser = Browser(house)
    browser.enrol(invite(house, professional))
    a_day_after_the_passkey(house)
    invited = browser.call("POST", "/browser/staff", {"display_name": "Noé Petit"}).body
    await sent(house, office)
    staff = Browser(house)
    assert staff.enrol(invited["link"]).status == 201
    assert await sent(house, office) == [(PRACTICE, NEW_KEY)]
    assert "Noé" not in office.words()
    assert hours_reduced(house, invited["account_id"]) == 24


async def test_a_revoked_passkey_ends_with_the_sessions_that_it_opened_and_no_other(
    house: House, office: PostOffice
) -> None:
    professional = house.register("Léa Petit")
    given(house, professional, PRACTICE)
    owner, lost = Browser(house), Browser(house)
    owner.enrol(invite(house, professional))
    assert add_passkey(owner, lost.authenticator) == 201
    lost.sign_in()
    listed = owner.call("GET", "/browser/passkeys").body["passkeys"]
    assert [row["is_in_use"] for row in listed] == [True, False]
    assert listed[0]["last_used_at"] is not None
    await sent(house, office)
    assert revoke(owner, lost.authenticator).status == 204
    assert await sent(house, office) == [(PRACTICE, TAKEN_BACK)]
    assert lost.call("GET", "/browser/session").status == 401
    assert lost.sign_in().status == 403
    assert owner.call("GET", "/browser/session").status == 200
    assert len(owner.call("GET", "/browser/passkeys").body["passkeys"]) == 1
    assert revoke(owner, lost.authenticator).status == 404


def test_a_passkey_revokes_neither_itself_nor_while_it_is_new_an_older_one(house: House) -> None:
    old = enrolled(house, "Max Petit")
    new = Browser(house)
    assert add_passkey(old, new.authenticator) == 201
    new.sign_in()
    assert revoke(old, old.authenticator).body["code"] == "passkey-in-use"
    told = revoke(new, old.authenticator)
    assert (told.status, told.body["code"]) == (403, "passkey-too-new")
    grow_old(house, old.authenticator)
    grow_old(house, new.authenticator)
    assert revoke(new, old.authenticator).status == 204
    assert old.call("GET", "/browser/session").status == 401


def test_nobody_revokes_the_passkey_of_another_account(house: House) -> None:
    mine, other = enrolled(house, "Ida Petit"), enrolled(house, "Guy Petit")
    assert revoke(other, mine.authenticator).status == 404
    assert other.call("DELETE", "/browser/passkeys/*").status == 404
    assert mine.call("GET", "/browser/session").status == 200


@pytest.mark.parametrize("path", ["/browser/passkeys", "/browser/contacts"])
def test_what_concerns_an_account_asks_for_its_session(house: House, path: str) -> None:
    assert house.send("GET", path).status == 401


def test_a_passkey_of_a_struck_off_professional_changes_nothing(house: House) -> None:
    professional = house.register("Eva Petit")
    browser = Browser(house)
    browser.enrol(invite(house, professional))
    with connect_sync(house.settings, "operator") as operator:
        manage_access.strike_off(operator, professional.rpps)
    assert browser.call("POST", "/browser/contacts", {"address": PRACTICE}).status == 403
