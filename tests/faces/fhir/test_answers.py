"""What the face answers when the question can be asked: a state, a sentence, a trace; never an identity."""

import json
from datetime import timedelta
from typing import Any

import pytest

from rempart.domain.rights import Domain
from rempart.faces.fhir import systems
from tests.faces.fhir.conftest import CARD_SECRET, Answer, Desk, judge
from tests.faces.fhir.requests import (
    AMINA,
    HUGO,
    NADIA,
    ZOE,
    Resource,
    Traits,
    question,
    spoilt,
    with_extension,
)
from tests.support.world import EVERY_DOMAIN, Right

LEA = Traits("Léa", "185057800608491", "19850501")


def with_card(request: Resource, secret: str = CARD_SECRET) -> Resource:
    return with_extension(request, systems.CARD_SECRET, valueString=secret)


def broken_glass(request: Resource, reason: str = "urgent-care") -> Resource:
    return with_extension(request, systems.BREAK_GLASS, valueCode=reason)


def codes_of(insurance: dict[str, Any]) -> list[str]:
    return [item["category"]["coding"][0]["code"] for item in insurance["item"]]


def test_an_open_right_is_granted_with_an_engagement(desk: Desk) -> None:
    ends_on = desk.world.today() + timedelta(days=30)
    desk.know(LEA, Right(ends_on=ends_on))
    answer = desk.ask(question(LEA, desk.insurer.amc))
    judge(answer)
    assert answer.status == 200
    (insurance,) = answer.resource["insurance"]
    assert insurance["inforce"] is True
    assert insurance["benefitPeriod"] == {"end": ends_on.isoformat()}
    assert codes_of(insurance) == ["PHAR", "DIPR"]  # those of a pharmacist, and no other
    assert answer.resource["preAuthRef"] == answer.trace
    assert answer.resource["disposition"].startswith("Droits ouverts jusqu’au ")
    assert "error" not in answer.resource
    assert desk.receipt(answer.trace or "")["account_id"] == desk.software.account.account_id


def test_an_answer_repeats_nothing_that_was_sent_about_the_person(desk: Desk) -> None:
    asked = with_card(question(NADIA, desk.insurer.amc))
    asked = spoilt(
        asked, "identifier", [{"system": "https://editeur.example/demande", "value": "dossier-4711"}]
    )
    asked = spoilt(asked, "servicedDate", desk.world.today().isoformat())
    refused = spoilt(asked, "contained.0.identifier.0.value", "285057800608442")
    for answer in (desk.ask(asked), desk.ask(question(LEA, desk.insurer.amc)), desk.ask(refused)):
        told = answer.body.decode()
        for part in (
            NADIA.nir, NADIA.nir[:13], "285057800608442", LEA.nir, "1985", NADIA.birth_date, "Nadia", "70012345", "beneficiary",
            "dossier-4711", CARD_SECRET, desk.insurer.amc, "10005173140",
        ):  # fmt: skip
            assert part not in told, part
        assert "servicedDate" not in answer.resource


def test_the_references_of_an_answer_are_made_for_it_alone(desk: Desk) -> None:
    def references(answer: Answer) -> set[str]:
        resource = answer.resource
        parts = [resource[name] for name in ("patient", "request", "insurer")]
        return {part["identifier"]["value"] for part in [*parts, resource["insurance"][0]["coverage"]]}

    asked = question(NADIA, desk.insurer.amc)
    first, second = references(desk.ask(asked)), references(desk.ask(asked))
    assert len(first | second) == 8
    assert all(reference.startswith("urn:uuid:") for reference in first | second)


def test_each_open_coverage_has_its_rank(desk: Desk) -> None:
    pharmacy_only = Domain.PHAR.bit
    desk.know(LEA, Right(coverage_rank=2, domains=pharmacy_only), Right(coverage_rank=1))
    answer = desk.ask(question(LEA, desk.insurer.amc))
    judge(answer)
    first, second = answer.resource["insurance"]
    assert [part["extension"][0]["valuePositiveInt"] for part in (first, second)] == [1, 2]
    assert codes_of(second) == ["PHAR"]
    assert first["coverage"] != second["coverage"]


def _precise_states(desk: Desk) -> dict[str, Right]:
    today, day = desk.world.today(), timedelta(days=1)
    all_but_pharmacy = EVERY_DOMAIN & ~Domain.PHAR.bit
    return {
        "opens-on": Right(opens_on=today + 10 * day),
        "renewal-in-progress": Right(ends_on=today - day, situation=2),
        "ended-on": Right(ends_on=today - day),
        "suspended": Right(situation=1),
        "domain-not-covered": Right(domains=all_but_pharmacy),
        "without-tiers-payant": Right(domains=all_but_pharmacy, domains_without_tp=Domain.PHAR.bit),
        "waiting-period": Right(waiting_domains=Domain.PHAR.bit, waiting_until=today + 10 * day),
    }


STATES = (
    "opens-on", "renewal-in-progress", "ended-on", "suspended", "domain-not-covered", "without-tiers-payant", "waiting-period",
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_card_brings_the_precise_state(desk: Desk, state: str) -> None:
    desk.know(LEA, _precise_states(desk)[state])
    asked = question(LEA, desk.insurer.amc)
    blind, precise = desk.ask(asked), desk.ask(with_card(asked))
    judge(blind, precise)
    assert blind.code == "not-confirmed"
    assert precise.code == state
    assert precise.extension("presence") == "card"
    assert precise.resource["insurance"][0]["inforce"] is False
    assert precise.resource["outcome"] == "complete"
    assert "preAuthRef" not in precise.resource
    told = precise.resource["error"][0]["code"]
    assert told["coding"][0]["display"] == precise.resource["disposition"]
    assert told["text"].endswith(".")


def test_breaking_the_glass_tells_that_a_person_is_not_known(desk: Desk) -> None:
    answer = desk.ask(broken_glass(question(LEA, desk.insurer.amc)))
    judge(answer)
    assert answer.code == "not-known"
    assert answer.extension("presence") == "break-glass"
    assert desk.receipt(answer.trace or "")["break_glass"] == 1


def test_without_presence_unknown_ended_and_wrong_card_cannot_be_told_apart(desk: Desk) -> None:
    desk.know(LEA, Right(ends_on=desk.world.today() - timedelta(days=400)))
    stranger = Traits("Louis", "185057800608491", "19850502")
    shapes = set()
    for _ in range(6):
        software = desk.open_software()  # failures add up, and an account that has too many is frozen
        for asked in (
            question(LEA, desk.insurer.amc),
            question(stranger, desk.insurer.amc),
            with_card(question(NADIA, desk.insurer.amc), "PONMLKJIHGFEDCBA"),
        ):
            answer = desk.ask(asked, software)
            assert answer.code == "not-confirmed"
            shape = json.dumps(_without_chance(answer.resource), sort_keys=True)
            shapes.add((answer.status, len(answer.body), tuple(answer.headers), shape))
    assert len(shapes) == 1


def _without_chance(resource: Resource) -> Resource:
    """Take out what is made for each answer: the references, the trace, the instant."""
    kept = spoilt(resource, "identifier.0.value", "…")
    for part in ("insurance.0.coverage", "patient", "request", "insurer"):
        kept = spoilt(kept, f"{part}.identifier.value", "…")
    return spoilt(kept, "created", "…")


def test_a_lunar_birth_date_finds_its_person(desk: Desk) -> None:
    assert desk.ask(question(AMINA, desk.insurer.amc)).code == "open"


def test_the_rank_tells_twins_apart(desk: Desk) -> None:
    asked = question(HUGO, desk.insurer.amc)
    by_extension = spoilt(
        spoilt(question(ZOE, desk.insurer.amc), "contained.0.multipleBirthBoolean", True),
        "contained.0.extension", [{"url": systems.BIRTH_RANK, "valuePositiveInt": 2}],
    )  # fmt: skip
    third = spoilt(asked, "contained.0.multipleBirthInteger", 3)
    subjects = [desk.receipt(desk.ask(each).trace or "")["subject"] for each in (asked, by_extension)]
    assert subjects == [desk.people["Hugo"]] * 2
    assert desk.ask(question(ZOE, desk.insurer.amc)).code == "open"
    wrong = desk.ask(third)
    assert wrong.code == "not-confirmed"
    assert desk.receipt(wrong.trace or "")["subject"] < 0


def test_without_an_item_the_profession_says_the_domain(desk: Desk) -> None:
    answer = desk.ask(question(NADIA, desk.insurer.amc, domain=None))
    assert desk.receipt(answer.trace or "")["domain"] == Domain.PHAR


def test_a_late_insurer_is_told_as_such_and_never_as_closed(desk: Desk) -> None:
    late = desk.world.insurer(data_age_h=24 * 30)
    answer = desk.ask(question(NADIA, late.amc))
    assert answer.code in {"insurer-data-stale", "insurer-not-served"}


def test_parameters_around_a_request_change_nothing(desk: Desk) -> None:
    asked = question(NADIA, desk.insurer.amc)
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]}
    assert desk.ask(wrapped).code == "open"


def test_a_repeat_has_the_first_answer_again(desk: Desk) -> None:
    asked = question(NADIA, desk.insurer.amc)
    first = desk.ask(asked, Idempotency_Key="ordonnance-1")
    again = desk.ask(asked, Idempotency_Key="ordonnance-1")
    judge(first, again)
    assert again.extension("repeat-of") == first.trace
    assert again.resource["preAuthRef"] == first.resource["preAuthRef"]
    assert again.trace != first.trace


def test_a_key_with_another_body_is_a_conflict(desk: Desk) -> None:
    desk.ask(question(NADIA, desk.insurer.amc), Idempotency_Key="ordonnance-2")
    answer = desk.ask(question(ZOE, desk.insurer.amc), Idempotency_Key="ordonnance-2")
    judge(answer)
    assert (answer.status, answer.code) == (409, "idempotency-conflict")
    assert desk.receipt(answer.trace or "")["outcome"] == 27


def test_english_is_spoken_to_who_asks_for_it(desk: Desk) -> None:
    answer = desk.ask(question(NADIA, desk.insurer.amc), Accept_Language="en-GB, fr;q=0.5")
    assert answer.resource["language"] == "en"
    assert answer.resource["disposition"].startswith("Rights open")


def test_a_production_platform_never_says_why(desk: Desk) -> None:
    assert desk.ask(question(NADIA, desk.insurer.amc)).extension("why") is None
