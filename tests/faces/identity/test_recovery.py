"""Who lost every passkey comes back on the word of a second registered person, after a day, and everybody is told."""

from typing import Any

import pytest
from psycopg import errors

from rempart.store.database import connect_sync
from tests.faces.identity.test_contacts import PRACTICE, given, office, sent
from tests.support.authenticator import USER_PRESENT, Browser
from tests.support.enrolment import a_day_after_the_passkey, invite, run
from tests.support.identity import House, Professional
from tests.support.mail import PostOffice

__all__ = ["office"]

GIVEN = "Votre compte Rempart va être rendu"
NAMED = "Un garant de plus pour votre compte Rempart"
CANCELLED = "Votre compte Rempart ne sera pas rendu"


def signed_in(house: House, professional: Professional) -> Browser:
    browser = Browser(house)
    assert browser.enrol(invite(house, professional)).status == 201
    return browser


def pair(house: House, name: str) -> tuple[Professional, Browser, Professional, Browser]:
    """Have two professionals of one place, each with a passkey, the first told at an address."""
    owner = house.register(name)
    given(house, owner, PRACTICE)
    friend = house.register(f"Garant de {name}", finess=owner.finess)
    return owner, signed_in(house, owner), friend, signed_in(house, friend)


def name_guarantor(browser: Browser, guarantor: Professional) -> int:
    return browser.call("POST", "/browser/recovery/guarantors", {"account_id": guarantor.account_id}).status


def a_day_later(house: House) -> None:
    for moved in (
        "update access.guarantors set named_at = named_at - interval '25 hours'",
        "update access.invitations set opens_at = opens_at - interval '25 hours' where used_at is null",
    ):
        run(house, moved)


def vouch(browser: Browser, account_id: int) -> Any:
    options = browser.call("POST", "/browser/recovery/options").body["publicKey"]
    credential = browser.authenticator.sign_in(options)
    return browser.call("POST", "/browser/recovery", {"account_id": account_id, "credential": credential})


async def test_an_account_is_given_back_after_a_day_and_what_was_there_ends(
    house: House, office: PostOffice
) -> None:
    owner, lost, friend, guarantor = pair(house, "Claire Fontaine")
    await sent(house, office)
    assert name_guarantor(lost, friend) == 201
    assert await sent(house, office) == [(PRACTICE, NAMED)]
    assert vouch(guarantor, owner.account_id).body["code"] == "not-a-guarantor", "not on the day he was named"
    a_day_later(house)
    assert [ward["account_id"] for ward in guarantor.call("GET", "/browser/recovery").body["wards"]] == [
        owner.account_id
    ]
    handed = vouch(guarantor, owner.account_id)
    assert handed.status == 201
    assert await sent(house, office) == [(PRACTICE, GIVEN)]
    back = Browser(house)
    assert back.enrol(handed.body["link"]).status == 404, "not before a day has passed"
    assert lost.call("GET", "/browser/session").status == 200
    a_day_later(house)
    assert back.enrol(handed.body["link"]).status == 201
    assert back.call("GET", "/browser/session").body["account"]["display_name"] == "Claire Fontaine"
    assert lost.call("GET", "/browser/session").status == 401
    assert lost.sign_in().status == 403
    assert len(back.call("GET", "/browser/passkeys").body["passkeys"]) == 1
    assert Browser(house).enrol(handed.body["link"]).status == 404, "it serves once"


async def test_an_owner_who_still_has_his_passkey_cancels_by_signing_in(
    house: House, office: PostOffice
) -> None:
    owner, not_lost, friend, guarantor = pair(house, "Jean Fontaine")
    name_guarantor(not_lost, friend)
    a_day_later(house)
    handed = vouch(guarantor, owner.account_id)
    await sent(house, office)
    assert not_lost.sign_in().status == 200
    assert await sent(house, office) == [(PRACTICE, CANCELLED)]
    a_day_later(house)
    assert Browser(house).enrol(handed.body["link"]).status == 404
    assert not_lost.call("GET", "/browser/session").status == 200


def test_a_titulaire_gives_a_member_of_his_staff_the_access_back_at_once(house: House) -> None:
    titulaire = signed_in(house, house.register("Rose Fontaine"))
    a_day_after_the_passkey(house)
    invited = titulaire.call("POST", "/browser/staff", {"display_name": "Noé Fontaine"}).body
    lost = Browser(house)
    assert lost.enrol(invited["link"]).status == 201
    handed = vouch(titulaire, invited["account_id"])
    back = Browser(house)
    assert back.enrol(handed.body["link"]).status == 201
    assert lost.call("GET", "/browser/session").status == 401
    assert vouch(back, invited["account_id"]).status == 403, "nobody vouches for himself"


def test_nobody_vouches_for_who_did_not_name_him(house: House) -> None:
    owner, _, _, colleague = pair(house, "Luc Fontaine")
    assert vouch(colleague, owner.account_id).body["code"] == "not-a-guarantor"
    assert vouch(colleague, 999_999).body["code"] == "not-a-guarantor", "a stranger learns nothing from it"


def test_a_guarantor_is_another_person_of_the_same_place(house: House) -> None:
    owner, browser, friend, _ = pair(house, "Marc Fontaine")
    elsewhere = house.register("Ailleurs Fontaine")
    a_day_after_the_passkey(house)
    staff = browser.call("POST", "/browser/staff", {"display_name": "Zoé Fontaine"}).body["account_id"]
    for refused in (owner.account_id, elsewhere.account_id, staff, 999_999):
        answer = browser.call("POST", "/browser/recovery/guarantors", {"account_id": refused})
        assert (answer.status, answer.body["code"]) == (400, "guarantor-refused")
    assert name_guarantor(browser, friend) == 201
    assert name_guarantor(browser, friend) == 400
    seen = browser.call("GET", "/browser/recovery").body
    assert [row["account_id"] for row in seen["guarantors"]] == [friend.account_id]
    assert seen["candidates"] == []


def test_a_guarantor_who_was_removed_or_left_vouches_no_more(house: House) -> None:
    owner, browser, friend, guarantor = pair(house, "Anne Fontaine")
    name_guarantor(browser, friend)
    a_day_later(house)
    assert browser.call("DELETE", f"/browser/recovery/guarantors/{friend.account_id}").status == 204
    assert vouch(guarantor, owner.account_id).status == 403


@pytest.mark.parametrize("flaw", ["another's passkey", "no user verification", "a challenge of a sign-in"])
def test_a_word_is_given_by_the_guarantors_own_hand(house: House, flaw: str) -> None:
    owner, browser, friend, guarantor = pair(house, "Ida Fontaine")
    name_guarantor(browser, friend)
    a_day_later(house)
    authenticator = guarantor.authenticator
    options = guarantor.call("POST", "/browser/recovery/options").body["publicKey"]
    if flaw == "another's passkey":
        authenticator = browser.authenticator
    elif flaw == "no user verification":
        authenticator.flags = USER_PRESENT
    else:
        options = guarantor.begin_sign_in().body["publicKey"]
    body = {"account_id": owner.account_id, "credential": authenticator.sign_in(options)}
    answer = guarantor.call("POST", "/browser/recovery", body)
    assert (answer.status, answer.body["code"]) == (403, "passkey-refused")


def test_the_operator_gives_no_account_back(house: House) -> None:
    professional = house.register("Léo Fontaine")
    statement = (
        "insert into access.invitations (code_digest, account_id, expires_at, gives_back)"
        " values (sha256('x'), %s, now() + interval '1 day', true)"
    )
    with connect_sync(house.settings, "operator") as operator:
        for forged in (statement, "update access.invitations set gives_back = true where account_id = %s"):
            with pytest.raises(errors.InsufficientPrivilege):
                operator.execute(forged.encode(), (professional.account_id,))


def test_of_two_codes_the_later_one_alone_serves(house: House) -> None:
    titulaire = signed_in(house, house.register("Max Fontaine"))
    a_day_after_the_passkey(house)
    invited = titulaire.call("POST", "/browser/staff", {"display_name": "Eva Fontaine"}).body
    assert Browser(house).enrol(invited["link"]).status == 201
    first, second = (vouch(titulaire, invited["account_id"]).body["link"] for _ in range(2))
    assert Browser(house).enrol(first).status == 404
    assert Browser(house).enrol(second).status == 201


async def test_a_word_that_was_signed_at_the_counter_gives_nothing_back(
    house: House, office: PostOffice
) -> None:
    owner, lost, friend, guarantor = pair(house, "Maud Fontaine")
    assert name_guarantor(lost, friend) == 201
    a_day_later(house)
    guarantor.authenticator.origin = house.settings.counter_url
    assert vouch(guarantor, owner.account_id).body["code"] == "passkey-refused"
    guarantor.authenticator.origin = house.settings.portal_url
    assert vouch(guarantor, owner.account_id).status == 201
