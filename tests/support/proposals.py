"""What the tests of two signatures share: a platform with no key, with one, with two; and changes that loosen."""

from typing import Any

import pytest

from tests.support.operators import Operator, enrolled
from tests.support.world import World, digest

HOOK, THIEFS = "https://assureur.example/rempart", "https://voleur.example/"
ALL, KINDS = 126, ("presence", "channel", "provider", "detectors", "canaries", "release")


@pytest.fixture
def nobody(world: World) -> World:
    """A platform where nobody ever had a key."""
    world.do("truncate console.operators cascade")
    world.do("truncate console.proposals")
    return world


@pytest.fixture
def nadia(nobody: World) -> Operator:
    return enrolled(nobody)


@pytest.fixture
def hugo(nobody: World, nadia: Operator) -> Operator:
    return enrolled(nobody)


def policy(
    world: World, amc: str, required: int, stepped_up: int = 1, accepted: int = ALL, days: int = 0
) -> dict[str, Any]:
    valid_from = world.one("select ((now() at time zone 'Europe/Paris')::date + %s)::text", days)
    return {
        "amc": amc,
        "valid_from": valid_from,
        "required": required,
        "stepped_up": stepped_up,
        "accepted": accepted,
    }


def rule(threshold: float = 99.0) -> dict[str, Any]:
    return {
        "profession": "doctor",
        "signal": "novelty",
        "honest": 0.5,
        "thief": 0.9,
        "threshold": threshold,
        "measure": 1,
    }


def change_of(world: World, kind: str) -> tuple[dict[str, Any], str]:
    """Give a change that loosens, of something that is in force, and a statement that says whether it was made."""
    insurer = world.insurer(required_presence=3)
    if kind == "presence":
        return policy(world, insurer.amc, 0), (
            f"select exists (select from members.presence_policies where insurer_id = {insurer.insurer_id} and required = 0)"
        )
    if kind == "channel":
        world.do("insert into members.channels (insurer_id, url) values (%s, %s)", insurer.insurer_id, HOOK)
        return {
            "amc": insurer.amc,
            "url": THIEFS,
        }, (
            f"select exists (select from members.channels where url = '{THIEFS}' and insurer_id = {insurer.insurer_id})"
        )
    if kind == "provider":
        issuer = f"https://idp{insurer.amc}.example"
        return {"issuer": issuer, "jwks_uri": f"{issuer}/jwks", "for_tests": False}, (
            f"select exists (select from access.identity_providers where issuer = '{issuer}')"
        )
    if kind == "detectors":
        changed = rule(50.0 + insurer.insurer_id)
        today = world.one("select (now() at time zone 'Europe/Paris')::date::text")
        world.do("delete from access.detector_rules where valid_from >= current_date - 1")
        world.do(
            "update access.detector_rules set valid_until = 'infinity' where valid_until >= current_date - 1"
        )
        return {"rules": [changed], "valid_from": today}, (
            f"select exists (select from access.detector_rules where threshold = {changed['threshold']})"
        )
    if kind == "canaries":
        number = world.one(
            "insert into gate.canary_lists (insurer_id, planted_in, planted_by) values (%s, 'la liste', 'x') returning list_id",
            insurer.insurer_id,
        )
        return {
            "list_id": number
        }, f"select retired_at is not null from gate.canary_lists where list_id = {number}"
    row = (
        world.face("operator")
        .execute("select gate.contain('face', 'portal', 2::smallint, 'vol', 'nadia')")
        .fetchone()
    )
    assert row is not None
    return {"containment_id": row[0]}, (
        f"select released_at is not null from gate.containments where containment_id = {row[0]}"
    )


def begun_again(world: World, name: str) -> tuple[int | None, list[int]]:
    row = world.owner.execute(
        "select * from platform.begin_again(%s, 'security', %s, 7, 'root', 'les deux clés sont perdues')",
        (name, digest(name)),
    ).fetchone()
    assert row is not None
    return row[0], row[2]
