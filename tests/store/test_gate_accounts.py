"""Step 3 of the gate: which account may no longer ask, and whose fall others share."""

import pytest

from rempart.domain.rights import Outcome
from tests.support.world import Person, Session, World, outcome


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


@pytest.fixture
def neighbour(world: World) -> Session:
    return world.software_session(world.account("optician"))


def test_who_has_an_account_that_is_held_has_no_free_one_beside_it(
    world: World, till: Session, lea: Person
) -> None:
    """One command would else give a frozen professional a fresh account, which takes two to release."""
    world.set_state(till.account, standing=2)
    beside = world.account(professional_id=till.account.professional_id)
    assert outcome(world.ask(world.software_session(beside).about(lea))) is Outcome.ACCOUNT_FROZEN
    world.set_state(till.account, standing=0, **{"watch.stepped_up_at": "2026-01-01"})
    world.do("update gate.account_state set standing = 0 where account_id = %s", beside.account_id)
    again = world.account(professional_id=till.account.professional_id)
    assert outcome(world.ask(world.software_session(again).about(lea))) is Outcome.PRESENCE_REQUIRED


def test_who_was_frozen_is_not_released_by_revoking_his_account_and_opening_another(
    world: World, till: Session, lea: Person
) -> None:
    """Both are one person's to do; a release is two people's."""
    for end in ("frozen", "released"):
        world.set_state(till.account, standing=2)
        world.do(
            "update access.accounts set revoked_at = now() where account_id = %s", till.account.account_id
        )
        opened = world.account(
            professional_id=till.account.professional_id, organisation_id=till.account.organisation_id
        )
        till = world.software_session(opened)
        assert outcome(world.ask(till.about(lea))) is Outcome.ACCOUNT_FROZEN
        if end == "released":
            release = "select gate.release_as(null, %s, 'fausse alerte', %s)"
            assert [world.one(release, opened.account_id, who) for who in ("nadia", "camille")] == [
                "asked",
                "released",
            ]
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    beside = world.account(professional_id=opened.professional_id)
    assert outcome(world.ask(world.software_session(beside).about(lea))) is Outcome.OPEN


@pytest.mark.parametrize(
    ("mode", "told"), [(1, Outcome.PRESENCE_REQUIRED), (2, Outcome.CONTAINED), (3, Outcome.CONTAINED)]
)
def test_what_was_decided_of_an_account_holds_for_the_one_that_takes_its_place(
    world: World, till: Session, lea: Person, mode: int, told: Outcome
) -> None:
    contain = "select gate.contain('account', %s, %s::smallint, 'hameçonnage', 'nadia')"
    world.do(contain, str(till.account.account_id), mode)
    world.do("update access.accounts set revoked_at = now() where account_id = %s", till.account.account_id)
    own = {"professional_id": till.account.professional_id}
    opened = world.account(organisation_id=till.account.organisation_id, **own)
    assert outcome(world.ask(world.software_session(opened).about(lea))) is told
    elsewhere = world.account(**own)
    assert outcome(world.ask(world.software_session(elsewhere).about(lea))) is Outcome.OPEN


def test_a_frozen_account_is_refused_and_its_colleagues_are_not(
    world: World, till: Session, lea: Person
) -> None:
    staff = world.software_session(world.staff(till.account))
    world.set_state(staff.account, standing=2)
    assert outcome(world.ask(staff.about(lea))) is Outcome.ACCOUNT_FROZEN
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


def test_a_professional_struck_off_is_refused_with_all_his_accounts_and_staff(
    world: World, till: Session, neighbour: Session, lea: Person
) -> None:
    staff = world.software_session(world.staff(till.account))
    world.do(
        "update access.professionals set struck_off_at = now() where professional_id = %s",
        till.account.professional_id,
    )
    for session in (till, staff):
        told = world.ask(session.about(lea))
        assert outcome(told) is Outcome.PROFESSIONAL_STRUCK_OFF
        assert told.receipt_id is not None
    assert outcome(world.ask(neighbour.about(lea))) is Outcome.OPEN


def test_an_account_opened_for_somebody_struck_off_is_of_no_use(world: World, lea: Person) -> None:
    account = world.account()
    world.do("update access.accounts set revoked_at = now() where account_id = %s", account.account_id)
    world.do(
        "update access.professionals set struck_off_at = now() where professional_id = %s",
        account.professional_id,
    )
    opened = world.one("select nextval('access.accounts_account_id_seq')")
    world.do(
        """
        insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id,
                                     display_name)
        overriding system value values (%s, 'professional', %s, %s, 1, %s, 'Camille Martin')
        """,
        opened,
        account.organisation_id,
        account.professional_id,
        opened,
    )
    assert world.one("select standing from gate.account_state where account_id = %s", opened) == 1


@pytest.mark.parametrize("whose", ["his", "the titulaire's"])
def test_a_revoked_account_stops_itself_and_its_staff(
    world: World, till: Session, lea: Person, whose: str
) -> None:
    staff = world.software_session(world.staff(till.account))
    revoked = staff.account if whose == "his" else till.account
    world.do("update access.accounts set revoked_at = now() where account_id = %s", revoked.account_id)
    assert outcome(world.ask(staff.about(lea))) is Outcome.PROFESSIONAL_STRUCK_OFF
    titulaire = outcome(world.ask(till.about(lea)))
    assert titulaire is (Outcome.OPEN if whose == "his" else Outcome.PROFESSIONAL_STRUCK_OFF)


@pytest.mark.parametrize(
    "change",
    [
        "holder_account_id = (select max(account_id) from access.accounts)",
        "organisation_id = (select max(organisation_id) from access.organisations)",
        "profession_id = 9",
    ],
)
def test_an_account_is_neither_moved_nor_given_another_purse(
    world: World, till: Session, change: str
) -> None:
    staff = world.staff(till.account)
    world.account()
    with pytest.raises(Exception, match="an account is not moved"):
        world.do(f"update access.accounts set {change} where account_id = %s", staff.account_id)


def test_a_revoked_account_is_not_revived(world: World, till: Session) -> None:
    world.do("update access.accounts set revoked_at = now() where account_id = %s", till.account.account_id)
    with pytest.raises(Exception, match="an account is not moved or revived"):
        world.do(
            "update access.accounts set revoked_at = null where account_id = %s", till.account.account_id
        )
