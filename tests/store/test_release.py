"""To contain takes one person, to release two; and the operator can do no more than that."""

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import psycopg
import pytest

from rempart.domain.errors.accounts import ReleaseNotEarlier
from rempart.domain.errors.gate import ModeNotForScope
from rempart.domain.rights import Outcome
from rempart.operations import contain
from rempart.store import containment as kept
from rempart.store.console import proposals
from rempart.store.database import connect_sync
from tests.support.world import Person, Session, World, outcome

STEP_UP, FREEZE, REVOKE = 1, 2, 3


def released(operator: psycopg.Connection, because: str, by: str, **what: int) -> str:
    """Type a release where nobody ever had a key; give the database's word."""
    return proposals.ask(operator, "release", what, because, by).verdict


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
        "person": str(world.ask(till.about(lea)).receipt_id),
        "shape": shape_of(world, till),
    }


def shape_of(world: World, till: Session) -> str:
    world.do(
        "update access.organisations set region = 53 where organisation_id = %s", till.account.organisation_id
    )
    client_id = world.one("select client_id from access.software where software_id = %s", till.software_id)
    return f"pharmacist/{client_id}/53"


SCOPES = get_args(contain.Scope)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_is_contained_by_the_name_that_people_know_and_released_by_two(
    world: World, operator: psycopg.Connection, till: Session, lea: Person, scope: str
) -> None:
    named = names_of(world, till, lea)[scope]
    contained = kept.contain(operator, scope, named, FREEZE, "hameçonnage", "nadia")
    assert contained is not None
    cut = Outcome.NOT_CONFIRMED if scope == "person" else Outcome.CONTAINED
    assert outcome(world.ask(till.about(lea))) is cut
    (row,) = kept.containments(operator)
    assert (row.scope, row.named, row.mode, row.decided_by) == (scope, named, FREEZE, "nadia")

    assert released(operator, "fausse alerte", "nadia", containment_id=contained) == "asked"
    assert outcome(world.ask(till.about(lea))) is cut
    assert released(operator, "fausse alerte", "camille", containment_id=contained) == "released"
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert kept.containments(operator) == []


def test_who_asked_for_a_release_does_not_agree_to_it(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    contained = kept.contain(operator, "face", "fhir", FREEZE, "essai", "nadia") or 0
    assert released(operator, "fini", "nadia", containment_id=contained) == "asked"
    assert released(operator, "vraiment fini", "nadia", containment_id=contained) == "same-person"
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED
    (row,) = kept.containments(operator)
    assert (row.release_asked_by, row.release_because) == ("nadia", "fini")


def test_what_is_contained_twice_is_contained_once(operator: psycopg.Connection, world: World) -> None:
    assert world is not None
    first = kept.contain(operator, "platform", "", STEP_UP, "alerte", "nadia")
    assert kept.contain(operator, "platform", "", STEP_UP, "la même alerte", "camille") == first
    assert kept.contain(operator, "platform", "", FREEZE, "pire", "camille") != first
    assert len(kept.containments(operator)) == 2


@pytest.mark.parametrize("scope", SCOPES)
def test_a_name_that_nothing_has_contains_nothing(
    operator: psycopg.Connection, world: World, scope: str
) -> None:
    assert kept.contain(operator, scope, "nobody", FREEZE, "essai", "nadia") is None
    assert kept.containments(operator) == []


def test_a_release_of_what_is_not_in_force_is_said(operator: psycopg.Connection, world: World) -> None:
    assert released(operator, "?", "nadia", containment_id=4_242) == "unknown"
    assert released(operator, "?", "nadia", account_id=world.account().account_id) == "unknown"


def convict(world: World, till: Session) -> None:
    insurer = world.insurer()
    world.ask_all([till.about(world.stranger("Personne", insurer)) for _ in range(20)])
    assert world.state(till.account, "standing") == 2


def test_an_account_that_was_convicted_is_released_by_two_and_its_evidence_is_kept(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    account = till.account
    convict(world, till)
    (row,) = kept.convicted_accounts(operator)
    assert (row.account_id, row.profession, row.measure) == (account.account_id, "pharmacist", 2)
    assert row.score is not None
    assert row.score >= (row.threshold or 0) > 0
    spent = world.state(account, "people_today")
    assert released(operator, "le titulaire a rappelé", "nadia", account_id=account.account_id) == "asked"
    assert outcome(world.ask(till.about(lea))) is Outcome.ACCOUNT_FROZEN
    assert released(operator, "rappelé aussi", "camille", account_id=account.account_id) == "released"
    assert kept.convicted_accounts(operator) == []
    assert set(world.scores(account).values()) == {0}
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert world.state(account, "people_today") == spent + 1  # what was spent stays spent
    reasons = world.one(
        "select jsonb_build_array(because, approved_because, conviction_id) from gate.releases where account_id = %s",
        account.account_id,
    )
    assert reasons == ["le titulaire a rappelé", "rappelé aussi", row.conviction_id]


@pytest.mark.parametrize("is_new_device", [False, True])
def test_an_account_of_which_presence_is_asked_is_released_in_the_same_way(
    operator: psycopg.Connection, world: World, till: Session, lea: Person, is_new_device: bool
) -> None:
    watch = "new_devices" if is_new_device else "watch"
    world.set_state(till.account, **{f"{watch}.stepped_up_at": "now"})
    till = world.software_session(till.account, is_new_device=is_new_device)
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert released(operator, "vacances", "nadia", account_id=till.account.account_id) == "asked"
    assert released(operator, "vacances", "camille", account_id=till.account.account_id) == "released"
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


def test_a_release_does_not_bring_back_who_was_struck_off(
    operator: psycopg.Connection, world: World, till: Session
) -> None:
    world.set_state(till.account, standing=1, **{"watch.stepped_up_at": "now"})
    for who in ("nadia", "camille"):
        released(operator, "?", who, account_id=till.account.account_id)
    assert world.state(till.account, "standing") == 1


def test_a_release_is_of_one_thing(operator: psycopg.Connection, world: World, till: Session) -> None:
    contained = kept.contain(operator, "face", "fhir", FREEZE, "essai", "nadia")
    account_id = till.account.account_id
    assert released(operator, "rien", "nadia") == "unknown"
    world.set_state(till.account, standing=2)
    assert contained is not None
    assert (
        released(operator, "les deux", "nadia", containment_id=contained, account_id=account_id) == "unknown"
    )


def test_a_containment_with_a_term_ends_by_itself(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    number = kept.contain(operator, "face", "fhir", FREEZE, "essai", "nadia", 2)
    assert outcome(world.ask(till.about(lea))) is Outcome.CONTAINED
    (row,) = kept.containments(operator)
    assert row.ends_at is not None
    assert row.ends_at - row.since == timedelta(hours=2)
    world.do("update gate.containments set released_at = now() where containment_id = %s", number)
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert released(operator, "?", "nadia", containment_id=number) == "unknown"


def test_many_come_back_one_after_the_other(operator: psycopg.Connection, world: World, lea: Person) -> None:
    """The day when everybody returns at once is the second outage of 2024: the portals came back overloaded."""
    tills = [world.software_session(world.account()) for _ in range(60)]
    number = kept.contain(operator, "platform", "", FREEZE, "attaque", "nadia")
    for who in ("nadia", "camille"):
        released(operator, "fini", who, containment_id=number, waves_s=3_600)

    def back() -> int:
        return sum(outcome(world.ask(till.about(lea))) is Outcome.OPEN for till in tills)

    assert back() <= 3
    (row,) = kept.containments(operator)
    assert row.by_waves
    world.do(
        "update gate.containments set waves_from = now() - interval '30 minutes', released_at = now() + interval '30 minutes'"
    )
    assert 15 <= back() <= 45
    world.do("update gate.containments set released_at = now()")
    assert back() == 60


def returning(operator: psycopg.Connection, world: World) -> int:
    """Contain all, and let half of them be back: thirty minutes of a return over an hour are left."""
    number = kept.contain(operator, "platform", "", FREEZE, "attaque", "nadia") or 0
    for who in ("nadia", "camille"):
        released(operator, "fini", who, containment_id=number, waves_s=3_600)
    world.do(
        "update gate.containments set waves_from = now() - interval '30 minutes', released_at = now() + interval '30 minutes'"
        " where containment_id = %s",
        number,
    )
    return number


def test_a_return_by_waves_is_ended_at_once_by_two(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    number = returning(operator, world)
    assert released(operator, "tout va bien", "nadia", containment_id=number) == "asked"
    assert released(operator, "tout va bien", "nadia", containment_id=number) == "same-person"
    assert [row.release_asked_by for row in kept.containments(operator)] == ["nadia"]
    assert released(operator, "tout va bien", "camille", containment_id=number) == "released"
    assert kept.containments(operator) == []
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert released(operator, "encore", "nadia", containment_id=number) == "unknown"


def test_a_return_by_waves_is_shortened_by_two_and_nobody_who_is_back_is_cut_again(
    operator: psycopg.Connection, world: World
) -> None:
    number = returning(operator, world)
    back = (
        "select array_agg(n) from generate_series(1, 500) as n join gate.containments as c"
        f" on c.containment_id = {number} where gate.is_back(n, c.waves_from, c.released_at, %s)"
    )
    now = world.one("select now()")
    before = set(world.one(back, now))
    assert 150 < len(before) < 350
    for who in ("nadia", "camille"):
        verdict = released(operator, "plus vite", who, containment_id=number, waves_s=600)
    assert verdict == "released"
    (row,) = kept.containments(operator)
    assert row.by_waves
    assert row.ends_at is not None
    assert timedelta(minutes=9) < row.ends_at - now < timedelta(minutes=11)
    after = set(world.one(back, world.one("select now()")))
    assert before <= after
    assert len(after) < 400
    assert len(set(world.one(back, row.ends_at - timedelta(minutes=5)))) > len(after) + 50
    assert len(set(world.one(back, row.ends_at))) == 500


@pytest.mark.parametrize("waves", [True, False])
def test_no_release_makes_anything_last_longer(
    operator: psycopg.Connection, world: World, waves: bool
) -> None:
    number = kept.contain(operator, "face", "fhir", FREEZE, "essai", "nadia", 0.5) or 0
    if waves:
        world.do("update gate.containments set released_at = now() where containment_id = %s", number)
        number = returning(operator, world)
    (row,) = kept.containments(operator)
    what = {"containment_id": number, "waves_s": 1_860}
    assert released(operator, "plus tard", "nadia", **what) == "release-not-earlier"
    assert released(operator, "plus tôt", "nadia", **what | {"waves_s": 1_500}) == "asked"
    world.do(
        "update gate.containments set released_at = now() + interval '10 minutes' where containment_id = %s",
        number,
    )
    (row,) = kept.containments(operator)
    assert released(operator, "plus tôt", "camille", containment_id=number) == "released"
    (cut,) = kept.containments(operator)
    assert cut.by_waves
    assert cut.ends_at == row.ends_at, "agreed too late: cut to what is left"
    with pytest.raises(ReleaseNotEarlier):
        contain.release(operator, "plus tard", "nadia", containment_id=number, waves_s=1_860)


@pytest.mark.parametrize(
    "scope", sorted(set(SCOPES) - {"insurer", "person", "platform", "face", "profession"})
)
def test_to_revoke_ends_the_sessions_of_the_scope_and_no_other(
    operator: psycopg.Connection, world: World, till: Session, lea: Person, scope: str
) -> None:
    neighbour = world.software_session(world.account("optician"))
    number = kept.contain(operator, scope, names_of(world, till, lea)[scope], REVOKE, "vol", "nadia")
    assert outcome(world.ask(till.about(lea))) is Outcome.SESSION_REVOKED
    assert outcome(world.ask(neighbour.about(lea))) is Outcome.OPEN
    opened_since = world.software_session(till.account, till.software_id)
    assert outcome(world.ask(opened_since.about(lea))) is Outcome.CONTAINED
    for who in ("nadia", "camille"):
        released(operator, "fini", who, containment_id=number)
    assert outcome(world.ask(till.about(lea))) is Outcome.SESSION_REVOKED
    assert outcome(world.ask(opened_since.about(lea))) is Outcome.OPEN


@pytest.mark.parametrize("face", ["fhir", "portal", "counter"])
def test_to_revoke_a_face_ends_the_sessions_of_that_one_alone(
    operator: psycopg.Connection, world: World, till: Session, face: str
) -> None:
    sessions = {"fhir": till} | {
        each: world.browser_session(till.account, each) for each in ("portal", "counter")
    }
    kept.contain(operator, "face", face, REVOKE, "hameçonnage", "nadia")
    over = "select revoked_at is not null from access.sessions where token_digest = %s"
    ended = {each for each, session in sessions.items() if world.one(over, session.token)}
    assert ended == {face}


def test_the_places_whose_region_is_not_known_are_named_as_region_0(
    operator: psycopg.Connection, world: World, till: Session, lea: Person
) -> None:
    named = shape_of(world, till).replace("/53", "/0")
    unknown = world.software_session(world.account("pharmacist"), till.software_id)
    kept.contain(operator, "shape", named, REVOKE, "vol", "nadia")
    assert outcome(world.ask(unknown.about(lea))) is Outcome.SESSION_REVOKED
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN


@pytest.mark.parametrize("scope", ["insurer", "person"])
def test_who_is_asked_about_has_no_session_to_revoke(
    operator: psycopg.Connection, world: World, till: Session, lea: Person, scope: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="sessions_are_of_who_asks"):
        kept.contain(operator, scope, names_of(world, till, lea)[scope], REVOKE, "vol", "nadia")
    with pytest.raises(ModeNotForScope):
        contain.contain(operator, scope, "0000", "revoke", "vol", "nadia")  # type: ignore[arg-type]


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
        "select gate.release_as(1, null, 'x', 'camille')",
        "select gate.retire_canaries(1, 'x', 'camille')",
    ],
)
def test_the_operator_loosens_nothing_by_another_way(operator: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        operator.execute(statement)


@pytest.mark.parametrize("role", ["fhir", "portal", "counter", "public", "identity", "feeds"])
@pytest.mark.parametrize(
    "call",
    [
        "gate.contain('platform', '', 2::smallint, '', '')",
        "gate.release_as(1, null, '', '')",
        "console.ask('release', '{}', 'x', 'y')",
        "console.open_proposals()",
        "console.withdraw(1, 'x')",
        "gate.contained()",
        "gate.convicted()",
    ],
)
def test_no_other_role_contains_or_releases(world: World, role: str, call: str) -> None:
    with (
        connect_sync(world.database.settings, role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select {call}")
