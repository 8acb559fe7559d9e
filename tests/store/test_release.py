"""To contain takes one person, to release two; and the operator can do no more than that."""

import json
from collections.abc import Iterator
from typing import get_args

import psycopg
import pytest

from rempart.domain.rights import Outcome
from rempart.operations import contain
from rempart.store import containment as kept
from rempart.store.database import connect_sync
from tests.support.world import Person, Session, World, outcome

STEP_UP, FREEZE = 1, 2


@pytest.fixture
def operator(world: World) -> Iterator[psycopg.Connection]:
    with connect_sync(world.database.settings, "operator") as connection:
        yield connection
    world.do("update gate.containments set released_at = now() where released_at is null")


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account("pharmacist"))


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


def names_of(world: World, till: Session, lea: Person) -> dict[str, str]:
    """Say how an operator names what the till stands in."""
    account = till.account
    return {
        "platform": "",
        "face": "fhir",
        "software": world.one(
            "select client_id from access.software where software_id = %s", till.software_id
        ),
        "organisation": world.one(
            "select finess from access.organisations where organisation_id = %s", account.organisation_id
        ),
        "professional": world.one(
            "select rpps from access.professionals where professional_id = %s", account.professional_id
        ),
        "profession": "pharmacist",
        "insurer": lea.insurer.amc,
        "account": str(account.account_id),
    }


SCOPES = get_args(contain.Scope)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_is_contained_by_the_name_that_people_know_and_released_by_two(
    world: World, operator: psycopg.Connection, till: Session, lea: Person, scope: str
) -> None:
    named = names_of(world, till, lea)[scope]
    contained = kept.contain(operator, scope, named, FREEZE, "hameçonnage", "nadia")
    assert contained is not None
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED
    (row,) = kept.containments(operator)
    assert (row.scope, row.named, row.mode, row.decided_by) == (scope, named, FREEZE, "nadia")

    assert kept.release(operator, "fausse alerte", "nadia", containment_id=contained) == "asked"
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED
    assert kept.release(operator, "fausse alerte", "camille", containment_id=contained) == "released"
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert kept.containments(operator) == []


def test_who_asked_for_a_release_does_not_agree_to_it(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    contained = kept.contain(operator, "face", "fhir", FREEZE, "essai", "nadia") or 0
    assert kept.release(operator, "fini", "nadia", containment_id=contained) == "asked"
    assert kept.release(operator, "vraiment fini", "nadia", containment_id=contained) == "same-person"
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED
    (row,) = kept.containments(operator)
    assert (row.release_asked_by, row.release_because) == ("nadia", "fini")


def test_what_is_contained_twice_is_contained_once(operator: psycopg.Connection, world: World) -> None:
    assert world is not None
    first = kept.contain(operator, "platform", "", STEP_UP, "alerte", "nadia")
    assert kept.contain(operator, "platform", "", STEP_UP, "la même alerte", "camille") == first
    assert kept.contain(operator, "platform", "", FREEZE, "pire", "camille") != first
    assert len(kept.containments(operator)) == 2


@pytest.mark.parametrize("scope", SCOPES[1:])
def test_a_name_that_nothing_has_contains_nothing(
    operator: psycopg.Connection, world: World, scope: str
) -> None:
    assert kept.contain(operator, scope, "nobody", FREEZE, "essai", "nadia") is None
    assert kept.containments(operator) == []


def test_a_release_of_what_is_not_in_force_is_said(operator: psycopg.Connection, world: World) -> None:
    assert kept.release(operator, "?", "nadia", containment_id=4_242) == "unknown"
    assert kept.release(operator, "?", "nadia", account_id=world.account().account_id) == "unknown"


def test_an_account_that_was_convicted_is_unfrozen_by_two_and_its_evidence_is_kept(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    account = till.account
    evidence = {"signal": "failures", "score": 14.2, "threshold": 13.8}
    world.set_state(
        account,
        standing=2,
        failure_score=14.2,
        people_today=7,
        day=world.today(),
        frozen_because=json.dumps(evidence),
        frozen_at="now",
    )
    (frozen,) = kept.frozen_accounts(operator)
    assert (frozen.account_id, frozen.profession, frozen.frozen_because) == (
        account.account_id, "pharmacist", evidence,
    )  # fmt: skip
    assert kept.release(operator, "le titulaire a rappelé", "nadia", account_id=account.account_id) == "asked"
    assert outcome(world.ask(till.about(lea))) is Outcome.ACCOUNT_FROZEN
    assert kept.release(operator, "rappelé aussi", "camille", account_id=account.account_id) == "released"
    assert kept.frozen_accounts(operator) == []
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    state = world.one(
        "select row (failure_score, people_today)::text from gate.account_state where account_id = %s",
        account.account_id,
    )
    assert state == "(0,8)"  # what was spent stays spent
    reasons = world.one(
        "select jsonb_build_array(because, approved_because, frozen_because) from gate.releases where account_id = %s",
        account.account_id,
    )
    assert reasons == ["le titulaire a rappelé", "rappelé aussi", evidence]


def test_a_release_is_of_one_thing(operator: psycopg.Connection, world: World, till: Session) -> None:
    contained = kept.contain(operator, "face", "fhir", FREEZE, "essai", "nadia")
    account_id = till.account.account_id
    assert kept.release(operator, "rien", "nadia") == "unknown"
    world.set_state(till.account, standing=2, frozen_because="{}", frozen_at="now")
    with pytest.raises(psycopg.errors.CheckViolation, match="a_release_is_of_one_thing"):
        kept.release(operator, "les deux", "nadia", containment_id=contained, account_id=account_id)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from gate.containments",
        "update gate.containments set released_at = now()",
        "insert into gate.containments (scope, target, mode, because, decided_by) values ('platform', 0, 2, '', '')",
        "select * from gate.releases",
        "update gate.releases set approved_by = 'camille'",
        "select * from gate.account_state",
        "update gate.account_state set standing = 0",
        "select gate.target_of('platform', '')",
    ],
)
def test_the_operator_loosens_nothing_by_another_way(operator: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        operator.execute(statement)


@pytest.mark.parametrize("role", ["fhir", "portal", "identity", "feeds"])
@pytest.mark.parametrize(
    "call",
    [
        "gate.contain('platform', '', 2::smallint, '', '')",
        "gate.release(1, null, '', '')",
        "gate.contained()",
        "gate.frozen()",
    ],
)
def test_no_other_role_contains_or_releases(world: World, role: str, call: str) -> None:
    with (
        connect_sync(world.database.settings, role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select {call}")
