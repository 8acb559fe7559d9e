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
from rempart.store.gate import CALL, AskRow
from tests.support.world import Person, Right, Session, World, days, digest, outcome

FIELDS = AskRow.__struct_fields__
TYPES = (
    "bytea[], bytea[], bytea[], bigint[], bytea[], text[], bytea[], smallint[], date[], bytea[], smallint[], bytea[], bytea[],"
    " int[], smallint[], bytea[], smallint[], text[]"
)
ASK = f"select * from gate.ask({', '.join(f'%s::{kind}' for kind in TYPES.split(', '))})"
TELL = "select * from gate.tell(%s::bigint[])"
NULLS = ", ".join(["null"] * 14)

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


def in_a_transaction(thief: Connection, row: AskRow) -> object:
    thief.execute("begin")
    return thief.execute(CALL, columns(row)).fetchall()


def in_a_savepoint(thief: Connection, row: AskRow) -> object:
    thief.execute("begin")
    thief.execute("savepoint s")
    return thief.execute(CALL, columns(row)).fetchall()


def without_the_procedure(thief: Connection, row: AskRow) -> object:
    return thief.execute(ASK, columns(row)).fetchall()


def measured_then_rolled_back(thief: Connection, row: AskRow) -> object:
    """The number of bytes that the receipts take in the log differs between an open right and another answer."""
    thief.execute("begin")
    return thief.execute(f"explain (analyze, buffers, wal) {ASK}", columns(row)).fetchall()


def in_a_block_that_commits_first(thief: Connection, row: AskRow) -> object:
    return thief.execute(
        f"do $$ declare a record; begin commit; select * into a from gate.ask({arrays(row)}); rollback; end $$"
    )


def called_in_a_block(thief: Connection, row: AskRow) -> object:
    kinds = [
        "bigint",
        "smallint",
        "int",
        "text",
        "bigint",
        "jsonb",
        "smallint",
        "bigint",
        "date",
        "int",
        "text",
        "smallint",
        "timestamptz",
        "boolean",
    ]
    declared = " ".join(f"o{place} {kind}[];" for place, kind in enumerate(kinds))
    outs = ", ".join(f"o{place}" for place in range(len(kinds)))
    return thief.execute(
        f"do $$ declare {declared} begin call gate.ask_and_tell({arrays(row)}, {outs}); rollback; end $$"
    )


def followed_by_a_rollback(thief: Connection, row: AskRow) -> object:
    return thief.execute(f"call gate.ask_and_tell({arrays(row)}, {NULLS}); rollback")


def behind_a_word_that_says_call(thief: Connection, row: AskRow) -> object:
    return thief.execute(f"/* call gate.ask_and_tell( */ select * from gate.ask({arrays(row)})")


def by_a_cursor(thief: Connection, row: AskRow) -> object:
    thief.execute("begin")
    thief.execute(f"declare c cursor for select * from gate.ask({arrays(row)})")
    return thief.execute("fetch all from c").fetchall()


def arrays(row: AskRow) -> str:
    """Write a question as literals, for what takes no parameter."""
    written = []
    for column, kind in zip(columns(row), TYPES.split(", "), strict=True):
        part = column[0]
        literal = "null" if part is None else f"'\\x{part.hex()}'" if isinstance(part, bytes) else f"'{part}'"
        written.append(f"array[{literal}]::{kind}")
    return ", ".join(written)


@pytest.mark.parametrize(
    "trick",
    [
        in_a_transaction,
        in_a_savepoint,
        without_the_procedure,
        measured_then_rolled_back,
        in_a_block_that_commits_first,
        called_in_a_block,
        followed_by_a_rollback,
        behind_a_word_that_says_call,
        by_a_cursor,
    ],
)
def test_nothing_is_asked_that_could_be_measured_or_told_and_then_rolled_back(
    world: World, thief: Connection, till: Session, lea: Person, trick: Callable[[Connection, AskRow], object]
) -> None:
    with pytest.raises((errors.ActiveSqlTransaction, errors.InvalidTransactionTermination)) as refused:
        trick(thief, till.about(lea))
    context = (refused.value.diag.context or "").splitlines()[0]
    assert context.endswith(("at RAISE", "line 3 at COMMIT")), "it is refused before anything is read"
    thief.execute("rollback")
    assert receipts(world, till) == 0
    assert world.state(till.account, "people_today") == 0


def test_nothing_is_asked_in_the_arguments_of_the_call(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    """PostgreSQL takes no subquery there; but somebody's function could be lying about."""
    numbered = ", ".join(f"${place}" for place in range(1, TYPES.count(",") + 2))
    world.do(
        f"create or replace function public.lying_about({TYPES}) returns bytea[] language sql volatile"
        f" as 'select array_agg(a.next_nonce::bytea) from gate.ask({numbered}) as a'"
    )
    world.do("grant usage on schema public to rempart_fhir")
    literals = arrays(till.about(lea))
    others = literals.split("::bytea[], ", 1)[1]
    with pytest.raises(errors.ActiveSqlTransaction):
        thief.execute(f"call gate.ask_and_tell(public.lying_about({literals}), {others}, {NULLS})")
    assert receipts(world, till) == 0


def test_asked_properly_the_first_transaction_gives_a_number_and_not_even_an_outcome(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    (told,) = thief.execute(CALL, columns(till.about(lea), till.about(None))).fetchall()
    numbers, refusals = told[0], told[1]
    assert numbers[0] is not None
    assert refusals == [None, Outcome.ADMITTED.number]


def test_nothing_is_told_in_a_transaction_that_may_have_written(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    (asked,) = thief.execute(CALL, columns(till.about(lea))).fetchall()
    thief.execute("begin")
    thief.execute("select pg_current_xact_id()")
    with pytest.raises(errors.ActiveSqlTransaction, match="there to stay"):
        thief.execute(TELL, [asked[0]])


def test_an_answer_is_told_to_the_connection_that_asked_and_only_for_a_minute(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    (asked,) = thief.execute(CALL, columns(till.about(lea))).fetchall()
    (number,) = asked[0]
    for other in (world.face("portal"), world.face("identity")):
        (told,) = other.execute(TELL, [[number]]).fetchall()
        assert told[0] == [None]
    (told,) = thief.execute(TELL, [[number]]).fetchall()
    assert told[0] == [Outcome.OPEN.number]
    world.do(
        "update evidence.receipts set asked_at = asked_at - interval '61 s' where receipt_id = %s", number
    )
    (told,) = thief.execute(TELL, [[number]]).fetchall()
    assert told[0] == [None]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_an_old_snapshot_does_not_outlive_a_containment(
    thief: Connection, till: Session, lea: Person, level: str
) -> None:
    thief.execute(f"set default_transaction_isolation = '{level}'")
    with pytest.raises(errors.ActiveSqlTransaction, match="the present only"):
        thief.execute(CALL, columns(till.about(lea)))


def test_a_receipt_that_may_not_be_on_the_disk_is_no_receipt(
    world: World, thief: Connection, till: Session, lea: Person
) -> None:
    """A role may set this on itself, and it would outlast the thief: better no answer than one that a crash unwrites."""
    thief.execute("set synchronous_commit = off")
    with pytest.raises(errors.ObjectNotInPrerequisiteState):
        thief.execute(CALL, columns(till.about(lea)))
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
        *("break_glass", "keys", "bodies", "cells", "births", "codes", "asked_for", "lists"),
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
        "select gate.forget_expired()",
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
        world.owner.execute(CALL, columns(till.about(lea)))
    for role in ("feeds", "operator"):
        with pytest.raises(errors.InsufficientPrivilege):
            world.face(role).execute(CALL, columns(till.about(lea)))


def test_a_whole_night_with_one_stolen_session_gives_two_dozen_answers_and_then_asks_for_presence(
    world: World, till: Session, lea: Person
) -> None:
    people = [world.person(f"Louise {place}", lea.insurer) for place in range(180)]
    told = world.ask_all([till.about(person) for person in people])
    assert [outcome(answer) for answer in told] == [Outcome.OPEN] * 25 + [Outcome.PRESENCE_REQUIRED] * 155
    assert receipts(world, till) == len(people)


STATISTICS = """
select relname, coalesce(idx_scan, 0), n_tup_ins, n_tup_upd, case relname when 'rights' then 0 else coalesce(idx_tup_fetch, 0) end
from pg_stat_all_tables where schemaname in ('access', 'evidence', 'gate', 'members') order by relid
"""
"""What every role may read of the server's statistics; how many lines somebody's rights have is not who she is."""


def test_the_servers_statistics_do_not_tell_a_stranger_from_somebody(world: World, thief: Connection) -> None:
    insurer = world.insurer()
    ended = world.person("Rose", insurer, Right(ends_on=world.today() - days(30)))
    asked = [ended, world.stranger("Personne", insurer), ended, world.stranger("Personne", insurer)]
    rows = [world.software_session(world.account()).about(person) for person in asked]
    world.do("select pg_stat_force_next_flush()")
    seen = []
    for row in rows:
        before = statistics(thief)
        thief.execute(CALL, columns(row), prepare=True)
        pairs = zip(statistics(thief), before, strict=True)
        seen.append(
            [
                tuple(then - now for then, now in zip(later[1:], sooner[1:], strict=True))
                for later, sooner in pairs
            ]
        )
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert any(any(counts) for counts in seen[0])


def statistics(thief: Connection) -> list[tuple[Any, ...]]:
    thief.execute("select pg_stat_force_next_flush()")
    return thief.execute(STATISTICS).fetchall()
