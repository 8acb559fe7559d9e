"""Who is told of what happens to an account: each change is told to everybody, by a real letter over SMTP."""

import re
from collections.abc import Iterator

import pytest

from rempart import limits
from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.support.authenticator import Browser
from tests.support.enrolment import enrolled, run
from tests.support.identity import House, Professional
from tests.support.mail import PostOffice, deliver, post_office

ADDED = "Une adresse de plus pour votre compte Rempart"
REMOVED = "Une adresse retirée de votre compte Rempart"
PRACTICE, HOME = "cabinet@example.org", "claire@example.net"


@pytest.fixture
def office(house: House) -> Iterator[PostOffice]:
    """A mail server, with nothing owed from the test before."""
    run(house, "truncate jobs.procrastinate_jobs cascade")
    with post_office() as office:
        yield office


async def sent(house: House, office: PostOffice) -> list[tuple[str, str]]:
    """Have what is owed sent; give it, and begin afresh."""
    office.letters.clear()
    await deliver(house.settings, office)
    return office.subjects()


async def confirmed(browser: Browser, office: PostOffice, address: str) -> int:
    """Add an address and confirm it by the code that reaches it."""
    added = browser.call("POST", "/browser/contacts", {"address": address})
    assert added.status == 201, added.body
    number = int(added.body["contact_id"])
    code = await code_sent(browser.house, office, address)
    assert browser.call("POST", f"/browser/contacts/{number}/code", {"code": code}).status == 204
    return number


async def code_sent(house: House, office: PostOffice, address: str) -> str:
    office.letters.clear()
    await deliver(house.settings, office)
    (letter,) = [letter for letter in office.letters if "Votre code" in letter["Subject"]]
    assert letter["To"] == address
    found = re.search(r"^ {4}(\d{8})\s*$", letter.get_content(), re.MULTILINE)
    assert found
    return found[1]


async def test_an_address_is_told_of_nothing_until_the_code_mailed_to_it_comes_back(
    house: House, office: PostOffice
) -> None:
    browser = enrolled(house, "Claire Fontaine")
    added = browser.call("POST", "/browser/contacts", {"address": f" {PRACTICE} "})
    (listed,) = browser.call("GET", "/browser/contacts").body["contacts"]
    assert (listed["address"], listed["is_confirmed"]) == (PRACTICE, False)
    code = await code_sent(house, office, PRACTICE)
    (row,) = run(house, "select count(*) from jobs.procrastinate_jobs where args::text like %s", f"%{code}%")
    assert row == (0,), "the code is in no table"
    path = f"/browser/contacts/{added.body['contact_id']}/code"
    wrong = browser.call("POST", path, {"code": f"{(int(code) + 1) % 10**8:08}"})
    assert (wrong.status, wrong.body["code"]) == (403, "contact-code-refused")
    assert browser.call("POST", path, {"code": f"{code[:4]} {code[4:]}"}).status == 204
    (listed,) = browser.call("GET", "/browser/contacts").body["contacts"]
    assert listed["is_confirmed"]
    assert browser.call("POST", path, {"code": code}).status == 403, "it serves once"


async def test_adding_and_removing_an_address_is_told_to_all_the_others_and_to_the_removed_one(
    house: House, office: PostOffice
) -> None:
    browser = enrolled(house, "Jean Fontaine")
    first = await confirmed(browser, office, PRACTICE)
    assert await sent(house, office) == []
    await confirmed(browser, office, HOME)
    assert await sent(house, office) == [(PRACTICE, ADDED)]
    assert browser.call("DELETE", f"/browser/contacts/{first}").status == 204
    assert await sent(house, office) == [(PRACTICE, REMOVED), (HOME, REMOVED)]
    assert [row["address"] for row in browser.call("GET", "/browser/contacts").body["contacts"]] == [HOME]


async def test_a_code_is_not_guessed(house: House, office: PostOffice) -> None:
    browser = enrolled(house, "Marie Fontaine")
    path = f"/browser/contacts/{browser.call('POST', '/browser/contacts', {'address': HOME}).body['contact_id']}/code"
    code = await code_sent(house, office, HOME)
    for _ in range(limits.CONTACT_CODE_TRIES_MAX):
        assert browser.call("POST", path, {"code": "x"}).status == 403
    assert browser.call("POST", path, {"code": code}).status == 403, "the right one comes too late"


async def test_a_code_expires(house: House, office: PostOffice) -> None:
    browser = enrolled(house, "Louis Fontaine")
    path = f"/browser/contacts/{browser.call('POST', '/browser/contacts', {'address': HOME}).body['contact_id']}/code"
    code = await code_sent(house, office, HOME)
    run(house, "update access.contacts set code_expires_at = now() - interval '1 second'")
    assert browser.call("POST", path, {"code": code}).status == 403


def test_nobody_touches_the_addresses_of_another_account(house: House) -> None:
    mine, other = enrolled(house, "Ada Renard"), enrolled(house, "Zoé Renard")
    number = mine.call("POST", "/browser/contacts", {"address": HOME}).body["contact_id"]
    assert other.call("GET", "/browser/contacts").body == {"contacts": []}
    assert other.call("DELETE", f"/browser/contacts/{number}").status == 404
    assert other.call("POST", f"/browser/contacts/{number}/code", {"code": "1"}).status == 403


@pytest.mark.parametrize(
    "address",
    ["", "claire", "claire@", "@example.org", "a b@example.org", "a@b", "a@example.org\r\nBcc: x@example.org",
     "Claire <claire@example.org>", "a@example.org,b@example.org", "é@example.org", "a" * 65 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(house: House, address: str) -> None:
    told = enrolled(house, "Iris Fontaine").call("POST", "/browser/contacts", {"address": address})
    assert (told.status, told.body["code"]) == (400, "contact-refused")


def test_an_account_mails_no_list_of_strangers(house: House) -> None:
    browser = enrolled(house, "Max Fontaine")
    answers = [browser.call("POST", "/browser/contacts", {"address": f"a{n}@example.org"}) for n in range(6)]
    assert [answer.status for answer in answers] == [201] * limits.CONTACTS_MAX + [409]
    again = browser.call("POST", "/browser/contacts", {"address": "A1@example.org"})
    assert again.status == 409
    statuses = []
    for turn in range(limits.CONTACTS_PER_DAY_MAX):
        (last, *_) = browser.call("GET", "/browser/contacts").body["contacts"][::-1]
        assert browser.call("DELETE", f"/browser/contacts/{last['contact_id']}").status == 204
        statuses.append(browser.call("POST", "/browser/contacts", {"address": f"b{turn}@example.org"}).status)
    assert statuses.count(201) == limits.CONTACTS_PER_DAY_MAX - limits.CONTACTS_MAX


def given(house: House, professional: Professional, address: str) -> None:
    with connect_sync(house.settings, "operator") as operator:
        manage_access.register_professional(
            operator,
            rpps=professional.rpps,
            finess=professional.finess,
            profession="pharmacist",
            name="Paul Petit",
            email=address,
        )


def test_the_operator_gives_a_first_address_and_never_a_second_one(house: House) -> None:
    professional = house.register("Paul Petit")
    given(house, professional, PRACTICE)
    given(house, professional, "voleur@example.org")
    rows = run(
        house,
        "select address, confirmed_at is not null from access.contacts_of(%s)",
        professional.account_id,
    )
    assert rows == [(PRACTICE, True)]


def test_removed_and_unconfirmed_addresses_are_forgotten(house: House) -> None:
    run(house, "delete from access.contacts")
    browser = enrolled(house, "Rémi Fontaine")
    number = browser.call("POST", "/browser/contacts", {"address": HOME}).body["contact_id"]
    days = limits.CONTACTS_FORGOTTEN_AFTER_DAYS
    with connect_sync(house.settings, "worker") as worker:
        assert worker.execute("select access.forget_contacts(%s)", (days,)).fetchone() == (0,)
        run(house, "update access.contacts set added_at = now() - make_interval(days => %s)", days + 1)
        run(house, "update access.contacts set confirmed_at = now()")
        assert worker.execute("select access.forget_contacts(%s)", (days,)).fetchone() == (0,)
        browser.call("DELETE", f"/browser/contacts/{number}")
        run(house, "update access.contacts set removed_at = removed_at - make_interval(days => %s)", days + 1)
        assert worker.execute("select access.forget_contacts(%s)", (days,)).fetchone() == (1,)
