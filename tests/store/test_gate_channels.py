"""Step 4 of the gate, by the insurers' channels: codes, approvals, standing authorisations, notices, and their policies."""

from datetime import date

import pytest

from rempart.domain.detectors import Signal
from rempart.domain.rights import Outcome, Presence
from tests.support.world import Insurer, Person, Right, Session, World, digest, outcome

ENDED = Right(ends_on=date(2025, 6, 30))
CODE, APPROVAL = Presence.CODE, Presence.APPROVAL
ALL = 126


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


@pytest.fixture
def lea(world: World, insurer: Insurer) -> Person:
    """Léa's rights are over: what an answer says of them shows how much it trusts the caller."""
    return world.person("Léa", insurer, ENDED)


def without(*presences: Presence) -> int:
    return ALL & ~sum(1 << presence for presence in presences)


def make_code(world: World, code: str) -> bytes:
    """Do as the worker: give each request under way the digest of its code."""
    world.do(
        "update gate.presence_requests set code_digest = %s where kind = 4 and subject > 0", digest(code)
    )
    return digest(code)


def approve(world: World, person: Person) -> None:
    world.do(
        "update gate.presence_requests set approved_at = now() where kind = 5 and subject = %s",
        person.person_id,
    )


# A code, an approval


@pytest.mark.parametrize("asked_for", [CODE, APPROVAL])
def test_asking_the_person_tells_nothing_of_whether_there_is_one(
    world: World, till: Session, lea: Person, asked_for: Presence
) -> None:
    people = [lea, world.person("Hugo", lea.insurer), world.stranger("Personne", lea.insurer)]
    told = [world.ask(till.about(person, asked_for=asked_for)) for person in people]
    assert {outcome(answer) for answer in told} == {Outcome.PRESENCE_ASKED}
    assert len({answer._replace(receipt_id=None) for answer in told}) == 1
    subjects = world.owner.execute(
        "select subject > 0 from gate.presence_requests where account_id = %s order by request_id",
        (till.account.account_id,),
    ).fetchall()
    assert subjects == [(True,), (True,), (False,)]


def test_a_code_that_the_person_reads_out_makes_the_answer_precise(
    world: World, till: Session, lea: Person
) -> None:
    world.ask(till.about(lea, asked_for=CODE))
    code = make_code(world, "12345678")
    told = world.ask(till.about(lea, code=code))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, CODE)


def test_an_approval_makes_the_answer_precise(world: World, till: Session, lea: Person) -> None:
    world.ask(till.about(lea, asked_for=APPROVAL))
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED
    approve(world, lea)
    told = world.ask(till.about(lea))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, APPROVAL)


def test_whoever_was_proven_by_a_code_is_a_known_patient_of_the_place(
    world: World, till: Session, lea: Person
) -> None:
    world.ask(till.about(lea, asked_for=CODE))
    world.ask(till.about(lea, code=make_code(world, "12345678")))
    world.do("delete from gate.presence_requests")
    told = world.ask(till.about(lea))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, Presence.KNOWN_PATIENT)


@pytest.mark.parametrize("how", ["another code", "ten minutes later", "another account", "another person"])
def test_a_code_is_of_one_account_one_person_and_ten_minutes(
    world: World, till: Session, lea: Person, how: str
) -> None:
    world.ask(till.about(lea, asked_for=CODE))
    code = make_code(world, "12345678")
    asker, person = till, lea
    if how == "another code":
        code = digest("87654321")
    elif how == "ten minutes later":
        world.do("update gate.presence_requests set ends_at = now()")
    elif how == "another account":
        asker = world.software_session(world.account())
    else:
        person = world.person("Hugo", lea.insurer, ENDED)
    told = world.ask(asker.about(person, code=code))
    assert (outcome(told), told.presence) == (Outcome.NOT_CONFIRMED, Presence.NONE)


def test_five_guesses_and_the_code_is_worth_nothing(world: World, till: Session, lea: Person) -> None:
    world.detectors(threshold=1e9)
    world.ask(till.about(lea, asked_for=CODE))
    code = make_code(world, "12345678")
    for guess in range(5):
        assert outcome(world.ask(till.about(lea, code=digest("guess", guess)))) is Outcome.NOT_CONFIRMED
    assert outcome(world.ask(till.about(lea, code=code))) is Outcome.NOT_CONFIRMED


def test_five_guesses_count_where_the_insurer_refuses_who_proves_nothing(
    world: World, till: Session, lea: Person
) -> None:
    """Else a code would be guessed where presence matters most, and nothing would show."""
    world.policy(lea.insurer.insurer_id, required=3)
    world.ask(till.about(lea, asked_for=CODE))
    code = make_code(world, "12345678")
    for guess in range(5):
        told = world.ask(till.about(lea, code=digest("guess", guess)))
        assert outcome(told) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, code=code))) is Outcome.PRESENCE_REQUIRED


def test_guesses_sent_together_are_five_too(world: World, till: Session, lea: Person) -> None:
    world.detectors(threshold=1e9)
    world.ask(till.about(lea, asked_for=CODE))
    code = make_code(world, "12345678")
    rows = [till.about(lea, code=digest("guess", guess)) for guess in range(5)] + [till.about(lea, code=code)]
    assert outcome(world.ask_all(rows)[-1]) is Outcome.NOT_CONFIRMED


def test_the_last_code_alone_counts(world: World, till: Session, lea: Person) -> None:
    """Else a thief would have forty sent, and guess at all of them at once."""
    world.ask(till.about(lea, asked_for=CODE))
    first = make_code(world, "12345678")
    world.ask(till.about(lea, asked_for=CODE))
    world.do(
        "update gate.presence_requests set code_digest = %s where code_digest is null", digest("87654321")
    )
    assert world.ask(till.about(lea, code=first)).presence == Presence.NONE
    assert world.ask(till.about(lea, code=digest("87654321"))).presence == CODE


def test_each_guess_speaks_for_a_thief(world: World, till: Session, lea: Person) -> None:
    hugo = world.person("Hugo", lea.insurer)
    scores = []
    for guess in range(3):
        told = world.ask(till.about(hugo, code=digest("guess", guess)))
        assert outcome(told) is Outcome.NOT_CONFIRMED, (
            "a guessed code grants nothing even where the right is open"
        )
        scores.append(world.scores(till.account)[Signal.FAILURES])
    assert 0 < scores[0] < scores[1] < scores[2]


def test_requests_alone_say_nothing_of_who_makes_them(world: World, till: Session, insurer: Insurer) -> None:
    """They are told nothing; a shop that is asked for presence, and has no cards, is to make them."""
    rows = [till.about(world.stranger("Personne", insurer), asked_for=CODE) for _ in range(20)]
    assert {outcome(told) for told in world.ask_all(rows)} == {Outcome.PRESENCE_ASKED}
    assert set(world.scores(till.account).values()) == {0}


def test_forty_people_are_asked_a_day_by_one_titulaire_and_no_more(
    world: World, till: Session, insurer: Insurer
) -> None:
    world.detectors(threshold=1e9)
    rows = [till.about(world.person("Louise", insurer), asked_for=CODE) for _ in range(42)]
    told = [outcome(answer) for answer in world.ask_all(rows)]
    assert told == [Outcome.PRESENCE_ASKED] * 40 + [Outcome.PRESENCE_REQUESTS_EXHAUSTED] * 2
    world.set_state(till.account, day=world.one("select current_date - 1"))
    assert (
        outcome(world.ask(till.about(world.person("Hugo", insurer), asked_for=CODE)))
        is Outcome.PRESENCE_ASKED
    )


def test_presence_may_be_asked_where_it_is_demanded(world: World, till: Session, lea: Person) -> None:
    """By a conviction, by the counter, by the insurer, by a day's budget that is spent: each time the person is the way on."""
    world.set_state(till.account, **{"watch.stepped_up_at": "now"})
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, asked_for=CODE))) is Outcome.PRESENCE_ASKED
    told = world.ask(till.about(lea, code=make_code(world, "12345678")))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, CODE)


def test_presence_may_be_asked_when_the_days_people_are_spent(
    world: World, till: Session, lea: Person
) -> None:
    world.set_state(till.account, people_today=1_000_000, day=world.today())
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, asked_for=CODE))) is Outcome.PRESENCE_ASKED


def test_a_repeat_with_its_key_asks_the_person_once(world: World, till: Session, lea: Person) -> None:
    rows = [till.about(lea, asked_for=CODE, repeat_key=digest("key"), body=digest("body")) for _ in range(3)]
    told = [world.ask(row) for row in rows]
    assert {outcome(answer) for answer in told} == {Outcome.PRESENCE_ASKED}
    assert (
        world.one(
            "select count(*) from gate.presence_requests where account_id = %s", till.account.account_id
        )
        == 1
    )


# Standing authorisations


def test_who_was_there_once_may_let_the_place_ask_for_twelve_months(
    world: World, till: Session, lea: Person
) -> None:
    world.ask(till.about(lea, card=lea.card, standing_list="EHPAD LES TILLEULS"))
    world.do("delete from gate.known_patients")
    colleague = world.software_session(world.staff(till.account))
    for session in (till, colleague):
        told = world.ask(session.about(lea))
        assert (outcome(told), told.presence) == (Outcome.ENDED_ON, Presence.STANDING)
    elsewhere = world.software_session(world.account())
    assert outcome(world.ask(elsewhere.about(lea))) is Outcome.NOT_CONFIRMED
    given, ends = world.owner.execute(
        "select given_on, ends_on from gate.standing_authorisations where subject = %s", (lea.person_id,)
    ).fetchone() or (None, None)
    assert (given, ends) == (
        world.today(),
        world.one("select (%s::date + interval '12 months')::date", world.today()),
    )


@pytest.mark.parametrize("end", ["revoked_at = now()", "ends_on = current_date - 1"])
def test_an_authorisation_ends(world: World, till: Session, lea: Person, end: str) -> None:
    world.ask(till.about(lea, card=lea.card, standing_list=""))
    world.do("delete from gate.known_patients")
    world.do(f"update gate.standing_authorisations set {end}")
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED


@pytest.mark.parametrize("how", ["nothing", "a wrong card", "a broken glass", "the authorisation itself"])
def test_nobody_authorises_without_being_there(world: World, till: Session, lea: Person, how: str) -> None:
    if how == "the authorisation itself":
        world.ask(till.about(lea, card=lea.card, standing_list=""))
        world.do("delete from gate.known_patients")
        world.do("update gate.standing_authorisations set ends_on = %s::date + 1", world.today())
    proof = {"a wrong card": {"card": digest("found")}, "a broken glass": {"break_glass": 1}}.get(how, {})
    world.ask(till.about(lea, standing_list="", **proof))
    ends = world.owner.execute(
        "select ends_on from gate.standing_authorisations where subject = %s", (lea.person_id,)
    ).fetchall()
    assert ends in ([], [(world.one("select %s::date + 1", world.today()),)])


# Notices


def test_a_broken_glass_is_to_be_told_to_the_person(world: World, till: Session, lea: Person) -> None:
    told = world.ask(till.about(lea, break_glass=1))
    world.ask(till.about(world.stranger("Personne", lea.insurer), break_glass=1))
    rows = world.owner.execute(
        "select n.kind, n.receipt_id, n.insurer_id, n.subject from gate.notices as n"
        " join evidence.receipts as r using (receipt_id) where r.account_id = %s",
        (till.account.account_id,),
    ).fetchall()
    assert rows == [(1, told.receipt_id, lea.insurer.insurer_id, lea.person_id)]


def test_an_authorisation_is_to_be_told_to_the_person(world: World, till: Session, lea: Person) -> None:
    told = world.ask(till.about(lea, card=lea.card, standing_list=""))
    rows = world.owner.execute(
        "select kind, subject from gate.notices where receipt_id = %s", (told.receipt_id,)
    ).fetchall()
    assert rows == [(2, lea.person_id)]


# Policies


@pytest.mark.parametrize(
    ("presence", "proof"),
    [
        (Presence.CARD, "card"),
        (CODE, "code"),
        (APPROVAL, "approval"),
        (Presence.STANDING, "standing"),
        (Presence.KNOWN_PATIENT, "known"),
    ],
)
def test_a_proof_that_an_insurer_does_not_accept_proves_nothing(
    world: World, till: Session, lea: Person, presence: Presence, proof: str
) -> None:
    code = None
    world.ask(till.about(lea, asked_for=CODE))
    if proof == "code":
        code = make_code(world, "12345678")
    if proof == "approval":
        world.ask(till.about(lea, asked_for=APPROVAL))
        approve(world, lea)
    if proof == "standing":
        world.ask(till.about(lea, card=lea.card, standing_list=""))
        world.do("delete from gate.known_patients")
    if proof == "known":
        world.ask(till.about(lea, card=lea.card))
    row = lambda: till.about(lea, code=code, card=lea.card if proof == "card" else None)  # noqa: E731 (asked twice)
    world.policy(lea.insurer.insurer_id, accepted=without(presence))
    assert outcome(world.ask(row())) is Outcome.NOT_CONFIRMED
    world.policy(lea.insurer.insurer_id)
    told = world.ask(row())
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, presence)


@pytest.mark.parametrize("asked_for", [CODE, APPROVAL])
def test_what_an_insurer_does_not_accept_is_not_asked_of_anybody(
    world: World, till: Session, lea: Person, asked_for: Presence
) -> None:
    world.policy(lea.insurer.insurer_id, accepted=without(asked_for))
    assert outcome(world.ask(till.about(lea, asked_for=asked_for))) is Outcome.PRESENCE_REQUIRED


def test_an_insurer_without_card_secrets_starts_with_codes_and_may_require_them(
    world: World, till: Session, lea: Person
) -> None:
    world.policy(lea.insurer.insurer_id, required=3, accepted=without(Presence.CARD, Presence.BREAK_GLASS))
    for proof in ({}, {"card": lea.card}, {"break_glass": 1}):
        assert outcome(world.ask(till.about(lea, **proof))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, asked_for=CODE))) is Outcome.PRESENCE_ASKED
    assert outcome(world.ask(till.about(lea, code=make_code(world, "12345678")))) is Outcome.ENDED_ON


def test_a_stepped_up_account_may_have_to_prove_its_known_patients_again(
    world: World, till: Session, lea: Person
) -> None:
    world.ask(till.about(lea, card=lea.card))
    world.set_state(till.account, **{"watch.stepped_up_at": "now"})
    assert outcome(world.ask(till.about(lea))) is Outcome.ENDED_ON
    world.policy(lea.insurer.insurer_id, required_when_stepped_up=3)
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED


def test_a_policy_is_dated(world: World, till: Session, lea: Person) -> None:
    world.policy(lea.insurer.insurer_id, required=3)
    world.do(
        "update members.presence_policies set valid_from = %s::date + 1 where insurer_id = %s",
        world.today(),
        lea.insurer.insurer_id,
    )
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED
    world.do(
        "update members.presence_policies set valid_from = %s where insurer_id = %s",
        world.today(),
        lea.insurer.insurer_id,
    )
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    world.do(
        "update members.presence_policies set valid_from = '2024-01-01', valid_until = %s where insurer_id = %s",
        world.today(),
        lea.insurer.insurer_id,
    )
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED
