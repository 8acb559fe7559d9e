"""Step 6 of the gate, signal by signal: what speaks, what says nothing, and how soon it is enough."""

import math
from datetime import date

import pytest

from rempart.domain.detectors import NEW_PLACE_DAYS, RECENT_CELLS, SCORED, WALK_CROWD, Signal
from rempart.domain.rights import Outcome, Presence
from tests.support.shadow import acquaint
from tests.support.suspicion import (
    BRETAGNE,
    ENDED,
    NORMANDIE,
    cells,
    deaf_but,
    people,
    rule,
    shop,
    strangers,
    until_convicted,
)
from tests.support.world import Insurer, Right, Session, World, digest, outcome


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
    world.set_state(till.account, **{"watch.scores": [5.0] * len(SCORED)})
    world.ask(till.about(world.person("Léa", insurer, rights)))
    assert world.scores(till.account)[Signal.FAILURES] < 5


def test_a_wrong_card_is_no_failure(world: World, till: Session, insurer: Insurer) -> None:
    """Nobody guesses a secret of eighty bits; last year's card is shown at every counter once an insurer has made new ones."""
    world.ask_all([till.about(person, card=digest("last year")) for person in people(world, insurer, 20)])
    assert world.scores(till.account)[Signal.FAILURES] == 0


def test_an_insurer_that_is_late_convicts_no_shop(world: World, till: Session) -> None:
    """Its members look as if they had left, and after a week its newcomers are many."""
    late, very_late = world.insurer(data_age_h=49), world.insurer(data_age_h=24 * 7 + 1)
    newcomers = strangers(world, very_late, 20)
    told = world.ask_all([till.about(person) for person in newcomers])
    assert {outcome(answer) for answer in told} == {Outcome.INSURER_DATA_STALE}
    ended = [world.person("Hugo", late, ENDED) for _ in range(20)]
    world.ask_all([till.about(person) for person in ended])
    scores = world.scores(till.account)
    assert (scores[Signal.FAILURES], scores[Signal.STALE]) == (0, 0)


def test_a_thief_who_finds_an_insurer_that_is_late_fails_all_the_same(world: World, till: Session) -> None:
    """Each answer says how old its insurer's data are; after a weekend, few of those whom nobody knows are newcomers."""
    late = world.insurer(data_age_h=24 * 7 - 1)
    world.ask_all([till.about(person) for person in strangers(world, late, 5)])
    assert world.scores(till.account)[Signal.FAILURES] > 0


def test_who_is_contained_is_a_failure_of_nobody(world: World, till: Session, insurer: Insurer) -> None:
    """Whoever protects the people of a breach would freeze their own pharmacies."""
    lea = world.person("Léa", insurer)
    world.contain("person", lea.person_id or 0, 2)
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED
    assert set(world.scores(till.account).values()) == {0}


def test_a_school_class_is_no_walk(world: World, till: Session, insurer: Insurer) -> None:
    """Thirty-six children of one commune and one year, three a month; a walk tries the same month on and on."""
    deaf_but(world, Signal.WALK)
    months = [place % 12 for place in range(36)]
    for month, child in zip(months, people(world, insurer, 36), strict=True):
        assert outcome(world.ask(till.about(child, cell=month))) is Outcome.OPEN


def test_nothing_is_learnt_while_a_place_opens(world: World, till: Session, insurer: Insurer) -> None:
    world.do(
        "update access.organisations set opening_until = now() + interval '30 days' where organisation_id = %s",
        till.account.organisation_id,
    )
    for person in (*people(world, insurer, 1), *strangers(world, insurer, 2)):
        world.ask(till.about(person, break_glass=1))
    assert set(world.scores(till.account).values()) == {0}


def test_a_request_for_a_code_says_nothing_and_makes_nobody_met(
    world: World, till: Session, insurer: Insurer
) -> None:
    """A colleague's request would else make a stranger somebody of whom the next question says nothing, and costs nothing."""
    member = world.software_session(world.staff(till.account))
    (lea,) = people(world, insurer, 1)
    assert outcome(world.ask(member.about(lea, asked_for=4))) is Outcome.PRESENCE_ASKED
    assert set(world.scores(member.account).values()) == {0}
    assert outcome(world.ask(till.about(lea))) is Outcome.OPEN
    gain, _, _ = rule(world, Signal.NOVELTY)
    assert world.scores(till.account)[Signal.NOVELTY] == pytest.approx(gain)
    assert world.state(till.account, "people_today") == 1


def test_the_scores_never_fall_below_nothing(world: World, till: Session, insurer: Insurer) -> None:
    known = people(world, insurer, 20)
    for person in known:
        assert person.person_id is not None
        acquaint(world, till, person.person_id, 90, world.today())
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


@pytest.mark.parametrize(
    ("first_days_ago", "last_days_ago", "speaks"),
    [(59, 8, False), (60, 8, True), (90, 7, True), (90, 6, False)],
)
def test_an_acquaintance_of_two_months_speaks_for_the_shop_once_a_week(
    world: World, till: Session, insurer: Insurer, first_days_ago: int, last_days_ago: int, speaks: bool
) -> None:
    """Else a thief would ask again about those whom he took, and be convicted of none of the others."""
    world.set_state(till.account, **{"watch.scores": [5.0] * len(SCORED)})
    lea = world.person("Léa", insurer)
    assert lea.person_id is not None
    acquaint(world, till, lea.person_id, first_days_ago, world.today(), last_days_ago)
    world.ask(till.about(lea))
    assert (world.scores(till.account)[Signal.NOVELTY] < 5) is speaks


def test_a_card_shown_once_makes_no_acquaintance_sooner(
    world: World, till: Session, insurer: Insurer
) -> None:
    """Else three borrowed cards would speak for a thief once a week."""
    lea = world.person("Léa", insurer)
    world.ask(till.about(lea, card=lea.card))
    world.do(
        "update gate.acquaintances set first_seen_on = first_seen_on - 59, last_seen_on = last_seen_on - 59,"
        " old_seen_on = old_seen_on - 59"
    )
    world.set_state(till.account, **{"watch.scores": [5.0] * len(SCORED)})
    assert world.ask(till.about(lea)).presence == Presence.KNOWN_PATIENT
    assert world.scores(till.account)[Signal.NOVELTY] == 5


@pytest.mark.parametrize(
    ("opened_days_ago", "is_proven", "speaks"),
    [(NEW_PLACE_DAYS - 1, True, True), (NEW_PLACE_DAYS - 1, False, False), (NEW_PLACE_DAYS + 1, True, False)],
)
def test_a_place_that_has_just_opened_makes_acquaintances_sooner_of_whom_it_proved(
    world: World, till: Session, insurer: Insurer, opened_days_ago: int, is_proven: bool, speaks: bool
) -> None:
    """It knows nobody for two months; its regulars come back within weeks. Whom nobody proved may be a thief's."""
    lea = world.person("Léa", insurer)
    assert lea.person_id is not None
    acquaint(world, till, lea.person_id, 7, world.today(), 7)
    if is_proven:
        world.do(
            "insert into gate.known_patients values (%s, %s, %s::date - 7)",
            till.account.organisation_id, lea.person_id, world.today(),
        )  # fmt: skip
    world.do(
        "update access.organisations set opening_until = now() - make_interval(days => %s) where organisation_id = %s",
        opened_days_ago, till.account.organisation_id,
    )  # fmt: skip
    world.set_state(till.account, **{"watch.scores": [5.0] * len(SCORED)})
    world.ask(till.about(lea))
    assert (world.scores(till.account)[Signal.NOVELTY] < 5) is speaks


@pytest.mark.parametrize(
    ("profession", "most"),
    [("pharmacist", 25), ("doctor", 25), ("dentist", 25), ("optician", 54), ("hospital", 45)],
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
        "insert into gate.acquaintances values (%s, %s, %s, %s::date - 800, (%s::date - interval '12 months')::date)",
        till.account.organisation_id, lea.person_id, till.account.account_id, world.today(), world.today(),
    )  # fmt: skip
    world.ask(till.about(lea))
    assert world.scores(till.account)[Signal.NOVELTY] > 0
    first_seen = world.one("select first_seen_on from gate.acquaintances where subject = %s", lea.person_id)
    assert first_seen == world.today()


def test_a_locum_meets_the_patients_of_whom_he_replaces(
    world: World, till: Session, insurer: Insurer
) -> None:
    """Who is new is new to the place; a stranger's account of another place has met nobody."""
    lea = world.person("Léa", insurer)
    assert lea.person_id is not None
    acquaint(world, till, lea.person_id, 90, world.today())
    locum = world.software_session(world.account(organisation_id=till.account.organisation_id))
    elsewhere = world.software_session(world.account())
    for session, speaks_for_a_thief in ((locum, False), (elsewhere, True)):
        world.set_state(session.account, **{"watch.scores": [5.0] * len(SCORED)})
        world.ask(session.about(lea))
        assert (world.scores(session.account)[Signal.NOVELTY] > 5) is speaks_for_a_thief


def test_whom_a_colleague_met_today_is_as_new_as_before(
    world: World, till: Session, insurer: Insurer
) -> None:
    """Else the order of two colleagues' questions would change what they say; and one's budget would pay for the other."""
    new, regular = people(world, insurer, 2)
    assert regular.person_id is not None
    acquaint(world, till, regular.person_id, 90, world.today())
    colleague = world.software_session(world.account(organisation_id=till.account.organisation_id))
    for session in (till, colleague):
        world.ask(session.about(new))
    assert world.scores(colleague.account)[Signal.NOVELTY] == world.scores(till.account)[Signal.NOVELTY] > 0
    for session in (till, colleague):
        world.ask(session.about(regular))
    spent = "select people_today from gate.account_state where account_id = %s"
    assert world.one(spent, colleague.account.account_id) == 2


def test_a_patient_proven_here_before_is_not_new(world: World, till: Session, insurer: Insurer) -> None:
    world.set_state(till.account, **{"watch.scores": [5.0] * len(SCORED)})
    lea = world.person("Léa", insurer)
    world.do(
        "insert into gate.known_patients values (%s, %s, %s::date - 30)",
        till.account.organisation_id, lea.person_id, world.today(),
    )  # fmt: skip
    world.ask(till.about(lea))
    assert world.scores(till.account)[Signal.NOVELTY] == 5


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
    cell = next(cells)
    rows = [till.about(person, cell=cell) for person in strangers(world, insurer, 12)]
    assert until_convicted(world, rows) == WALK_CROWD + math.ceil(threshold / gain) <= 8


def test_a_walk_through_cells_in_turn_is_seen_too(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world, Signal.WALK)
    walked = [next(cells) for _ in range(6)]
    rows = [
        till.about(person, cell=walked[place % 6])
        for place, person in enumerate(strangers(world, insurer, 30))
    ]
    assert until_convicted(world, rows) <= 6 * WALK_CROWD + 6


def test_the_memory_of_cells_has_a_bound(world: World, till: Session, insurer: Insurer) -> None:
    deaf_but(world)
    for part in range(3):
        rows = [till.about(person, cell=next(cells)) for person in strangers(world, insurer, 20)]
        world.ask_all(rows)
        assert world.one(
            "select cardinality((watch).recent_cells) from gate.account_state where account_id = %s",
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
    world.set_state(till.account, **{"watch.last_gap_s": 1.0})
    world.do(
        "update gate.account_state set watch.last_asked_s = extract(epoch from clock_timestamp()) - %s", gap_s
    )
    told = world.ask(till.about(hugo))
    signals = world.one("select signals from evidence.receipts where receipt_id = %s", told.receipt_id)
    assert {True: 1 << 5, False: 1 << 13, None: 0}[is_regular] == signals & (1 << 5 | 1 << 13)


def test_a_regular_between_two_new_people_breaks_the_pace(
    world: World, till: Session, insurer: Insurer
) -> None:
    """A nursing home's list comes at the pace of a machine; its few new residents are not a thief's."""
    lea, ines, hugo = people(world, insurer, 3)
    assert ines.person_id is not None
    acquaint(world, till, ines.person_id, 90, world.today())
    for person in (lea, ines, hugo):
        world.ask(till.about(person))
        world.do(
            "update gate.account_state set watch.last_asked_s = (watch).last_asked_s - 1, watch.last_gap_s = 1"
        )
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
        till.about(person, birth=NORMANDIE, cell=next(cells))
        for group in zip(known[::3], known[1::3], known[2::3], old, unknown, strict=True)
        for person in group
    ]
    assert until_convicted(world, rows) <= 30
