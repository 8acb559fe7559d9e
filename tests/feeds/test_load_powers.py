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
        "create table staging.trap (line int)",
        "create function staging.trap() returns int language sql as 'select 1'",
    ],
)
def test_the_loader_can_do_nothing_else(feeds: psycopg.Connection, statement: str) -> None:
    with feeds, pytest.raises(InsufficientPrivilege):
        feeds.execute(statement)


@pytest.mark.parametrize("ending", ["finish_file(0)", "finish_absorbed()", "absorb_batch()"])
def test_a_load_that_was_not_opened_cannot_be_ended(feeds: psycopg.Connection, ending: str) -> None:
    with feeds, pytest.raises(psycopg.errors.NoDataFound):
        feeds.execute(f"select feeds.{ending}")


def test_the_right_to_fill_a_first_partition_ends_with_its_load(
    insurer: Insurer, feeds: psycopg.Connection
) -> None:
    feeds.close()
    granted = "select has_table_privilege('rempart_feeds', 'members.identities_1', 'insert')"
    assert insurer.ask(granted) == [(False,)]


def test_a_load_that_is_committed_before_its_end_is_not_kept(insurer: Insurer, tmp_path: Path) -> None:
    second = Insurer(insurer.settings, tmp_path, amc="0990000026").register()
    with connect_sync(insurer.settings, "feeds") as feeds:
        feeds.execute("begin")
        opened = feeds.execute(
            "select verdict, identities_table"
            " from feeds.begin_file(%s, 1, 'full', '2026-11-01', %s, null, 6, 'a.csv', 'hugo', true)",
            (second.amc, bytes(32)),
        ).fetchone()
        assert opened == ("begun", "members.identities_2")
        with pytest.raises(psycopg.errors.RaiseException):
            feeds.execute("commit")
    assert insurer.ask("select to_regclass('members.identities_2')") == [(None,)]


def stage_and_absorb(feeds: psycopg.Connection, place: int, reference: bytes, alias: bytes) -> None:
    """Stage an alias as a hostile loader would."""
    feeds.execute("insert into staging.other_aliases values (2, %s, %s, %s)", (place, reference, alias))
    feeds.execute("select feeds.absorb_batch()")


@pytest.mark.parametrize("place", [-1, 6])
def test_a_first_file_reaches_no_person_but_its_own(insurer: Insurer, tmp_path: Path, place: int) -> None:
    second = Insurer(insurer.settings, tmp_path, amc="0990000026")
    if second.amc not in dict(insurer.ask("select amc_number, name from members.insurers")):
        second.register()
    with connect_sync(insurer.settings, "feeds") as feeds:
        feeds.execute("begin")
        feeds.execute(
            "select feeds.begin_file(%s, 1, 'full', '2026-11-01', %s, null, 6, 'a.csv', 'hugo', true)",
            (second.amc, bytes(32)),
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            stage_and_absorb(feeds, place, bytes(16), b"an alias of Nadia's")


@pytest.mark.parametrize("role", ["fhir", "portal", "identity", "operator"])
@pytest.mark.parametrize("function", ["finish_file(0)", "absorb_batch()", "refresh_statistics()"])
def test_no_other_role_may_load(insurer: Insurer, role: str, function: str) -> None:
    with connect_sync(insurer.settings, role) as other, pytest.raises(InsufficientPrivilege):
        other.execute(f"select feeds.{function}")
