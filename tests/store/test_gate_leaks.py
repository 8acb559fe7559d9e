"""What the server itself writes down or shows: no digest, no number, no text of a question, even of one that breaks."""

from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread

import psycopg
import pytest
from psycopg.rows import TupleRow

from rempart.store.database import connect_sync
from rempart.store.database.roles import LOGIN_ROLES
from tests.support.world import Session, World, ask_batch, digest

NIR = "285057800608441"
"""No face sends it to the database; if one ever did, the server must not write it down."""


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def log(world: World) -> Iterator[object]:
    directory = world.database.settings.logs_home / "postgres"

    def read() -> str:
        return "".join(path.read_text(errors="replace") for path in directory.iterdir())

    return read  # type: ignore[return-value]


def provoke(connection: "psycopg.Connection[TupleRow]", secret: str) -> None:
    """Make the server fail in as many ways as come to mind, each time with a secret at hand."""
    for statement, parameters in (
        ("select %s::int", (secret + "x",)),
        ("select 1 / (length(%s) - length(%s))", (secret, secret)),
        (f"select '{secret}'::int4", ()),
        (f"select nowhere('{secret}')", ()),
        (f"syntax {secret} error", ()),
        (f"select * from members.people where reference_digest = '{secret}'", ()),
        ("insert into platform.environment (name) values (%s)", (secret,)),
        (f"do $$ begin raise exception '{secret}'; end $$", ()),
        (f"do $$ begin raise warning '{secret}'; end $$", ()),
        (f"set statement_timeout = 1; select pg_sleep(1), '{secret}'", ()),
        ("reset statement_timeout", ()),
    ):
        with suppress(psycopg.Error):
            connection.execute(statement, parameters or None)


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_the_log_of_the_server_quotes_nobody(world: World, till: Session, log: object, role: str) -> None:
    connection = world.face(role)
    connection.execute("set client_min_messages = debug1")
    provoke(connection, NIR)
    text = log()  # type: ignore[operator]
    assert "database system is ready" in text or "listening on" in text, "there is a log to look at"
    assert NIR not in text


def test_a_question_that_breaks_the_gate_leaves_no_digest_in_the_log(
    world: World, till: Session, log: object
) -> None:
    lea = world.person("Léa", world.insurer())
    for broken in (
        till.about(lea, proof=None),
        till.about(lea, proof_at=None),
        till.about(lea, repeat_key=digest("key")),
    ):
        with pytest.raises(psycopg.Error):
            world.ask(broken)
    text = log()  # type: ignore[operator]
    for secret in (lea.alias, till.token, till.thumbprint):
        assert secret.hex() not in text


def test_no_role_sees_what_another_is_asking(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    world.owner.execute("begin")
    world.owner.execute(
        "select from gate.account_state where account_id = %s for update", (till.account.account_id,)
    )
    asking = connect_sync(world.database.settings, "fhir")
    thread = Thread(target=lambda: ask_batch(asking, [till.about(lea)]))
    thread.start()
    try:
        with closing(connect_sync(world.database.settings, "owner")) as watcher:
            statement = ""
            while "ask_and_tell" not in statement:
                row = watcher.execute(
                    "select query from pg_stat_activity where pid = %s", (asking.info.backend_pid,)
                ).fetchone()
                statement = str(row and row[0])
        for secret in (lea.alias.hex(), till.token.hex()):
            assert secret not in statement, "values travel as parameters, which are not shown"
        for role in LOGIN_ROLES:
            if role == "fhir":
                continue
            seen = (
                world.face(role)
                .execute("select query from pg_stat_activity where pid = %s", (asking.info.backend_pid,))
                .fetchone()
            )
            assert seen == ("<insufficient privilege>",)
    finally:
        world.owner.execute("rollback")
        thread.join()
        asking.close()
