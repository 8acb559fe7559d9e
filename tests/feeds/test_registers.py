"""The public registers: taken whole or not at all, believed from then on, and nobody struck off for a line that was misread."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from psycopg import Connection

from rempart.domain.errors.identifiers import IdentifierRefused
from rempart.domain.errors.member_files import FileBroughtBySamePerson, FileNotWaiting, FileUnknown
from rempart.domain.errors.registration import (
    PlaceNotInRegister,
    ProfessionalAlreadyStruckOff,
    ProfessionalNotInRegister,
    ProfessionNotInRegister,
    RegisterColumnMissing,
    RegisterFileOlder,
    RegisterFileUnknown,
    RegisterFileUnreadable,
    RegisterTooManyBadLines,
)
from rempart.domain.identifiers import parse_rpps
from rempart.operations import manage_access
from rempart.operations.registers.load import RegisterReport, approve_register, load_register
from rempart.store.database import connect_sync
from rempart.store.registers import loads
from tests.support.database import Database
from tests.support.identity import with_luhn_key
from tests.support.registers import COLUMNS, line, text_of, write_directory, write_places

PORT, STATION = "750712184", "750000358"


def rpps_of(number: int) -> str:
    return with_luhn_key(f"10{number:08}")


CLAIRE, PAUL = rpps_of(1), rpps_of(2)
CROWD = [line(rpps_of(number), "21", PORT) for number in range(100, 400)]


@pytest.fixture
def operator(fresh_database: Database) -> Iterator[Connection]:
    with connect_sync(fresh_database.settings, "operator") as connection:
        yield connection


@pytest.fixture
def owner(fresh_database: Database) -> Iterator[Connection]:
    with connect_sync(fresh_database.settings, "owner") as connection:
        yield connection


def take(operator: Connection, path: Path, *lines: dict[str, str] | str, by: str = "ines") -> RegisterReport:
    return load_register(operator, write_directory(path, [*lines, *CROWD]), by)


def register(operator: Connection, rpps: str, finess: str = PORT, profession: str = "pharmacist") -> None:
    manage_access.register_professional(
        operator, rpps=rpps, finess=finess, profession=profession, name="Claire"
    )


def test_a_directory_is_taken_by_the_names_of_its_columns(
    operator: Connection, owner: Connection, tmp_path: Path
) -> None:
    columns = ("Une colonne nouvelle", *reversed(COLUMNS))
    path = tmp_path / "PS_LibreAcces_Personne_activite_202611080823.txt"
    report = load_register(operator, write_directory(path, [line(CLAIRE, "21", PORT)], columns), "ines")
    assert (report.verdict, report.row_count, report.bad_line_count) == ("taken", 1, 0)
    assert owner.execute("select * from access.register_professionals").fetchall() == [
        (CLAIRE, "FONTAINE", "Claire")
    ]
    assert owner.execute("select * from access.register_exercises").fetchall() == [
        (CLAIRE, "21", PORT, "PHARMACIE DU PORT", "", "L")
    ]
    (row,) = loads.list_files(operator)
    assert (row.kind, row.state, str(row.published_on), row.brought_by) == (
        "professionals",
        "taken",
        "2026-11-08",
        "ines",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_are_read_in_either_encoding_and_with_whatever_signs(
    operator: Connection, owner: Connection, tmp_path: Path, encoding: str
) -> None:
    odd = line(
        CLAIRE, "21", PORT, **{"Nom d'exercice": "D\\'É\tTÉ\u00a0", "Raison sociale site": "L\\N'OFFICINE"}
    )
    load_register(operator, write_directory(tmp_path / "a.txt", [odd], encoding=encoding), "ines")
    assert owner.execute("select family_name from access.register_professionals").fetchone() == ("D\\'É\tTÉ",)
    assert owner.execute("select organisation from access.register_exercises").fetchone() == (
        "L\\N'OFFICINE",
    )


def test_people_without_an_rpps_number_are_passed_over(operator: Connection, tmp_path: Path) -> None:
    adeli = line("759301234", "70", **{"Type d'identifiant PP": "0"})
    report = take(operator, tmp_path / "a.txt", adeli)
    assert (report.row_count, report.bad_line_count) == (len(CROWD), 0)


def test_registering_somebody_is_held_against_a_loaded_register(operator: Connection, tmp_path: Path) -> None:
    register(operator, rpps_of(9))  # nothing is loaded, nothing is refused
    take(operator, tmp_path / "a.txt", line(CLAIRE, "21", PORT), line(PAUL, "10"))
    register(operator, CLAIRE)
    with pytest.raises(ProfessionalNotInRegister):
        register(operator, rpps_of(8))
    with pytest.raises(ProfessionNotInRegister):
        register(operator, CLAIRE, profession="optician")
    with pytest.raises(PlaceNotInRegister):
        register(operator, CLAIRE, STATION)
    register(operator, PAUL, STATION, "doctor")  # rooms of his own have no FINESS number in the register
    assert loads.not_in_register(operator) == [rpps_of(9)]


def test_who_leaves_the_register_is_struck_off_and_may_ask_no_more(
    operator: Connection, owner: Connection, tmp_path: Path
) -> None:
    take(operator, tmp_path / "a.txt", line(CLAIRE, "21", PORT), line(PAUL, "21", PORT))
    register(operator, CLAIRE)
    register(operator, PAUL)
    report = take(operator, tmp_path / "b.txt", line(PAUL, "21", PORT))
    assert (report.verdict, report.struck_off) == ("taken", (CLAIRE,))
    asking = owner.execute(
        "select p.rpps, access.may_ask(a.account_id), s.standing from access.professionals as p"
        " join access.accounts as a using (professional_id) join gate.account_state as s using (account_id) order by p.rpps"
    ).fetchall()
    assert asking == [(CLAIRE, False, 1), (PAUL, True, 0)], "the gate, which asks nobody else, follows"
    take(operator, tmp_path / "c.txt", line(PAUL, "21", PORT), line(CLAIRE, "21", PORT))
    with pytest.raises(ProfessionalAlreadyStruckOff):
        register(operator, CLAIRE)


def test_a_register_that_would_lose_more_than_two_in_a_hundred_waits_for_a_second_person(
    operator: Connection, owner: Connection, tmp_path: Path
) -> None:
    take(operator, tmp_path / "a.txt", line(CLAIRE, "21", PORT))
    register(operator, CLAIRE)
    half = write_directory(tmp_path / "b.txt", CROWD[:150])
    waiting = load_register(operator, half, "ines")
    assert (waiting.verdict, waiting.struck_off, waiting.difference["gone"]) == ("waiting", (), 151)
    assert owner.execute("select count(*) from access.register_professionals").fetchone() == (301,)
    assert waiting.file_id is not None
    with pytest.raises(FileBroughtBySamePerson):
        approve_register(operator, waiting.file_id, "ines")
    with pytest.raises(FileUnknown):
        approve_register(operator, 999, "karim")
    approve_register(operator, waiting.file_id, "karim")
    with pytest.raises(FileNotWaiting):
        approve_register(operator, waiting.file_id, "karim")
    taken = load_register(operator, half, "ines")
    assert (taken.verdict, taken.struck_off, taken.file_id) == ("taken", (CLAIRE,), waiting.file_id)


def test_a_waiting_register_gives_way_to_another(operator: Connection, tmp_path: Path) -> None:
    take(operator, tmp_path / "a.txt")
    waiting = load_register(operator, write_directory(tmp_path / "b.txt", CROWD[:150]), "ines")
    take(operator, tmp_path / "c.txt", line(CLAIRE, "21", PORT))
    assert waiting.file_id is not None
    with pytest.raises(FileNotWaiting):
        approve_register(operator, waiting.file_id, "karim")


def test_bad_lines_are_reported_with_their_place_and_reason(operator: Connection, tmp_path: Path) -> None:
    report = take(
        operator,
        tmp_path / "a.txt",
        line("10005173141"),
        line(CLAIRE, "21", "75071218X"),
        line(PAUL, "pharmacien", PORT),
    )
    assert [(bad.number, bad.column, bad.reason) for bad in report.bad_lines] == [
        (2, "Identifiant PP", "rpps"),
        (3, "Numéro FINESS site", "finess"),
        (4, "Code profession", "profession"),
    ]
    assert all("10005173141" not in str(asdict(bad)) for bad in report.bad_lines)


def test_nobody_is_struck_off_for_a_line_that_could_not_be_read(
    operator: Connection, owner: Connection, tmp_path: Path
) -> None:
    take(operator, tmp_path / "a.txt", line(CLAIRE, "21", PORT))
    register(operator, CLAIRE)
    named = take(operator, tmp_path / "b.txt", line(CLAIRE, "21", "75071218X"))
    assert (named.struck_off, named.difference["gone"]) == ((), 0)
    nameless = take(operator, tmp_path / "c.txt", text_of(line(CLAIRE, "21", PORT))[:40])
    assert (nameless.struck_off, nameless.difference["removals_held_back"]) == ((), True)
    kept = owner.execute(
        "select count(*) from access.register_exercises where rpps = %s", (CLAIRE,)
    ).fetchone()
    assert kept == (1,)


def test_a_file_of_bad_lines_is_refused_whole(
    operator: Connection, owner: Connection, tmp_path: Path
) -> None:
    bad = [line("10005173141") for _ in range(10)]
    with pytest.raises(RegisterTooManyBadLines, match="2 Identifiant PP"):
        take(operator, tmp_path / "a.txt", *bad)
    with pytest.raises(RegisterTooManyBadLines):
        load_register(operator, write_directory(tmp_path / "b.txt", []), "ines")
    assert owner.execute("select count(*) from access.register_professionals").fetchone() == (0,)
    assert loads.list_files(operator) == []


def test_the_same_file_is_taken_once_and_an_older_one_not_at_all(
    operator: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "PS_LibreAcces_Personne_activite_202611080823.txt"
    assert take(operator, path).verdict == "taken"
    assert load_register(operator, path, "ines").verdict == "already-taken"
    with pytest.raises(RegisterFileOlder):
        take(operator, tmp_path / "PS_LibreAcces_Personne_activite_202610080823.txt", line(CLAIRE))


def test_other_files_are_refused_by_what_is_wrong_with_them(operator: Connection, tmp_path: Path) -> None:
    with pytest.raises(RegisterFileUnreadable):
        load_register(operator, tmp_path / "nowhere.txt", "ines")
    columns = tuple(name for name in COLUMNS if name != "Code profession")
    lacking = write_directory(tmp_path / "a.txt", [line(CLAIRE)], columns)
    with pytest.raises(RegisterColumnMissing, match="Code profession"):
        load_register(operator, lacking, "ines")
    other = tmp_path / "other.csv"
    other.write_text("rpps,name\n")
    with pytest.raises(RegisterFileUnknown):
        load_register(operator, other, "ines")
    endless = tmp_path / "endless.txt"
    endless.write_text("".join(f"{name}|" for name in COLUMNS) + "\n" + "x" * 100_000)
    with pytest.raises(RegisterFileUnreadable):
        load_register(operator, endless, "ines")


def test_places_are_taken_with_their_commune_and_category(
    operator: Connection, owner: Connection, tmp_path: Path
) -> None:
    path = write_places(
        tmp_path / "etalab.csv", [(PORT, "PHARMACIE DE L'ÉTÉ"), (STATION, "PHARMACIE DE LA GARE")]
    )
    report = load_register(operator, path, "ines")
    assert (report.verdict, report.kind, report.row_count) == ("taken", "places", 2)
    assert owner.execute("select * from access.register_places where finess = %s", (PORT,)).fetchone() == (
        PORT,
        "PHARMACIE DE L'ÉTÉ",
        "620",
        "75",
        "056",
    )
    assert str(loads.list_files(operator)[0].published_on) == "2026-11-05"


def test_the_operator_reads_no_register_and_loads_one_file_at_a_time(
    fresh_database: Database, operator: Connection
) -> None:
    with connect_sync(fresh_database.settings, "operator") as other, operator.transaction():
        assert loads.begin(operator, "places", bytes(32), None) == "open"
        assert loads.begin(other, "places", bytes(32), None) == "busy"


def test_the_numbers_of_these_tests_are_right() -> None:
    assert parse_rpps(CLAIRE) == CLAIRE
    with pytest.raises(IdentifierRefused):
        parse_rpps("10005173141")
