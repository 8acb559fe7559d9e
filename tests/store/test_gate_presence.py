"""Step 4 of the gate: how sure we are that the person is there, and what a negative answer may then say."""

from datetime import date

import pytest

from rempart.domain.rights import BreakGlassReason, Outcome, Presence
from rempart.limits import BREAK_GLASS_PER_DAY, KNOWN_PATIENT_MONTHS
from tests.support.world import Person, Right, Session, World, days, digest, outcome

ENDED = Right(ends_on=date(2025, 6, 30))


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    """Léa's rights are over: what an answer says of them shows how much it trusts the caller."""
    return world.person("Léa", world.insurer(), ENDED)


def prove(world: World, session: Session, person: Person, on: date) -> None:
    """Write down that the person was proven present at this shop on a day."""
    world.do(
        "insert into gate.known_patients values (%s, %s, %s)",
        session.account.organisation_id,
        person.person_id,
        on,
    )


def test_without_presence_an_ended_right_a_wrong_one_and_an_unknown_person_look_the_same(
    world: World, till: Session, lea: Person
) -> None:
    known = [
        lea,
        world.person("Inès", lea.insurer, Right(opens_on=date(2099, 1, 1))),
        world.person("Adam", lea.insurer, Right(situation=1)),
        world.person("Jade", lea.insurer, Right(situation=2, ends_on=date(2025, 1, 1))),
        world.person("Malo", lea.insurer, Right(domains=0)),
        world.person("Rose", lea.insurer, Right(domains=0, domains_without_tp=8191)),
        world.person("Marius", lea.insurer, Right(waiting_domains=8191, waiting_until=date(2099, 1, 1))),
    ]
    answers = [world.ask(till.about(person)) for person in (*known, world.stranger("Personne", lea.insurer))]
    assert {outcome(told) for told in answers} == {Outcome.NOT_CONFIRMED}
    said = {told._replace(receipt_id=None) for told in answers}
    assert len(said) == 1, "nothing but the receipt's number differs"


@pytest.mark.parametrize("given", ["nothing", "a wrong card"])
def test_a_wrong_card_says_no_more_than_no_card(world: World, till: Session, lea: Person, given: str) -> None:
    card = None if given == "nothing" else digest("found in the street")
    answers = [
        world.ask(till.about(person, card=card)) for person in (lea, world.stranger("Personne", lea.insurer))
    ]
    assert {outcome(told) for told in answers} == {Outcome.NOT_CONFIRMED}
    assert {told.presence for told in answers} == {Presence.NONE}


def test_the_right_card_has_the_precise_state(world: World, till: Session, lea: Person) -> None:
    told = world.ask(till.about(lea, card=lea.card))
    assert (outcome(told), told.answer_on, told.presence) == (Outcome.ENDED_ON, ENDED.ends_on, Presence.CARD)


def test_somebody_elses_card_opens_nothing_even_for_a_person_with_rights(
    world: World, till: Session, lea: Person
) -> None:
    hugo = world.person("Hugo", lea.insurer)
    told = world.ask(till.about(hugo, card=lea.card))
    assert outcome(told) is Outcome.NOT_CONFIRMED
    assert told.coverages is None


def test_a_person_whose_insurer_made_no_card_is_not_proven_by_any(
    world: World, till: Session, lea: Person
) -> None:
    world.do("update members.people set card_digest = null where person_id = %s", lea.person_id)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.NOT_CONFIRMED


def test_a_card_proves_its_person_at_this_shop_from_then_on(world: World, till: Session, lea: Person) -> None:
    world.ask(till.about(lea, card=lea.card))
    told = world.ask(till.about(lea))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, Presence.KNOWN_PATIENT)


def test_a_card_shown_in_the_same_batch_proves_too_and_not_before(
    world: World, till: Session, lea: Person
) -> None:
    told = world.ask_all([till.about(lea), till.about(lea, card=lea.card), till.about(lea)])
    assert [answer.presence for answer in told] == [Presence.NONE, Presence.CARD, Presence.KNOWN_PATIENT]
    assert [outcome(answer) for answer in told] == [Outcome.NOT_CONFIRMED, Outcome.ENDED_ON, Outcome.ENDED_ON]


def test_a_known_patient_is_known_to_the_staff_and_to_no_other_shop(
    world: World, till: Session, lea: Person
) -> None:
    world.ask(till.about(lea, card=lea.card))
    staff = world.software_session(world.staff(till.account))
    assert outcome(world.ask(staff.about(lea))) is Outcome.ENDED_ON
    assert outcome(world.ask(world.software_session(world.account()).about(lea))) is Outcome.NOT_CONFIRMED


def test_a_known_patient_is_known_to_every_titulaire_of_the_place(
    world: World, till: Session, lea: Person
) -> None:
    partner = world.software_session(world.account(organisation_id=till.account.organisation_id))
    told = world.ask_all([till.about(lea, card=lea.card), partner.about(lea)])
    assert [answer.presence for answer in told] == [Presence.CARD, Presence.KNOWN_PATIENT]
    assert world.ask(partner.about(lea)).presence == Presence.KNOWN_PATIENT


def test_asking_without_a_proof_never_makes_a_known_patient(world: World, till: Session, lea: Person) -> None:
    for row in (till.about(lea), till.about(lea, card=digest("wrong")), till.about(lea, break_glass=1)):
        world.ask(row)
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED


@pytest.mark.parametrize(("offset", "presence"), [(1, Presence.KNOWN_PATIENT), (0, Presence.NONE)])
def test_a_known_patient_is_one_for_twelve_months_to_the_day(
    world: World, till: Session, lea: Person, offset: int, presence: Presence
) -> None:
    last_year = world.one(f"select (%s - interval '{KNOWN_PATIENT_MONTHS} months')::date", world.today())
    prove(world, till, lea, last_year + days(offset))
    assert world.ask(till.about(lea)).presence == presence


def test_a_new_proof_renews_a_known_patient_even_on_a_day_he_was_seen(
    world: World, till: Session, lea: Person
) -> None:
    prove(world, till, lea, world.today() - days(300))
    world.ask(till.about(lea))
    world.ask(till.about(lea, card=lea.card))
    assert (
        world.one("select proven_on from gate.known_patients where subject = %s", lea.person_id)
        == world.today()
    )


def test_a_visit_without_a_proof_does_not_forget_the_last_one(
    world: World, till: Session, lea: Person
) -> None:
    proven_on = world.today() - days(100)
    prove(world, till, lea, proven_on)
    world.ask(till.about(lea))
    assert (
        world.one("select proven_on from gate.known_patients where subject = %s", lea.person_id) == proven_on
    )


@pytest.mark.parametrize("reason", BreakGlassReason)
def test_breaking_the_glass_has_the_precise_state_and_is_written_down(
    world: World, till: Session, lea: Person, reason: BreakGlassReason
) -> None:
    told = world.ask(till.about(lea, break_glass=int(reason)))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, Presence.BREAK_GLASS)
    assert (
        world.one("select break_glass from evidence.receipts where receipt_id = %s", told.receipt_id)
        == reason
    )


@pytest.mark.parametrize("together", [False, True])
def test_the_glass_breaks_three_times_a_day(world: World, till: Session, lea: Person, together: bool) -> None:
    people = [lea, *(world.person(name, lea.insurer, ENDED) for name in ("Inès", "Adam", "Jade"))]
    rows = [till.about(person, break_glass=1) for person in people]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    expected = [Outcome.ENDED_ON] * BREAK_GLASS_PER_DAY + [Outcome.BREAK_GLASS_EXHAUSTED]
    assert [outcome(answer) for answer in told] == expected
    world.set_state(till.account, day=world.today() - days(1))
    assert outcome(world.ask(till.about(lea, break_glass=1))) is Outcome.ENDED_ON, (
        "tomorrow there is glass again"
    )


def test_a_reason_costs_no_glass_where_presence_is_proven(world: World, till: Session, lea: Person) -> None:
    for _ in range(5):
        assert world.ask(till.about(lea, card=lea.card, break_glass=1)).presence == Presence.CARD
        assert world.ask(till.about(lea, break_glass=1)).presence == Presence.KNOWN_PATIENT
    assert world.state(till.account, "break_glass_today") == 0


@pytest.mark.parametrize("required", [Presence.KNOWN_PATIENT, Presence.CARD])
def test_an_insurer_may_ask_for_presence(world: World, till: Session, required: Presence) -> None:
    strict = world.insurer(required_presence=int(required))
    lea, hugo = world.person("Léa", strict), world.person("Hugo", strict)
    prove(world, till, hugo, world.today() - days(10))
    strangers = outcome(world.ask(till.about(world.stranger("Personne", strict))))
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED is strangers
    assert outcome(world.ask(till.about(lea, card=digest("wrong")))) is Outcome.PRESENCE_REQUIRED
    known_is_enough = required is Presence.KNOWN_PATIENT
    assert outcome(world.ask(till.about(hugo))) is (
        Outcome.OPEN if known_is_enough else Outcome.PRESENCE_REQUIRED
    )
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN
    assert outcome(world.ask(till.about(hugo, break_glass=1))) is Outcome.OPEN


def test_a_question_that_lacks_presence_costs_nothing_and_reads_nothing(world: World, till: Session) -> None:
    strict = world.insurer(required_presence=3)
    told = world.ask(till.about(world.person("Léa", strict)))
    assert told._replace(receipt_id=None, next_nonce=None) == told._replace(
        receipt_id=None,
        next_nonce=None,
        answer_on=None,
        answer_domains=0,
        coverages=None,
        data_as_of=None,
        presence=0,
    )
    assert world.state(till.account, "people_today") == 0
    assert world.one("select truth from evidence.receipts where receipt_id = %s", told.receipt_id) is None
