"""What loosens, typed at a machine whose operators have keys: it is asked, listed, withdrawn, and done by nobody who types."""

import json
from pathlib import Path

import pytest

from rempart.settings import Settings
from tests.cli.test_register import run, told
from tests.support.database import Database
from tests.support.operators import enrolled, entered, sign
from tests.support.world import World

HOOK = "https://assureur.example/rempart"
BECAUSE = ("--because", "demandé par l’assureur")


@pytest.fixture
def platform(keyring: Settings, world: World) -> World:
    """A platform where somebody has a key."""
    assert keyring is not None
    world.do("truncate console.operators cascade")
    world.do("truncate console.proposals")
    enrolled(world)
    return world


def test_a_lower_presence_is_asked_listed_and_withdrawn(platform: World, database: Database) -> None:
    amc = platform.insurer(required_presence=3).amc
    lower = ("insurer", "presence", "--amc", amc, "--required", "none", *BECAUSE, "--by", "nadia")
    asked = run(database, *lower)
    assert asked.returncode == 4
    assert "deux opérateurs l’auront signée" in asked.stdout
    assert f"{database.settings.console_url}/containments" in asked.stdout
    facts = json.loads(run(database, *lower, "--json").stdout)
    assert (facts["verdict"], facts["sign_at"]) == (
        "to-sign",
        f"{database.settings.console_url}/containments",
    )
    assert [policy["required"] for policy in facts["policies"]] == ["card"]
    (listed,) = told(database, "proposal", "list")["proposals"]
    assert (listed["proposal_id"], listed["asked_by"], listed["first_by"]) == (
        facts["proposal_id"],
        "nadia",
        None,
    )
    assert "en temps ordinaire, rien" in run(database, "proposal", "list").stdout
    told(database, "proposal", "withdraw", str(facts["proposal_id"]))
    assert run(database, "proposal", "list").stdout == "Rien n’attend de signature.\n"
    again = run(database, "proposal", "withdraw", str(facts["proposal_id"]))
    assert (again.returncode, "proposal-unknown" in again.stderr) == (1, True)


def test_what_two_operators_signed_is_in_force(platform: World, database: Database) -> None:
    nadia, hugo = enrolled(platform), enrolled(platform)
    amc = platform.insurer(required_presence=3).amc
    asked = run(database, "insurer", "presence", "--amc", amc, "--required", "none", *BECAUSE, "--json")
    number = json.loads(asked.stdout)["proposal_id"]
    assert [sign(platform, entered(platform, who), who, number) for who in (nadia, hugo)] == ["asked", "done"]
    policies = told(database, "insurer", "presence", "--amc", amc)["policies"]
    assert [policy["required"] for policy in policies][-1] == "none"


def test_to_tighten_takes_who_types(platform: World, database: Database) -> None:
    amc = platform.insurer(required_presence=1).amc
    tightened = told(database, "insurer", "presence", "--amc", amc, "--required", "card", *BECAUSE)
    assert tightened["verdict"] == "done"
    platform.do(
        "insert into members.channels (insurer_id, url) select insurer_id, %s from members.insurers where amc_number = %s",
        HOOK,
        amc,
    )
    closed = told(database, "insurer", "channel", "--amc", amc, "--close", *BECAUSE)
    assert (closed["verdict"], closed["url"]) == ("done", None)
    platform.do(
        "insert into access.identity_providers values ('https://idp.example', 'https://idp.example/jwks')"
    )
    told(database, "provider", "revoke", "https://idp.example", *BECAUSE)
    assert told(database, "provider", "list")["providers"][0]["is_revoked"]


def words_that_loosen(platform: World, database: Database, folder: Path) -> dict[str, tuple[str, ...]]:
    """Give each command that loosens, of something that is there."""
    amc = platform.insurer(required_presence=3).amc
    started = told(database, "containment", "start", "face", "portal", "--because", "essai")
    number = str(started["containment_id"])
    listed = platform.one(
        "insert into gate.canary_lists (insurer_id, planted_in, planted_by) values (1, 'la liste', 'x') returning list_id"
    )
    rules = folder / "rules.json"
    rule = {
        "profession": "doctor",
        "signal": "novelty",
        "honest": 0.5,
        "thief": 0.9,
        "threshold": 99,
        "measure": 1,
    }
    rules.write_text(json.dumps([rule]))
    today = platform.today().isoformat()
    return {
        "presence": ("insurer", "presence", "--amc", amc, "--required", "none"),
        "channel": ("insurer", "channel", "--amc", amc, "--url", HOOK),
        "provider": (
            "provider",
            "register",
            "--issuer",
            "https://new.example",
            "--jwks-uri",
            "https://new.example/k",
        ),
        "release": ("containment", "release", number),
        "canaries": ("canary", "retire", str(listed)),
        "detectors": ("detectors", "change", str(rules), "--valid-from", today),
    }


def test_each_command_that_loosens_waits_whatever_names_are_typed(
    platform: World, database: Database, tmp_path: Path
) -> None:
    words = words_that_loosen(platform, database, tmp_path)
    for kind, typed in words.items():
        for name in ("nadia", "camille"):
            done = run(database, *typed, *BECAUSE, "--by", name)
            assert (done.returncode, "deux opérateurs" in done.stdout) == (4, True), (kind, done)
    waiting = {proposal["kind"] for proposal in told(database, "proposal", "list")["proposals"]}
    assert waiting == set(words)


@pytest.mark.parametrize("because", ["", "  ", "deux\nlignes", "x" * 301])
def test_each_act_says_why(platform: World, database: Database, tmp_path: Path, because: str) -> None:
    words = words_that_loosen(platform, database, tmp_path) | {
        "contain": ("containment", "start", "face", "fhir"),
        "revoke": ("provider", "revoke", "https://idp.example"),
        "begin again": ("operator", "begin-again", "--name", "Inès Moreau", "--role", "security"),
    }
    for typed in words.values():
        done = run(database, *typed, "--because", because)
        assert (done.returncode, "reason-missing" in done.stderr) == (1, True), typed
    assert told(database, "proposal", "list")["proposals"] == []


@pytest.mark.parametrize("name", ["  ", "deux\nlignes", "x" * 200, "\x07cloche"])
def test_whatever_one_calls_oneself_is_one_line(platform: World, database: Database, name: str) -> None:
    amc = platform.insurer(required_presence=3).amc
    asked = run(
        database, "insurer", "presence", "--amc", amc, "--required", "none", *BECAUSE, "--by", name, "--json"
    )
    number = json.loads(asked.stdout)["proposal_id"]
    listed = {one["proposal_id"]: one["asked_by"] for one in told(database, "proposal", "list")["proposals"]}
    assert listed[number].isprintable()
    assert listed[number]
    assert told(database, "containment", "start", "face", "fhir", "--because", "essai", "--by", name)[
        "containment_id"
    ]


def test_a_first_signature_that_no_longer_counts_is_told_and_so_is_a_full_list(
    platform: World, database: Database
) -> None:
    amc, nadia = platform.insurer(required_presence=3).amc, enrolled(platform, is_admitted=True)
    platform.do("update console.operators set needs_approval = false")
    platform.do("delete from console.proposals")
    lower = ("insurer", "presence", "--amc", amc, "--required", "none", *BECAUSE)
    number = json.loads(run(database, *lower, "--json").stdout)["proposal_id"]
    assert sign(platform, entered(platform, nadia), nadia, number) == "asked"
    assert f"signée par {nadia.name}" in run(database, "proposal", "list").stdout
    platform.do("update members.insurers set name = 'Un autre nom' where amc_number = %s", amc)
    assert f"celle de {nadia.name} ne compte plus" in run(database, "proposal", "list").stdout
    platform.do(
        "insert into console.proposals (kind, what, because, asked_by)"
        " select 'canaries', jsonb_build_object('list_id', -n), 'x', 'x' from generate_series(1, 99) as n"
    )
    other = ("insurer", "channel", "--amc", amc, "--url", HOOK, *BECAUSE)
    assert "proposals-too-many" in run(database, *other).stderr
    platform.do("delete from console.proposals")


def test_the_owner_of_the_database_begins_again(platform: World, database: Database) -> None:
    begin = ("operator", "begin-again", "--name", "Inès Moreau", "--role", "security", *BECAUSE)
    made = told(database, *begin)
    assert "/invitation#code=" in made["link"]
    assert told(database, "operator", "list")["operators"][-1]["state"] == "invited"
    enrolled(platform)
    refused = run(database, *begin)
    assert (refused.returncode, "operators-in-place" in refused.stderr) == (1, True)
    signers = [
        row["operator_id"]
        for row in told(database, "operator", "list")["operators"]
        if row["state"] == "active"
    ]
    assert signers
    assert all(f"operator {number}" in refused.stderr for number in signers)
