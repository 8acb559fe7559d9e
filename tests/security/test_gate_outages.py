"""The door of a face when what it stands on fails: the database, the keyring, or time for all who wait."""

import asyncio

import pytest

from rempart.domain.errors.database import DatabaseUnreachable
from rempart.domain.errors.gate import AnswersLost, GateOverloaded
from rempart.domain.errors.keyring import KeyringUnreachable
from rempart.domain.rights import Outcome
from rempart.limits import WAITING_QUESTIONS_MAX
from rempart.security import gate as gate_module
from rempart.security.gate import Door
from rempart.settings import Settings
from rempart.store import gate as store_gate
from tests.support.door import Village, caller, made_up_nir, quietly
from tests.support.world import Session, World

CUT_THE_LINE = """
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rempart_fhir' and datname = current_database()
"""


async def test_a_server_that_cuts_the_line_is_an_outage_and_the_next_question_is_answered(
    world: World, village: Village, till: Session
) -> None:
    (lea,) = village.settle(1)
    async with Door(world.database.settings, "fhir") as door:
        await door.ask(village.question(lea), caller(till))
        world.do(CUT_THE_LINE)
        told = [await quietly(door, (village.question(lea), caller(till))) for _ in range(4)]
    outages = [answer for answer in told if isinstance(answer, Exception)]
    assert len(outages) == 1
    assert {type(outage) for outage in outages} <= {AnswersLost, DatabaseUnreachable}
    assert told[-1].outcome is Outcome.OPEN


async def test_a_question_is_not_asked_twice_when_its_answer_was_lost(
    world: World, village: Village, till: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: object) -> list[store_gate.ToldRow]:
        raise ValueError("a day that Python cannot write")

    monkeypatch.setattr(store_gate, "told_rows", unreadable)
    nirs = village.settle(3)
    async with Door(world.database.settings, "fhir") as door:
        told = await asyncio.gather(
            *(door.ask(village.question(nir), caller(till)) for nir in nirs), return_exceptions=True
        )
    assert {type(answer) for answer in told} == {AnswersLost}
    assert (
        world.one("select count(*) from evidence.receipts where account_id = %s", till.account.account_id)
        == 3
    )


async def test_a_keyring_that_is_out_refuses_the_whole_batch_at_once(
    world: World, village: Village, till: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    async def silent(_: object) -> list[bytes | None]:
        nonlocal calls
        calls += 1
        raise KeyringUnreachable

    nirs = village.settle(20)
    async with Door(world.database.settings, "fhir") as door:
        monkeypatch.setattr(door._keyring, "index", silent)
        told = await asyncio.gather(
            *(door.ask(village.question(nir), caller(till)) for nir in nirs), return_exceptions=True
        )
        assert {type(answer) for answer in told} == {KeyringUnreachable}
        assert calls == 1, "asked again one by one, each would wait for the keyring in turn"
        monkeypatch.undo()
        assert (await door.ask(village.question(nirs[0]), caller(till))).outcome is Outcome.OPEN


async def test_a_database_that_comes_back_is_asked_again(
    world: World, village: Village, till: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lea,) = village.settle(1)
    reconnect = gate_module.connect
    failures = iter([DatabaseUnreachable("fhir"), RuntimeError("a file of passwords that is not there")])

    async def sometimes(settings: Settings, role: str) -> object:
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return await reconnect(settings, role)

    async with Door(world.database.settings, "fhir") as door:
        monkeypatch.setattr(gate_module, "connect", sometimes)
        world.do(CUT_THE_LINE)
        told = [
            await asyncio.wait_for(quietly(door, (village.question(lea), caller(till))), 5) for _ in range(8)
        ]
    assert {type(answer) for answer in told[:2]} <= {AnswersLost, DatabaseUnreachable}
    assert told[-1].outcome is Outcome.OPEN


async def test_past_so_many_waiting_questions_a_caller_is_told_to_come_back(
    world: World, village: Village, till: Session
) -> None:
    async with Door(world.database.settings, "fhir") as door:
        waiting = [
            asyncio.ensure_future(door.ask(village.question(made_up_nir()), caller(till)))
            for _ in range(WAITING_QUESTIONS_MAX + 5)
        ]
        told = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(answer, GateOverloaded) for answer in told) == 5
