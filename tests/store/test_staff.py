"""Who enrols staff, and when nobody does: decided by the database, whoever asks it."""

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import TupleRow

from rempart.limits import (
    STAFF_ENROLLED_PER_DAY_STRUCTURE,
    STAFF_ENROLLED_PER_DAY_TITULAIRE,
    STAFF_PER_STRUCTURE_MAX,
    STAFF_PER_TITULAIRE_MAX,
)
from rempart.store.database import connect_sync
from tests.support.world import Account, World

ENROL = "select account_id, refusal, extract(epoch from opens_at - now())::float8 / 3600 from gate.enrol_staff(%s, 'Noé Petit')"

HELD = {
    "stepped up": "watch.stepped_up_at = now()",
    "frozen": "standing = 2",
    "frozen since": "standing = 2, frozen_at = now() - interval '40 days'",
}


@pytest.fixture
def identity(world: World) -> Iterator[psycopg.Connection[TupleRow]]:
    with closing(connect_sync(world.database.settings, "identity")) as connection:
        yield connection


@pytest.fixture
def titulaire(world: World) -> Account:
    return world.account()


def enrol(
    identity: psycopg.Connection[TupleRow], holder: Account
) -> tuple[int | None, str | None, float | None]:
    row = identity.execute(ENROL, (holder.account_id,)).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def refusal(identity: psycopg.Connection[TupleRow], holder: Account) -> str | None:
    """Try; the page of the staff says the same beforehand."""
    said = identity.execute("select refusal from gate.enrolment_of(%s)", (holder.account_id,)).fetchone()
    account_id, refused, _ = enrol(identity, holder)
    assert said == (refused,)
    assert (account_id is None) == (refused is not None)
    return refused


def a_day_passes(world: World, holder: Account) -> None:
    statement = "update access.accounts set created_at = created_at - interval '24 hours' where holder_account_id = %s"
    world.do(statement, holder.account_id)


def test_a_member_is_enrolled_at_the_holders_place_and_on_his_budget(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    account_id, refused, opens_at = enrol(identity, titulaire)
    assert (refused, opens_at) == (None, None)
    kept = world.owner.execute(
        "select a.kind, a.display_name, a.enrolled_by, st.holder_account_id, st.organisation_id,"
        " st.new_until > now() + interval '23 hours'"
        " from access.accounts as a join gate.account_state as st using (account_id) where a.account_id = %s",
        (account_id,),
    ).fetchone()
    me = titulaire.account_id
    assert kept == ("staff", "Noé Petit", me, me, titulaire.organisation_id, True)


@pytest.mark.parametrize("state", HELD)
def test_who_is_frozen_or_stepped_up_enrols_nobody(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account, state: str
) -> None:
    world.do(
        f"update gate.account_state set {HELD[state]} where account_id = %s",
        titulaire.account_id,
    )
    assert refusal(identity, titulaire) == "enrolment-suspended"


def test_who_is_held_at_one_place_enrols_nobody_at_his_other_one(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    other = at_another_place(world, titulaire)
    world.set_state(other, **{"watch.stepped_up_at": "2026-01-01"})
    assert refusal(identity, titulaire) == "enrolment-suspended"
    assert refusal(identity, world.account()) is None, "another professional is not held"


def test_a_new_device_enrols_nobody_for_a_day(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    identity.execute("select gate.reduce_budget(%s)", (titulaire.account_id,))
    account_id, refused, opens_in_h = enrol(identity, titulaire)
    assert (account_id, refused, opens_in_h) == (
        None,
        "enrolment-device-new",
        pytest.approx(24, abs=0.1),
    )
    world.set_state(titulaire, reduced_until=world.one("select now()"))
    assert refusal(identity, titulaire) is None


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "scope", ["platform", "face", "organisation", "professional", "profession", "account", "shape"]
)
def test_who_is_contained_enrols_nobody(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account, scope: str, mode: int
) -> None:
    targets = {
        "platform": 0,
        "face": 2,
        "organisation": titulaire.organisation_id,
        "professional": titulaire.professional_id or 0,
        "account": titulaire.account_id,
    }
    target = targets.get(scope, titulaire.profession_id)
    shape = {"software_id": world.software(), "region": 0} if scope == "shape" else {}
    world.contain(scope, target, mode, **shape)
    assert refusal(identity, titulaire) == "enrolment-suspended"


@pytest.mark.parametrize("scope", ["insurer", "software", "person", "face"])
def test_what_is_contained_elsewhere_stops_no_enrolment(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account, scope: str
) -> None:
    world.contain(scope, 1, 1)  # of the faces, FHIR
    assert refusal(identity, titulaire) is None


def test_a_containment_that_ended_stops_no_enrolment(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    world.contain("account", titulaire.account_id, 1)
    world.do("update gate.containments set released_at = now()")
    assert refusal(identity, titulaire) is None


def test_five_are_enrolled_in_a_day_the_revoked_included(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    for _ in range(STAFF_ENROLLED_PER_DAY_TITULAIRE):
        account_id, refused, _ = enrol(identity, titulaire)
        assert refused is None
        world.do("update access.accounts set revoked_at = now() where account_id = %s", account_id)
    account_id, refused, opens_in_h = enrol(identity, titulaire)
    assert (account_id, refused) == (None, "enrolments-too-many")
    assert opens_in_h == pytest.approx(24, abs=0.1)
    assert refusal(identity, world.account()) is None
    a_day_passes(world, titulaire)
    assert refusal(identity, titulaire) is None


def test_the_five_of_a_day_are_those_of_all_his_places(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    other = at_another_place(world, titulaire)
    for holder in (titulaire, other, titulaire, other, other):
        assert refusal(identity, holder) is None
    assert {refusal(identity, holder) for holder in (titulaire, other)} == {"enrolments-too-many"}


def test_a_structure_enrols_fifty_in_a_day(world: World, identity: psycopg.Connection[TupleRow]) -> None:
    hospital = world.structure()
    hire(world, hospital, STAFF_ENROLLED_PER_DAY_STRUCTURE - 1)
    assert refusal(identity, hospital) is None
    assert refusal(identity, hospital) == "enrolments-too-many"
    assert refusal(identity, world.structure()) is None


@pytest.mark.parametrize("most", [STAFF_PER_TITULAIRE_MAX, STAFF_PER_STRUCTURE_MAX])
def test_a_staff_is_no_larger_than_it_may(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account, most: int
) -> None:
    holder = titulaire if most == STAFF_PER_TITULAIRE_MAX else world.structure()
    hire(world, holder, most - 1)
    a_day_passes(world, holder)
    assert refusal(identity, holder) is None
    assert refusal(identity, holder) == "staff-too-many"


def test_staff_and_who_was_revoked_enrol_nobody(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    member = world.staff(titulaire)
    assert refusal(identity, member) == "not-a-titulaire"
    world.do("update access.accounts set revoked_at = now() where account_id = %s", titulaire.account_id)
    assert refusal(identity, titulaire) == "not-a-titulaire"


def test_two_who_enrol_at_once_share_the_day(
    world: World, identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    """At two places of one professional: the second one waits for the first."""
    other = at_another_place(world, titulaire)
    hire(world, titulaire, STAFF_ENROLLED_PER_DAY_TITULAIRE - 1)
    told: list[str | None] = []

    def enrol_elsewhere() -> None:
        with closing(connect_sync(world.database.settings, "identity")) as connection:
            told.append(enrol(connection, other)[1])

    second = threading.Thread(target=enrol_elsewhere)
    with identity.transaction():
        assert enrol(identity, titulaire)[1] is None
        second.start()
        second.join(0.5)
        assert second.is_alive()
    second.join(10)
    assert told == ["enrolments-too-many"]


def test_the_identity_process_makes_no_account_itself(
    identity: psycopg.Connection[TupleRow], titulaire: Account
) -> None:
    statement = (
        "insert into access.accounts (kind, organisation_id, profession_id, holder_account_id, display_name)"
        " select 'staff', organisation_id, profession_id, account_id, 'Noé Petit' from access.accounts where account_id = %s"
    )
    with pytest.raises(errors.InsufficientPrivilege):
        identity.execute(statement, (titulaire.account_id,))


def at_another_place(world: World, titulaire: Account) -> Account:
    """Open a second account of the same professional, elsewhere."""
    elsewhere = world.account()
    account_id = world.one("select nextval('access.accounts_account_id_seq')")
    world.do(
        "insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id,"
        " display_name) overriding system value values (%s, 'professional', %s, %s, %s, %s, 'Camille Martin')",
        account_id,
        elsewhere.organisation_id,
        titulaire.professional_id,
        titulaire.profession_id,
        account_id,
    )
    return Account(
        account_id,
        account_id,
        elsewhere.organisation_id,
        titulaire.professional_id,
        titulaire.profession_id,
    )


def hire(world: World, holder: Account, number: int) -> None:
    """Let so many have been enrolled just now."""
    world.do(
        "insert into access.accounts (kind, organisation_id, profession_id, holder_account_id, display_name)"
        " select 'staff', %s, %s, %s, 'Membre ' || n from generate_series(1, %s) as n",
        holder.organisation_id,
        holder.profession_id,
        holder.account_id,
        number,
    )
