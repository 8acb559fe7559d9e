"""Policies of presence: what asks for less, on whichever day, takes two keys; what asks for more does not wait."""

import pytest

from tests.support.operators import Operator, begin, entered, propose, sign
from tests.support.proposals import ALL, hugo, nadia, nobody, policy
from tests.support.world import World

__all__ = ["hugo", "nadia", "nobody"]


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((1, 1, ALL), (0, 1, ALL), "to-sign"),
        ((3, 3, ALL), (3, 1, ALL), "to-sign"),
        ((3, 1, ALL - 8), (3, 1, ALL), "to-sign"),
        ((1, 1, ALL - 8), (3, 3, ALL), "to-sign"),
        ((0, 1, ALL), (1, 1, ALL), "done"),
        ((1, 1, ALL), (1, 3, ALL), "done"),
        ((1, 1, ALL), (1, 1, ALL - 8), "done"),
        ((1, 1, ALL), (1, 1, ALL), "done"),
        ((1, 1, ALL), (3, 1, 6), "not-possible"),
        ((1, 1, ALL), (2, 1, ALL), "not-possible"),
        ((1, 1, ALL), (1, 1, 255), "not-possible"),
    ],
)
def test_a_policy_that_asks_for_less_or_lets_more_count_is_signed(
    nobody: World, nadia: Operator, before: tuple[int, int, int], after: tuple[int, int, int], verdict: str
) -> None:
    insurer = nobody.insurer()
    nobody.policy(insurer.insurer_id, *before)
    assert propose(nobody, "presence", policy(nobody, insurer.amc, *after))[0] == verdict


def test_a_policy_is_held_against_the_one_of_its_day(nobody: World, nadia: Operator) -> None:
    insurer = nobody.insurer()
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, days=3))[0] == "done"
    for days, verdict in ((1, "done"), (3, "to-sign"), (5, "to-sign")):
        assert propose(nobody, "presence", policy(nobody, insurer.amc, 0, days=days))[0] == verdict


def test_a_policy_holds_until_the_next_one_that_is_planned(nobody: World, nadia: Operator) -> None:
    insurer = nobody.insurer()
    for required, days in ((3, 9), (1, 0), (3, 4), (3, 6)):
        assert propose(nobody, "presence", policy(nobody, insurer.amc, required, days=days))[0] == "done"
    found = nobody.owner.execute(
        "select required, valid_from - (now() at time zone 'Europe/Paris')::date,"
        " nullif(valid_until, 'infinity') - (now() at time zone 'Europe/Paris')::date"
        " from members.presence_policies where insurer_id = %s order by valid_from",
        (insurer.insurer_id,),
    ).fetchall()
    assert found == [(1, 0, 4), (3, 4, 6), (3, 6, 9), (3, 9, None)]
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 0, days=2))[0] == "to-sign"
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 1, days=7))[0] == "to-sign"


def test_a_planned_policy_that_asks_for_less_goes_when_one_is_tightened(
    nobody: World, nadia: Operator
) -> None:
    """Else it would loosen on its day, though it was planned as something stricter, and nobody would have signed that."""
    insurer = nobody.insurer()
    for required, days in ((1, 9), (3, 0)):
        assert propose(nobody, "presence", policy(nobody, insurer.amc, required, days=days))[0] == "done"
    kept = "select array_agg(required) from members.presence_policies where insurer_id = %s"
    assert nobody.one(kept, insurer.insurer_id) == [3]


def test_to_cancel_what_would_tighten_is_signed_and_what_would_loosen_is_not(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    insurer = nobody.insurer()
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, days=9))[0] == "done"
    cancelled = policy(nobody, insurer.amc, 0, days=9) | {"cancels": True}
    assert propose(nobody, "presence", cancelled)[0] == "to-sign"


def test_what_is_planned_and_asks_for_more_in_one_respect_is_not_taken_back_by_one(
    nobody: World, nadia: Operator
) -> None:
    insurer = nobody.insurer()
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, 1, days=3))[0] == "done"
    cancelled = policy(nobody, insurer.amc, 0, days=3) | {"cancels": True}
    assert propose(nobody, "presence", cancelled)[0] == "to-sign"
    verdict, number = propose(nobody, "presence", policy(nobody, insurer.amc, 1, 3))
    assert verdict == "to-sign", "it would take back the one that asks for a card"
    _, sentence, _ = begin(
        nobody, entered(nobody, nadia), {"kind": "sign", "proposal_id": number, "because": "vu"}
    )
    assert "Retirée\u00a0: celle prévue le" in (sentence or "")


def test_signatures_that_took_longer_do_not_change_the_past(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    insurer = nobody.insurer(required_presence=3)
    _, number = propose(nobody, "presence", policy(nobody, insurer.amc, 0))
    nobody.do(
        'update console.proposals set what = what || \'{"valid_from": "2024-02-01"}\' where proposal_id = %s',
        number,
    )
    for operator in (nadia, hugo):
        sign(nobody, entered(nobody, operator), operator, number)
    began = "select valid_from >= current_date - 2 from members.presence_policies where insurer_id = %s and required = 0"
    assert nobody.one(began, insurer.insurer_id)
