"""Step 6 of the gate: what an answer says is weighed in its own transaction, as the reference model weighs it, and convicts."""

import math
import random
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.domain.detectors import RECENT_CELLS, SCORED, SPEAKING, WALK_CROWD, Measure, Signal
from rempart.domain.rights import Outcome
from tests.support.shadow import Shadow, Trait, acquaint
from tests.support.world import Insurer, Person, Right, Session, World, digest, outcome

ENDED = Right(ends_on=date(2026, 1, 1))
BRETAGNE, NORMANDIE = 53, 28
_cells = count(1)


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


@pytest.fixture
def till(world: World) -> Session:
    """A pharmacy in Bretagne whose budgets are no matter here."""
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000000, people_per_day = 1000000"
    )
    return shop(world)


def shop(world: World, profession: str = "pharmacist", software_id: int | None = None) -> Session:
    account = world.account(profession)
    world.do(
        "update access.organisations set region = %s where organisation_id = %s",
        BRETAGNE,
        account.organisation_id,
    )
    return world.software_session(account, software_id)


def deaf_but(world: World, *signals: Signal) -> None:
    """Leave only these signals able to convict."""
    for signal in set(SCORED) - set(signals):
        world.detectors(signal, threshold=1e9)


def strangers(world: World, insurer: Insurer, number: int) -> list[Person]:
    return [world.stranger(f"Personne {place}", insurer) for place in range(number)]


def people(world: World, insurer: Insurer, number: int, *rights: Right) -> list[Person]:
    return [world.person(f"Louise {place}", insurer, *rights) for place in range(number)]


def until_convicted(world: World, rows: list, refusal: Outcome = Outcome.ACCOUNT_FROZEN) -> int:
    """Ask one by one; give how many were answered before the first refusal."""
    for answered, row in enumerate(rows):
        if outcome(world.ask(row)) is refusal:
            return answered
    raise AssertionError(f"nobody was convicted in {len(rows)} questions")


def rule(world: World, signal: Signal, profession: str = "pharmacist") -> tuple[float, float, float]:
    row = world.owner.execute(
        "select gain, relief, threshold from access.detector_rules join access.professions using (profession_id)"
        " where code = %s and signal_id = %s",
        (profession, signal),
    ).fetchone()
    assert row is not None
    return row


# The reference model


@pytest.mark.parametrize("together", [False, True])
def test_the_gate_weighs_as_the_reference_model_does(
    world: World, till: Session, insurer: Insurer, together: bool
) -> None:
    """Whatever is asked, about whomever, with whatever cards: the same signals in each receipt, the same scores at the end."""
    known = {
        "new": (world.person("Léa", insurer), Trait()),
        "new, ended": (world.person("Hugo", insurer, ENDED), Trait(is_ended=True)),
        "known long": (world.person("Inès", insurer), Trait(first_seen_days_ago=7)),
        "known long, ended": (
            world.person("Adam", insurer, ENDED),
            Trait(is_ended=True, first_seen_days_ago=300),
        ),
        "known six days": (world.person("Jade", insurer), Trait(first_seen_days_ago=6)),
        "nobody": (world.stranger("Personne", insurer), Trait(is_found=False)),
        "nobody else": (world.stranger("Nul", insurer), Trait(is_found=False)),
        "canary": (world.person("Aucune", insurer), Trait(is_canary=True)),
    } | {f"new {n}": (world.person(f"Louise {n}", insurer), Trait()) for n in range(12)}
    canary = known["canary"][0]
    world.do(
        "insert into gate.canaries values (%s, %s, 'liste de démonstration')",
        canary.person_id,
        insurer.insurer_id,
    )
    deaf_but(world, Signal.CANARY, Signal.WALK, Signal.TOGETHER)
    world.detectors(Signal.TOGETHER, threshold=12)
    today = world.today()
    seen: set[Signal] = set()

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        script=st.lists(
            st.tuples(
                st.sampled_from(list(known)),
                st.sampled_from([None, None, None, True, False]),
                st.sampled_from([None, 1, 1, 2, 3]),
                st.sampled_from([None, BRETAGNE, NORMANDIE, NORMANDIE]),
                st.sampled_from([None, None, None, 1]),
            ),
            min_size=1,
            max_size=30,
        )
    )
    def compare(script: list[tuple[str, bool | None, int | None, int | None, int | None]]) -> None:
        session = shop(world)
        for person, trait in known.values():
            if trait.first_seen_days_ago is not None:
                assert person.person_id is not None
                acquaint(world, session, person.person_id, trait.first_seen_days_ago, today)
        shadow = Shadow(world, session, BRETAGNE)
        rows = [
            session.about(
                known[name][0],
                card=None
                if card is None
                else known[name][0].card
                if card and known[name][1].is_found
                else digest("wrong"),
                cell=cell,
                birth=birth,
                break_glass=glass,
            )
            for name, card, cell, birth, glass in script
        ]
        traits = [known[name][1] for name, *_ in script]
        cards = [None if card is None else card and known[name][1].is_found for name, card, *_ in script]
        told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
        heard = shadow.follow(rows, told, traits, cards)
        written = [
            world.one("select signals from evidence.receipts where receipt_id = %s", answer.receipt_id)
            for answer in told
        ]
        assert written == heard
        scores = world.scores(session.account)
        assert [scores[signal] for signal in SCORED] == pytest.approx(shadow.watch.scores)
        assert world.state(session.account, "recent_cells") == shadow.watch.recent_cells
        is_frozen = world.state(session.account, "standing") == 2
        assert is_frozen == (shadow.conviction is not None and shadow.conviction.measure is Measure.FREEZE)
        seen.update(signal for signal in SPEAKING for bits in heard if bits >> (signal - 1) & 0x101)
        seen.update({Signal.TOGETHER} if scores[Signal.TOGETHER] > 0 else ())
        if is_frozen:
            assert shadow.conviction is not None
            seen.add(shadow.conviction.signal)

    compare()
    assert seen >= {*SCORED, Signal.CANARY} - ({Signal.REGULARITY} if together else set())


# Each signal


@pytest.mark.parametrize("together", [False, True])
def test_failures_in_a_row_convict_at_the_computed_count_and_not_one_before(
    world: World, till: Session, insurer: Insurer, together: bool
) -> None:
    deaf_but(world, Signal.FAILURES)
    gain, _, threshold = rule(world, Signal.FAILURES)
    in_a_row = math.ceil(threshold / gain)
    rows = [till.about(person) for person in strangers(world, insurer, in_a_row + 3)]
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    expected = [Outcome.NOT_CONFIRMED] * in_a_row + [Outcome.ACCOUNT_FROZEN] * 3
    assert [outcome(answer) for answer in told] == expected
    assert all(answer.receipt_id is not None for answer in told)
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(gain * in_a_row)


@pytest.mark.parametrize(("rights", "is_failure"), [(Right(), False), (ENDED, True)])
def test_an_ended_right_is_a_failure_and_an_open_one_is_not(
    world: World, till: Session, insurer: Insurer, rights: Right, is_failure: bool
) -> None:
    world.ask(till.about(world.person("Léa", insurer, rights)))
    gain, _, _ = rule(world, Signal.FAILURES)
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(gain if is_failure else 0)


@pytest.mark.parametrize(
    "rights",
    [
        Right(opens_on=date(2099, 1, 1)),
        Right(situation=1),
        Right(situation=2, ends_on=date(2025, 1, 1)),
        Right(domains=0),
        Right(domains=0, domains_without_tp=8191),
    ],
)
def test_what_an_honest_shop_meets_every_day_is_no_failure(
    world: World, till: Session, insurer: Insurer, rights: Right
) -> None:
    world.set_state(till.account, scores=[5.0] * len(SCORED))
    world.ask(till.about(world.person("Léa", insurer, rights)))
    assert world.scores(till.account)[Signal.FAILURES] < 5


def test_a_wrong_card_is_a_failure_each_time_even_for_a_person_with_rights(
    world: World, till: Session, insurer: Insurer
) -> None:
    lea = world.person("Léa", insurer)
    gain, _, _ = rule(world, Signal.FAILURES)
    for guess in range(3):
        world.ask(till.about(lea, card=digest("guess", guess)))
    assert world.scores(till.account)[Signal.FAILURES] == pytest.approx(3 * gain)


def test_the_scores_never_fall_below_nothing(world: World, till: Session, insurer: Insurer) -> None:
    known = people(world, insurer, 20)
    for person in known:
        assert person.person_id is not None
        acquaint(world, till, person.person_id, 30, world.today())
    world.ask_all([till.about(person) for person in known])
    assert set(world.scores(till.account).values()) == {0}


def test_the_same_person_again_says_nothing(world: World, till: Session, insurer: Insurer) -> None:
    """Else a thief would ask about one whom he knows between each two guesses, and look honest."""
    friend = world.person("Léa", insurer)
    first, again = world.ask(till.about(friend)), world.ask(till.about(friend))
    signals = "select signals from evidence.receipts where receipt_id = %s"
    assert world.one(signals, first.receipt_id) != world.one(signals, again.receipt_id) == 0
    deaf_but(world, Signal.FAILURES)
    gain, _, threshold = rule(world, Signal.FAILURES)
    rows = [
        row for person in strangers(world, insurer, 20) for row in (till.about(person), till.about(friend))
    ]
    assert until_convicted(world, rows) <= 2 * math.ceil(threshold / gain)


def test_somebody_asked_about_yesterday_does_not_yet_speak_for_the_shop(
    world: World, till: Session, insurer: Insurer
) -> None:
    """Else a thief would make acquaintances on the first day, and be a known face on the second."""
    world.set_state(till.account, scores=[5.0] * len(SCORED))
    lea, hugo = people(world, insurer, 2)
    for person, first_seen in ((lea, 6), (hugo, 7)):
        assert person.person_id is not None
        acquaint(world, till, person.person_id, first_seen, world.today())
    world.ask(till.about(lea))
    assert world.scores(till.account)[Signal.NOVELTY] == 5
    world.ask(till.about(hugo))
    assert world.scores(till.account)[Signal.NOVELTY] < 5


@pytest.mark.parametrize(
    ("profession", "most"),
    [("pharmacist", 24), ("doctor", 24), ("dentist", 24), ("optician", 54), ("hospital", 45)],
)
def test_new_people_in_a_row_ask_for_presence_soon(
    world: World, insurer: Insurer, profession: str, most: int
) -> None:
    """The thief of 2024, with a fresh list, in a shop that he knows nothing of."""
    world.do(
        "update access.profession_rules set rate_interval_ms = 1, rate_burst = 1000000, people_per_day = 1000000"
    )
    deaf_but(world, Signal.NOVELTY)
    stolen = shop(world, profession)
    rows = [stolen.about(person) for person in people(world, insurer, most + 1)]
    assert until_convicted(world, rows, Outcome.PRESENCE_REQUIRED) <= most


def test_somebody_not_seen_for_a_year_is_new_again(world: World, till: Session, insurer: Insurer) -> None:
    lea = world.person("Léa", insurer)
    world.do(
        "insert into gate.acquaintances values (%s, %s, %s::date - 800, (%s::date - interval '12 months')::date)",
        till.account.account_id, lea.person_id, world.today(), world.today(),
    )  # fmt: skip
    world.ask(till.about(lea))
    assert world.scores(till.account)[Signal.NOVELTY] > 0
    first_seen = world.one("select first_seen_on from gate.acquaintances where subject = %s", lea.person_id)
    assert first_seen == world.today()


def test_a_patient_proven_here_before_is_not_new(world: World, till: Session, insurer: Insurer) -> None:
    world.set_state(till.account, scores=[5.0] * len(SCORED))
    lea = world.person("Léa", insurer)
    world.do(
        "insert into gate.known_patients values (%s, %s, %s::date - 30)",
        till.account.organisation_id, lea.person_id, world.today(),
    )  # fmt: skip
    world.ask(till.about(lea))
    assert world.scores(till.account)[Signal.NOVELTY] < 5


def test_old_rights_one_after_the_other_are_an_old_list(
    world: World, till: Session, insurer: Insurer
) -> None:
    deaf_but(world, Signal.STALE)
    gain, _, threshold = rule(world, Signal.STALE)
    in_a_row = math.ceil(threshold / gain)
    rows = [till.about(person) for person in people(world, insurer, in_a_row + 1, ENDED)]
    assert until_convicted(world, rows, Outcome.PRESENCE_REQUIRED) == in_a_row


def test_order_numbers_tried_in_one_month_and_commune_convict_in_a_handful(
    world: World, till: Session, insurer: Insurer
) -> None:
    deaf_but(world, Signal.WALK)
    gain, _, threshold = rule(world, Signal.WALK)
    cell = next(_cells)
    rows = [till.about(person, cell=cell) for person in strangers(world, insurer, 12)]
    assert until_convicted(world, rows) == WALK_CROWD + math.ceil(threshold / gain) <= 7


def test_a_walk_through_cells_in_turn_is_seen_too(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world, Signal.WALK)
    cells = [next(_cells) for _ in range(6)]
    rows = [
        till.about(person, cell=cells[place % 6])
        for place, person in enumerate(strangers(world, insurer, 30))
    ]
    assert until_convicted(world, rows) <= 6 * WALK_CROWD + 6


def test_the_memory_of_cells_has_a_bound(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world)
    for part in range(3):
        rows = [till.about(person, cell=next(_cells)) for person in strangers(world, insurer, 20)]
        world.ask_all(rows)
        assert world.one(
            "select cardinality(recent_cells) from gate.account_state where account_id = %s",
            till.account.account_id,
        ) == min(RECENT_CELLS, 20 * (part + 1))


def test_people_born_elsewhere_speak_where_they_are_new(
    world: World, till: Session, insurer: Insurer
) -> None:
    near, far, abroad = people(world, insurer, 3)
    world.ask(till.about(far, birth=NORMANDIE))
    score = world.scores(till.account)[Signal.ELSEWHERE]
    assert score > 0
    world.ask(till.about(abroad, birth=None))
    assert world.scores(till.account)[Signal.ELSEWHERE] == score
    world.ask(till.about(near, birth=BRETAGNE))
    assert world.scores(till.account)[Signal.ELSEWHERE] < score


@pytest.mark.parametrize(("gap_s", "is_regular"), [(1.0, True), (1.04, True), (1.2, False), (61.0, None)])
def test_questions_at_the_pace_of_a_machine_speak(
    world: World, till: Session, insurer: Insurer, gap_s: float, is_regular: bool | None
) -> None:
    lea, hugo = people(world, insurer, 2)
    world.ask(till.about(lea))
    world.set_state(till.account, last_gap_s=1.0)
    world.do("update gate.account_state set last_asked_s = extract(epoch from clock_timestamp()) - %s", gap_s)
    told = world.ask(till.about(hugo))
    signals = world.one("select signals from evidence.receipts where receipt_id = %s", told.receipt_id)
    assert {True: 1 << 5, False: 1 << 13, None: 0}[is_regular] == signals & (1 << 5 | 1 << 13)


def test_a_regular_between_two_new_people_breaks_the_pace(
    world: World, till: Session, insurer: Insurer
) -> None:
    """A nursing home's list comes at the pace of a machine; its few new residents are not a thief's."""
    lea, ines, hugo = people(world, insurer, 3)
    assert ines.person_id is not None
    acquaint(world, till, ines.person_id, 30, world.today())
    for person in (lea, ines, hugo):
        world.ask(till.about(person))
        world.do("update gate.account_state set last_asked_s = last_asked_s - 1, last_gap_s = 1")
    for person in (ines, hugo):
        signals = world.one(
            "select bit_or(signals) from evidence.receipts where account_id = %s and subject = %s",
            till.account.account_id,
            person.person_id,
        )
        assert signals & (1 << 5 | 1 << 13) == 0


def test_signals_too_weak_alone_convict_together(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world, Signal.TOGETHER)
    known, old, unknown = (
        people(world, insurer, 30),
        people(world, insurer, 10, ENDED),
        strangers(world, insurer, 10),
    )
    rows = [
        till.about(person, birth=NORMANDIE, cell=next(_cells))
        for group in zip(known[::3], known[1::3], known[2::3], old, unknown, strict=True)
        for person in group
    ]
    assert until_convicted(world, rows) <= 30


# What a conviction does


def test_what_a_thief_has_before_he_is_stopped_is_small(
    world: World, till: Session, insurer: Insurer
) -> None:
    """60 % of an old list is right: each account gives some dozen answers, where 31 million people were read in three days."""
    confirmed = []
    for seed in range(10):
        rng = random.Random(seed)
        stolen = shop(world)
        asked = [
            world.person("Léa", insurer) if rng.random() < 0.6 else world.person("Hugo", insurer, ENDED) if rng.random() < 0.5
            else world.stranger("Personne", insurer)
            for _ in range(40)
        ]  # fmt: skip
        told = [
            outcome(answer)
            for answer in world.ask_all([stolen.about(person, birth=NORMANDIE) for person in asked])
        ]
        assert told[-1] in {Outcome.ACCOUNT_FROZEN, Outcome.PRESENCE_REQUIRED}
        confirmed.append(told.count(Outcome.OPEN))
    assert sum(confirmed) / len(confirmed) <= 16
    assert max(confirmed) <= 25


def test_a_conviction_stops_one_account_and_not_its_colleagues_in_the_same_batch(
    world: World, till: Session, insurer: Insurer
) -> None:
    staff = world.software_session(world.staff(till.account))
    lea = world.person("Léa", insurer)
    rows = [staff.about(person) for person in strangers(world, insurer, 20)]
    told = world.ask_all([*rows, staff.about(lea), till.about(lea), staff.about(lea)])
    expected = [Outcome.ACCOUNT_FROZEN, Outcome.OPEN, Outcome.ACCOUNT_FROZEN]
    assert [outcome(answer) for answer in told[-3:]] == expected


def test_a_frozen_account_stays_frozen_for_whoever_holds_a_card(
    world: World, till: Session, insurer: Insurer
) -> None:
    world.ask_all([till.about(person) for person in strangers(world, insurer, 20)])
    lea = world.person("Léa", insurer)
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.ACCOUNT_FROZEN
    assert outcome(world.ask(till.about(None))) is Outcome.ACCOUNT_FROZEN


def stepped_up(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world, Signal.NOVELTY)
    until_convicted(
        world, [till.about(person) for person in people(world, insurer, 25)], Outcome.PRESENCE_REQUIRED
    )


def test_an_account_that_is_stepped_up_goes_on_with_cards_and_known_patients(
    world: World, till: Session, insurer: Insurer
) -> None:
    stepped_up(world, till, insurer)
    lea, hugo = people(world, insurer, 2)
    assert outcome(world.ask(till.about(lea))) is Outcome.PRESENCE_REQUIRED
    assert outcome(world.ask(till.about(lea, card=lea.card))) is Outcome.OPEN
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    assert outcome(world.ask(till.about(hugo))) is Outcome.PRESENCE_REQUIRED


def test_three_people_with_their_cards_put_a_shop_back_in_good_standing(
    world: World, till: Session, insurer: Insurer
) -> None:
    stepped_up(world, till, insurer)
    first, second, third, next_one = people(world, insurer, 4)
    for person in (first, first, second, second):
        world.ask(till.about(person, card=person.card))
    assert outcome(world.ask(till.about(next_one))) is Outcome.PRESENCE_REQUIRED
    world.ask(till.about(third, card=third.card))
    assert set(world.scores(till.account).values()) == {0}
    assert outcome(world.ask(till.about(next_one))) is Outcome.OPEN


def test_patients_proven_here_before_heal_nothing(world: World, till: Session, insurer: Insurer) -> None:
    """Three cards of accomplices would else give a thief twenty answers more, every day."""
    friends = people(world, insurer, 3)
    world.ask_all([till.about(person, card=person.card) for person in friends])
    stepped_up(world, till, insurer)
    world.ask_all([till.about(person, card=person.card) for person in friends])
    world.do("update gate.acquaintances set last_seen_on = last_seen_on - 1")
    world.ask_all([till.about(person, card=person.card) for person in friends])
    assert outcome(world.ask(till.about(world.person("Léa", insurer)))) is Outcome.PRESENCE_REQUIRED


@pytest.mark.parametrize(("days", "measure"), [(29, Measure.FREEZE), (31, Measure.STEP_UP)])
def test_a_second_conviction_within_thirty_days_freezes(
    world: World, till: Session, insurer: Insurer, days: int, measure: Measure
) -> None:
    deaf_but(world, Signal.NOVELTY)
    world.do(
        "update gate.account_state set last_convicted_at = now() - make_interval(days => %s) where account_id = %s",
        days, till.account.account_id,
    )  # fmt: skip
    world.ask_all([till.about(person) for person in people(world, insurer, 25)])
    assert (
        world.one("select measure from gate.convictions where account_id = %s", till.account.account_id)
        == measure
    )


def test_a_word_after_a_conviction_is_not_a_second_one(world: World, till: Session, insurer: Insurer) -> None:
    """Who is stepped up starts from nothing: one broken glass for one new patient freezes no honest shop."""
    stepped_up(world, till, insurer)
    scores = "select scores[2] >= threshold from gate.convictions where account_id = %s"
    assert world.one(scores, till.account.account_id) is True
    assert set(world.scores(till.account).values()) == {0}
    told = world.ask(till.about(world.person("Léa", insurer), break_glass=1))
    assert outcome(told) is Outcome.OPEN
    assert world.state(till.account, "standing") == 0


def test_refused_questions_move_no_score(world: World, till: Session, insurer: Insurer) -> None:
    person = world.stranger("Personne", insurer)
    world.ask_all([till.about(person, domain=10), till.about(person, amc="9999999999"), till.about(None)])
    assert set(world.scores(till.account).values()) == {0}


def test_a_canary_convicts_at_once_and_answers_as_anybody(
    world: World, till: Session, insurer: Insurer
) -> None:
    lea, canary = people(world, insurer, 2)
    world.do(
        "insert into gate.canaries values (%s, %s, 'liste du logiciel LGO')",
        canary.person_id,
        insurer.insurer_id,
    )
    real, lured = world.ask(till.about(lea)), world.ask(till.about(canary))
    told_apart = [
        name
        for name in real._fields
        if name not in ("receipt_id", "why") and getattr(real, name) != getattr(lured, name)
    ]
    assert told_apart == []
    assert outcome(world.ask(till.about(lea))) is Outcome.ACCOUNT_FROZEN
    signal, score = world.owner.execute(
        "select signal_id, score from gate.convictions where account_id = %s", (till.account.account_id,)
    ).fetchone() or (0, 0)
    assert (signal, score) == (Signal.CANARY, None)


def test_a_conviction_explains_itself(world: World, till: Session, insurer: Insurer) -> None:
    """Which signal, which values, and which answers: those of the receipts between `since` and the last one."""
    lea = world.person("Léa", insurer)
    assert lea.person_id is not None
    acquaint(world, till, lea.person_id, 30, world.today())
    world.ask(till.about(lea))
    told = [world.ask(till.about(person)) for person in strangers(world, insurer, 20)]
    answered = [answer.receipt_id for answer in told if outcome(answer) is Outcome.NOT_CONFIRMED]
    row = world.owner.execute(
        "select signal_id, score, threshold, scores, receipt_id, (select array_agg(r.receipt_id order by r.receipt_id)"
        " from evidence.receipts as r where r.account_id = c.account_id and r.asked_at between c.since and c.convicted_at)"
        " from gate.convictions as c where account_id = %s",
        (till.account.account_id,),
    ).fetchone()
    assert row is not None
    signal, score, threshold, scores, last, receipts = row
    assert scores[signal - 1] == score >= threshold
    assert last == answered[-1]
    assert receipts == answered


def test_a_change_of_the_rules_holds_from_the_next_question(
    world: World, till: Session, insurer: Insurer
) -> None:
    nobody = strangers(world, insurer, 3)
    assert outcome(world.ask(till.about(nobody[0]))) is Outcome.NOT_CONFIRMED
    world.detectors(Signal.FAILURES, threshold=2.0)
    assert outcome(world.ask(till.about(nobody[1]))) is Outcome.NOT_CONFIRMED
    assert outcome(world.ask(till.about(nobody[2]))) is Outcome.ACCOUNT_FROZEN


def test_rules_are_dated(world: World, till: Session, insurer: Insurer) -> None:
    """What ended yesterday convicts nobody today."""
    today = world.today()
    world.do("update access.detector_rules set valid_until = %s where signal_id <> 1", today)
    try:
        rows = [till.about(person) for person in people(world, insurer, 40)]
        assert {outcome(answer) for answer in world.ask_all(rows)} == {Outcome.OPEN}
    finally:
        world.do("update access.detector_rules set valid_until = 'infinity'")


def test_an_honest_mix_is_never_convicted(world: World, till: Session, insurer: Insurer) -> None:
    """One question in twenty fails at an honest shop, one person in five is new (security notes 5.1): 5,000 freeze nobody."""
    rng = random.Random(2024)
    shops = [shop(world) for _ in range(25)]
    regulars, newcomers, unknown = (
        people(world, insurer, 160),
        people(world, insurer, 40),
        strangers(world, insurer, 10),
    )
    today = world.today()
    for session in shops:
        for person in regulars:
            assert person.person_id is not None
            acquaint(world, session, person.person_id, 60, today)
    highest = 0.0
    for _ in range(50):
        rows = []
        for session in shops:
            for _ in range(4):
                draw = rng.random()
                person = rng.choice(unknown if draw < 0.05 else newcomers if draw < 0.24 else regulars)
                rows.append(session.about(person, birth=rng.choice((BRETAGNE, BRETAGNE, NORMANDIE, None))))
        refused = {Outcome.ACCOUNT_FROZEN, Outcome.PRESENCE_REQUIRED}
        assert not refused & {outcome(told) for told in world.ask_all(rows)}
        highest = max(highest, *(world.scores(session.account)[Signal.TOGETHER] for session in shops))
    assert 0 < highest < 20
