"""A software's own mistake may convict all its shops: two people release them together, and nobody else with them."""

from collections.abc import Iterator

import psycopg
import pytest

from rempart.domain.errors.gate import NothingToRelease, ReleaseBySamePerson
from rempart.domain.rights import Outcome
from rempart.operations import contain
from rempart.store.database import connect_sync
from tests.store.test_release import convict
from tests.support.operators import Operator, entered, sign
from tests.support.proposals import hugo, nadia, nobody
from tests.support.world import Person, Session, World, outcome

__all__ = ["hugo", "nadia", "nobody"]


@pytest.fixture
def operator(nobody: World) -> Iterator[psycopg.Connection]:
    with connect_sync(nobody.database.settings, "operator") as connection:
        yield connection


@pytest.fixture
def lea(nobody: World) -> Person:
    return nobody.person("Léa", nobody.insurer())


def client_id_of(world: World, till: Session) -> str:
    return str(world.one("select client_id from access.software where software_id = %s", till.software_id))


def shops(world: World, number: int, software_id: int | None = None) -> list[Session]:
    """Open shops that have one software, which asks about nobody until they are frozen."""
    tills: list[Session] = []
    for _ in range(number):
        tills.append(
            world.software_session(world.account(), software_id or (tills[0].software_id if tills else None))
        )
        convict(world, tills[-1])
    return tills


def answers(world: World, tills: list[Session], person: Person) -> set[Outcome]:
    return {outcome(world.ask(till.about(person))) for till in tills}


def test_two_keys_release_all_whom_a_software_convicted_so_far_and_nobody_else(
    nobody: World, nadia: Operator, hugo: Operator, operator: psycopg.Connection, lea: Person
) -> None:
    world = nobody
    tills, others = shops(world, 3), shops(world, 1)
    client_id = client_id_of(world, tills[0])
    asked = contain.release(operator, "rang de naissance faux", "nadia", client_id=client_id)
    assert (asked.verdict, asked.is_done) == ("to-sign", False)
    later = shops(world, 1, tills[0].software_id)
    about = world.one("select about from console.open_proposals()")
    assert about.startswith(
        f"Les condamnations de 3 comptes par le logiciel {client_id}, jusqu’à la condamnation "
    )
    desk, at_hugos = entered(world, nadia), entered(world, hugo)
    assert sign(world, desk, nadia, asked.proposal_id or 0) == "asked"
    assert answers(world, tills, lea) == {Outcome.ACCOUNT_FROZEN}
    assert sign(world, at_hugos, hugo, asked.proposal_id or 0) == "done"
    assert answers(world, tills, lea) == {Outcome.OPEN}
    assert answers(world, others + later, lea) == {Outcome.ACCOUNT_FROZEN}
    kept = world.one(
        "select count(*) from gate.releases where approved_at is not null and because = %s",
        "rang de naissance faux",
    )
    assert kept == 3, "each account has its own release, with both names"


def test_where_nobody_has_a_key_two_people_type_it(
    nobody: World, operator: psycopg.Connection, lea: Person
) -> None:
    tills = shops(nobody, 2)
    client_id = client_id_of(nobody, tills[0])
    assert contain.release(operator, "mise à jour fautive", "nadia", client_id=client_id).verdict == "asked"
    assert answers(nobody, tills, lea) == {Outcome.ACCOUNT_FROZEN}
    with pytest.raises(ReleaseBySamePerson):
        contain.release(operator, "mise à jour fautive", "nadia", client_id=client_id)
    assert contain.release(operator, "vu aussi", "camille", client_id=client_id).is_done
    assert answers(nobody, tills, lea) == {Outcome.OPEN}


def test_a_software_that_convicted_nobody_has_nothing_to_release(
    nobody: World, operator: psycopg.Connection
) -> None:
    till = nobody.software_session(nobody.account())
    with pytest.raises(NothingToRelease):
        contain.release(operator, "?", "nadia", client_id=client_id_of(nobody, till))
