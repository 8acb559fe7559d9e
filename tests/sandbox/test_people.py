"""Each test person is answered about as the page says, at each level of presence, through FHIR and in the portal."""

import json
from typing import Any, NamedTuple

import pytest

from rempart.domain.rights import Kind, Outcome, Presence
from rempart.domain.trace import receipt_id_of
from rempart.sandbox.client import Answer
from rempart.sandbox.demo_file import expected_of
from rempart.sandbox.people import PEOPLE, STRANGER, SandboxPerson, named, whole
from rempart.sandbox.refusals import REFUSALS
from rempart.sandbox.software import Asked, read_fhir
from rempart.store.database import connect_sync
from tests.sandbox.conftest import Sandbox, Shop

WHY = "https://rempart.example/fhir/StructureDefinition/why"

LEVELS = (Presence.NONE, Presence.BREAK_GLASS, Presence.CARD, Presence.KNOWN_PATIENT)
"""In this order, for a card that was shown makes the person known."""


class Heard(NamedTuple):
    """What a caller was told: status, code, receipt, and why."""

    status: int
    code: str
    trace: str | None
    why: dict[str, Any] | None


def asked_about(person: SandboxPerson, level: Presence = Presence.NONE, **changes: Any) -> Asked:
    given = {
        "amc_number": person.amc_number,
        "nir": person.nir,
        "birth_date": person.birth_date,
        "rank": person.rank,
        "domain": person.domain,
        "card_secret": person.card_secret if level is Presence.CARD else None,
        "break_glass": "urgent-care" if level is Presence.BREAK_GLASS else None,
    }
    return Asked(**(given | changes))


def by_software(shop: Shop, asked: Asked) -> Heard:
    answer = shop.software.ask_rights(asked)
    code, _, trace = read_fhir(answer.content)
    found = [one["valueString"] for one in answer.content.get("extension", ()) if one["url"] == WHY]
    return Heard(answer.status, code, trace, json.loads(found[0]) if found else None)


def by_browser(shop: Shop, asked: Asked) -> Heard:
    born = asked.birth_date
    form = {
        "amc_number": asked.amc_number,
        "nir": asked.nir,
        "birth_date": born[6:] + born[4:6] + born[:4],
        "birth_rank": asked.rank,
        "domain": asked.domain,
        "card_secret": asked.card_secret,
        "break_glass": asked.break_glass,
    }
    answer: Answer = shop.browser.ask_rights(form)
    content = answer.content
    return Heard(answer.status, content["code"], content["trace"], content["why"])


def status_of(code: str) -> int:
    return next((refusal.status for refusal in REFUSALS if refusal.code == code), 200)


@pytest.mark.parametrize("person", [*PEOPLE, STRANGER], ids=lambda person: person.given_names)
def test_is_answered_about_as_documented_at_each_level_of_presence(
    sandbox: Sandbox, person: SandboxPerson
) -> None:
    sandbox.require_its_own_day()
    shop = sandbox.shop("optician" if person.domain == "OPTI" else "pharmacist")
    documented = expected_of(person)
    for level in LEVELS:
        expected = documented[level.name.lower().replace("_", "-")]
        if expected is None:
            continue
        for ask in (by_software, by_browser):
            heard = ask(shop, asked_about(person, level))
            assert (heard.status, heard.code) == (status_of(expected), expected), (level, ask.__name__)
            assert heard.trace, "each has a receipt"
            assert heard.why is not None, "a sandbox says why"
            assert heard.why["truth"] == (
                "ended-on" if person is named("Rose") else person.with_presence.code
            )
            assert heard.why["person_found"] is (person is not STRANGER)


def test_there_is_a_person_or_a_documented_refusal_for_all_that_a_question_can_meet() -> None:
    met = {code for person in (*PEOPLE, STRANGER) for code in expected_of(person).values()}
    met |= {refusal.code for refusal in REFUSALS}
    wanted = {outcome.code for outcome in Outcome if outcome.kind is not Kind.ADMITTED}
    assert wanted - met == {
        "session-idle",  # which takes half an hour without a question
        "presence-asked",  # which is a step on the way, told in the demonstration
        "presence-requests-exhausted",  # which takes forty of them
    }


@pytest.mark.parametrize("given_name", [person.given_names for person in PEOPLE if person.other_aliases])
def test_every_number_of_a_person_leads_to_the_same_answer(sandbox: Sandbox, given_name: str) -> None:
    person, shop = named(given_name), sandbox.shop()
    numbers = [person.nir, *map(whole, person.other_aliases)]
    with connect_sync(sandbox.settings, "owner") as connection:
        heard = [by_software(shop, asked_about(person, nir=number)) for number in numbers]
        subjects = connection.execute(
            "select count(distinct subject), count(*) from evidence.receipts where receipt_id = any(%s)",
            ([receipt_id_of(one.trace or "") for one in heard],),
        ).fetchone()
    assert {one.code for one in heard} == {"open"}
    assert subjects == (1, len(numbers)), "one person, whichever number"


@pytest.mark.parametrize("ask", [by_software, by_browser])
def test_a_rank_that_is_nobodys_is_answered_as_a_stranger_even_with_her_sisters_card(
    sandbox: Sandbox, ask: Any
) -> None:
    camille, shop = named("Camille"), sandbox.shop()
    for secret in (None, camille.card_secret):
        heard = ask(shop, asked_about(camille, rank=3, card_secret=secret))
        assert (heard.status, heard.code) == (200, "not-confirmed")
        assert heard.why is not None
        assert heard.why["person_found"] is False


@pytest.mark.parametrize("ask", [by_software, by_browser])
def test_somebody_elses_card_grants_nothing_though_the_right_is_open(sandbox: Sandbox, ask: Any) -> None:
    heard = ask(sandbox.shop(), asked_about(named("Alice"), card_secret=named("Basile").card_secret))
    assert (heard.status, heard.code) == (200, "not-confirmed")
    assert heard.why is not None
    assert (heard.why["truth"], heard.why["card_matches"]) == ("open", False)


def test_the_uniform_answer_is_the_same_word_for_word(sandbox: Sandbox) -> None:
    shop, heard = sandbox.shop(), []
    for person in (named("Jules"), named("Karim"), STRANGER):
        content = shop.software.ask_rights(asked_about(person)).content
        heard.append(
            (content["disposition"], json.dumps(content["error"]), content["insurance"][0]["inforce"])
        )
    assert len(set(heard)) == 1


def test_only_a_sandbox_says_why_and_the_database_has_the_last_word(sandbox: Sandbox) -> None:
    shop, jules = sandbox.shop(), named("Jules")
    in_sandbox = [ask(shop, asked_about(jules)) for ask in (by_software, by_browser)]
    sandbox.database.settings_as("production")
    try:
        in_production = [ask(shop, asked_about(jules)) for ask in (by_software, by_browser)]
    finally:
        sandbox.database.settings_as("sandbox")
    assert all(heard.why for heard in in_sandbox)
    assert [heard.why for heard in in_production] == [None, None]
    assert {heard.code for heard in in_sandbox + in_production} == {"not-confirmed"}
