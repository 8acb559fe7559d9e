"""A stolen list, over HTTP: who asks about a canary has the answer that anybody has, and nothing ever after."""

import csv
import json
from pathlib import Path
from typing import Any

from rempart.domain.identifiers import AmcNumber
from rempart.operations.detectors import canaries
from rempart.sandbox.client import Answer
from rempart.sandbox.people import named
from rempart.sandbox.software import Asked
from rempart.store.database import connect_sync
from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_people import asked_about

OF_ONE_ANSWER = {
    "id",
    "identifier",
    "created",
    "preAuthRef",
    "valueString",
    "valueIdentifier",
    "reference",
    "fullUrl",
}
"""What is made for each answer: references, the trace, the moment."""


def stolen(sandbox: Sandbox, amc_number: str, out: Path) -> Asked:
    """Plant one canary and give what a thief reads in the list."""
    with connect_sync(sandbox.settings, "operator") as connection:
        canaries.plant(
            sandbox.settings, connection, AmcNumber(amc_number), "liste du logiciel", 1, "nadia", out
        )
    lines = [line for line in out.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    (line,) = csv.DictReader(lines, delimiter=";")
    return Asked(line["amc_number"], line["nir"], line["birth_date"])


def without_what_is_new(content: Any) -> Any:
    """Put its length in the place of what is made for each answer."""
    if isinstance(content, dict):
        return {
            name: len(json.dumps(part)) if name in OF_ONE_ANSWER else without_what_is_new(part)
            for name, part in content.items()
            if name != "why"
        }
    if isinstance(content, list):
        return [without_what_is_new(part) for part in content if not _is_why(part)]
    return content


def _is_why(part: Any) -> bool:
    return isinstance(part, dict) and str(part.get("url", "")).endswith("why")


def code_of(answer: Answer) -> str:
    return str(answer.content["issue"][0]["details"]["coding"][0]["code"])


def test_who_asks_about_a_canary_through_fhir_is_frozen_from_the_next_question_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.require_its_own_day()
    alice = asked_about(named("Alice"))
    canary = stolen(sandbox, alice.amc_number, tmp_path / "leurres.csv")
    honest, thief = sandbox.shop(), sandbox.shop()
    real, lured = honest.software.ask_rights(alice), thief.software.ask_rights(canary)
    assert (real.status, lured.status) == (200, 200)
    assert lured.content["outcome"] == real.content["outcome"] == "complete"

    refused = thief.software.ask_rights(alice)
    assert (refused.status, code_of(refused)) == (403, "account-frozen")
    assert honest.software.ask_rights(alice).status == 200
    with connect_sync(sandbox.settings, "owner") as owner:
        rows = owner.execute(
            "select v.signal_id, v.measure from gate.convictions as v join evidence.receipts as r using (receipt_id)"
            " join gate.canaries as b on b.person_id = r.subject"
        ).fetchall()
    assert rows == [(8, 2)]


def test_the_same_person_planted_or_not_is_answered_by_the_same_bytes(sandbox: Sandbox) -> None:
    """Two shops alike ask about Alice, the second one while she is taken for a canary: no header and no length differs."""
    sandbox.require_its_own_day()
    alice, shops = asked_about(named("Alice")), (sandbox.shop(), sandbox.shop())
    honest = shops[0].software.ask_rights(alice)
    with connect_sync(sandbox.settings, "owner") as owner:
        owner.execute(
            "insert into gate.canaries (person_id, insurer_id, planted_in)"
            " select r.subject, r.insurer_id, 'essai' from evidence.receipts as r order by r.receipt_id desc limit 1"
        )
        lured = shops[1].software.ask_rights(alice)
        refused = shops[1].software.ask_rights(alice)
        owner.execute("delete from gate.canaries where planted_in = 'essai'")
    assert code_of(refused) == "account-frozen"
    assert without_what_is_new(lured.content) == without_what_is_new(honest.content)
    assert {k: v for k, v in lured.headers.items() if k not in {"date", "content-length"}} == {
        k: v for k, v in honest.headers.items() if k not in {"date", "content-length"}
    }
