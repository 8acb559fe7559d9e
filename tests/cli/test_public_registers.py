"""`rempart register` as an operator types it."""

import json
from pathlib import Path

from tests.cli.test_register import PHARMACIST, run
from tests.support.database import Database
from tests.support.identity import with_luhn_key
from tests.support.registers import line, write_directory, write_places

CLAIRE, PORT = "10005173140", "750712184"
CROWD = [line(with_luhn_key(f"10{number:08}"), "21", PORT) for number in range(100, 200)]


def test_a_day_of_the_register(fresh_database: Database, tmp_path: Path) -> None:
    assert run(fresh_database, "professional", "register", *PHARMACIST).returncode == 0
    first = write_directory(tmp_path / "first.txt", CROWD)
    places = write_places(tmp_path / "etalab.csv", [(PORT, "PHARMACIE DU PORT")])

    done = run(fresh_database, "register", "load", str(first), str(places), "--by", "ines")
    assert done.returncode == 0, done.stderr
    assert "first.txt\u00a0: 100 professionnels, 0 connus avant, 0 disparus." in done.stdout
    assert "etalab.csv\u00a0: 1 établissements" in done.stdout
    assert f"inconnus de l’annuaire, à vérifier\u00a0:\n  {CLAIRE}" in done.stdout

    refused = run(fresh_database, "professional", "register", *PHARMACIST)
    assert refused.returncode == 1
    assert "L’annuaire public ne connaît personne sous ce numéro RPPS." in refused.stderr
    assert "rempart register load" in refused.stderr

    second = write_directory(tmp_path / "second.txt", [*CROWD, line(CLAIRE, "21", PORT), line("10005173141")])
    done = run(fresh_database, "register", "load", str(second), "--by", "ines")
    assert done.returncode == 3
    assert "Mauvaises lignes, laissées de côté (1)" in done.stdout
    assert "ligne 103\u00a0: Identifiant PP" in done.stdout
    assert run(fresh_database, "professional", "register", *PHARMACIST).returncode == 0

    done = run(fresh_database, "register", "load", str(first), "--by", "ines")
    assert done.returncode == 0
    assert f"Radiés, car ils ont quitté l’annuaire\u00a0:\n  {CLAIRE}" in done.stdout


def test_a_large_loss_waits_for_a_second_person(fresh_database: Database, tmp_path: Path) -> None:
    whole = write_directory(tmp_path / "whole.txt", CROWD)
    half = write_directory(tmp_path / "half.txt", CROWD[:50])
    assert run(fresh_database, "register", "load", str(whole), "--by", "ines").returncode == 0
    waiting = run(fresh_database, "register", "load", str(half), "--by", "ines", "--json")
    told = json.loads(waiting.stdout)
    assert (waiting.returncode, told["verdict"], told["difference"]["gone"]) == (4, "waiting", 50)
    number = str(told["file_id"])
    assert run(fresh_database, "register", "approve", number, "--by", "ines").returncode == 1
    assert run(fresh_database, "register", "approve", number, "--by", "karim").returncode == 0
    listed = json.loads(run(fresh_database, "register", "list", "--json").stdout)["registers"]
    assert [(row["state"], row["brought_by"], row["approved_by"]) for row in listed] == [
        ("approved", "ines", "karim"),
        ("taken", "ines", None),
    ]
    assert run(fresh_database, "register", "load", str(half), "--by", "ines").returncode == 0
    assert "pris" in run(fresh_database, "register", "list").stdout


def test_a_file_that_is_no_register_is_refused_with_a_sentence(
    fresh_database: Database, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("rpps,name\n")
    done = run(fresh_database, "register", "load", str(other))
    assert done.returncode == 1
    assert "ni l’extraction de l’Annuaire santé ni celle de FINESS" in done.stderr
