"""`rempart operator` as it is typed at the machine, before anybody has a key."""

import pytest

from tests.cli.test_register import run, told
from tests.support.database import Database


def test_operators_are_invited_listed_and_dismissed(fresh_database: Database) -> None:
    links = {}
    for name, role in (
        ("Nadia Roux", "security"),
        ("Hugo Lenoir", "support"),
        ("Inès Moreau", "data-protection"),
    ):
        made = told(fresh_database, "operator", "invite", "--name", name, "--role", role)
        links[name] = made["link"]
        assert made["needs_approval"] == (name == "Inès Moreau"), "from the third on, one who is there agrees"
    assert len(set(links.values())) == 3
    assert all(link.startswith("http://localhost:8403/invitation#code=") for link in links.values())
    listed = told(fresh_database, "operator", "list")["operators"]
    assert [(row["name"], row["state"]) for row in listed] == [(name, "invited") for name in links]
    assert not any(link.partition("=")[2] in str(listed) for link in links.values())
    done = run(fresh_database, "operator", "dismiss", str(listed[0]["operator_id"]))
    assert done.stdout == f"L’opérateur {listed[0]['operator_id']} n’a plus accès.\n"
    assert told(fresh_database, "operator", "list")["operators"][0]["state"] == "dismissed"
    again = run(fresh_database, "operator", "dismiss", str(listed[0]["operator_id"]))
    assert (again.returncode, "operator-unknown" in again.stderr) == (1, True)


@pytest.mark.parametrize("name", ["N", "x" * 81, "deux\nlignes", "  "])
def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    done = run(database, "operator", "invite", "--name", name, "--role", "support")
    assert (done.returncode, "operator-name-refused" in done.stderr) == (1, True)


def test_a_name_is_taken_once(database: Database) -> None:
    told(database, "operator", "invite", "--name", "Camille Petit", "--role", "support")
    done = run(database, "operator", "invite", "--name", "camille petit", "--role", "security")
    assert (done.returncode, "operator-name-taken" in done.stderr) == (1, True)
