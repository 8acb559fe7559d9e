"""What everybody may know: what is closed, never who."""

import json

import pytest
from psycopg import Connection, errors

from rempart.store.database import connect_sync
from rempart.store.database.roles import LOGIN_ROLES
from tests.support.world import World

SECRET_REASON, SECRET_NAME = "hameçonnage chez Lecomte", "nadia.lecomte"


def contain(
    world: World,
    scope: str,
    target: int,
    mode: int = 2,
    released: str = "null",
    shape: tuple[int, int] | None = None,
) -> None:
    world.do(
        "insert into gate.containments (scope, target, mode, because, decided_by, released_at, software_id, region)"
        f" values (%s, %s, %s, %s, %s, {released}, %s, %s)",
        scope, target, mode, SECRET_REASON, SECRET_NAME, *(shape or (None, None)),
    )  # fmt: skip


def public_rows(connection: Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return connection.execute("select * from gate.public_status()").fetchall()


def test_the_public_knows_what_is_closed_and_nothing_of_whom(world: World) -> None:
    account, insurer = world.account(), world.insurer()
    software = world.software()
    contain(world, "face", 2)
    contain(world, "profession", 2, mode=1)
    contain(world, "profession", 1, mode=4)
    contain(world, "insurer", insurer.insurer_id)
    contain(world, "software", software)
    contain(world, "shape", 1, mode=1, shape=(software, 53))
    contain(world, "shape", 2, mode=3, shape=(0, 0))
    for scope in ("account", "organisation", "professional"):
        contain(world, scope, account.account_id)
    world.do("select gate.publish_status('optician', 'Le comptoir répond.', null, %s)", SECRET_NAME)
    with connect_sync(world.database.settings, "public") as connection:
        rows = public_rows(connection)
    told = {(row[0], row[1], row[2], row[3]) for row in rows}
    name = world.one("select name from members.insurers where insurer_id = %s", insurer.insurer_id)
    assert told == {
        ("containment", "face", "portal", 2),
        ("containment", "profession", "optician", 1),
        ("containment", "profession", "pharmacist", 4),
        ("containment", "insurer", name, 2),
        ("containment", "software", "", 2),
        ("containment", "shape", "pharmacist", 1),
        ("containment", "shape", "optician", 2),
        ("message", "", "optician", 0),
    }
    assert {(row[2], row[8]) for row in rows if row[8] is not None} == {("pharmacist", 53), ("optician", 0)}
    said = json.dumps(rows, default=str, ensure_ascii=False)
    assert SECRET_REASON not in said
    assert SECRET_NAME not in said
    client_id = str(world.one("select client_id from access.software where software_id = %s", software))
    assert client_id not in said


def test_a_return_by_waves_is_told_until_all_are_back(world: World) -> None:
    contain(world, "face", 1, released="now() + interval '1 hour'")
    contain(world, "face", 2, released="now() + interval '2 hours'")
    world.do("update gate.containments set waves_from = now() where scope = 'face' and target = 2")
    with connect_sync(world.database.settings, "public") as connection:
        told = "select named, until, back_by - now() > interval '1 hour' from gate.public_status() where scope = 'face'"
        in_force = {row for row in connection.execute(told).fetchall() if row[1] is None}
        assert in_force == {("fhir", None, None), ("portal", None, True)}
        world.do(
            "update gate.containments set waves_from = now() - interval '2 hours', released_at = now() where target = 2"
        )
        over = {row[1:] for row in connection.execute(told).fetchall() if row[0] == "portal"}
    assert (None, None) not in over
    assert {back_by for _, back_by in over} == {None}


def test_thirty_days_are_kept_in_sight(world: World) -> None:
    contain(world, "face", 1, released="now() - interval '29 days'")
    contain(world, "face", 3, released="now() - interval '31 days'")
    with connect_sync(world.database.settings, "public") as connection:
        faces = {row[2] for row in public_rows(connection)}
    assert ("fhir" in faces, "counter" in faces) == (True, False)


def test_what_is_closed_for_all_is_not_pushed_out_by_what_came_after(world: World) -> None:
    contain(world, "platform", 0)
    world.do("select gate.publish_status(null, 'Nous cherchons.', null, 'moi')")
    for released in ("null", "now() - interval '1 minute'"):
        world.do(
            "insert into gate.containments (scope, target, mode, because, decided_by, released_at)"
            f" select 'software', n, 2, 'essai', 'nadia', {released} from generate_series(1, 400) as n"
        )
    with connect_sync(world.database.settings, "public") as connection:
        rows = public_rows(connection)
    assert len(rows) == 500
    assert ("platform", None) in {(row[1], row[5]) for row in rows}
    assert "Nous cherchons." in {row[6] for row in rows}
    world.do("delete from gate.containments where because = 'essai'")


@pytest.mark.parametrize("role", [role for role in LOGIN_ROLES if role not in ("public", "operator")])
def test_only_the_operator_publishes(world: World, role: str) -> None:
    with (
        connect_sync(world.database.settings, role) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("select gate.publish_status(null, 'Tout va bien.', null, 'moi')")


def test_the_public_process_publishes_and_ends_nothing(world: World) -> None:
    with connect_sync(world.database.settings, "public") as connection:
        for statement in (
            "select gate.publish_status(null, 'x', null, 'moi')",
            "select gate.end_status(1, 'moi')",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)
