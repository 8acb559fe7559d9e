"""The first file of an insurer: who is known after it, and what is stored of them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rempart.domain.errors.member_files import InsurerUnregistered, MemberFileForAnotherInsurer
from rempart.domain.rights import Domain
from rempart.feeds.formats.advice import advice
from rempart.operations.load_members import load_members
from rempart.people.generate import Plan, generate
from tests.support.insurer import NOVEMBER, Insurer
from tests.support.member_rows import NADIA_NIR, family, nadia


def test_everybody_in_the_file_is_known_after_it(insurer: Insurer) -> None:
    report = insurer.send(family())
    assert (report.verdict, report.refused_line_count, report.rejects) == ("taken", 0, None)
    assert insurer.person_at(NADIA_NIR, "19850517") == insurer.reference_of("P-0001")
    assert insurer.person_at(NADIA_NIR, "20180228", 1) == insurer.reference_of("P-0003")
    assert insurer.person_at(NADIA_NIR, "20180228", 2) == insurer.reference_of("P-0004")
    assert insurer.person_at("284119935000152", "20180228", 2) == insurer.reference_of("P-0004")
    assert insurer.person_at("253329935212376", "19531399") == insurer.reference_of("P-0005")
    assert insurer.person_at("284119935000152", "20180228", 1) is None
    assert insurer.snapshot()["insurers"] == [(insurer.amc, 6, 6, False)]


def test_a_right_is_stored_as_the_gate_reads_it(insurer: Insurer) -> None:
    insurer.send([nadia(situation="suspended", ends_on="2027-12-31")])
    stored = insurer.ask(
        "select opens_on, ends_on, coverage_rank, situation, domains, domains_without_tp, waiting_domains, waiting_until"
        " from members.rights"
    )
    with_tp = Domain.PHAR.bit | Domain.MEDE.bit | Domain.OPTI.bit
    first_day_covered = date(
        2027, 1, 1
    )  # the file says the last day of waiting, the gate reads the first day covered
    depr = Domain.DEPR.bit
    assert stored == [(date(2024, 1, 1), date(2027, 12, 31), 1, 1, with_tp, depr, depr, first_day_covered)]


def test_nothing_stored_says_who_anybody_is(insurer: Insurer) -> None:
    insurer.send(family())
    stored = repr(insurer.snapshot()) + repr(insurer.ask("select sealed from members.identities"))
    stored += repr(insurer.ask("select * from feeds.files")) + repr(
        insurer.ask("select * from staging.complaints")
    )
    for trait in (
        NADIA_NIR,
        NADIA_NIR[:13],
        "BENALI",
        "Nadia",
        "19850517",
        "C-2024/017",
        "70012345",
        "P-0001",
    ):
        assert trait not in stored
    for table in ("file", "people", "other_aliases", "lines", "products", "identities", "held", "changes"):
        assert insurer.ask(f"table staging.{table}") == [], table


def test_one_contract_of_two_people_has_two_digests(insurer: Insurer) -> None:
    insurer.send(family()[:2])
    ((first,), (second,)) = insurer.ask("select contract_digest from members.rights")
    assert first != second


def test_a_person_without_a_card_has_no_card_digest(insurer: Insurer) -> None:
    insurer.send(family())
    cards = dict(insurer.ask("select reference_digest, card_digest from members.people"))
    assert cards[insurer.reference_of("P-0006")] is None
    assert cards[insurer.reference_of("P-0001")] == bytes.fromhex("0f" * 32)


def test_parquet_and_csv_of_the_same_rows_say_the_same(insurer: Insurer, tmp_path: Path) -> None:
    insurer.send(family(), suffix=".parquet")
    from_parquet = insurer.snapshot()
    insurer.forget()
    insurer.send(family(), suffix=".csv")
    assert insurer.snapshot() == from_parquet


def test_a_file_of_generated_people_is_taken_whole(insurer: Insurer, tmp_path: Path) -> None:
    (made,) = generate(Plan(3_000, 1, 7, tmp_path / "made", "csv", 10, NOVEMBER), lambda _: None)
    path = tmp_path / "made" / made.file
    other = Insurer(insurer.settings, tmp_path, amc=made.amc_number).register()
    assert other.load(path).verdict == "taken"
    assert other.ask(
        "select people_count, rights_count from members.insurers where amc_number = %s", other.amc
    ) == [(made.people_count, made.row_count)]
    assert insurer.ask("select count(*) from members.identities") == [(made.row_count,)]


@pytest.mark.parametrize(
    "apart", [False, True], ids=["lines of a person together", "lines of a person apart"]
)
def test_the_order_of_the_lines_changes_nothing(insurer: Insurer, tmp_path: Path, apart: bool) -> None:
    (made,) = generate(Plan(2_000, 1, 11, tmp_path / "made", "csv", 10, NOVEMBER), lambda _: None)
    texts = pl.read_csv(tmp_path / "made" / made.file, separator=";", infer_schema=False, quote_char=None)
    assert texts["beneficiary_id"].n_unique() < texts.height
    insurer.send(texts.to_dicts())
    together = insurer.snapshot()
    insurer.forget()
    rows = texts.sort("birth_date", "opens_on") if apart else texts.reverse()
    insurer.send(rows.to_dicts())
    assert insurer.snapshot() == together


def test_a_file_of_another_insurer_is_refused(insurer: Insurer, tmp_path: Path) -> None:
    path = insurer.write(family())
    with pytest.raises(MemberFileForAnotherInsurer):
        load_members(insurer.settings, path, "0990000026", "nadia")


def test_a_file_of_an_insurer_that_is_not_registered_is_refused(insurer: Insurer, tmp_path: Path) -> None:
    stranger = Insurer(insurer.settings, tmp_path, amc="0990000026")
    with pytest.raises(InsurerUnregistered) as refused:
        stranger.load(stranger.write(family()))
    assert refused.value.code in advice("fr")
