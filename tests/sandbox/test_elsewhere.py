"""What a sandbox has exists nowhere else: the process and the database each suffice to refuse it."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from rempart.domain.errors.trials import SandboxOnly
from rempart.store.sandbox import (
    contain_insurer,
    end_session_in,
    let_first_day_end,
    make_data_late,
    meet_software,
)
from tests.support.database import Database, environ_for
from tests.support.platform import _on_free_ports, is_free
from tests.support.world import World

STATE = """
select (select array_agg(data_as_of) from members.insurers), (select count(*) from gate.containments),
    (select array_agg(expires_at) from access.sessions), (select count(*) from access.software_met),
    (select array_agg(reduced_until) from gate.account_state)
"""


@pytest.mark.parametrize(
    ("process", "database_is", "because"),
    [
        ("production", "production", "test-provider\u00a0: pas de processus de ce nom en production"),
        ("production", "sandbox", "test-provider\u00a0: pas de processus de ce nom en production"),
        ("drill", "sandbox", "test-provider\u00a0: pas de processus de ce nom en drill"),
        ("sandbox", "production", "environment-mismatch"),
        ("sandbox", "drill", "environment-mismatch"),
    ],
)
def test_the_test_provider_refuses_to_start(
    fresh_database: Database, process: str, database_is: str, because: str
) -> None:
    settings = _on_free_ports(fresh_database.settings_as(database_is))
    done = subprocess.run(
        [sys.executable, "-m", "rempart.supervisor", "--json", "test-provider"],
        env=environ_for(settings, REMPART_ENVIRONMENT=process),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert because in done.stderr
    assert json.loads(done.stdout)["verdict"] == "refused", "it never said that it was ready"
    assert is_free(settings.port + 9)


def acts_of(world: World) -> list[Callable[[psycopg.Connection[Any]], None]]:
    """Give what store/sandbox.py can do, on things that are there."""
    insurer, session = world.insurer(), world.software_session(world.account())
    world.set_state(session.account, reduced_until="2030-01-01")
    return [
        lambda connection: make_data_late(connection, insurer.amc, timedelta(days=3)),
        lambda connection: contain_insurer(connection, insurer.amc),
        lambda connection: end_session_in(connection, session.token, timedelta(days=365)),
        lambda connection: let_first_day_end(connection, session.account.account_id),
        meet_software,
    ]


@pytest.mark.parametrize("environment", ["production", "drill"])
def test_no_state_is_made_outside_a_sandbox_not_even_by_the_owner(world: World, environment: str) -> None:
    acts = acts_of(world)
    world.database.settings_as(environment)
    before = world.owner.execute(STATE).fetchone()
    for act in acts:
        with pytest.raises(SandboxOnly):
            act(world.owner)
    assert world.owner.execute(STATE).fetchone() == before


def test_each_state_is_made_in_a_sandbox(world: World) -> None:
    acts = acts_of(world)
    world.database.settings_as("sandbox")
    for act in acts:
        before = world.owner.execute(STATE).fetchone()
        act(world.owner)
        assert world.owner.execute(STATE).fetchone() != before


def test_the_containment_that_vendors_try_says_of_which_insurer_it_is(world: World) -> None:
    insurer = world.insurer()
    world.database.settings_as("sandbox")
    contain_insurer(world.owner, insurer.amc)
    listed = "select scope, named from gate.contained() order by containment_id desc limit 1"
    assert world.owner.execute(listed).fetchone() == ("insurer", insurer.amc)
