"""Lines that are wrong: said one by one, and nothing changes for whom they name."""

import csv
from pathlib import Path

import pytest

from rempart.domain.errors.member_files import MemberFileNoGoodLine, MemberFileTooManyFaults
from rempart.feeds.rejects import rejects_path
from tests.support.insurer import DECEMBER, Insurer
from tests.support.member_rows import NADIA_NIR, Row, family, nadia


def findings(path: Path | None) -> list[tuple[int, str, str]]:
    """Read a report: line, column, reason; each finding has something to say and something to do."""
    assert path is not None
    with path.open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file, delimiter=";")
    assert heading == ["ligne", "colonne", "motif", "constat", "que faire"]
    assert all(row[3] and row[4] for row in rows)
    return [(int(row[0]), row[1], row[2]) for row in rows]


def spoilt(rows: list[Row], place: int, **cells: str | None) -> list[Row]:
    """Change some cells of one row."""
    return [{**row, **cells} if at == place else row for at, row in enumerate(rows)]


def test_a_bad_line_is_told_and_the_others_are_taken(insurer: Insurer) -> None:
    report = insurer.send(spoilt(family(), 1, nir="284119935000153"))
    assert (report.verdict, report.refused_line_count) == ("taken", 1)
    assert findings(report.rejects) == [(3, "nir", "nir-key")]
    assert insurer.person_at(NADIA_NIR, "19850517") is not None
    assert insurer.rights("P-0002") == []
    assert insurer.snapshot()["insurers"] == [(insurer.amc, 5, 5, False)]


def test_the_report_holds_no_value_of_the_file(insurer: Insurer) -> None:
    report = insurer.send(spoilt(family(), 1, nir="284119935000153", birth_name="LEF@VRE"))
    assert report.rejects is not None
    text = report.rejects.read_text(encoding="utf-8")
    for value in ("28411993500015", "LEF@VRE", "Camille", "19841103", "P-0002"):
        assert value not in text


def test_the_person_of_a_bad_line_stays_as_he_was(insurer: Insurer) -> None:
    insurer.send(family())
    before = insurer.snapshot()
    report = insurer.send(spoilt(family(), 1, ends_on="2023-01-01"), effective_on=DECEMBER)
    assert (report.verdict, findings(report.rejects)) == ("taken", [(3, "ends_on", "period-reversed")])
    assert insurer.snapshot() == before


def test_the_good_line_of_a_person_with_a_bad_one_waits_for_it(insurer: Insurer) -> None:
    second = nadia(contract_number="SUR-9", coverage_rank="2")
    report = insurer.send([*family(), {**second, "product_code": "?"}])
    assert findings(report.rejects) == [
        (2, "beneficiary_id", "person-held"),
        (8, "product_code", "value-character"),
    ]
    assert insurer.rights("P-0001") == []
    assert report.difference is not None
    assert report.difference["people_held"] == 1


def test_a_bad_line_that_names_nobody_closes_nobody(insurer: Insurer) -> None:
    insurer.send(family())
    before = insurer.snapshot()
    report = insurer.send([*family()[:4], nadia(beneficiary_id="p 5")], effective_on=DECEMBER)
    assert report.verdict == "taken"
    assert report.difference is not None
    assert report.difference["closings_held_back"] is True
    assert insurer.snapshot() == before


def test_without_the_bad_line_the_absent_are_closed(insurer: Insurer) -> None:
    insurer.send(family())
    insurer.ask("update members.insurers set rights_count = 1000 returning 1")  # so that two closings are few
    report = insurer.send(family()[:4], effective_on=DECEMBER)
    assert (report.verdict, report.difference and report.difference["closing_absent"]) == ("taken", 1)


def test_a_file_without_one_good_line_is_refused_and_reported(insurer: Insurer) -> None:
    rows = [{**row, "opens_on": "hier"} for row in family()]
    path = insurer.write(rows)
    with pytest.raises(MemberFileNoGoodLine):
        insurer.load(path)
    assert len(findings(rejects_path(path))) == 6
    assert insurer.snapshot()["people"] == []


def test_a_good_file_leaves_no_report_of_a_former_try(insurer: Insurer) -> None:
    path = insurer.write(family())
    rejects_path(path).write_text("of another day")
    insurer.load(path)
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, f"{path.name}.manifest.json"]


def test_one_line_in_a_hundred_may_be_bad(insurer: Insurer) -> None:
    rows = [nadia(beneficiary_id=f"P-{at:04}", contract_number=f"C-{at}", birth_date=f"{1900 + at % 100}{at // 100:04}")
            for at in range(1_000)]  # fmt: skip
    bad = [{**row, "sex": "X"} if at % 100 == 99 else row for at, row in enumerate(rows)]
    report = insurer.send(bad)
    assert (report.verdict, report.refused_line_count) == ("taken", 10)
    assert findings(report.rejects) == [(line, "sex", "value-not-listed") for line in range(101, 1_002, 100)]
    assert insurer.snapshot()["insurers"] == [(insurer.amc, 990, 990, False)]


CAMILLE_NIR = "284119935000152"


@pytest.mark.parametrize("later", [False, True], ids=["in a first file", "in a later file"])
class TestContradictions:
    """What no line says alone; both lines are told, and neither is taken."""

    def send(self, insurer: Insurer, later: bool, rows: list[Row]) -> list[tuple[int, str, str]]:
        if later:
            insurer.send([nadia(beneficiary_id="P-9", nir="175072A00413284", birth_date="19750714")])
            rows = [*rows, nadia(beneficiary_id="P-9", nir="175072A00413284", birth_date="19750714")]
        insurer.ask("update members.insurers set rights_count = 1000 returning 1")
        report = insurer.send(rows, effective_on=DECEMBER)
        assert report.verdict == "taken"
        return findings(report.rejects)

    def test_the_same_key_twice(self, insurer: Insurer, later: bool) -> None:
        found = self.send(
            insurer, later, [nadia(), nadia(beneficiary_id="P-2", nir=CAMILLE_NIR), nadia(domains="PHAR")]
        )
        assert found == [(2, "opens_on", "period-twice"), (4, "opens_on", "period-twice")]
        assert insurer.rights("P-0001") == []
        assert len(insurer.rights("P-2")) == 1

    def test_two_identities_for_one_beneficiary(self, insurer: Insurer, later: bool) -> None:
        camille = nadia(beneficiary_id="P-2", nir=CAMILLE_NIR)
        found = self.send(
            insurer, later, [nadia(), nadia(contract_number="C-2", given_names="Nadine"), camille]
        )
        assert found == [(2, "beneficiary_id", "identity-differs"), (3, "beneficiary_id", "identity-differs")]
        assert insurer.rights("P-0001") == []

    def test_one_alias_for_two_beneficiaries(self, insurer: Insurer, later: bool) -> None:
        hugo = nadia(beneficiary_id="P-2", nir=CAMILLE_NIR, other_aliases=f"{NADIA_NIR}/19850517/1")
        found = self.send(insurer, later, [nadia(), hugo, nadia(beneficiary_id="P-3", birth_rank="2")])
        assert found == [(2, "nir", "alias-of-somebody-else"), (3, "other_aliases", "alias-of-somebody-else")]
        assert insurer.rights("P-0001") == insurer.rights("P-2") == []
        assert len(insurer.rights("P-3")) == 1


def test_a_file_of_nothing_but_faults_is_not_read_to_its_end(
    insurer: Insurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.feeds.rejects.FEED_FAULTS_MAX", 3)
    path = insurer.write([nadia(sex="?", birth_rank="?"), nadia(sex="?", birth_rank="?"), *family()])
    with pytest.raises(MemberFileTooManyFaults):
        insurer.load(path)
    assert len(findings(rejects_path(path))) == 4
    assert insurer.rights("P-0001") == []


def test_a_file_whose_every_line_the_load_refuses_is_not_taken(insurer: Insurer) -> None:
    insurer.send(family())
    before = insurer.snapshot(), insurer.ask("select data_as_of from members.insurers")
    thief = nadia(beneficiary_id="P-0666", change="upsert")
    with pytest.raises(MemberFileNoGoodLine):
        insurer.send([thief], kind="delta")
    assert (insurer.snapshot(), insurer.ask("select data_as_of from members.insurers")) == before
    report = insurer.directory / f"{insurer.amc}-0001.csv.rejects.csv"
    assert findings(report) == [(2, "nir", "alias-of-somebody-else")]


def test_an_alias_of_somebody_known_is_not_taken_from_him_by_a_delta(insurer: Insurer) -> None:
    insurer.send(family())
    thief = nadia(beneficiary_id="P-0666", change="upsert")
    report = insurer.send([thief, nadia(beneficiary_id="P-7", birth_rank="3", change="upsert")], kind="delta")
    assert findings(report.rejects) == [(2, "nir", "alias-of-somebody-else")]
    assert insurer.person_at(NADIA_NIR, "19850517") == insurer.reference_of("P-0001")
    assert insurer.rights("P-0666") == []
