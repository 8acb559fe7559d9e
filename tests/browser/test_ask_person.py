"""Without a card: the patient reads out a code that the insurer sent, or approves; or lets the place ask for a year."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from rempart.domain.rights import OneTimeCode, Presence, code_message
from rempart.keyring.client import Keyring
from tests.support.counter import NARROW, Counter, Window


@pytest.fixture
def window(counter: Counter) -> Window:
    """Sign a new optician in, so that no test spends the budget of another."""
    opened = counter.window()
    opened.accept(counter.titulaire("Claire Fontaine"))
    return opened


def type_in(window: Window, patient_name: str, counter: Counter) -> None:
    patient = counter.patients[patient_name]
    window.page.fill("#card", patient.nir)
    window.page.fill("#amc-number", patient.amc)
    window.page.fill("#birth-date", patient.birth_date)


def give_code(counter: Counter, code: str) -> None:
    """Do as the worker: the request under way has the digest of its code, under a key of the keyring."""

    async def digest_of_code(amc: str) -> bytes:
        keyring = await Keyring.connect(counter.running.settings, "portal")
        (digest,) = await keyring.index([("code", code_message(amc, OneTimeCode(code)))])
        await keyring.close()
        assert digest is not None
        return digest

    amc = counter.world.one(
        "select amc_number from gate.presence_requests join members.insurers using (insurer_id) order by request_id desc limit 1"
    )
    with ThreadPoolExecutor(1) as thread:
        digest = thread.submit(asyncio.run, digest_of_code(amc)).result()
    counter.world.do("update gate.presence_requests set code_digest = %s where code_digest is null", digest)


def presence_of_the_last(counter: Counter) -> object:
    return counter.world.one("select presence from evidence.receipts order by receipt_id desc limit 1")


def test_a_code_sent_to_the_patient_stands_for_the_card(counter: Counter, window: Window) -> None:
    type_in(window, "Nadia", counter)
    window.page.click("#ask-person > summary")
    window.page.click("#send-code")
    assert window.answer().startswith("Demande envoyée au patient")
    assert window.focused() == "one-time-code"
    window.photograph("ask-person-asked")
    give_code(counter, "12345678")
    window.page.keyboard.type("1234 5678")
    window.press("Enter")
    assert window.answer().startswith("Droits ouverts")
    assert presence_of_the_last(counter) == Presence.CODE
    assert window.field("one-time-code") == "", "a code serves once"
    assert window.faults() == []


def test_a_code_that_is_none_is_said_before_anything_is_sent(counter: Counter, window: Window) -> None:
    type_in(window, "Nadia", counter)
    window.page.click("#ask-person > summary")
    window.page.fill("#one-time-code", "1234")
    window.press("Enter")
    assert "huit chiffres" in window.page.inner_text("#one-time-code-defect")


def test_an_approval_makes_the_same_question_precise(counter: Counter, window: Window) -> None:
    type_in(window, "Nadia", counter)
    window.page.click("#ask-person > summary")
    window.page.click("#ask-approval")
    assert window.answer().startswith("Demande envoyée au patient")
    counter.world.do("update gate.presence_requests set approved_at = now() where kind = 5")
    window.page.click("#ask")
    window.page.wait_for_selector(".answer.granted")
    assert presence_of_the_last(counter) == Presence.APPROVAL


def test_a_patient_with_the_card_lets_the_place_ask_for_a_year(counter: Counter, window: Window) -> None:
    nadia = counter.patients["Nadia"]
    window.scan(nadia.card)
    window.page.fill("#birth-date", nadia.birth_date)
    window.page.click("#standing > summary")
    window.page.check("#standing-given")
    window.page.fill("#standing-list", "ehpad les tilleuls")
    window.page.click("#ask")
    assert window.answer().startswith("Droits ouverts")
    row = counter.world.one("select list from gate.standing_authorisations order by given_on desc limit 1")
    assert row == "EHPAD LES TILLEULS"
    window.press("Escape")
    assert not window.page.is_checked("#standing-given"), "the next patient has given nothing yet"


def test_the_way_without_a_card_is_readable_on_a_phone_too(counter: Counter, window: Window) -> None:
    window.wear(NARROW, "dark")
    for part in ("ask-person", "standing"):
        window.page.click(f"#{part} > summary")
    window.photograph("ask-person-narrow")
    assert window.overflow() <= 0
    assert window.faults() == []
