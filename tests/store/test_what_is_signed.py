"""What two operators sign is what is done: they read all of it, and a signature is worth nothing once it says something else."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from psycopg import errors

from rempart.limits import PROPOSALS_WAITING_MAX
from tests.support.operators import Operator, act, begin, enrolled, entered, invited, propose, sign
from tests.support.proposals import ALL, begun_again, hugo, nadia, nobody, policy, rule
from tests.support.world import World

__all__ = ["hugo", "nadia", "nobody"]

ROWS = (
    "select jsonb_agg(jsonb_build_array(p.valid_from - (now() at time zone 'Europe/Paris')::date,"
    " case when p.valid_until < 'infinity' then p.valid_until - (now() at time zone 'Europe/Paris')::date end,"
    " p.required, p.required_when_stepped_up, p.accepted) order by p.valid_from)"
    " from members.presence_policies as p join members.insurers using (insurer_id) where amc_number = %s"
)


def read(world: World, operator: Operator, number: int, kind: str = "sign") -> str:
    """Begin to sign a proposal; give the sentence."""
    verdict, sentence, _ = begin(
        world, entered(world, operator), {"kind": kind, "proposal_id": number, "because": "vu"}
    )
    return sentence or verdict


def both(world: World, one: Operator, other: Operator, number: int) -> list[str]:
    return [sign(world, entered(world, who), who, number) for who in (one, other)]


def day(world: World, days: int, form: str = "YYYY-MM-DD") -> str:
    return str(
        world.one("select to_char((now() at time zone 'Europe/Paris')::date + %s::int, %s)", days, form)
    )


def test_a_policy_in_force_is_not_undone_by_dating_the_change_yesterday(
    nobody: World, nadia: Operator
) -> None:
    insurer = nobody.insurer()
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, 3))[0] == "done"
    for days in (-1, -2, -400):
        assert propose(nobody, "presence", policy(nobody, insurer.amc, 0, 1, 122, days=days)) == (
            "too-early",
            0,
        )
    assert nobody.one(ROWS, insurer.amc) == [[0, None, 3, 3, ALL]]


def test_the_first_policy_begins_the_day_before_which_it_still_is_overseas(
    nobody: World, nadia: Operator
) -> None:
    insurer = nobody.insurer()
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, days=-2))[0] == "too-early"
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, days=-1))[0] == "done"
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3, days=-1))[0] == "too-early"


def test_what_is_signed_for_a_term_keeps_what_is_planned_after_it(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    amc = nobody.insurer().amc
    for days in (0, 1):
        assert propose(nobody, "presence", policy(nobody, amc, 3, 3, days=days))[0] == "done"
    _, number = propose(nobody, "presence", policy(nobody, amc, 0, 1, 122))
    said = read(nobody, nadia, number)
    today, tomorrow = (day(nobody, days, "DD/MM/YYYY") for days in (0, 1))
    assert f"jusqu’au {tomorrow} non compris" in said
    assert f"Retirée\u00a0: celle qui commence le {today}" in said
    assert f"Reste\u00a0: celle prévue le {tomorrow}" in said
    assert both(nobody, nadia, hugo, number) == ["asked", "done"]
    assert nobody.one(ROWS, amc) == [[0, 1, 0, 1, 122], [1, None, 3, 3, ALL]]


def test_the_sentence_says_which_policies_end_and_are_taken_back(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    amc = nobody.insurer().amc
    for required, stepped_up, days in ((0, 1, 0), (3, 1, 4), (3, 3, 8)):
        assert propose(nobody, "presence", policy(nobody, amc, required, stepped_up, days=days))[0] == "done"
    _, number = propose(nobody, "presence", policy(nobody, amc, 1, 3, days=2))
    said = read(nobody, nadia, number)
    told = [("Prend fin\u00a0: celle en vigueur depuis le", 0), ("Retirée\u00a0: celle prévue le", 4)]
    for words, days in [*told, ("Reste\u00a0: celle prévue le", 8)]:
        assert f"{words} {day(nobody, days, 'DD/MM/YYYY')}" in said
    assert said.count("celle ") == 3
    assert both(nobody, nadia, hugo, number) == ["asked", "done"]
    assert nobody.one(ROWS, amc) == [[0, 2, 0, 1, ALL], [2, 8, 1, 3, ALL], [8, None, 3, 3, ALL]]


def test_a_signature_is_worth_nothing_once_what_changes_is_not_what_it_said(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    amc = nobody.insurer(required_presence=3).amc
    _, number = propose(nobody, "presence", policy(nobody, amc, 0, days=1))
    assert sign(nobody, entered(nobody, nadia), nadia, number) == "asked"
    assert propose(nobody, "presence", policy(nobody, amc, 3, 3, accepted=ALL - 8))[0] == "done"
    said = read(nobody, hugo, number)
    assert "première signature sur deux" in said
    assert f"La signature de {nadia.name} ne compte plus" in said
    shown = nobody.face("console").execute(
        "select console.proposed(%s) #> '{proposals,0}'", (entered(nobody, hugo).token,)
    )
    (one,) = shown.fetchone() or ({},)
    assert (one["first_by"], one["dropped_by"]) == (None, nadia.name)
    assert sign(nobody, entered(nobody, hugo), hugo, number) == "asked"
    assert all(row[2] == 3 for row in nobody.one(ROWS, amc))
    assert f"déjà signée par {hugo.name}" in read(nobody, nadia, number)
    assert sign(nobody, entered(nobody, hugo), hugo, number) == "agreement-by-same-person"
    assert sign(nobody, entered(nobody, nadia), nadia, number) == "done"


def convict(world: World, account_id: int, signal: int, measure: int) -> int:
    """Have an account convicted as the detectors do; give the number of the conviction."""
    world.do(
        "update gate.account_state set standing = case %s when 2 then 2 else standing end, watch.stepped_up_at = now()"
        " where account_id = %s",
        measure,
        account_id,
    )
    return int(
        world.one(
            "insert into gate.convictions (convicted_at, account_id, profession_id, software_id, region, signal_id, measure,"
            " score, threshold, scores, since, receipt_id)"
            " select now(), account_id, profession_id, 0, 53, %s, %s, 14, 13.8, (watch).scores, now(), 1"
            " from gate.account_state where account_id = %s returning conviction_id",
            signal,
            measure,
            account_id,
        )
    )


def by_proposal(world: World, account_id: int) -> Callable[[Operator], tuple[str, str]]:
    _, number = propose(world, "release", {"account_id": account_id})
    return lambda who: (read(world, who, number), sign(world, entered(world, who), who, number))


def by_act(world: World, account_id: int) -> Callable[[Operator], tuple[str, str]]:
    release = {"kind": "release", "account_id": account_id, "because": "hausse expliquée"}

    def signed(who: Operator) -> tuple[str, str]:
        said = begin(world, entered(world, who), release)[1]
        return said or "", act(world, entered(world, who), who, release)

    return signed


@pytest.mark.parametrize("way", [by_proposal, by_act])
def test_what_was_signed_for_one_conviction_lifts_no_later_one(
    nobody: World,
    nadia: Operator,
    hugo: Operator,
    way: Callable[[World, int], Callable[[Operator], tuple[str, str]]],
) -> None:
    account_id = nobody.account().account_id
    first = convict(nobody, account_id, 2, 1)
    signed = way(nobody, account_id)
    said, verdict = signed(nadia)
    assert (f"la condamnation {first} du compte {account_id}" in said.lower(), verdict) == (True, "asked")
    assert (
        nobody.one("select to_char(now() at time zone 'Europe/Paris', '\"présence, le \"DD/MM/YYYY')") in said
    )
    second = convict(nobody, account_id, 8, 2)
    said, verdict = signed(hugo)
    assert "première signature sur deux" in said or "Demander de lever" in said
    assert (f"la condamnation {second} du compte" in said.lower(), verdict) == (True, "asked")
    standing = "select standing from gate.account_state where account_id = %s"
    assert nobody.one(standing, account_id) == 2
    assert signed(nadia)[1] in {"done", "released"}
    assert nobody.one(standing, account_id) == 0
    assert nobody.one("select conviction_id from gate.releases where account_id = %s", account_id) == second


def test_two_names_lift_one_conviction_and_no_later_one(nobody: World) -> None:
    account_id = nobody.account().account_id
    convict(nobody, account_id, 2, 1)
    assert propose(nobody, "release", {"account_id": account_id}, "nadia")[0] == "asked"
    convict(nobody, account_id, 8, 2)
    verdicts = [
        propose(nobody, "release", {"account_id": account_id}, who)[0] for who in ("hugo", "hugo", "nadia")
    ]
    assert verdicts == ["asked", "same-person", "released"]


RULES = (
    "select jsonb_agg(jsonb_build_array(r.valid_from - (now() at time zone 'Europe/Paris')::date,"
    " case when r.valid_until < 'infinity' then r.valid_until - (now() at time zone 'Europe/Paris')::date end, r.threshold)"
    " order by r.valid_from) from access.detector_rules as r join access.professions as f using (profession_id)"
    " join access.signals as s using (signal_id) where f.code = 'doctor' and s.code = 'novelty'"
    " and r.valid_from >= current_date - 1"
)


def put_back(world: World) -> None:
    """Leave nothing of what another test changed in the detectors."""
    world.do("delete from access.detector_rules where valid_from >= current_date - 1")
    world.do(
        "update access.detector_rules set valid_until = 'infinity' where valid_until >= current_date - 1"
    )


def rules(world: World, threshold: float, days: int = 0) -> dict[str, Any]:
    return {"rules": [rule(threshold)], "valid_from": day(world, days)}


def test_a_mistake_in_the_detectors_is_undone_the_same_day(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    put_back(nobody)
    for threshold, was in ((1.0, "13,8"), (13.0, "1")):
        _, number = propose(nobody, "detectors", rules(nobody, threshold))
        assert f"seuil {was} → {threshold:.0f}" in read(nobody, nadia, number)
        assert both(nobody, nadia, hugo, number) == ["asked", "done"]
    assert nobody.one(RULES) == [[0, None, 13.0]]
    held = "select threshold from access.detector_rules where valid_until = (now() at time zone 'Europe/Paris')::date"
    assert nobody.one(held) == 13.8


def test_a_change_of_the_detectors_that_is_planned_is_replaced_and_it_is_read(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    put_back(nobody)
    for threshold, days in ((1.0, 30), (12.0, 0), (2.0, 30), (3.0, 30)):
        verdict, number = propose(nobody, "detectors", rules(nobody, threshold, days))
        assert verdict == "to-sign"
        if threshold == 12.0:
            gone = f"Retirée\u00a0: celle prévue le {day(nobody, 30, 'DD/MM/YYYY')}, médecin"
            assert gone in read(nobody, nadia, number)
        assert both(nobody, nadia, hugo, number) == ["asked", "done"]
    assert nobody.one(RULES) == [[0, 30, 12.0], [30, None, 3.0]]
    assert propose(nobody, "detectors", rules(nobody, 1.0, -1))[0] == "too-early"


UNSEEN = ("deux\nlignes", "à l\u202eenvers", "rien\u200bentre", "x" * 201, "une\u2028ligne", "marque\ufeff")


@pytest.mark.parametrize("name", [*UNSEEN, "rien → tout", "», demandé par «", ""])
def test_an_insurers_name_forges_no_sentence(nobody: World, name: str) -> None:
    insurer = nobody.insurer()
    with pytest.raises(errors.CheckViolation, match="an_insurers_name_is_short"):
        nobody.face("operator").execute(
            "update members.insurers set name = %s where amc_number = %s", (name, insurer.amc)
        )


@pytest.mark.parametrize("name", UNSEEN)
@pytest.mark.parametrize(
    "column",
    [
        "access.organisations.name",
        "access.professionals.name",
        "access.accounts.display_name",
        "access.software.name",
    ],
)
def test_no_name_that_operators_read_has_what_is_not_seen(nobody: World, column: str, name: str) -> None:
    nobody.software_session(nobody.account())
    table, _, of_it = column.rpartition(".")
    with pytest.raises(errors.CheckViolation, match="is_short_and_on_one_line"):
        nobody.face("operator").execute(f"update {table} set {of_it} = %s", (name,))


@pytest.mark.parametrize("because", [name for name in UNSEEN if len(name) < 200])
def test_a_reason_has_nothing_that_is_not_seen(nobody: World, because: str) -> None:
    for statement, named in (
        (
            "select console.ask('channel', jsonb_build_object('amc', '0990000010', 'url', null), %s, 'root')",
            "why",
        ),
        ("select gate.contain('face', 'portal', 2::smallint, %s, 'nadia')", "why"),
        (
            "select console.ask('channel', jsonb_build_object('amc', %s::text, 'url', null), 'x', 'a' || %s)",
            "one_line",
        ),
    ):
        amc = nobody.insurer().amc
        given = (amc, because) if named == "one_line" else (because,)
        with pytest.raises(errors.CheckViolation, match=named):
            nobody.face("operator").execute(statement.replace("0990000010", amc), given)


def test_who_may_not_sign_is_not_counted_among_those_who_do(nobody: World, nadia: Operator) -> None:
    enrolled(nobody, "Sacha Petit", "support")
    assert begun_again(nobody, nadia.name) == (None, [nadia.operator_id])
    number, can_sign = begun_again(nobody, "Inès Moreau")
    assert (number is not None, can_sign) == (True, [nadia.operator_id])


def test_the_first_one_there_does_not_put_herself_in_the_place_of_the_second(nobody: World) -> None:
    mistaken, _, _ = invited(nobody, "Nadia Rou")
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (mistaken,))
    enrolled(nobody, "Nadia Roux")
    colleague, _, needs_approval = invited(nobody, "Hugo Lenoir")
    assert not needs_approval, "a mistake made before anybody had a key costs nothing"
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (colleague,))
    assert invited(nobody, "Nadia bis")[2], "one invitation was the machine's; the next is signed"


def test_no_more_proposals_wait_than_anybody_reads(nobody: World, nadia: Operator) -> None:
    insurer = nobody.insurer(required_presence=1)
    verdict = [
        propose(nobody, "channel", {"amc": insurer.amc, "url": f"https://a.example/{number}"})[0]
        for number in range(PROPOSALS_WAITING_MAX + 1)
    ]
    assert verdict == ["to-sign"] * PROPOSALS_WAITING_MAX + ["too-many"]
    again = propose(nobody, "channel", {"amc": insurer.amc, "url": "https://a.example/0"})
    assert again[0] == "to-sign", "it waits already"
    assert propose(nobody, "presence", policy(nobody, insurer.amc, 3))[0] == "done", (
        "what tightens waits for nothing"
    )
    nobody.face("operator").execute("select console.withdraw(%s, 'root')", (again[1],))
    assert propose(nobody, "channel", {"amc": insurer.amc, "url": "https://a.example/x"})[0] == "to-sign"


def by_day(world: World, amc: str) -> list[tuple[int, int, int]]:
    """Say what is asked for on each of the next twelve days."""
    found = world.owner.execute(
        "select o.required, o.stepped_up, o.accepted from generate_series(0, 11) as n (day)"
        " cross join lateral console.policy_on(%s, (now() at time zone 'Europe/Paris')::date + n.day) as o order by n.day",
        (amc,),
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in found]


def test_no_day_to_come_asks_for_less_by_one_person(nobody: World, nadia: Operator) -> None:
    """Whatever is planned, tightened, cancelled or dated: what is done without signatures takes nothing from any day."""
    drawn = Random(26)
    verdicts = []
    for _ in range(12):
        amc = nobody.insurer().amc
        for _ in range(12):
            before = by_day(nobody, amc)
            what = policy(
                nobody, amc, drawn.choice((0, 1, 3)), drawn.choice((1, 3)), drawn.choice((ALL, 122, 118)),
                days=drawn.choice((-1, 0, 0, 1, 3, 5, 8)),
            )  # fmt: skip
            if drawn.random() < 0.3:
                what["cancels"] = True
            verdict, number = propose(nobody, "presence", what)
            verdicts.append(verdict)
            if verdict != "done":
                assert by_day(nobody, amc) == before
                nobody.do("delete from console.proposals where proposal_id = %s", number)
                continue
            for was, becomes in zip(before, by_day(nobody, amc), strict=True):
                assert becomes[0] >= was[0], (what, before)
                assert becomes[1] >= was[1], (what, before)
                assert becomes[2] & ~was[2] == 0, (what, before)
    assert {"done", "to-sign", "too-early"} == set(verdicts)
