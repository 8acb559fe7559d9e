"""Files come in order, once each, and a file that would change much waits for a second person."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from rempart.domain.errors import RempartError
from rempart.domain.errors.member_files import (
    FileBroughtBySamePerson,
    FileNotWaiting,
    FileUnknown,
    LoadUnderWay,
    ManifestMemberWrong,
    MemberFileDigestWrong,
    MemberFileEncodingWrong,
    MemberFileHasContactColumn,
    MemberFilePreviousWrong,
    MemberFileRowCountWrong,
    MemberFileSequenceGap,
    MemberFileSequenceTaken,
    MemberFileTruncated,
)
from rempart.feeds.formats.advice import advice
from rempart.feeds.formats.manifest import read_manifest, write_manifest
from rempart.operations.load_members import approve_waiting_file, files_brought
from rempart.store.database import connect_sync
from tests.support.insurer import DECEMBER, Insurer
from tests.support.member_rows import Row, family, nadia


def crowd(count: int) -> list[Row]:
    """Make people enough for percentages."""
    return [nadia(beneficiary_id=f"P-{at:04}", birth_date=f"{1900 + at:04}0101") for at in range(count)]


def test_the_same_file_again_changes_nothing(insurer: Insurer) -> None:
    path = insurer.write(family())
    insurer.load(path)
    before = insurer.snapshot(), insurer.ask("select xmin::text from members.insurers")
    assert insurer.load(path).verdict == "already-taken"
    assert (insurer.snapshot(), insurer.ask("select xmin::text from members.insurers")) == before


def test_an_old_file_again_changes_nothing_after_newer_ones(insurer: Insurer) -> None:
    first = insurer.write(family())
    insurer.load(first)
    insurer.send(family(), effective_on=DECEMBER)
    before = insurer.snapshot()
    assert insurer.load(first).verdict == "already-taken"
    assert insurer.snapshot() == before


def refuse(insurer: Insurer, path: Path, error: type[RempartError]) -> str:
    """Have a file refused: nothing changes, and there is something to say about it."""
    before = insurer.snapshot(), insurer.ask("select * from feeds.files")
    with pytest.raises(error) as refused:
        insurer.load(path)
    assert (insurer.snapshot(), insurer.ask("select * from feeds.files")) == before
    assert refused.value.code in advice("fr")
    assert refused.value.code in advice("en")
    return refused.value.place


def test_a_missing_file_stops_the_next(insurer: Insurer) -> None:
    insurer.send(family())
    place = refuse(insurer, insurer.write(family(), sequence=3), MemberFileSequenceGap)
    assert place == "sequence 3, expected 2"


def test_the_first_file_has_sequence_1(insurer: Insurer) -> None:
    path = insurer.write(family(), sequence=2, previous_sha256="0" * 64)
    assert refuse(insurer, path, MemberFileSequenceGap) == "sequence 2, expected 1"


def test_a_second_file_of_one_sequence_is_refused(insurer: Insurer) -> None:
    insurer.send(family())
    path = insurer.write(family()[:5], sequence=1, previous_sha256=None)
    assert refuse(insurer, path, MemberFileSequenceTaken) == "sequence 1, expected 2"


def test_a_file_that_follows_another_than_the_last_is_refused(insurer: Insurer) -> None:
    insurer.send(family())
    refuse(insurer, insurer.write(family(), previous_sha256="ab" * 32), MemberFilePreviousWrong)


def test_a_truncated_file_is_refused(insurer: Insurer) -> None:
    insurer.send(family())
    path = insurer.write(family())
    path.write_bytes(path.read_bytes()[:-200])
    refuse(insurer, path, MemberFileTruncated)


def test_a_file_cut_at_a_line_end_is_refused(insurer: Insurer) -> None:
    path = insurer.write(family())
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    refuse(insurer, path, MemberFileDigestWrong)


def test_a_file_with_fewer_rows_than_its_manifest_says_is_refused(insurer: Insurer) -> None:
    path = insurer.write(family())
    shorter = insurer.write(family()[:4])
    manifest, of_shorter = read_manifest(path), read_manifest(shorter)
    shutil.copy(shorter, path)
    fields = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
    write_manifest(path, type(of_shorter)(**{**fields, "sha256": of_shorter.sha256}))
    refuse(insurer, path, MemberFileRowCountWrong)


def test_a_file_in_another_encoding_is_refused(insurer: Insurer) -> None:
    path = insurer.write(family())
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    refuse(insurer, path, MemberFileEncodingWrong)


def test_a_file_with_contact_data_is_refused(insurer: Insurer) -> None:
    path = insurer.write(family())
    path.write_bytes(path.read_bytes().replace(b"birthplace", b"telephone", 1))
    refuse(insurer, path, MemberFileHasContactColumn)


def test_a_manifest_that_promises_a_billion_rows_and_more_is_refused(insurer: Insurer) -> None:
    path = insurer.write(family())
    manifest = read_manifest(path)
    fields = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
    write_manifest(path, type(manifest)(**{**fields, "row_count": 1_000_000_001}))
    assert refuse(insurer, path, ManifestMemberWrong) == "row_count"


def test_a_file_without_a_row_is_a_file(insurer: Insurer) -> None:
    assert insurer.send([]).verdict == "taken"
    assert insurer.send(crowd(3), effective_on=DECEMBER).verdict == "waiting"


def test_loads_take_turns(insurer: Insurer) -> None:
    path = insurer.write(family())
    with connect_sync(insurer.settings, "feeds") as other, other.transaction():
        verdict = other.execute(
            "select verdict from feeds.begin_file(%s, 1, 'full', '2026-11-01', %s, null, 6, 'a.csv', 'hugo', true)",
            (insurer.amc, bytes(32)),
        ).fetchone()
        assert verdict == ("begun",)
        with pytest.raises(LoadUnderWay):
            insurer.load(path)
        other.execute("rollback")
    assert insurer.load(path).verdict == "taken"


def test_two_in_a_hundred_may_close_at_once(insurer: Insurer) -> None:
    insurer.send(crowd(100))
    report = insurer.send(crowd(98), effective_on=DECEMBER)
    assert report.verdict == "taken"
    assert report.difference is not None
    assert report.difference["closing"] == 2


class TestWaiting:
    """More than 2 % waits, shows the difference, and is let in by somebody else."""

    @pytest.fixture
    def half_empty(self, insurer: Insurer) -> Path:
        insurer.send(crowd(100))
        return insurer.write(crowd(50), effective_on=DECEMBER)

    def test_a_half_empty_file_waits_and_changes_nothing(self, insurer: Insurer, half_empty: Path) -> None:
        before = insurer.snapshot()
        report = insurer.load(half_empty)
        assert report.verdict == "waiting"
        assert report.difference is not None
        assert (report.difference["closing"], report.difference["rights_known"]) == (50, 100)
        assert insurer.snapshot() == before

    def test_the_difference_shows_people_by_their_digests(self, insurer: Insurer, half_empty: Path) -> None:
        report = insurer.load(half_empty)
        assert report.difference is not None
        samples = report.difference["samples"]
        assert len(samples) == 5
        absent = {insurer.reference_of(f"P-{at:04}").hex() for at in range(50, 100)}
        assert {sample["reference_digest"] for sample in samples} <= absent
        assert {(sample["what"], sample["ends_on"]) for sample in samples} == {("closing", "2026-11-30")}

    def test_who_brought_it_does_not_let_it_in(self, insurer: Insurer, half_empty: Path) -> None:
        report = insurer.load(half_empty)
        assert report.file_id is not None
        with pytest.raises(FileBroughtBySamePerson):
            approve_waiting_file(insurer.settings, report.file_id, "nadia")
        assert insurer.load(half_empty).verdict == "waiting"

    def test_a_second_person_lets_it_in(self, insurer: Insurer, half_empty: Path) -> None:
        report = insurer.load(half_empty)
        assert report.file_id is not None
        again = insurer.load(half_empty)
        assert (again.verdict, again.difference) == ("waiting", report.difference)
        approve_waiting_file(insurer.settings, report.file_id, "camille")
        assert insurer.load(half_empty).verdict == "taken"
        assert str(insurer.rights("P-0077")[0][1]) == "2026-11-30"
        (taken, _) = files_brought(insurer.settings)
        assert (taken.file_id, taken.state, taken.brought_by, taken.approved_by) == (
            report.file_id, "taken", "nadia", "camille",
        )  # fmt: skip

    def test_an_approval_is_for_one_file_only(self, insurer: Insurer, half_empty: Path) -> None:
        report = insurer.load(half_empty)
        assert report.file_id is not None
        approve_waiting_file(insurer.settings, report.file_id, "camille")
        emptier = insurer.write(crowd(10), effective_on=DECEMBER)
        assert insurer.load(emptier).verdict == "waiting"
        with pytest.raises(FileNotWaiting):
            approve_waiting_file(insurer.settings, report.file_id, "camille")

    def test_an_approval_is_for_the_manifest_that_was_shown(self, insurer: Insurer, half_empty: Path) -> None:
        report = insurer.load(half_empty)
        assert report.file_id is not None
        approve_waiting_file(insurer.settings, report.file_id, "camille")
        manifest = half_empty.with_name(half_empty.name + ".manifest.json")
        shown = manifest.read_text()
        manifest.write_text(shown.replace("2026-12-01", "2020-01-01"))
        assert manifest.read_text() != shown
        assert insurer.load(half_empty).verdict == "waiting"
        assert len(insurer.rights("P-0077")) == 1
        assert insurer.rights("P-0077")[0][1] is None

    def test_a_date_of_effect_that_goes_back_hides_nothing(self, insurer: Insurer) -> None:
        ended = [{**row, "ends_on": "2026-11-15"} for row in crowd(50)]
        insurer.send(crowd(100)[50:] + ended, effective_on=DECEMBER)
        reopened = insurer.send(crowd(100), effective_on=date(2026, 1, 1))
        assert reopened.verdict == "waiting"
        assert reopened.difference is not None
        assert reopened.difference["reopening"] == 50
        more = [
            nadia(beneficiary_id=f"N-{at}", birth_date=f"{1900 + at}0202", opens_on="2026-06-01")
            for at in range(3)
        ]
        backdated = insurer.send(crowd(100)[50:] + ended + more, effective_on=date(2026, 1, 1))
        assert backdated.verdict == "waiting"
        assert backdated.difference is not None
        assert backdated.difference["backdated"] == 3

    @pytest.mark.parametrize("day", [date(1999, 12, 31), date(2199, 1, 1)])
    def test_a_date_of_effect_that_is_not_of_our_time_is_refused(self, insurer: Insurer, day: date) -> None:
        with pytest.raises(ManifestMemberWrong, match="effective_on"):
            insurer.send(crowd(1), effective_on=day)

    @pytest.mark.parametrize(
        "change", [{"waiting_until": "2199-12-31"}, {"domains": "MEDE OPTI", "waiting_domains": "DEPR"}]
    )
    def test_a_wait_that_is_over_hides_nothing(self, insurer: Insurer, change: dict[str, str]) -> None:
        served = {"waiting_domains": "PHAR", "waiting_until": "2025-06-30"}
        insurer.send([{**row, **served} for row in crowd(100)])
        report = insurer.send([{**row, **served, **change} for row in crowd(100)], effective_on=DECEMBER)
        assert report.verdict == "waiting"
        assert report.difference is not None
        assert report.difference["closing"] == 100

    def test_a_better_file_takes_the_place_of_one_that_waits(
        self, insurer: Insurer, half_empty: Path
    ) -> None:
        insurer.load(half_empty)
        assert insurer.send(crowd(100), effective_on=DECEMBER).verdict == "taken"
        states = {file.state for file in files_brought(insurer.settings)}
        assert states == {"taken", "withdrawn"}

    def test_a_file_that_is_not_there_is_not_let_in(self, insurer: Insurer) -> None:
        with pytest.raises(FileUnknown):
            approve_waiting_file(insurer.settings, 4_242, "camille")

    def test_a_file_that_reopens_many_waits(self, insurer: Insurer) -> None:
        insurer.send([{**row, "ends_on": "2025-12-31"} for row in crowd(100)])
        report = insurer.send(crowd(100), effective_on=DECEMBER)
        assert report.verdict == "waiting"
        assert report.difference is not None
        assert (report.difference["reopening"], report.difference["closing"]) == (100, 0)

    def test_a_file_that_backdates_many_waits(self, insurer: Insurer) -> None:
        insurer.send(crowd(100))
        more = [nadia(beneficiary_id=f"N-{at}", birth_date=f"{1900 + at}0202") for at in range(3)]
        report = insurer.send(crowd(100) + more, effective_on=DECEMBER)
        assert report.verdict == "waiting"
        assert report.difference is not None
        assert report.difference["backdated"] == 3

    def test_a_file_that_suspends_many_waits(self, insurer: Insurer) -> None:
        insurer.send(crowd(100))
        report = insurer.send(
            [{**row, "situation": "suspended"} for row in crowd(100)], effective_on=DECEMBER
        )
        assert report.verdict == "waiting"
        assert report.difference is not None
        assert {sample["what"] for sample in report.difference["samples"]} == {"narrowing"}

    @pytest.mark.parametrize(
        "less",
        [
            {"domains": "PHAR"},
            {"domains": "PHAR OPTI", "domains_without_tp": "DEPR MEDE"},
            {"waiting_domains": "MEDE"},
        ],
    )
    def test_a_file_under_which_many_rights_cover_less_waits(
        self, insurer: Insurer, less: dict[str, str]
    ) -> None:
        insurer.send(crowd(100))
        report = insurer.send([{**row, **less} for row in crowd(100)], effective_on=DECEMBER)
        assert report.verdict == "waiting"
        assert report.difference is not None
        assert report.difference["closing"] == 100
        samples = report.difference["samples"]
        assert [(sample["what"], sample["ends_on"]) for sample in samples] == [("narrowing", None)] * 5

    def test_a_file_under_which_rights_cover_more_does_not_wait(self, insurer: Insurer) -> None:
        insurer.send(crowd(100))
        more = {
            "domains": "PHAR MEDE OPTI DEPR",
            "domains_without_tp": None,
            "waiting_domains": None,
            "waiting_until": None,
        }
        assert insurer.send([{**row, **more} for row in crowd(100)], effective_on=DECEMBER).verdict == "taken"

    def test_renewals_and_newcomers_do_not_wait(self, insurer: Insurer) -> None:
        insurer.send([{**row, "ends_on": "2026-12-31"} for row in crowd(100)])
        renewed = [{**row, "ends_on": "2027-12-31"} for row in crowd(100)]
        newcomers = [
            nadia(
                beneficiary_id=f"N-{at}",
                birth_date=f"{1900 + at}0202",
                opens_on="2027-01-01",
                waiting_until="2027-03-31",
            )
            for at in range(50)
        ]
        assert insurer.send(renewed + newcomers, effective_on=DECEMBER).verdict == "taken"
