"""From a question to an insured person's telephone and back, on the real processes: FHIR, gate, worker, insurer."""

import time

import pytest

from rempart.sandbox.people import STRANGER, named
from rempart.sandbox.story.telephone import Telephone
from tests.sandbox.conftest import Sandbox, Shop
from tests.sandbox.test_people import Heard, asked_about, by_software


@pytest.fixture
def telephone(sandbox: Sandbox) -> Telephone:
    return Telephone(sandbox.settings.test_insurer_url)


def once_it_is_there(shop: Shop, name: str) -> Heard:
    """Ask again every second until what the person did has come."""
    for _ in range(20):
        heard = by_software(shop, asked_about(named(name)))
        if heard.code != "not-confirmed":
            break
        time.sleep(1)
    return heard


def test_a_code_read_out_proves_that_the_patient_is_there_and_the_shop_knows_them_afterwards(
    sandbox: Sandbox, telephone: Telephone
) -> None:
    sandbox.require_its_own_day()
    shop, victor = sandbox.shop(), named("Victor")
    assert by_software(shop, asked_about(victor)).code == "not-confirmed"
    told = by_software(shop, asked_about(victor, asked_for="code"))
    assert (told.status, told.code) == (200, "presence-asked")
    message = telephone.wait_for("presence.code", "Victor Roux")
    assert message["data"]["trace"] == told.trace
    code = message["data"]["code"]
    wrong = f"{(int(code) + 1) % 10**8:08}"
    assert by_software(shop, asked_about(victor, one_time_code=wrong)).code == "not-confirmed"
    assert by_software(shop, asked_about(victor, one_time_code=code)).code == "ended-on"
    assert by_software(shop, asked_about(victor)).code == "ended-on"
    elsewhere = sandbox.shop()
    assert by_software(elsewhere, asked_about(victor, one_time_code=code)).code == "not-confirmed"


def test_an_approval_on_the_insurers_page_is_as_good(sandbox: Sandbox, telephone: Telephone) -> None:
    sandbox.require_its_own_day()
    shop, louise = sandbox.shop(), named("Louise")
    assert by_software(shop, asked_about(louise, asked_for="approval")).code == "presence-asked"
    message = telephone.wait_for("presence.approval", "Louise Lefèvre")
    telephone.approve(message["id"])
    assert once_it_is_there(shop, "Louise").code == "renewal-in-progress"


def test_a_person_whom_nobody_knows_is_asked_in_the_same_words_and_hears_nothing(
    sandbox: Sandbox, telephone: Telephone
) -> None:
    shop = sandbox.shop()
    nobody = by_software(shop, asked_about(STRANGER, asked_for="code"))
    somebody = by_software(shop, asked_about(named("Jules"), asked_for="code"))
    assert (nobody.status, nobody.code) == (somebody.status, somebody.code) == (200, "presence-asked")
    telephone.wait_for("presence.code", "Jules Robert")  # whose job came after


def test_a_broken_glass_is_on_the_telephone_the_same_minute(sandbox: Sandbox, telephone: Telephone) -> None:
    shop = sandbox.shop()
    told = by_software(shop, asked_about(named("Malo"), break_glass="home-visit"))
    message = telephone.wait_for("notice.break-glass", "Malo Rousseau")
    assert (message["data"]["trace"], message["data"]["reason"]) == (told.trace, "home-visit")
