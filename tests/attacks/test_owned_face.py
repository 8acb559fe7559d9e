"""A thief owns the process of a face: he speaks SQL as its role, and sees the tokens that pass.

He gets what the budgets of the living sessions allow, and each answer leaves its receipt, whatever he wraps around the question.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import TupleRow

from rempart.domain.rights import Outcome
from rempart.store.gate import AskRow
from tests.support.world import Person, Right, Session, World, digest, outcome

FIELDS = tuple(AskRow.__dataclass_fields__)
TYPES = "bytea[], bytea[], bytea[], bigint[], bytea[], text[], bytea[], smallint[], date[], bytea[], smallint[], bytea[], bytea[]"
ASK = f"select * from gate.ask({', '.join(f'%s::{kind}' for kind in TYPES.split(', '))})"
TELL = "select * from gate.tell(%s::bigint[])"

Connection = psycopg.Connection[TupleRow]


def columns(*rows: AskRow) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in FIELDS]


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


@pytest.fixture
def thief(world: World) -> Iterator[Connection]:
    connection = world.face("fhir")
    yield connection
    if not connection.closed:
        connection.rollback()


def receipts(world: World, till: Session) -> int:
    return int(
        world.one("select count(*) from evidence.receipts where account_id = %s", till.account.account_id)
    )


def test_asking_alone_tells_nothing_about_anybody(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    stranger = world.stranger("Personne", lea.insurer)
    suspended = world.person("Inès", lea.insurer, Right(situation=1))
    rows = thief.execute(
        ASK, columns(*(till.about(person) for person in (lea, stranger, suspended)))
    ).fetchall()
    without_numbers = {row[2:] for row in rows}
    assert len(without_numbers) == 1, "the three differ by the numbers of their receipts only"
    assert rows[0][2] is None, "not even an outcome"


def ask_then_tell_in_one_transaction(thief: Connection, row: AskRow) -> object:
    thief.execute("begin")
    (asked,) = thief.execute(ASK, columns(row)).fetchall()
    return thief.execute(TELL, [[asked[1]]]).fetchall()


def ask_in_a_savepoint_that_is_released(thief: Connection, row: AskRow) -> object:
    thief.execute("begin")
    thief.execute("savepoint s")
    (asked,) = thief.execute(ASK, columns(row)).fetchall()
    thief.execute("release savepoint s")
    return thief.execute(TELL, [[asked[1]]]).fetchall()


def ask_and_tell_in_one_statement(thief: Connection, row: AskRow) -> object:
    statement = ASK.replace("select *", "select t.*") + " as a, lateral gate.tell(array[a.receipt_id]) as t"
    return thief.execute(statement, columns(row)).fetchall()


def ask_and_tell_in_a_block_that_fails(thief: Connection, row: AskRow) -> object:
    notices: list[str | None] = []
    thief.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    arrays = ", ".join(
        f"{literal}::{kind}"
        for literal, kind in zip(map(array_literal, columns(row)), TYPES.split(", "), strict=True)
    )
    thief.execute(
        f"""
        do $$ declare a record; t record; begin
            select * into a from gate.ask({arrays});
            select * into t from gate.tell(array[a.receipt_id]);
            raise notice '%', t;
            raise exception 'never happened';
        end $$
        """
    )
    return notices


def call_in_a_transaction(thief: Connection, row: AskRow) -> object:
    thief.execute("begin")
    placeholders = ", ".join([*(f"%s::{kind}" for kind in TYPES.split(", ")), *["null"] * 14])
    return thief.execute(f"call gate.ask_and_tell({placeholders})", columns(row)).fetchall()


def array_literal(column: list[Any]) -> str:
    parts = [
        "null" if part is None else f"'\\x{part.hex()}'" if isinstance(part, bytes) else f"'{part}'"
        for part in column
    ]
    return f"array[{', '.join(parts)}]"


@pytest.mark.parametrize(
    "trick",
    [
        ask_then_tell_in_one_transaction,
        ask_in_a_savepoint_that_is_released,
        ask_and_tell_in_one_statement,
        ask_and_tell_in_a_block_that_fails,
        call_in_a_transaction,
    ],
)
def test_nothing_is_told_that_could_still_be_rolled_back(
    world: World, thief: Connection, till: Session, lea: Person, trick: Callable[[Connection, AskRow], object]
) -> None:
    with pytest.raises((errors.ActiveSqlTransaction, errors.InvalidTransactionTermination)):
        trick(thief, till.about(lea))
    thief.execute("rollback")
    assert receipts(world, till) == 0
    assert world.state(till.account, "people_today") == 0


def test_what_was_rolled_back_is_not_told_afterwards(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    thief.execute("begin")
    (asked,) = thief.execute(ASK, columns(till.about(lea))).fetchall()
    thief.execute("rollback")
    (told,) = thief.execute(TELL, [[asked[1]]]).fetchall()
    assert told[0] == [None]


def test_an_answer_is_told_to_the_connection_that_asked_and_only_for_a_minute(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    (asked,) = thief.execute(ASK, columns(till.about(lea))).fetchall()
    for other in (world.face("portal"), world.face("identity")):
        (told,) = other.execute(TELL, [[asked[1]]]).fetchall()
        assert told[0] == [None]
    (told,) = thief.execute(TELL, [[asked[1]]]).fetchall()
    assert told[0] == [Outcome.OPEN.number]
    world.do(
        "update evidence.receipts set asked_at = asked_at - interval '61 s' where receipt_id = %s", asked[1]
    )
    (told,) = thief.execute(TELL, [[asked[1]]]).fetchall()
    assert told[0] == [None]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_an_old_snapshot_does_not_outlive_a_containment(
    thief: Connection, till: Session, lea: Person, level: str
) -> None:
    thief.execute(f"begin isolation level {level}")
    with pytest.raises(errors.ActiveSqlTransaction):
        thief.execute(ASK, columns(till.about(lea)))


def test_a_receipt_that_may_not_be_on_the_disk_is_no_receipt(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    """A role may set this on itself, and it would outlast the thief: better no answer than one that a crash unwrites."""
    thief.execute("set synchronous_commit = off")
    with pytest.raises(errors.ObjectNotInPrerequisiteState):
        thief.execute(ASK, columns(till.about(lea)))
    assert receipts(world, till) == 0


def test_a_token_seen_without_its_key_is_nothing(world: World, till: Session, lea: Person) -> None:
    told = world.ask(till.about(lea, thumbprint=digest("the thief's own key")))
    assert outcome(told) is Outcome.KEY_MISMATCH


def test_what_passed_once_does_not_pass_again(world: World, till: Session, lea: Person) -> None:
    row = till.about(lea)
    world.ask(row)
    assert outcome(world.ask(row)) is Outcome.PROOF_REPLAYED


def test_no_argument_of_the_gate_names_an_actor(world: World) -> None:
    names = world.one("select proargnames from pg_proc where oid = 'gate.ask'::regproc")
    inputs = {name.removeprefix("p_") for name in names if name.startswith("p_")}
    assert inputs == {
        *(
            "tokens",
            "thumbprints",
            "proofs",
            "proof_ats",
            "nonces",
            "amcs",
            "aliases",
            "domains",
            "care_dates",
            "cards",
        ),
        *("break_glass", "keys", "bodies"),
    }


@pytest.mark.parametrize(
    "statement",
    [
        "set role rempart_gate",
        "set role rempart_identity",
        "set session authorization rempart_portal",
        "set session authorization rempart_owner",
        "set session_replication_role = replica",
        "set zero_damaged_pages = on",
        "alter role rempart_fhir superuser",
        "alter role rempart_portal nologin",
        "grant rempart_gate to rempart_fhir",
        "create table public.mine (a int)",
        "create temp table mine (a int)",
        "create function pg_temp.sha256(bytea) returns bytea language sql as 'select $1'",
        "create schema mine",
        "copy (select 1) to program 'id'",
        "copy platform.environment from '/etc/passwd'",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('.')",
        "select pg_reload_conf()",
        "select lo_import('/etc/passwd')",
        "select gate.right_on(1, current_date, 0, 0)",
        "select gate.forget_old_proofs()",
        "select nextval('evidence.receipt_ids')",
        "select setval('evidence.receipt_ids', 1)",
        "truncate evidence.receipts",
        "explain select * from members.people",
        "create statistics s on person_id, insurer_id from members.people",
        "alter system set log_statement = 'all'",
        "set log_statement = 'all'",
        "set log_min_error_statement = 'error'",
    ],
)
def test_a_face_has_no_other_power(world: World, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        world.face("fhir").execute(statement)


def test_the_gate_does_not_believe_a_role_that_is_no_face(world: World, till: Session, lea: Person) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="only a face"):
        world.owner.execute(ASK, columns(till.about(lea)))
    for role in ("feeds", "operator"):
        with pytest.raises(errors.InsufficientPrivilege):
            world.face(role).execute(ASK, columns(till.about(lea)))


def test_a_whole_night_with_one_stolen_session_gives_a_burst_and_then_asks_for_presence(
    world: World, till: Session, lea: Person
) -> None:
    burst = world.one("select rate_burst from access.profession_rules where profession_id = 1")
    people = [world.person(f"Louise {place}", lea.insurer) for place in range(3 * burst)]
    told = world.ask_all([till.about(person) for person in people])
    assert sum(outcome(answer) is Outcome.OPEN for answer in told) == burst
    assert receipts(world, till) == len(people)
