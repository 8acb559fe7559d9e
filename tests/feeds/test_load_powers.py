"""What the loader's role can and cannot do with arbitrary SQL: it writes to the staging tables, and reads no row of people."""

from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.database import Database
from tests.support.insurer import Insurer
from tests.support.member_rows import family

PEOPLE = ("people", "aliases", "rights", "rights_history", "identities", "products")
STAGING = ("people", "other_aliases", "lines", "identities", "file", "held", "claims", "products", "changes")


@pytest.fixture(scope="module")
def insurer(database: Database, keyring: Settings, tmp_path_factory: pytest.TempPathFactory) -> Insurer:
    """Have a first file taken, once for all these tests: none of them changes anything."""
    assert keyring.sockets == database.settings.sockets
    insurer = Insurer(database.settings, tmp_path_factory.mktemp("files")).register()
    insurer.send(family())
    return insurer


@pytest.fixture
def feeds(insurer: Insurer) -> psycopg.Connection:
    """Log in as the loader."""
    return connect_sync(insurer.settings, "feeds")


@pytest.mark.parametrize("table", [*(f"members.{name}" for name in PEOPLE), "members.identities_1",
                                   *(f"staging.{name}" for name in STAGING)])  # fmt: skip
def test_the_loader_reads_no_row_of_people(feeds: psycopg.Connection, table: str) -> None:
    with feeds, pytest.raises(InsufficientPrivilege):
        feeds.execute(f"table {table}")


@pytest.mark.parametrize(
    "statement",
    [
        *(
            statement.format(name)
            for name in PEOPLE
            for statement in ("insert into members.{} select", "delete from members.{}")
        ),
        *(
            statement.format(name)
            for name in STAGING
            for statement in ("delete from staging.{}", "truncate staging.{}")
        ),
        "insert into members.identities_1 values (1, '\\x00', '2026-01-01', '\\x00', '\\x00')",
        "update members.insurers set served_until = null",
        "insert into staging.file values (1)",
        "update feeds.files set state = 'approved'",
        "delete from feeds.files",
        "select feeds.approve_file(1, 'hugo')",
        "select feeds.apply_changes()",
        "select feeds.record_file('taken', '{}')",
        "select feeds.find_changes(true)",
        "select feeds.open_members(1, 6)",
        "select feeds.inserted_so_far()",
        "create table staging.trap (line int)",
        "create function staging.trap() returns int language sql as 'select 1'",
    ],
)
def test_the_loader_can_do_nothing_else(feeds: psycopg.Connection, statement: str) -> None:
    with feeds, pytest.raises(InsufficientPrivilege):
        feeds.execute(statement)


@pytest.mark.parametrize("ending", ["finish_file(0)", "finish_absorbed()"])
def test_a_load_that_was_not_opened_cannot_be_ended(feeds: psycopg.Connection, ending: str) -> None:
    with feeds, pytest.raises(psycopg.errors.NoDataFound):
        feeds.execute(f"select feeds.{ending}")


FILLED = {
    "members.people": "(person_id, insurer_id, reference_digest) overriding system value values (%s, %s, %s)",
    "members.aliases": "(person_id, insurer_id, alias_digest) values (%s, %s, %s)",
    "members.rights": (
        "(person_id, coverage_rank, contract_digest, opens_on, situation, domains, domains_without_tp, waiting_domains,"
        " product_id) values (%s, %s, %s, '2026-01-01', 0, 1, 0, 0, 1)"
    ),
}


@pytest.fixture
def second(insurer: Insurer, tmp_path: Path) -> Insurer:
    """Have another insurer of whom no file was taken."""
    second = Insurer(insurer.settings, tmp_path, amc="0990000026")
    if second.amc not in dict(insurer.ask("select amc_number, name from members.insurers")):
        second.register()
    return second


def open_first_file(feeds: psycopg.Connection, insurer: Insurer) -> tuple[int, int]:
    """Open a load that writes where people stay; give the insurer's number and the first of its people's."""
    feeds.execute("begin")
    opened = feeds.execute(
        "select verdict, insurer_id, first_person_id"
        " from feeds.begin_file(%s, 1, 'full', '2026-11-01', %s, null, 6, 'a.csv', 'hugo', true)",
        (insurer.amc, bytes(32)),
    ).fetchone()
    assert opened is not None
    assert opened[0] == "begun"
    return opened[1:]


def fill(feeds: psycopg.Connection, table: str, person_id: int, second: int) -> None:
    """Insert one row by hand."""
    feeds.execute(f"insert into {table} {FILLED[table]}", (person_id, second, b"a digest of a stranger"))


@pytest.mark.parametrize("table", FILLED)
def test_the_right_to_write_people_ends_with_the_load(
    insurer: Insurer, feeds: psycopg.Connection, table: str
) -> None:
    assert insurer.ask("select has_any_column_privilege('rempart_feeds', %s, 'insert')", table) == [(False,)]
    assert insurer.ask("select has_table_privilege('rempart_feeds', 'members.identities_1', 'insert')") == [
        (False,)
    ]
    with feeds, pytest.raises(InsufficientPrivilege):
        fill(feeds, table, 1, 1)


@pytest.mark.parametrize("table", FILLED)
def test_nobody_else_may_write_people_while_a_load_is_open(
    second: Insurer, feeds: psycopg.Connection, table: str
) -> None:
    with feeds, connect_sync(second.settings, "feeds") as other:
        open_first_file(feeds, second)
        with pytest.raises(InsufficientPrivilege):
            fill(other, table, 1, 1)
        feeds.execute("rollback")


@pytest.mark.parametrize("table", FILLED)
def test_people_are_still_read_by_nobody_while_a_load_is_open(
    second: Insurer, feeds: psycopg.Connection, table: str
) -> None:
    with feeds:
        open_first_file(feeds, second)
        with pytest.raises(InsufficientPrivilege):
            feeds.execute(f"insert into {table} {FILLED[table]} returning *", (1, 1, b""))


@pytest.mark.parametrize("table", FILLED)
@pytest.mark.parametrize("offset", [-1, 7])
def test_a_first_file_that_writes_about_a_person_of_another_is_not_kept(
    second: Insurer, feeds: psycopg.Connection, table: str, offset: int
) -> None:
    with feeds:
        insurer_id, first = open_first_file(feeds, second)
        fill(feeds, table, first + offset, insurer_id)
        with pytest.raises(psycopg.errors.CheckViolation):
            feeds.execute("select feeds.finish_absorbed()")


@pytest.mark.parametrize("table", ["members.people", "members.aliases", "members.rights"])
def test_a_first_file_that_writes_for_another_insurer_is_not_kept(
    second: Insurer, feeds: psycopg.Connection, table: str
) -> None:
    with feeds:
        _, first = open_first_file(feeds, second)
        fill(feeds, table, first, 1)  # the other insurer, or a right to its product
        with pytest.raises(psycopg.errors.CheckViolation):
            feeds.execute("select feeds.finish_absorbed()")


def test_a_row_that_is_written_and_taken_back_is_counted_all_the_same(
    second: Insurer, feeds: psycopg.Connection
) -> None:
    with feeds:
        insurer_id, first = open_first_file(feeds, second)
        feeds.execute("savepoint before")
        fill(feeds, "members.people", first, insurer_id)
        feeds.execute("rollback to before")
        with pytest.raises(psycopg.errors.CheckViolation):
            feeds.execute("select feeds.finish_absorbed()")


def test_nothing_can_be_written_after_the_end(second: Insurer, feeds: psycopg.Connection) -> None:
    with feeds:
        insurer_id, first = open_first_file(feeds, second)
        feeds.execute("select feeds.finish_absorbed()")
        with pytest.raises(InsufficientPrivilege):
            fill(feeds, "members.people", first, insurer_id)


def test_a_load_that_is_committed_before_its_end_is_not_kept(
    second: Insurer, feeds: psycopg.Connection
) -> None:
    with feeds:
        insurer_id, first = open_first_file(feeds, second)
        fill(feeds, "members.people", first, insurer_id)
        with pytest.raises(psycopg.errors.RaiseException):
            feeds.execute("commit")
    assert second.ask("select to_regclass(%s)", f"members.identities_{insurer_id}") == [(None,)]
    assert second.ask("select from members.people where person_id = %s", first) == []


@pytest.mark.parametrize("role", ["fhir", "portal", "identity", "operator"])
@pytest.mark.parametrize("function", ["finish_file(0)", "finish_absorbed()", "refresh_statistics()"])
def test_no_other_role_may_load(insurer: Insurer, role: str, function: str) -> None:
    with connect_sync(insurer.settings, role) as other, pytest.raises(InsufficientPrivilege):
        other.execute(f"select feeds.{function}")
