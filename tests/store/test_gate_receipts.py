"""Step 8 of the gate, and repeats: no answer without its receipt, and the same answer for the same question asked again."""

import pytest

from rempart.domain.detectors import Signal
from rempart.domain.rights import Outcome
from rempart.limits import BREAK_GLASS_PER_DAY
from rempart.store.gate import AskRow, ToldRow
from tests.support.world import Person, Right, Session, World, digest, outcome


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer())


def receipt(world: World, told: ToldRow) -> dict[str, object]:
    row = world.one("select to_jsonb(r) from evidence.receipts as r where receipt_id = %s", told.receipt_id)
    assert isinstance(row, dict)
    return row


def repeat(
    till: Session, person: Person, key: str = "the same", body: str = "the same", **changes: object
) -> AskRow:
    return till.about(person, repeat_key=digest(key), body=digest(body), **changes)


def test_a_receipt_says_who_asked_what_about_whom_and_what_was_answered(
    world: World, till: Session, lea: Person
) -> None:
    told = world.ask(till.about(lea, domain=12))
    written = receipt(world, told)
    assert written["account_id"] == till.account.account_id
    assert written["subject"] == lea.person_id
    assert written["insurer_id"] == lea.insurer.insurer_id
    assert (written["face"], written["outcome"], written["truth"]) == (1, told.outcome, Outcome.OPEN.number)
    assert (written["domain"], written["care_date"]) == (12, world.today().isoformat())
    assert (written["presence"], written["break_glass"], written["repeat_of"]) == (0, None, None)
    assert written["answer_domains"] == told.answer_domains


def test_a_uniform_answer_leaves_the_truth_in_its_receipt(world: World, till: Session, lea: Person) -> None:
    suspended = world.person("Inès", lea.insurer, Right(situation=1))
    stranger = world.stranger("Personne", lea.insurer)
    receipts = [receipt(world, world.ask(till.about(person))) for person in (suspended, stranger)]
    assert [written["truth"] for written in receipts] == [Outcome.SUSPENDED.number, Outcome.NOT_KNOWN.number]
    assert receipts[0]["subject"] == suspended.person_id
    assert int(str(receipts[1]["subject"])) < 0


def test_the_same_unknown_digest_is_the_same_subject(world: World, till: Session, lea: Person) -> None:
    nobody, other = (world.stranger("Personne", lea.insurer) for _ in range(2))
    subjects = [
        receipt(world, world.ask(till.about(person)))["subject"] for person in (nobody, nobody, other)
    ]
    assert subjects[0] == subjects[1] != subjects[2]


def test_where_there_is_no_index_key_nobody_in_particular_is_asked_about(
    world: World, till: Session, lea: Person
) -> None:
    assert receipt(world, world.ask(till.about(lea, alias=None)))["subject"] == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"amc": "9999999999"}, Outcome.INSURER_NOT_SERVED),
        ({"domain": 10}, Outcome.DOMAIN_OUTSIDE_PROFESSION),
        ({"thumbprint": digest("thief")}, Outcome.KEY_MISMATCH),
        ({"proof_at": 0}, Outcome.PROOF_STALE),
    ],
)
def test_a_refusal_has_its_receipt_and_says_nothing_of_the_truth(
    world: World, till: Session, lea: Person, changes: dict[str, object], refusal: Outcome
) -> None:
    told = world.ask(till.about(lea, **changes))
    written = receipt(world, told)
    assert written["outcome"] == refusal.number
    assert (written["truth"], written["answer_on"], written["answer_domains"]) == (None, None, 0)


def test_each_question_of_a_batch_has_a_receipt_of_its_own(world: World, till: Session, lea: Person) -> None:
    told = world.ask_all([till.about(lea) for _ in range(20)])
    numbers = [answer.receipt_id for answer in told]
    assert len(set(numbers)) == 20
    assert sorted(numbers) == numbers, "answers come in the order of the questions"


def test_nobody_can_change_or_remove_a_receipt_not_even_the_gate(world: World) -> None:
    for privilege in ("update", "delete", "truncate"):
        assert not world.one("select has_table_privilege('rempart_gate', 'evidence.receipts', %s)", privilege)


@pytest.mark.parametrize("together", [False, True])
def test_a_repeat_has_the_first_answer_for_no_second_budget(
    world: World, till: Session, lea: Person, together: bool
) -> None:
    rows = [repeat(till, lea) for _ in range(3)]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    first, *others = told
    for other in others:
        assert other.repeat_of == first.receipt_id != other.receipt_id
        assert other._replace(receipt_id=first.receipt_id, repeat_of=None) == first
        assert receipt(world, other)["repeat_of"] == first.receipt_id
    assert world.state(till.account, "people_today") == 1
    interval_s = world.one(
        "select rate_interval_ms / 1000.0 from access.profession_rules where profession_id = 1"
    )
    asked_at_s = world.one(
        "select extract(epoch from asked_at)::float8 from evidence.receipts where receipt_id = %s",
        first.receipt_id,
    )
    assert world.state(till.account, "next_free_s") == pytest.approx(
        asked_at_s + float(interval_s), abs=0.001
    )


def test_a_repeat_has_the_first_answer_even_if_the_right_changed_since(
    world: World, till: Session, lea: Person
) -> None:
    first = world.ask(repeat(till, lea))
    world.do("update members.rights set situation = 1 where person_id = %s", lea.person_id)
    again = world.ask(repeat(till, lea))
    assert (again.outcome, again.coverages) == (first.outcome, first.coverages)
    assert outcome(world.ask(repeat(till, lea, key="another"))) is Outcome.NOT_CONFIRMED


def test_a_repeat_moves_no_score(world: World, till: Session, lea: Person) -> None:
    nobody = world.stranger("Personne", lea.insurer)
    world.ask(repeat(till, nobody))
    score = world.scores(till.account)
    world.ask_all([repeat(till, nobody) for _ in range(20)])
    assert world.scores(till.account) == score
    assert score[Signal.FAILURES] > 0


@pytest.mark.parametrize("body", ["another", None])
def test_the_same_key_with_another_body_or_without_one_is_refused(
    world: World, till: Session, lea: Person, body: str | None
) -> None:
    world.ask(repeat(till, lea))
    told = world.ask(
        till.about(lea, repeat_key=digest("the same"), body=None if body is None else digest(body))
    )
    assert (outcome(told), told.repeat_of, told.coverages) == (Outcome.IDEMPOTENCY_CONFLICT, None, None)


def test_a_key_is_its_accounts_own(world: World, till: Session, lea: Person) -> None:
    world.ask(repeat(till, lea))
    staff = world.software_session(world.staff(till.account))
    for session in (staff, world.software_session(world.account())):
        told = world.ask(repeat(session, lea, body="another"))
        assert (outcome(told), told.repeat_of) == (Outcome.OPEN, None)


def test_a_key_is_forgotten_after_a_day(world: World, till: Session, lea: Person) -> None:
    first = world.ask(repeat(till, lea))
    world.do(
        "update gate.repeats set asked_at = asked_at - interval '24 h' where receipt_id = %s",
        first.receipt_id,
    )
    told = world.ask(repeat(till, lea, body="another"))
    assert (outcome(told), told.repeat_of) == (Outcome.OPEN, None)
    assert world.ask(repeat(till, lea, body="another")).repeat_of == told.receipt_id


def test_a_refused_question_may_be_asked_again_with_its_key(world: World, till: Session, lea: Person) -> None:
    world.contain("account", till.account.account_id, 1)
    assert outcome(world.ask(repeat(till, lea))) is Outcome.PRESENCE_REQUIRED
    told = world.ask(repeat(till, lea, body="with a card", card=lea.card))
    assert (outcome(told), told.repeat_of) == (Outcome.OPEN, None)


def test_a_repeat_passes_the_first_four_steps_again(world: World, till: Session, lea: Person) -> None:
    row = repeat(till, lea)
    world.ask(row)
    assert outcome(world.ask(row)) is Outcome.PROOF_REPLAYED
    world.contain("account", till.account.account_id, 2)
    assert outcome(world.ask(repeat(till, lea))) is Outcome.CONTAINED


def test_the_third_glass_of_the_day_can_be_repeated(world: World, till: Session, lea: Person) -> None:
    for place in range(BREAK_GLASS_PER_DAY):
        told = world.ask(repeat(till, lea, key=f"glass {place}", break_glass=1))
    again = world.ask(repeat(till, lea, key=f"glass {place}", break_glass=1))
    assert (outcome(again), again.repeat_of) == (Outcome.OPEN, told.receipt_id)
    assert outcome(world.ask(till.about(lea, break_glass=1))) is Outcome.BREAK_GLASS_EXHAUSTED


def test_without_a_key_two_questions_are_two_receipts(world: World, till: Session, lea: Person) -> None:
    told = [world.ask(till.about(lea)) for _ in range(2)]
    assert [answer.repeat_of for answer in told] == [None, None]
    assert told[0].receipt_id != told[1].receipt_id
