"""What a drill may do to its clock and to acquaintances, no other database lets anybody do, and no face anywhere."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from rempart.store import drill as store
from rempart.store.database import connect_sync
from tests.support.database import Database

CALLS = (
    "select drill.advance(interval '1 day')",
    "select drill.load_history('{}', '{}', '{}', '{}', '{}')",
    "select * from drill.told_to_convicted()",
    "select drill.age_devices('{1}')",
)


@pytest.fixture
def operator(fresh_database: Database) -> Iterator[psycopg.Connection]:
    with closing(connect_sync(fresh_database.settings_as("drill"), "operator")) as connection:
        yield connection


@pytest.mark.parametrize("environment", ["production", "sandbox"])
@pytest.mark.parametrize("role", ["operator", "owner"])
@pytest.mark.parametrize("call", CALLS)
def test_no_other_database_lets_time_pass_or_makes_acquaintances(
    fresh_database: Database, environment: str, role: str, call: str
) -> None:
    settings = fresh_database.settings_as(environment)
    with (
        closing(connect_sync(settings, role)) as connection,
        pytest.raises(errors.InsufficientPrivilege, match="no drill"),
    ):
        connection.execute(call)


@pytest.mark.parametrize("role", ["fhir", "portal", "counter", "identity", "public", "feeds"])
@pytest.mark.parametrize("call", CALLS)
def test_even_in_a_drill_only_the_operator_may(fresh_database: Database, role: str, call: str) -> None:
    settings = fresh_database.settings_as("drill")
    with (
        closing(connect_sync(settings, role)) as connection,
        pytest.raises(errors.InsufficientPrivilege, match="schema drill"),
    ):
        connection.execute(call)


def test_time_passes_for_the_gate_and_sessions_alike(operator: psycopg.Connection) -> None:
    before = store.present(operator)
    after = store.advance(operator, timedelta(days=3))
    assert timedelta(days=3) <= after - before < timedelta(days=3, minutes=1)
    assert store.present(operator) >= after


@pytest.mark.parametrize("by", [timedelta(0), timedelta(days=-1), timedelta(days=400)])
def test_time_neither_stands_still_nor_goes_back(operator: psycopg.Connection, by: timedelta) -> None:
    with pytest.raises(errors.InvalidParameterValue):
        store.advance(operator, by)


def test_the_rules_taken_away_are_those_named_and_come_back(operator: psycopg.Connection) -> None:
    in_force = "select count(*) from access.detector_rules where valid_until = 'infinity'"
    before = operator.execute(in_force).fetchone()
    assert store.close_rules(operator, ["failures", "walk"]) == 22, "two rules of each of eleven professions"
    during = operator.execute(in_force).fetchone()
    assert before is not None
    assert during is not None
    assert during[0] == before[0] - 22
    assert store.reopen_rules(operator) == 22
    assert operator.execute(in_force).fetchone() == before
