"""What the operator does of a channel: its address, the references of people, their authorisations taken back."""

from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import TupleRow

from rempart.domain.errors.member_files import InsurerUnregistered
from rempart.domain.errors.registration import AuthorisationUnknown, ChannelRefused, ReferenceRefused
from rempart.domain.identifiers import parse_amc_number
from rempart.domain.rights import Outcome
from rempart.domain.trace import trace_of
from rempart.operations.presence import register_channel
from rempart.settings import Settings
from rempart.store.presence.channels import find_channel
from tests.support.insurer import Insurer
from tests.support.world import Person, Right, Session, World, date, outcome

HOOK = "https://assureur.example/rempart"


@pytest.fixture
def operator(world: World) -> "psycopg.Connection[TupleRow]":
    return world.face("operator")


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World, till: Session) -> Person:
    """Léa's rights are over, and she let the place ask."""
    person = world.person("Léa", world.insurer(), Right(ends_on=date(2025, 6, 30)))
    world.ask(till.about(person, card=person.card, standing_list="EHPAD LES TILLEULS"))
    world.do("delete from gate.known_patients")
    assert outcome(world.ask(till.about(person))) is Outcome.ENDED_ON
    return person


def test_a_channel_is_set_and_set_again(world: World, operator: "psycopg.Connection[TupleRow]") -> None:
    amc = parse_amc_number(world.insurer().amc)
    for url in (HOOK, f"{HOOK}/2", "http://127.0.0.1:8408/"):
        register_channel.set_channel(operator, amc, url, "essai", "nadia")
        assert find_channel(operator, str(amc)) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://assureur.example/rempart",
        "https://",
        "https://user:secret@assureur.example/",
        f"{HOOK}?key=secret",
        f"{HOOK}#here",
        f"{HOOK}\n",
        "ftp://assureur.example/",
        HOOK + "x" * 300,
    ],
)
def test_an_address_that_is_no_channel_is_refused(
    world: World, operator: "psycopg.Connection[TupleRow]", url: str
) -> None:
    amc = parse_amc_number(world.insurer().amc)
    with pytest.raises(ChannelRefused):
        register_channel.set_channel(operator, amc, url, "essai", "nadia")


def test_the_database_refuses_plain_http_beyond_this_machine_by_itself(world: World) -> None:
    with pytest.raises(errors.CheckViolation):
        world.do(
            "insert into members.channels (insurer_id, url) values (%s, 'http://assureur.example/')",
            world.insurer().insurer_id,
        )


def test_an_insurer_that_nobody_registered_has_no_channel(operator: "psycopg.Connection[TupleRow]") -> None:
    with pytest.raises(InsurerUnregistered):
        register_channel.set_channel(operator, parse_amc_number("0999999999"), HOOK, "essai", "nadia")


def test_an_insurers_numbers_become_the_references_of_its_people(
    keyring: Settings, world: World, tmp_path: Path
) -> None:
    insurer = Insurer(world.database.settings, tmp_path, amc="0990000927").register()
    numbers = ["B-1", "B-000000000000000000002"]
    found = register_channel.references_of(keyring, parse_amc_number(insurer.amc), numbers)
    assert found == [insurer.reference_of(number).hex() for number in numbers]


@pytest.mark.parametrize("number", ["", "camille", "A" * 25, "A;B"])
def test_what_is_no_number_of_a_member_file_has_no_reference(keyring: Settings, number: str) -> None:
    with pytest.raises(ReferenceRefused) as refused:
        register_channel.references_of(keyring, parse_amc_number("0990000018"), ["A-1", number])
    assert "line 2" in str(refused.value)


@pytest.mark.parametrize("by", ["trace", "reference"])
def test_an_authorisation_is_taken_back_on_the_insurers_word(
    world: World, operator: "psycopg.Connection[TupleRow]", till: Session, lea: Person, by: str
) -> None:
    found = world.owner.execute(
        "select s.receipt_id, m.reference_digest from gate.standing_authorisations as s"
        " join members.people as m on m.person_id = s.subject where s.subject = %s",
        (lea.person_id,),
    ).fetchone()
    assert found is not None
    about = (trace_of(found[0]), None) if by == "trace" else (None, found[1].hex().upper())
    (listed,) = register_channel.list_standing(operator, *about)
    assert (listed.list, listed.revoked_at) == ("EHPAD LES TILLEULS", None)
    assert register_channel.revoke_standing(operator, *about, "nadia") == 1
    assert register_channel.list_standing(operator, *about)[0].revoked_by == "nadia"
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED
    with pytest.raises(AuthorisationUnknown):
        register_channel.revoke_standing(operator, *about, "nadia")


@pytest.mark.parametrize(
    "about", [(None, None), ("0000-0001-2K4X-38", "00" * 16), ("oops", None), (None, "00" * 15)]
)
def test_authorisations_are_listed_of_one_person_and_never_of_all(
    operator: "psycopg.Connection[TupleRow]", about: tuple[str | None, str | None]
) -> None:
    with pytest.raises(ReferenceRefused):
        register_channel.list_standing(operator, *about)


def test_what_was_over_a_year_ago_is_forgotten_and_nothing_else(world: World, lea: Person) -> None:
    worker = world.face("worker")
    worker.execute("select gate.retire_presence()")
    count = "select count(*) from gate.standing_authorisations where subject = %s"
    assert world.one(count, lea.person_id) == 1
    world.do(
        "update gate.standing_authorisations set revoked_at = now() - interval '13 months' where subject = %s",
        lea.person_id,
    )
    world.do(
        "update gate.notices set noted_at = now() - interval '13 months' where subject = %s", lea.person_id
    )
    worker.execute("select gate.retire_presence()")
    assert world.one(count, lea.person_id) == 0
    assert world.one("select count(*) from gate.notices where subject = %s", lea.person_id) == 0
