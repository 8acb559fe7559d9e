"""`rempart containment` as an operator types it at three in the morning."""

from typing import get_args

import pytest

from rempart.operations.contain import Scope
from tests.cli.test_register import run, told
from tests.support.database import Database


def start(database: Database, *more: str) -> int:
    answer = told(database, "containment", "start", *more, "--because", "hameçonnage", "--by", "nadia")
    return int(answer["containment_id"])


def test_a_face_is_cut_listed_and_released_by_two(database: Database) -> None:
    number = start(database, "face", "portal", "--mode", "step-up")
    listed = told(database, "containment", "list")["containments"]
    assert [(row["scope"], row["named"], row["because"]) for row in listed] == [
        ("face", "portal", "hameçonnage")
    ]
    done = run(database, "containment", "list")
    assert "face" in done.stdout
    assert "présence exigée" in done.stdout

    asked = run(database, "containment", "release", str(number), "--because", "fini", "--by", "nadia")
    assert asked.returncode == 4
    assert "une seconde personne" in asked.stdout
    again = run(database, "containment", "release", str(number), "--because", "fini", "--by", "nadia")
    assert again.returncode == 1
    assert "release-by-same-person" in again.stderr
    agreed = told(database, "containment", "release", str(number), "--because", "fini", "--by", "camille")
    assert agreed["verdict"] == "done"
    assert run(database, "containment", "list").stdout == "Rien n’est confiné.\n"


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("organisation", "750712184"),
        ("face", "fax"),
        ("account", "12x"),
        ("insurer", "0990000000"),
        ("person", "4242"),
        ("shape", "pharmacist/53"),
    ],
)
def test_what_is_not_there_is_not_contained(database: Database, scope: str, named: str) -> None:
    done = run(database, "containment", "start", scope, named, "--because", "essai")
    assert done.returncode == 1
    assert "target-unknown" in done.stderr
    assert "numéro de trace d’une réponse (person)" in done.stderr
    assert "profession/client_id/région" in done.stderr
    accepted = done.stderr[done.stderr.index("Donnez") :]
    assert {kind for kind in get_args(Scope) if f"({kind}" in accepted} == set(get_args(Scope)) - {"platform"}


def test_what_is_cut_already_says_that_nothing_was_changed(database: Database) -> None:
    number = start(database, "face", "counter")
    done = run(
        database, "containment", "start", "face", "counter", "--hours", "2", "--because", "autre motif"
    )
    assert done.returncode == 0
    assert done.stdout.startswith(
        f"Rien n’a été changé\u00a0: le confinement {number} (la façade counter) est déjà"
    )
    for said in (
        "sans terme, jusqu’à sa levée",
        "décidé par nadia\u00a0: hameçonnage.",
        "Ni le motif ni la durée",
    ):
        assert said in done.stdout
    assert "autre motif" not in done.stdout
    again = told(database, "containment", "start", "face", "counter", "--because", "autre motif")
    assert (again["containment_id"], again["already_in_force"]["because"]) == (number, "hameçonnage")
    other = told(database, "containment", "start", "face", "counter", "--because", "pire", "--mode", "slow")
    assert other["already_in_force"] is None
    for each in (number, other["containment_id"]):
        for who in ("nadia", "camille"):
            run(database, "containment", "release", str(each), "--because", "fini", "--by", who)


def test_the_platform_is_cut_under_no_name(database: Database) -> None:
    done = run(database, "containment", "start", "platform", "bogus", "--because", "essai")
    assert (done.returncode, "platform-takes-no-name" in done.stderr) == (1, True)
    assert "face, software, organisation" in done.stderr
    assert run(database, "containment", "list").stdout == "Rien n’est confiné.\n"


def test_nothing_is_released_that_is_not_in_force(database: Database) -> None:
    for what in (["4242"], ["--account", "4242"]):
        done = run(database, "containment", "release", *what, "--because", "essai")
        assert (done.returncode, "nothing-to-release" in done.stderr) == (1, True)


@pytest.mark.parametrize("what", [[], ["7", "--account", "4242"]])
def test_a_release_names_one_thing(database: Database, what: list[str]) -> None:
    assert run(database, "containment", "release", *what, "--because", "essai").returncode == 2


def test_a_scope_that_does_not_exist_is_not_understood(database: Database) -> None:
    assert run(database, "containment", "start", "planet", "--because", "essai").returncode == 2
