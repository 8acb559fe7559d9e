"""What an attack makes long is read to its end at the console: every containment in force, every convicted account, each once."""

from typing import Any

import pytest

from tests.support.operators import Desk, Operator, act, enrolled, entered
from tests.support.world import World

PLATFORM_FIRST = [
    "platform", "face", "profession", "insurer", "software", "shape", "organisation", "professional", "account", "person",
]  # fmt: skip


@pytest.fixture
def nadia(world: World) -> Operator:
    return enrolled(world)


@pytest.fixture
def desk(world: World, nadia: Operator) -> Desk:
    return entered(world, nadia)


def contained(
    world: World, desk: Desk, in_force: int = 1, past: int = 1, convicted: int = 1, releases: int = 1
) -> dict[str, Any]:
    """Look at the containments, a page of each list."""
    query = "select console.contained(%s, %s, %s, %s, %s, 50)"
    row = world.face("console").execute(query, (desk.token, in_force, past, convicted, releases)).fetchone()
    assert row is not None
    return dict(row[0])


def read_to_the_end(world: World, desk: Desk, name: str) -> list[dict[str, Any]]:
    """Turn the pages of a list until it said that there is no more."""
    read: list[dict[str, Any]] = []
    for page in range(1, 100):
        told = contained(world, desk, **{name: page})[name]
        assert told["page"] == page
        read += told["rows"]
        if len(read) >= told["lines"]:
            assert len(read) == told["lines"]
            return read
        assert len(told["rows"]) == 50
    raise AssertionError("no end")


def contain_accounts(world: World, number: int, released_at: str = "null") -> None:
    world.do(
        "insert into gate.containments (scope, target, mode, because, decided_by, released_at)"
        f" select 'account', n, 2, 'essai', 'nadia', {released_at} from generate_series(1, {number}) as n"
    )


def test_a_freeze_in_force_is_not_hidden_by_those_that_came_after(world: World, desk: Desk) -> None:
    world.contain("face", 1, 2)
    contain_accounts(world, 120)
    contain_accounts(world, 120, "now() - interval '1 minute'")
    first = contained(world, desk)["in_force"]
    assert first["rows"][0]["known_as"] == "l’API des logiciels"
    assert (first["lines"], first["page"], len(first["rows"])) == (121, 1, 50)
    read = read_to_the_end(world, desk, "in_force")
    assert len({one["containment_id"] for one in read}) == 121


def test_what_ended_is_a_list_of_its_own(world: World, desk: Desk) -> None:
    already = contained(world, desk)["past"]["lines"]
    contain_accounts(world, 130, "now() - interval '1 minute'")
    contain_accounts(world, 1, "now() - interval '31 days'")
    contain_accounts(world, 1, "now() + interval '1 hour'")
    told = contained(world, desk)
    assert (told["in_force"]["lines"], told["past"]["lines"]) == (1, already + 130)
    read = read_to_the_end(world, desk, "past")
    assert [one["ends_at"] for one in read] == sorted((one["ends_at"] for one in read), reverse=True)


def test_the_widest_scope_comes_first_and_in_it_the_gravest_mode(world: World, desk: Desk) -> None:
    person = world.person("Léa", world.insurer())
    for scope in reversed(PLATFORM_FIRST):
        target = {"platform": 0, "person": person.person_id}.get(scope, 1)
        world.contain(scope, target, 2, *((0, 53) if scope == "shape" else ()))
    for mode in (4, 1, 3):
        world.contain("profession", 2, mode)
    read = contained(world, desk)["in_force"]["rows"]
    assert list(dict.fromkeys(one["scope"] for one in read)) == PLATFORM_FIRST
    assert [one["mode"] for one in read if one["scope"] == "profession"] == [3, 2, 1, 4]


def test_a_page_beyond_the_last_is_the_last(world: World, desk: Desk) -> None:
    assert contained(world, desk, in_force=9)["in_force"] == {"lines": 0, "page": 1, "most": 50, "rows": []}
    contain_accounts(world, 60)
    told = contained(world, desk, in_force=9)["in_force"]
    assert (told["page"], len(told["rows"])) == (2, 10)


def test_all_the_accounts_of_one_attack_are_read_those_that_are_frozen_first(
    world: World, desk: Desk
) -> None:
    accounts = [world.account() for _ in range(150)]
    for place, account in enumerate(accounts):
        world.do(
            "insert into gate.convictions (convicted_at, account_id, profession_id, software_id, signal_id, measure, since,"
            " scores, receipt_id) values (now(), %s, %s, 0, 1, 2, now(), '{}', 1)",
            account.account_id,
            account.profession_id,
        )
        world.set_state(account, **({"watch.stepped_up_at": "now"} if place % 3 == 0 else {"standing": 2}))
    read = read_to_the_end(world, desk, "convicted")
    assert {account.account_id for account in accounts} <= {one["account_id"] for one in read}
    assert [one["measure"] for one in read] == sorted((one["measure"] for one in read), reverse=True)


def test_what_waits_is_counted_as_long_as_it_can_be_signed(world: World, desk: Desk, nadia: Operator) -> None:
    wanted = "select console.wanted(%s)"
    before = world.face("console").execute(wanted, (desk.token,)).fetchone()
    assert before is not None
    world.contain("face", 1, 2)
    number = world.one("select max(containment_id) from gate.containments")
    assert (
        act(world, desk, nadia, {"kind": "release", "containment_id": number, "because": "fini"}) == "asked"
    )
    assert world.face("console").execute(wanted, (desk.token,)).fetchone() == (before[0] + 1,)
    world.do("update gate.containments set released_at = now() where containment_id = %s", number)
    assert world.face("console").execute(wanted, (desk.token,)).fetchone() == before, "it ended meanwhile"


def test_a_release_that_waits_is_found_whatever_it_is_of(world: World, desk: Desk, nadia: Operator) -> None:
    contain_accounts(world, 60)
    narrow = world.one(
        "select min(containment_id) from gate.containments where coalesce(released_at, 'infinity') > now()"
    )
    account = world.account()
    world.set_state(account, standing=2)
    for what in ({"containment_id": narrow}, {"account_id": account.account_id}):
        assert act(world, desk, nadia, {"kind": "release", "because": "fini"} | what) == "asked"
    told = contained(world, desk)
    assert narrow not in {one["containment_id"] for one in told["in_force"]["rows"]}, "on the second page"
    assert [(one["containment_id"], one["account_id"], one["is_mine"]) for one in told["releases"]["rows"]] == [
        (narrow, None, True), (None, account.account_id, True),
    ]  # fmt: skip
    hugo = entered(world, enrolled(world))
    assert not any(one["is_mine"] for one in contained(world, hugo)["releases"]["rows"])
    world.set_state(account, standing=0)
    assert contained(world, desk)["releases"]["lines"] == 1
