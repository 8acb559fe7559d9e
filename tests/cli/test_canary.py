"""`rempart canary` as it is typed: what it says, what it never says, and its exit status."""

import csv
from pathlib import Path

import pytest

from rempart.settings import Settings
from tests.cli.test_register import Done, run, told
from tests.support.database import Database
from tests.support.insurer import Insurer, forget_insurers
from tests.support.member_rows import family


@pytest.fixture
def insurer(database: Database, keyring: Settings, tmp_path: Path) -> Insurer:
    forget_insurers(database.settings)
    made = Insurer(database.settings, tmp_path).register()
    made.send(family())
    return made


def plant(database: Database, out: Path, count: int = 3) -> Done:
    words = ["--insurer", "0990000018", "--in", "liste d’Officine", "--count", str(count), "--out", str(out)]
    return run(database, "canary", "plant", *words, "--by", "nadia")


def test_a_list_is_planted_listed_and_retired_by_two(
    insurer: Insurer, database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "leurres.csv"
    done = plant(database, out)
    assert done.returncode == 0, done.stderr
    lines = out.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("#") for line in lines) == 4
    assert "jamais" in "".join(lines[:4])
    rows = list(csv.DictReader(lines[4:], delimiter=";"))
    for said in (done.stdout, run(database, "canary", "list").stdout):
        assert "liste d’Officine" in said
        assert not [row["nir"] for row in rows if row["nir"] in said or row["birth_name"] in said]
    (row,) = told(database, "canary", "list")["lists"]
    assert (row["planted"], row["answering"], row["convicted"], row["planted_by"]) == (3, 3, 0, "nadia")

    retire = ["canary", "retire", str(row["list_id"]), "--because", "liste détruite", "--by"]
    assert run(database, *retire, "nadia").returncode == 4
    again = run(database, *retire, "nadia")
    assert (again.returncode, "canary-retired-by-same-person" in again.stderr) == (1, True)
    assert told(database, *retire, "camille")["verdict"] == "done"
    assert "retirée le" in run(database, "canary", "list").stdout


def test_no_list_is_written_over_another(insurer: Insurer, database: Database, tmp_path: Path) -> None:
    out = tmp_path / "leurres.csv"
    assert plant(database, out).returncode == 0
    refused = plant(database, out)
    assert (refused.returncode, "canary-list-taken" in refused.stderr) == (1, True)


def test_as_many_as_no_list_needs_is_not_understood(database: Database, tmp_path: Path) -> None:
    assert plant(database, tmp_path / "leurres.csv", 10_001).returncode == 2
