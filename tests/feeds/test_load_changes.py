"""What later files change: periods close and open at their day, nothing is forgotten, people keep their aliases."""

from datetime import date

import pytest

from tests.support.insurer import DECEMBER, NOVEMBER, Insurer
from tests.support.member_rows import NADIA_NIR, Row, family, nadia

CAMILLE_NIR = "284119935000152"
LAST_OF_NOVEMBER = date(2026, 11, 30)


@pytest.fixture
def known(insurer: Insurer) -> Insurer:
    """Have the family known, at an insurer so large that no file of theirs has to wait."""
    insurer.send(family())
    insurer.ask("update members.insurers set rights_count = 100000 returning 1")
    return insurer


def upsert(**cells: str | None) -> Row:
    """Make a line of a delta."""
    return nadia(change="upsert", **cells)


def test_a_period_that_is_not_in_a_full_file_ends_the_day_before(known: Insurer) -> None:
    known.send(family()[:2], effective_on=DECEMBER)
    ((opens_on, ends_on, _, _),) = known.rights("P-0005")
    assert (opens_on, ends_on) == (date(2024, 1, 1), LAST_OF_NOVEMBER)


def test_a_period_that_had_ended_stays_as_it_was(known: Insurer) -> None:
    known.send(family()[:2], effective_on=DECEMBER)
    assert known.rights("P-0006")[0][1] == date(2025, 12, 31)
    assert known.history("P-0006") == []


def test_a_period_to_come_that_is_not_in_a_full_file_never_opens(insurer: Insurer) -> None:
    to_come = nadia(beneficiary_id="P-7", birth_rank="2", opens_on="2027-01-01", waiting_until="2027-03-31")
    insurer.send([*family(), to_come])
    insurer.ask("update members.insurers set rights_count = 1000 returning 1")
    insurer.send(family(), effective_on=DECEMBER)
    assert insurer.rights("P-7") == []
    ((opens_on, ends_on, _, _, known_until),) = insurer.history("P-7")
    assert (opens_on, ends_on) == (date(2027, 1, 1), None)
    assert known_until is not None


def test_what_was_known_and_when_is_kept(known: Insurer) -> None:
    known.send([{**row, "situation": "suspended"} for row in family()], effective_on=DECEMBER)
    ((known_from,),) = known.ask(
        "select known_from from members.rights join members.people using (person_id) where reference_digest = %s",
        known.reference_of("P-0001"),
    )
    ((opens_on, ends_on, situation, since, until),) = known.history("P-0001")
    assert (opens_on, ends_on, situation) == (date(2024, 1, 1), None, 0)
    assert since < until == known_from
    assert known.rights("P-0001")[0][2] == 1


def test_a_file_that_says_the_same_writes_nothing(known: Insurer) -> None:
    versions = (
        "select xmin::text from members.people union all select xmin::text from members.aliases"
        " union all select xmin::text from members.rights union all select xmin::text from members.identities"
    )
    before = known.ask(versions)
    report = known.send(family(), effective_on=DECEMBER)
    assert report.difference is not None
    assert (report.difference["new"], report.difference["changed"], report.difference["closing"]) == (0, 0, 0)
    assert known.ask(versions) == before


def test_a_corrected_name_is_sealed_again_and_changes_no_right(known: Insurer) -> None:
    sealed = "select contract_digest, sealed from members.identities order by contract_digest"
    before = dict(known.ask(sealed))
    report = known.send([nadia(given_names="Nadia Élise"), *family()[1:]], effective_on=DECEMBER)
    after = dict(known.ask(sealed))
    assert len([contract for contract in after if after[contract] != before[contract]]) == 1
    assert report.difference is not None
    assert report.difference["changed"] == 0


def test_a_new_card_replaces_the_old_one(known: Insurer) -> None:
    known.send([nadia(card_secret_sha256="ab" * 32), *family()[1:]], effective_on=DECEMBER)
    cards = dict(known.ask("select reference_digest, card_digest from members.people"))
    assert cards[known.reference_of("P-0001")] == bytes.fromhex("ab" * 32)


def test_a_product_that_changes_keeps_its_period(known: Insurer) -> None:
    known.send([nadia(product_code="PREMIUM"), *family()[1:]], effective_on=DECEMBER)
    assert len(known.rights("P-0001")) == 1
    assert known.ask(
        "select d.code from members.rights join members.people as p using (person_id) join members.products as d"
        " using (product_id) where p.reference_digest = %s",
        known.reference_of("P-0001"),
    ) == [("PREMIUM",)]


class TestAliases:
    """Several names lead to one person, and follow him."""

    def test_a_child_gets_a_number_of_his_own(self, known: Insurer) -> None:
        hugo = {**family()[3], "nir": "118027800600213", "nir_is_own": "1",
                "other_aliases": f"{NADIA_NIR}/20180228/2 {CAMILLE_NIR}/20180228/2"}  # fmt: skip
        known.send(
            [hugo if row["beneficiary_id"] == "P-0004" else row for row in family()], effective_on=DECEMBER
        )
        for nir in ("118027800600213", NADIA_NIR, CAMILLE_NIR):
            assert known.person_at(nir, "20180228", 2) == known.reference_of("P-0004")
        assert len(known.ask("select person_id from members.people")) == 6

    def test_a_provisional_number_becomes_definitive_in_a_delta(self, known: Insurer) -> None:
        provisional, own = "785057800608482", "285057800608441"
        known.send(
            [upsert(beneficiary_id="P-8", nir=provisional, nir_is_own="0", birth_date="19850518")],
            kind="delta",
        )
        known.send(
            [
                upsert(
                    beneficiary_id="P-8",
                    nir=own,
                    birth_date="19850518",
                    other_aliases=f"{provisional}/19850518/1",
                )
            ],
            kind="delta",
        )
        assert (
            known.person_at(provisional, "19850518")
            == known.person_at(own, "19850518")
            == known.reference_of("P-8")
        )

    def test_an_alias_that_is_said_no_more_leads_to_nobody(self, known: Insurer) -> None:
        rows = [{**row, "other_aliases": None} for row in family()]
        known.send(rows, effective_on=DECEMBER)
        assert known.person_at(CAMILLE_NIR, "20180228", 2) is None
        assert known.person_at(NADIA_NIR, "20180228", 2) == known.reference_of("P-0004")

    def test_two_people_may_exchange_their_aliases(self, known: Insurer) -> None:
        rows = family()
        zoe, hugo = rows[2], rows[3]
        rows[2], rows[3] = {**zoe, "birth_rank": "2"}, {**hugo, "birth_rank": "1", "other_aliases": None}
        assert known.send(rows, effective_on=DECEMBER).refused_line_count == 0
        assert known.person_at(NADIA_NIR, "20180228", 2) == known.reference_of("P-0003")
        assert known.person_at(NADIA_NIR, "20180228", 1) == known.reference_of("P-0004")

    def test_an_insurer_may_give_everybody_a_new_reference(self, known: Insurer) -> None:
        rows = [{**row, "beneficiary_id": f"NEW-{row['beneficiary_id']}"} for row in family()]
        report = known.send(rows, effective_on=DECEMBER)
        assert (report.verdict, report.refused_line_count) == ("taken", 0)
        assert known.person_at(NADIA_NIR, "19850517") == known.reference_of("NEW-P-0001")


class TestDelta:
    """A delta says what changes, and no more."""

    def test_what_it_does_not_mention_stays(self, known: Insurer) -> None:
        before = known.snapshot()["rights"]
        report = known.send(
            [upsert(beneficiary_id="P-7", birth_rank="4")], kind="delta", effective_on=DECEMBER
        )
        assert report.verdict == "taken"
        assert len(known.rights("P-7")) == 1
        assert [row for row in known.snapshot()["rights"] if row[0] != known.reference_of("P-7")] == before

    def test_an_upsert_replaces_what_was_known_of_its_key(self, known: Insurer) -> None:
        known.send([upsert(ends_on="2027-12-31")], kind="delta", effective_on=DECEMBER)
        assert [(row[0], row[1]) for row in known.rights("P-0001")] == [
            (date(2024, 1, 1), date(2027, 12, 31))
        ]
        assert len(known.history("P-0001")) == 1

    def test_a_close_ends_the_period_the_day_before(self, known: Insurer) -> None:
        known.send([nadia(change="close")], kind="delta", effective_on=DECEMBER)
        assert known.rights("P-0001")[0][1] == LAST_OF_NOVEMBER

    def test_a_close_of_a_period_that_is_not_known_is_told(self, known: Insurer) -> None:
        report = known.send(
            [nadia(change="close", opens_on="2020-01-01"), upsert(beneficiary_id="P-7", birth_rank="4")],
            kind="delta",
        )
        assert report.rejects is not None
        assert "2;contract_number;period-unknown" in report.rejects.read_text()
        assert len(known.rights("P-7")) == 1

    def test_a_new_person_that_is_only_closed_is_not_made(self, known: Insurer) -> None:
        known.send(
            [nadia(beneficiary_id="P-7", birth_rank="4", change="close"), upsert(ends_on="2028-12-31")],
            kind="delta",
        )
        assert known.person_at(NADIA_NIR, "19850517", 4) is None

    def test_a_first_file_may_be_a_delta(self, insurer: Insurer) -> None:
        assert (
            insurer.send([{**row, "change": "upsert"} for row in family()], kind="delta").verdict == "taken"
        )
        delta = insurer.snapshot()
        insurer.forget()
        insurer.send(family(), effective_on=NOVEMBER)
        assert insurer.snapshot() == delta


def test_who_is_named_otherwise_by_one_line_and_as_before_by_another_is_found_as_the_last_one_says(
    insurer: Insurer,
) -> None:
    other_nir = "284119935000152"
    insurer.send([nadia(contract_number="C-1"), nadia(contract_number="C-2")])
    changed = {"change": "upsert", "birth_date": "19841105", "nir": other_nir}
    insurer.send([nadia(contract_number="C-1", **changed)], kind="delta", effective_on=DECEMBER)
    assert insurer.person_at(NADIA_NIR, "19850517") is None
    assert insurer.person_at(other_nir, "19841105") == insurer.reference_of("P-0001")
    insurer.send([nadia(contract_number="C-2", change="upsert")], kind="delta", effective_on=DECEMBER)
    assert insurer.person_at(NADIA_NIR, "19850517") == insurer.reference_of("P-0001")
    assert insurer.person_at(other_nir, "19841105") is None
    assert insurer.ask("select count(*) from members.aliases") == [(1,)]
