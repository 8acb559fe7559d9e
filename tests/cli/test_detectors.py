"""`rempart detectors` as an operator types it: rules listed, aggregates taken out, fitted, and changed by two people."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from rempart.domain.detectors import SPEAKING
from rempart.operations.detectors.aggregates import COLUMNS
from rempart.store.database import connect_sync
from tests.cli.test_register import run, told
from tests.support.database import Database
from tests.support.world import Right, World


def around(today: date) -> tuple[str, str]:
    return (today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat()


def made_aggregates(path: Path, accounts: int = 200) -> None:
    """Write days as a shop's would be: one word in five for a thief, on each signal."""
    random = np.random.default_rng(3)
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        for account in range(accounts):
            share = random.beta(8, 32)
            for day in range(10):
                said = random.binomial(50, share, len(SPEAKING)).tolist()
                spoken = [n for thief in said for n in (thief, 50 - thief)]
                lines.writerow([f"2026-03-{day + 1:02d}", account, "pharmacist", 50, *spoken])


def test_the_rules_are_listed_with_their_source(database: Database) -> None:
    rules = told(database, "detectors", "list")["rules"]
    assert len(rules) == 11 * 7
    assert {rule["source"] for rule in rules} == {"synthetic honest world, November 2026"}
    listed = run(database, "detectors", "list", "optician").stdout
    assert listed.count("\n") == 7
    assert "novelty" in listed


def test_what_was_asked_comes_out_as_sums_without_anybody(
    database: Database, world: World, tmp_path: Path
) -> None:
    insurer = world.insurer()
    session = world.software_session(world.account("pharmacist"))
    lea, hugo = world.person("Léa", insurer), world.person("Hugo", insurer, Right(ends_on=date(2026, 1, 1)))
    nobody = world.stranger("Personne", insurer)
    world.ask_all([session.about(person, birth=53) for person in (lea, lea, hugo, nobody)])
    since, until = around(world.today())
    path = tmp_path / "aggregates.csv"
    answer = told(database, "detectors", "export", str(path), "--since", since, "--until", until)
    with path.open() as file:
        rows = [row for row in csv.DictReader(file) if row["account"] == str(session.account.account_id)]
    assert answer["account_days"] >= 1
    (row,) = rows
    assert tuple(row) == COLUMNS
    assert (row["profession"], row["questions"], row["day"]) == ("pharmacist", "4", world.today().isoformat())
    found = {name: int(row[name]) for name in COLUMNS[4:]}
    assert found["failures_thief"] == 2
    assert found["failures_honest"] == 1
    assert (found["novelty_thief"], found["stale_thief"], found["stale_honest"]) == (2, 1, 1)


@pytest.mark.parametrize("until", ["2026-01-01", "2025-12-31"])
def test_days_that_end_before_they_begin_are_refused_and_no_file_is_touched(
    database: Database, tmp_path: Path, until: str
) -> None:
    path = tmp_path / "jours.csv"
    path.write_text("older")
    done = run(
        database, "detectors", "export", str(path), "--since", "2026-01-01", "--until", until, "--json"
    )
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["code"], path.read_text()) == (1, "detector-days-inverted", "older")
    assert facts["sentence"].startswith("Le jour de fin est avant le premier")


def test_a_frozen_account_teaches_nothing(database: Database, world: World, tmp_path: Path) -> None:
    insurer = world.insurer()
    session = world.software_session(world.account("dentist"))
    world.ask_all([session.about(world.stranger("Personne", insurer)) for _ in range(3)])
    world.set_state(session.account, standing=2)
    since, until = around(world.today())
    path = tmp_path / "aggregates.csv"
    told(database, "detectors", "export", str(path), "--since", since, "--until", until)
    with path.open() as file:
        assert str(session.account.account_id) not in {row["account"] for row in csv.DictReader(file)}


def test_a_fit_is_proposed_and_two_people_put_it_in_force(
    database: Database, world: World, tmp_path: Path
) -> None:
    aggregates, rules = tmp_path / "aggregates.csv", tmp_path / "rules.json"
    made_aggregates(aggregates)
    proposals = told(database, "detectors", "fit", str(aggregates), "--rules", str(rules), "--no-simulate")[
        "proposals"
    ]
    assert {proposal["signal"] for proposal in proposals} == {signal.name.lower() for signal in SPEAKING}
    assert all(proposal["mean"] == pytest.approx(0.2, abs=0.02) for proposal in proposals)
    assert "comptes" in run(database, "detectors", "fit", str(aggregates), "--no-simulate").stdout

    words = ("detectors", "change", str(rules), "--because", "mars 2026", "--valid-from")
    today, later = world.today().isoformat(), (world.today() + timedelta(days=3)).isoformat()
    asked = run(database, *words, today, "--by", "nadia")
    assert asked.returncode == 4
    assert "une seconde personne" in asked.stdout
    assert "detector-change-by-same-person" in run(database, *words, today, "--by", "nadia").stderr
    assert run(database, *words, later, "--by", "camille").returncode == 4  # not the same change
    assert told(database, *words, today, "--by", "camille")["verdict"] == "done"
    in_force = {
        (rule["profession"], rule["signal"]): rule for rule in told(database, "detectors", "list")["rules"]
    }
    for proposal in proposals:
        rule = in_force[proposal["profession"], proposal["signal"]]
        assert (rule["honest"], rule["threshold"]) == (proposal["honest"], proposal["threshold"])
        assert rule["source"] == "mars 2026 (nadia, camille)"
    assert in_force["pharmacist", "together"]["source"] == "synthetic honest world, November 2026"
    assert len(in_force) == 11 * 7
    undone = run(database, *words, today, "--by", "nadia")
    assert (undone.returncode, "une seconde personne" in undone.stdout) == (4, True), (
        "a mistake waits for no day"
    )


@pytest.mark.parametrize(
    "rules",
    [
        "[]", "{", "[1]", '[{"profession": "pharmacist"}]',
        '[{"profession":"pharmacist","signal":"novelty","honest":0.9,"thief":0.5,"threshold":13,"measure":1}]',
    ],
)  # fmt: skip
def test_rules_that_are_none_are_refused(database: Database, tmp_path: Path, rules: str) -> None:
    path = tmp_path / "rules.json"
    path.write_text(rules)
    done = run(
        database,
        "detectors",
        "change",
        str(path),
        "--because",
        "x",
        "--valid-from",
        "2099-01-01",
        "--by",
        "a",
    )
    assert done.returncode == 1
    assert "detector-file-unreadable" in done.stderr


def test_a_rule_of_no_profession_is_refused_and_so_is_a_day_that_is_past(
    database: Database, tmp_path: Path
) -> None:
    rule = {"signal": "novelty", "honest": 0.5, "thief": 0.9, "threshold": 13.8, "measure": 1}
    path = tmp_path / "rules.json"
    words = ("detectors", "change", str(path), "--because", "x", "--by", "nadia", "--valid-from")
    path.write_text(json.dumps([rule | {"profession": "baker"}]))
    assert "detector-rule-unknown" in run(database, *words, "2099-01-01").stderr
    path.write_text(json.dumps([rule | {"profession": "doctor"}]))
    assert "detector-change-too-early" in run(database, *words, "2024-06-01").stderr


@pytest.mark.parametrize(
    "content",
    ["", "a,b\n1,2\n", ",".join(COLUMNS) + "\n", ",".join(COLUMNS) + "\nx,1,pharmacist,-1" + ",0" * 12],
)
def test_aggregates_that_are_none_are_refused(database: Database, tmp_path: Path, content: str) -> None:
    path = tmp_path / "aggregates.csv"
    path.write_text(content)
    assert "detector-file-unreadable" in run(database, "detectors", "fit", str(path)).stderr


def test_the_operator_does_not_change_a_rule_alone(database: Database) -> None:
    with connect_sync(database.settings, "operator") as connection:
        for statement in (
            "update access.detector_rules set threshold = 1e9",
            "delete from access.detector_rules",
            "update console.proposals set closed_at = now()",
            "select * from evidence.receipts",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()
