"""The door of a face: questions that wait together, a bad one among good ones, and callers who go away."""

import asyncio
from dataclasses import replace

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from rempart.domain.detectors import Signal
from rempart.domain.errors.gate import GateBroken
from rempart.domain.identifiers import AmcNumber
from rempart.domain.rights import CardSecret, Outcome, Presence
from rempart.domain.trace import receipt_id_of
from rempart.limits import BATCH_QUESTIONS_MAX
from rempart.security import gate as gate_module
from rempart.security.gate import Door
from rempart.settings import Settings
from rempart.store import gate as store_gate
from tests.support.door import Village, caller, found_village, made_up_nir, quietly, sha256_of
from tests.support.world import Right, Session, World

BREAKS_THE_SQL = Right(ends_on=None, situation=1)
"""Made impossible below: a last day of 'infinity', which no feed lets in, and which the gate cannot count with."""


def break_right(world: World, village: Village) -> None:
    world.do(
        "update members.rights set ends_on = 'infinity' where situation = 1 and person_id in"
        " (select person_id from members.people where insurer_id = %s)",
        village.insurer.insurer_id,
    )


async def test_a_question_goes_through_the_keyring_and_the_gate(
    world: World, village: Village, till: Session
) -> None:
    (lea,) = village.settle(1)
    async with Door(world.database.settings, "fhir") as door:
        answer = await door.ask(village.question(lea), caller(till))
    assert (answer.outcome, answer.presence) == (Outcome.OPEN, Presence.NONE)
    assert answer.trace is not None
    assert answer.engagement == answer.trace
    assert (
        world.one("select outcome from evidence.receipts where receipt_id = %s", receipt_id_of(answer.trace))
        == 1
    )


async def test_somebody_of_another_rank_or_birth_date_is_somebody_else(
    world: World, village: Village, till: Session
) -> None:
    (lea,) = village.settle(1)
    async with Door(world.database.settings, "fhir") as door:
        answer = await door.ask(village.question(lea, birth_rank=2), caller(till))
    assert answer.outcome is Outcome.NOT_CONFIRMED


async def test_an_insurer_without_keys_is_not_served(world: World, village: Village, till: Session) -> None:
    async with Door(world.database.settings, "fhir") as door:
        answer = await door.ask(
            village.question(made_up_nir(), amc_number=AmcNumber("8888888888")), caller(till)
        )
    assert answer.outcome is Outcome.INSURER_NOT_SERVED


async def test_the_secret_of_a_card_is_sent_as_its_digest(
    world: World, village: Village, till: Session
) -> None:
    (lea,) = village.settle(1, Right(situation=1))
    world.do(
        "update members.people set card_digest = %s where insurer_id = %s",
        sha256_of("ABCDEFGHIJKLMNOP"),
        village.insurer.insurer_id,
    )
    async with Door(world.database.settings, "fhir") as door:
        answer = await door.ask(
            village.question(lea, card_secret=CardSecret("ABCDEFGHIJKLMNOP")), caller(till)
        )
    assert (answer.outcome, answer.presence) == (Outcome.SUSPENDED, Presence.CARD)


async def test_a_repeat_has_the_first_engagement_and_another_body_is_refused(
    world: World, village: Village, till: Session
) -> None:
    (lea,) = village.settle(1)
    question = village.question(lea, idempotency_key="2f1c", body=b"{}")
    async with Door(world.database.settings, "fhir") as door:
        first = await door.ask(question, caller(till))
        again = await door.ask(question, caller(till))
        other = await door.ask(changed(question, body=b"{ }"), caller(till))
    assert again.engagement == first.engagement == first.trace == again.repeat_of != again.trace
    assert other.outcome is Outcome.IDEMPOTENCY_CONFLICT


async def test_questions_that_wait_together_go_together(
    world: World, village: Village, till: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    asked = store_gate.ask

    async def counted(
        connection: psycopg.AsyncConnection[object], rows: list[store_gate.AskRow]
    ) -> list[store_gate.ToldRow]:
        sizes.append(len(rows))
        return await asked(connection, rows)

    monkeypatch.setattr(gate_module.store_gate, "ask", counted)
    nirs = village.settle(150)
    sessions = [world.software_session(world.account()) for _ in nirs]
    async with Door(world.database.settings, "fhir") as door:
        answers = await asyncio.gather(
            *(
                door.ask(village.question(nir), caller(session))
                for nir, session in zip(nirs, sessions, strict=True)
            )
        )
    assert {answer.outcome for answer in answers} == {Outcome.OPEN}
    assert sum(sizes) == 150
    assert max(sizes) == BATCH_QUESTIONS_MAX


async def test_a_question_that_breaks_the_gate_costs_the_others_nothing(
    world: World, village: Village
) -> None:
    good, (bad,) = village.settle(12), village.settle(1, BREAKS_THE_SQL)
    break_right(world, village)
    sessions = [world.software_session(world.account()) for _ in range(13)]
    questions = [village.question(nir) for nir in (*good[:6], bad, *good[6:])]
    async with Door(world.database.settings, "fhir") as door:
        answers = await asyncio.gather(
            *(
                door.ask(question, caller(session))
                for question, session in zip(questions, sessions, strict=True)
            ),
            return_exceptions=True,
        )
        assert isinstance(answers.pop(6), GateBroken)
        assert {getattr(answer, "outcome", answer) for answer in answers} == {Outcome.OPEN}
        assert (await door.ask(questions[0], caller(sessions[0]))).outcome is Outcome.OPEN
    for session in (sessions[6], sessions[7]):
        receipts = world.one(
            "select count(*) from evidence.receipts where account_id = %s", session.account.account_id
        )
        assert receipts == (0 if session is sessions[6] else 1), (
            "what was not decided is not written, what was is once"
        )


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    script=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.booleans()), min_size=2, max_size=20)
)
def test_with_failing_questions_in_the_middle_a_batch_still_equals_its_questions_one_by_one(
    world: World, keyring: Settings, script: list[tuple[int, int, bool]]
) -> None:
    async def both() -> None:
        village = await found_village(world, keyring)
        nirs = [
            *village.settle(3),
            *village.settle(2, Right(opens_on=world.today())),
            *village.settle(1, BREAKS_THE_SQL),
        ]
        nirs.append(made_up_nir())
        break_right(world, village)
        told = [await ask_script(world, village, nirs, script, together) for together in (True, False)]
        assert told[0] == told[1]

    asyncio.run(both())


async def ask_script(
    world: World, village: Village, nirs: list[object], script: list[tuple[int, int, bool]], together: bool
) -> object:
    """Ask a script in a shop of its own; give what was said, and what is written of the shop."""
    world.do("update access.profession_rules set people_per_day = 3 where profession_id = 1")
    world.detectors(Signal.FAILURES, threshold=3.2)
    world.detectors(Signal.REGULARITY, threshold=1e9)
    titulaire = world.account()
    accounts = [titulaire, world.staff(titulaire), world.staff(titulaire), world.account()]
    sessions = [world.software_session(account) for account in accounts]
    first = caller(sessions[0])
    asked = [
        (
            village.question(nirs[who_about], idempotency_key=str(who_about) if keyed else None, body=b"{}"),
            first if keyed and who == 0 else caller(sessions[who]),
        )
        for who, who_about, keyed in script
    ]
    async with Door(world.database.settings, "fhir") as door:
        if together:
            answers = await asyncio.gather(
                *(door.ask(*question) for question in asked), return_exceptions=True
            )
        else:
            answers = [await quietly(door, question) for question in asked]
    numbers = [account.account_id for account in accounts]
    states = world.owner.execute(
        "select standing, people_today, round((watch).scores[1]::numeric, 6) from gate.account_state"
        " where account_id = any(%s) order by account_id",
        (numbers,),
    ).fetchall()
    receipts = world.owner.execute(
        "select account_id - %s, subject, outcome, truth, count(*) from evidence.receipts where account_id = any(%s)"
        " group by 1, 2, 3, 4 order by 1, 2, 3",
        (numbers[0], numbers),
    ).fetchall()
    said = [
        type(answer)
        if isinstance(answer, Exception)
        else (answer.outcome, answer.on, answer.repeat_of is None)
        for answer in answers
    ]
    return said, states, receipts


async def test_a_caller_who_went_away_before_his_turn_is_not_asked_for(
    world: World, village: Village, till: Session
) -> None:
    (lea,) = village.settle(1)
    async with Door(world.database.settings, "fhir") as door:
        gone = asyncio.ensure_future(door.ask(village.question(lea), caller(till)))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        stays = await door.ask(village.question(lea), caller(till))
    assert stays.outcome is Outcome.OPEN
    assert gone.cancelled()
    assert (
        world.one("select count(*) from evidence.receipts where account_id = %s", till.account.account_id)
        <= 2
    )


@pytest.mark.parametrize("amc", ["NULL", "null", "1},{2", 'a"', "0000000001,0000000002", ""])
async def test_a_number_of_an_insurer_that_is_none_reaches_nobody(
    world: World, village: Village, till: Session, amc: str
) -> None:
    """A face reads the number before it comes here; if one ever forgot, the question must not become another one."""
    nirs = village.settle(2)
    questions = [
        village.question(nirs[0]),
        village.question(nirs[1], amc_number=AmcNumber(amc)),
        village.question(nirs[0]),
    ]
    async with Door(world.database.settings, "fhir") as door:
        told = await asyncio.gather(
            *(door.ask(question, caller(till)) for question in questions), return_exceptions=True
        )
    assert [getattr(told[place], "outcome", None) for place in (0, 2)] == [Outcome.OPEN] * 2
    assert isinstance(told[1], Exception) or told[1].outcome is Outcome.INSURER_NOT_SERVED


async def test_a_browser_is_admitted_and_its_nonce_exchanged(world: World, keyring: Settings) -> None:
    browser = world.browser_session(world.account())
    async with Door(replace(world.database.settings), "portal") as door:
        first = await door.admit(caller(browser))
        assert (first.outcome, first.account_id) == (Outcome.ADMITTED, browser.account.account_id)
        again = await door.admit(caller(browser, nonce=first.next_nonce))
        assert again.outcome is Outcome.ADMITTED
        copied = await door.admit(caller(browser, nonce=first.next_nonce))
    assert copied.outcome is Outcome.NONCE_DIVERGED
    assert copied.next_nonce is None


async def test_nothing_that_the_door_writes_down_names_a_person(
    world: World, village: Village, till: Session
) -> None:
    (bad,) = village.settle(1, BREAKS_THE_SQL)
    break_right(world, village)
    with structlog.testing.capture_logs() as lines:
        async with Door(world.database.settings, "fhir") as door:
            question = village.question(bad, idempotency_key="2f1c", body=bad.compact.encode())
            told = await asyncio.gather(
                *(door.ask(question, caller(till)) for _ in range(2)), return_exceptions=True
            )
    assert {type(error) for error in told} == {GateBroken}
    assert lines, "what breaks is written down"
    for text in (repr(lines), *(f"{error!r} {error.__cause__!r}" for error in told)):
        assert bad.compact not in text
        assert bad.number not in text
