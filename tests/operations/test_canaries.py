"""Canaries: planted by one, retired by two, known to no feed, and told from nobody by any answer."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from rempart.adapters import clock
from rempart.domain.birth_dates import BirthDate
from rempart.domain.errors.gate import (
    CanaryInsurerEmpty,
    CanaryListTaken,
    CanaryListUnknown,
    CanaryListUnnamed,
    CanaryRetiredBySamePerson,
)
from rempart.domain.identifiers import AmcNumber, Nir
from rempart.domain.rights import CardSecret, Domain, Outcome, Presence, RightsAnswer, RightsQuestion
from rempart.operations.detectors import canaries
from rempart.people.canaries import draw_canary
from rempart.security.gate import Door
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.detectors.canaries import CanaryListRow, list_canaries
from tests.support.database import Database
from tests.support.door import caller
from tests.support.insurer import DECEMBER, Insurer, forget_insurers
from tests.support.member_rows import NADIA_NIR, family, nadia
from tests.support.operators import enrolled, entered
from tests.support.world import Session, World

THE_LIST = "liste du logiciel Officine 9"
Line = dict[str, str]


@pytest.fixture
def insurer(database: Database, keyring: Settings, tmp_path: Path) -> Iterator[Insurer]:
    """An insurer of one family, so large on paper that no file of theirs has to wait."""
    with connect_sync(database.settings, "owner") as connection:
        connection.execute("truncate gate.canaries, gate.canary_lists, console.operators cascade")
    forget_insurers(database.settings)
    made = Insurer(database.settings, tmp_path).register()
    made.send([{**row, "domains": "PHAR"} for row in family()])
    made.ask("update members.insurers set rights_count = 100000 returning 1")
    return made


def plant(insurer: Insurer, count: int = 5, planted_in: str = THE_LIST) -> tuple[int, list[Line]]:
    """Plant in a list; give its number, and the lines written for whoever keeps it."""
    out = insurer.directory / f"leurres-{len(list(insurer.directory.iterdir()))}.csv"
    with connect_sync(insurer.settings, "operator") as connection:
        list_id = canaries.plant(
            insurer.settings, connection, AmcNumber(insurer.amc), planted_in, count, "nadia", out
        )
    assert out.stat().st_mode & 0o777 == 0o600
    lines = out.read_text(encoding="utf-8").splitlines()
    return list_id, list(csv.DictReader((line for line in lines if line[0] != "#"), delimiter=";"))


def listed(insurer: Insurer) -> list[CanaryListRow]:
    with connect_sync(insurer.settings, "operator") as connection:
        return list_canaries(connection)


def about(line: Line, **changes: Any) -> RightsQuestion:
    """Ask about somebody of the list, as who stole it does."""
    return RightsQuestion(
        line["amc_number"],
        Nir.parse(line["nir"]),
        BirthDate.parse(line["birth_date"]),
        int(line["birth_rank"]),
        Domain.PHAR,
        **changes,
    )


NADIA = {"amc_number": "0990000018", "nir": NADIA_NIR, "birth_date": "19850517", "birth_rank": "1"}


async def ask(world: World, till: Session, question: RightsQuestion) -> RightsAnswer:
    async with Door(world.database.settings, till.role) as door:
        return await door.ask(question, caller(till))


async def test_whoever_asks_about_a_canary_is_frozen_and_the_console_alone_says_which_list(
    insurer: Insurer, world: World
) -> None:
    list_id, (canary, *_) = plant(insurer)
    till = world.software_session(world.account())
    assert (await ask(world, till, about(canary))).outcome is Outcome.OPEN
    assert (await ask(world, till, about(NADIA))).outcome is Outcome.ACCOUNT_FROZEN

    desk = entered(world, enrolled(world))
    seen = (
        world.face("console")
        .execute("select console.account(%s, %s, null)", (desk.token, till.account.account_id))
        .fetchone()
    )
    assert seen is not None
    (conviction,) = seen[0]["convictions"]
    assert (conviction["signal"], conviction["measure"], conviction["planted_in"]) == ("canary", 2, THE_LIST)
    (row,) = listed(insurer)
    assert (row.list_id, row.planted, row.answering, row.convicted) == (list_id, 5, 5, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"domain": Domain.OPTI},
        {"care_date": date(2019, 5, 2)},
        {"card_secret": CardSecret("ABCDEFGHIJKLMNOP")},
        {"asked_for": Presence.CODE},
        {"asked_for": Presence.APPROVAL},
    ],
)
async def test_no_answer_tells_a_canary_from_the_insurers_own_people(
    insurer: Insurer, world: World, changes: dict[str, Any]
) -> None:
    """Each is asked about by an account of its own: the trace alone may differ, and what the sandbox says is not said here."""
    _, planted = plant(insurer, 3)
    told = []
    for line in (NADIA, *planted):
        till = world.software_session(world.account())
        answer = await ask(world, till, _changed(about(line), changes))
        told.append(_without_trace(answer))
    terms = {(one["on"], one["domains"]) for one in told[1:]}
    own = {(answer["on"], answer["domains"]) for answer in await _of_everybody(world, changes)}
    assert terms <= own  # a canary has the terms of one of them
    assert (
        len({tuple(v for k, v in one.items() if k not in {"on", "domains", "coverages"}) for one in told})
        == 1
    )


def _changed(question: RightsQuestion, changes: dict[str, Any]) -> RightsQuestion:
    return replace(question, **changes)


def _without_trace(answer: RightsAnswer) -> dict[str, Any]:
    given = {name: getattr(answer, name) for name in answer.__struct_fields__}
    assert given["why"] is None
    return {k: repr(v) for k, v in given.items() if k not in {"trace", "why", "engagement"}} | {
        "has_engagement": given["engagement"] is not None
    }


async def _of_everybody(world: World, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask about each of the family who has open rights."""
    answers = []
    for row in family()[:5]:
        line = NADIA | {name: str(row[name]) for name in ("nir", "birth_date", "birth_rank")}
        till = world.software_session(world.account())
        answers.append(_without_trace(await ask(world, till, _changed(about(line), changes))))
    return answers


def test_a_canary_has_the_rows_that_everybody_has_and_no_face_may_read_any(
    insurer: Insurer, world: World
) -> None:
    plant(insurer)
    shapes = insurer.ask(
        """
        select b.person_id is not null, count(distinct a.alias_digest), count(distinct r.contract_digest),
            count(distinct i.sealed),
            bool_and(length(p.reference_digest) = 16), bool_and(length(r.contract_digest) = 16),
            bool_and(p.card_digest is not null),
            bool_and(length(i.traits_digest) = 8),
            bool_and(p.aliases_mark <> 0), count(distinct r.known_from)
        from members.people as p left join gate.canaries as b using (person_id)
        join members.aliases as a using (person_id) join members.rights as r using (person_id)
        join members.identities as i on i.contract_digest = r.contract_digest and i.opens_on = r.opens_on
        where p.card_digest is not null or b.person_id is not null
        group by 1 order by 1
        """
    )
    assert [row[0] for row in shapes] == [False, True]
    assert shapes[0][4:] == shapes[1][4:]
    assert shapes[1][1:4] == (5, 5, 5)
    for role in ("fhir", "portal", "counter", "console", "worker", "operator", "identity", "feeds", "public"):
        for table in ("gate.canaries", "gate.canary_lists", "members.people", "evidence.receipts"):
            assert not world.one("select has_table_privilege(%s, %s, 'select')", f"rempart_{role}", table)
    callable_by = (
        "select array_agg(r.rolname::text) from pg_roles as r where r.rolname like 'rempart_%%' and r.rolcanlogin"
        " and not r.rolsuper and r.rolname <> 'rempart_owner' and has_function_privilege(r.rolname, %s, 'execute')"
    )
    assert world.one(callable_by, "gate.convicted_by(bigint)") is None
    assert world.one(callable_by, "gate.list_canaries()") == ["rempart_operator"]


def test_no_feed_knows_of_a_canary(insurer: Insurer) -> None:
    counts = "select people_count, rights_count from members.insurers"
    before = insurer.ask(counts)
    plant(insurer)
    assert insurer.ask(counts) == before
    report = insurer.send([{**row, "domains": "PHAR"} for row in family()], effective_on=DECEMBER)
    assert report.verdict == "taken"
    assert report.difference is not None
    assert (report.difference["closing"], report.difference["people_held"]) == (0, 0)
    assert insurer.ask(counts) == before
    (row,) = listed(insurer)
    assert row.answering == 5
    alive = insurer.ask(
        "select count(*) from members.rights as r join gate.canaries using (person_id)"
        " where r.ends_on is null or r.ends_on > '2026-12-01'"
    )
    assert alive == [(5,)]
    report = insurer.send(family()[:1], effective_on=DECEMBER)  # everybody else leaves
    assert report.difference is not None
    assert report.difference["closing"] == 4
    assert listed(insurer)[0].answering == 5


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_a_real_person_who_turns_up_has_his_alias_back_and_no_report_says_so(
    insurer: Insurer, kind: str
) -> None:
    _, (canary, *_) = plant(insurer)
    real = nadia(
        beneficiary_id="P-77",
        nir=canary["nir"],
        birth_date=canary["birth_date"],
        sex=canary["sex"],
        birthplace=None,
    )
    if kind == "delta":
        report = insurer.send([{**real, "change": "upsert"}], effective_on=DECEMBER, kind=kind)
    else:
        report = insurer.send([*family(), real], effective_on=DECEMBER)
    assert (report.verdict, report.refused_line_count) == ("taken", 0)
    assert insurer.person_at(canary["nir"], canary["birth_date"]) == insurer.reference_of("P-77")
    assert listed(insurer)[0].answering == 4


def test_an_insurer_is_never_asked_or_told_about_a_canary(insurer: Insurer, world: World) -> None:
    _, _ = plant(insurer, 1)
    world.do("insert into members.channels select insurer_id, 'https://canal.example' from members.insurers")
    asked = (
        "insert into gate.presence_requests (account_id, subject, insurer_id, kind, receipt_id, asked_at, ends_at)"
        " select %s, p.person_id, p.insurer_id, 4, 1, now(), now() + interval '1 h' from members.people as p"
        " left join gate.canaries as b using (person_id) where (b.person_id is not null) = %s limit 1 returning request_id"
    )
    noted = (
        "insert into gate.notices (kind, receipt_id, insurer_id, subject, noted_at)"
        " select 1, (select max(receipt_id) from evidence.receipts), p.insurer_id, p.person_id, now() from members.people as p"
        " left join gate.canaries as b using (person_id) where (b.person_id is not null) = %s limit 1 returning notice_id"
    )
    account = world.account()
    world.ask(world.software_session(account).about(world.person("Léa", world.insurer())))
    for is_canary, rows in ((True, 0), (False, 1)):
        request = world.one(asked, account.account_id, is_canary)
        assert world.one("select count(*) from gate.person_to_ask(%s)", request) == rows
        notice = world.one(noted, is_canary)
        assert world.one("select count(*) from gate.person_to_tell(%s)", notice) == rows


def test_a_list_is_retired_by_two_people_and_its_evidence_stays(insurer: Insurer) -> None:
    list_id, (canary, *_) = plant(insurer)
    kept, _ = plant(insurer, 2, "fichier de l’assureur")
    with connect_sync(insurer.settings, "operator") as connection:
        assert not canaries.retire(connection, list_id, "liste détruite", "nadia").is_done
        with pytest.raises(CanaryRetiredBySamePerson):
            canaries.retire(connection, list_id, "liste détruite", "nadia")
        assert insurer.person_at(canary["nir"], canary["birth_date"]) is not None
        assert canaries.retire(connection, list_id, "vérifié", "camille").is_done
        with pytest.raises(CanaryListUnknown):
            canaries.retire(connection, list_id, "encore", "nadia")
    assert insurer.person_at(canary["nir"], canary["birth_date"]) is None
    rows = {row.list_id: row for row in listed(insurer)}
    assert (rows[list_id].answering, rows[list_id].retired_by) == (0, "nadia, camille")
    assert rows[kept].answering == 2
    left = (
        "select count(*) from {} where person_id in (select person_id from gate.canaries where list_id = %s)"
    )
    for table in ("members.people", "members.rights"):
        assert insurer.ask(left.format(table), list_id) == [(0,)]
    assert insurer.ask("select count(*) from members.identities") == [(len(family()) + 2,)]
    assert insurer.ask("select count(*) from gate.canaries where list_id = %s", list_id) == [(5,)]


def test_two_lists_share_nobody_and_name_who_to_look_at(insurer: Insurer) -> None:
    _, ours = plant(insurer, 20)
    _, theirs = plant(insurer, 20, "fichier de l’assureur")
    assert not {line["nir"] for line in ours} & {line["nir"] for line in theirs}
    assert [row.planted_in for row in listed(insurer)] == ["fichier de l’assureur", THE_LIST]


def test_nothing_is_planted_where_nobody_is_or_where_a_list_would_be_lost(
    insurer: Insurer, tmp_path: Path
) -> None:
    there = tmp_path / "there.csv"
    there.write_text("une autre liste")
    with connect_sync(insurer.settings, "operator") as connection:
        amc = AmcNumber(insurer.amc)
        with pytest.raises(CanaryListTaken):
            canaries.plant(insurer.settings, connection, amc, THE_LIST, 1, "nadia", there)
        with pytest.raises(CanaryListUnnamed):
            canaries.plant(insurer.settings, connection, amc, "deux\nlignes", 1, "nadia", tmp_path / "x.csv")
        with pytest.raises(CanaryInsurerEmpty):
            canaries.plant(
                insurer.settings,
                connection,
                AmcNumber("0990000026"),
                THE_LIST,
                1,
                "nadia",
                tmp_path / "x.csv",
            )
    assert not (tmp_path / "x.csv").exists()
    assert there.read_text() == "une autre liste"
    assert listed(insurer) == []


def test_canaries_are_believable_each_a_draw_of_its_own() -> None:
    today = clock.today("Europe/Paris")
    drawn = [draw_canary(today) for _ in range(2_000)]
    assert len({one.nir for one in drawn}) > 1_990  # of some thirteen million numbers
    for one in drawn:
        assert one.nir.compact[1:5] == one.birth_date[2:6]
        assert one.nir.compact[5:10] == one.birthplace
        assert one.nir.compact[0] == {"M": "1", "F": "2"}[one.sex]
    early = [int(one.nir.compact[10:13]) for one in drawn if int(one.birth_date[6:]) <= 15]
    late = [int(one.nir.compact[10:13]) for one in drawn if int(one.birth_date[6:]) > 15]
    assert abs(sum(early) / len(early) - sum(late) / len(late)) < 10  # no rule between day and number
    assert repr(drawn[0]) == "Canary(…)"
