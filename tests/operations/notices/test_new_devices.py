"""Who comes with a new device has half a budget at the gate, from the act that lets it in; with a known one, the whole."""

from collections.abc import Awaitable, Callable, Iterator

import pytest

from rempart.domain.rights import Outcome
from rempart.operations.notices import new_devices
from rempart.store.connections import type_of_connection
from rempart.store.database import connect
from tests.support.world import Session, World, digest, outcome

PEOPLE_A_DAY = 4

LetIn = Callable[[type_of_connection, Session], Awaitable[None]]

WAYS: dict[str, LetIn] = {
    "a passkey": lambda identity, till: new_devices.tell_of_passkey(
        identity, till.account.account_id, "single_device"
    ),
    "a browser": lambda identity, till: new_devices.meet_browser(
        identity, till.account.account_id, digest("browser", till.account.account_id), "Firefox, Windows"
    ),
    "a software": lambda identity, till: new_devices.meet_software(
        identity, till.account.account_id, till.software_id or 0
    ),
}


@pytest.fixture
def till(world: World) -> Iterator[Session]:
    world.do("update access.profession_rules set people_per_day = %s", PEOPLE_A_DAY)
    yield world.software_session(world.account("pharmacist"))
    world.do("update access.profession_rules set people_per_day = 400")


async def come(world: World, till: Session, way: str) -> None:
    async with await connect(world.database.settings, "identity") as identity, identity.transaction():
        await WAYS[way](identity, till)


def answered(world: World, till: Session) -> int:
    """Count the people about whom the gate answers without a proof of presence."""
    insurer = world.insurer()
    told = [outcome(world.ask(till.about(world.person("Louise", insurer)))) for _ in range(PEOPLE_A_DAY + 1)]
    assert set(told) == {Outcome.OPEN, Outcome.PRESENCE_REQUIRED}
    return told.count(Outcome.OPEN)


@pytest.mark.parametrize("way", WAYS)
async def test_the_gate_halves_the_budget_of_who_comes_with_a_new_device(
    world: World, till: Session, way: str
) -> None:
    await come(world, till, way)
    assert answered(world, till) == PEOPLE_A_DAY // 2
    assert (
        world.one("select count(*) from access.new_devices where account_id = %s", till.account.account_id)
        == 1
    )


@pytest.mark.parametrize("way", ["a browser", "a software"])
async def test_the_gate_leaves_the_budget_of_who_comes_with_a_known_device(
    world: World, till: Session, way: str
) -> None:
    await come(world, till, way)
    world.do(
        "update gate.account_state set reduced_until = null where account_id = %s", till.account.account_id
    )
    await come(world, till, way)
    assert answered(world, till) == PEOPLE_A_DAY


async def test_a_device_that_is_not_let_in_after_all_halves_nothing(world: World, till: Session) -> None:
    async with (
        await connect(world.database.settings, "identity") as identity,
        identity.transaction(force_rollback=True),
    ):
        await WAYS["a software"](identity, till)
    assert answered(world, till) == PEOPLE_A_DAY
    assert (
        world.one("select count(*) from access.software_met where account_id = %s", till.account.account_id)
        == 0
    )
