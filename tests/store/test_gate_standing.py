"""The life of an account: the gate steps up, heals, freezes and counts budgets as the reference model does, question by question.

The model is told who the people are and at what moment each question came; whatever else it knows, it remembers itself: whom the
shop met and when, who was proven there, what was spent. Days pass by moving the rows of the shop back.
"""

from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rempart.domain.detectors import (
    ACQUAINTANCE_SETTLES_DAYS,
    RELIEF_RESTS_DAYS,
    SCORED,
    Conviction,
    Measure,
    Question,
    Signal,
)
from rempart.domain.detectors import Test as Likelihood  # pytest would take a class Test for tests
from rempart.domain.detectors.standing import DAY_S, Account, Budget, Purse, admit, guess, take
from rempart.domain.rights import Outcome, Presence
from rempart.store.gate import AskRow, ToldRow
from tests.support.world import Insurer, Person, Right, Session, World, digest, outcome

BUDGET = Budget(people_per_day=9, interval_s=3600.0, burst=12)
THRESHOLDS = {Signal.FAILURES: 3.2, Signal.NOVELTY: 1.4, Signal.STALE: 2.5, Signal.TOGETHER: 6.0}
MEASURES = {
    Signal.FAILURES: Measure.FREEZE,
    Signal.NOVELTY: Measure.STEP_UP,
    Signal.STALE: Measure.STEP_UP,
    Signal.TOGETHER: Measure.STEP_UP,
}
BRETAGNE, NORMANDIE = 53, 28
YEAR_DAYS = 365
GUESSED_PAST = {Outcome.PRESENCE_REQUIRED, Outcome.BREAK_GLASS_EXHAUSTED}


@dataclass
class Step:
    """One question: who asks, about whom, with what, after how many days."""

    who: int
    about: str
    card: bool | None
    glass: int | None
    birth: int | None
    is_new_device: bool
    days: int


STEPS = st.builds(
    Step,
    who=st.sampled_from([0, 0, 0, 1]),
    about=st.sampled_from([f"new {n}" for n in range(14)] + ["ended 0", "ended 1", "nobody 0", "nobody 1"]),
    card=st.sampled_from([None, None, None, None, True, True, False]),
    glass=st.sampled_from([None, None, 1]),
    birth=st.sampled_from([None, BRETAGNE, NORMANDIE]),
    is_new_device=st.sampled_from([False] * 5 + [True]),
    days=st.sampled_from([0] * 24 + [1, 1, 8, 31, 61, 400]),
)


@dataclass
class Shop:
    """The model of a titulaire and his staff, who spend one budget and know the same people."""

    tests: dict[Signal, Likelihood]
    accounts: list[Account]
    met: dict[str, tuple[int, int]] = field(default_factory=dict)  # first and last day
    old_seen: dict[str, int] = field(default_factory=dict)  # the last day through an old device
    proven: dict[str, int] = field(default_factory=dict)
    day: int = YEAR_DAYS * 10
    convictions: list[tuple[int, Conviction]] = field(default_factory=list)
    guessed: bool = False  # a refused wrong proof convicted
    paid_back: bool = False

    def hears(self, step: Step, at_s: float) -> tuple[Outcome | None, Presence]:
        """Decide one question; give the refusal, if it is one, and the presence."""
        account = self.accounts[step.who]
        is_found = not step.about.startswith("nobody")
        is_proven_before = self.proven.get(step.about, -YEAR_DAYS) > self.day - YEAR_DAYS
        presence = self._presence(step, is_proven_before, is_found)
        first, last = self.met.get(step.about, (0, -YEAR_DAYS))
        old_seen = self.old_seen.get(step.about, -YEAR_DAYS)
        is_met = last > self.day - YEAR_DAYS
        question = Question(
            asked_at_s=at_s + self.day * DAY_S,
            presence=presence,
            is_first_today=last != self.day,
            is_found=is_found,
            is_ended=step.about.startswith("ended"),
            is_guess=step.card is False,
            is_met=is_met,
            is_known_long=is_met and first <= self.day - ACQUAINTANCE_SETTLES_DAYS,
            is_lately=(last if step.is_new_device else old_seen) > self.day - RELIEF_RESTS_DAYS,
            cell=None,
            is_elsewhere=None if step.birth is None else step.birth != BRETAGNE,
            is_new_device=step.is_new_device,
            is_first_of_old_devices=old_seen != self.day,
        )
        if step.who and self.accounts[0].is_frozen and account.new_until_s > question.asked_at_s - 30 * DAY_S:
            return Outcome.ACCOUNT_FROZEN, Presence.NONE  # whom a titulaire enrolled lately falls with him
        refusal = admit(account, BUDGET, question, self.day)
        if refusal in GUESSED_PAST:
            conviction = guess(account, question, self.tests)
            if conviction is not None:
                self.convictions.append((step.who, conviction))
                self.guessed = True
        if refusal is None:
            self.paid_back |= presence is Presence.CARD and account.watch_of(question).guess_nats > 0
            self.met[step.about] = (first if is_met else self.day, self.day)
            if not step.is_new_device:
                self.old_seen[step.about] = self.day
            _, conviction = take(account, question, self.tests, is_proven_before=is_proven_before)
            if presence is Presence.CARD:
                self.proven[step.about] = self.day
            if conviction is not None:
                self.convictions.append((step.who, conviction))
        return refusal, presence

    @staticmethod
    def _presence(step: Step, is_proven_before: bool, is_found: bool) -> Presence:
        if step.card and is_found:
            return Presence.CARD
        if is_proven_before:
            return Presence.KNOWN_PATIENT
        return Presence.NONE if step.glass is None else Presence.BREAK_GLASS


def days_pass(world: World, organisation_id: int, days: int) -> None:
    """Move all that the gate remembers of a place back."""
    at_place = "select account_id from gate.account_state where organisation_id = %s"
    world.do(
        "update gate.account_state set day = day - %s::int, next_free_s = next_free_s - %s,"
        " watch.last_asked_s = (watch).last_asked_s - %s, new_devices.last_asked_s = (new_devices).last_asked_s - %s,"
        " new_until = new_until - make_interval(days => %s)"
        " where organisation_id = %s",
        days, days * DAY_S, days * DAY_S, days * DAY_S, days, organisation_id,
    )  # fmt: skip
    for watch in ("watch", "new_devices"):
        for moment in ("stepped_up_at", "last_convicted_at", "healed_at", "heard_at"):
            world.do(
                f"update gate.account_state set {watch}.{moment} = ({watch}).{moment} - make_interval(days => %s)"
                " where organisation_id = %s",
                days,
                organisation_id,
            )
    world.do(
        "update gate.acquaintances set first_seen_on = first_seen_on - %s::int, last_seen_on = last_seen_on - %s::int,"
        f" old_seen_on = old_seen_on - %s::int where holder_account_id in ({at_place})",
        days, days, days, organisation_id,
    )  # fmt: skip
    world.do(
        "update gate.known_patients set proven_on = proven_on - %s::int where organisation_id = %s",
        days,
        organisation_id,
    )


def asked(session: Session, person: Person, step: Step) -> AskRow:
    is_right = step.card and not step.about.startswith("nobody")
    code = digest("wrong") if step.card is False else None
    return session.about(
        person, card=person.card if is_right else None, code=code, break_glass=step.glass, birth=step.birth
    )


def asked_at_s(world: World, told: ToldRow) -> float:
    statement = "select extract(epoch from asked_at)::float8 from evidence.receipts where receipt_id = %s"
    return float(world.one(statement, told.receipt_id))


def compared(world: World, session: Session, account: Account) -> None:
    """Hold the state that the gate keeps against the model's."""
    for name, watch in (("watch", account.watch), ("new_devices", account.new_devices)):
        scores = world.scores(session.account, name)
        assert [scores[signal] for signal in SCORED] == pytest.approx(watch.scores)
        assert world.state(session.account, f"({name}).guess_nats") == pytest.approx(watch.guess_nats)
        assert world.state(session.account, f"({name}).proven_since") == watch.proven_since
        assert world.state(session.account, f"({name}).healings") == watch.healings
        is_stepped_up = watch.stepped_up_at_s is not None
        assert (world.state(session.account, f"({name}).stepped_up_at") is not None) == is_stepped_up
    assert (world.state(session.account, "standing") == 2) == account.is_frozen
    if account.day == account.purse.day:  # else nobody looks at them: they are of a day that is over
        assert world.state(session.account, "break_glass_today") == account.glasses_today
        if session.account.account_id == session.account.holder_account_id:
            crowd = world.scores(session.account, "newcomers")
            assert [crowd[signal] for signal in SCORED] == pytest.approx(account.purse.newcomers.scores)
            assert world.state(session.account, "glasses_of_all_today") == account.purse.glasses


@pytest.mark.parametrize("together", [False, True])
def test_the_gate_keeps_an_account_as_the_reference_model_does(
    world: World, insurer: Insurer, together: bool
) -> None:
    """Refusals, presence, budgets, scores, step-ups, healing and the second conviction, whatever is asked and whenever."""
    people = {f"new {n}": world.person(f"Louise {n}", insurer) for n in range(14)}
    people |= {
        f"ended {n}": world.person(f"Hugo {n}", insurer, Right(ends_on=date(2026, 1, 1))) for n in range(2)
    }
    people |= {f"nobody {n}": world.stranger(f"Personne {n}", insurer) for n in range(2)}
    world.detectors(threshold=1e9)
    for signal, threshold in THRESHOLDS.items():
        world.detectors(signal, threshold=threshold, measure=int(MEASURES[signal]))
    world.do(
        "update access.profession_rules set rate_interval_ms = %s, rate_burst = %s, people_per_day = %s",
        BUDGET.interval_s * 1000, BUDGET.burst, BUDGET.people_per_day,
    )  # fmt: skip
    seen: set[object] = set()

    @settings(
        max_examples=160,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(script=st.lists(STEPS, min_size=20, max_size=60))
    def compare(script: list[Step]) -> None:
        holder = world.account("pharmacist")
        place = holder.organisation_id
        world.do("update access.organisations set region = %s where organisation_id = %s", BRETAGNE, place)
        asking = (holder, world.staff(holder, is_new=True))
        sessions = [world.software_session(account) for account in asking]
        new_devices = [world.software_session(account, is_new_device=True) for account in asking]
        purse = Purse()
        shop = Shop(
            in_force(world, holder.profession_id),
            [Account(purse=purse, is_holder=n == 0) for n in range(len(sessions))],
        )
        until = world.state(sessions[1].account, "extract(epoch from new_until)::float8")
        shop.accounts[1].new_until_s = until + shop.day * DAY_S
        for part in parts(script, together):
            if part[0].days:
                days_pass(world, place, part[0].days)
                shop.day += part[0].days
            told = world.ask_all(
                [
                    asked(
                        (new_devices if step.is_new_device else sessions)[step.who], people[step.about], step
                    )
                    for step in part
                ]
            )
            for step, answer in zip(part, told, strict=True):
                refusal, presence = shop.hears(step, asked_at_s(world, answer))
                verdict = outcome(answer)
                assert (verdict if verdict.number >= 20 else None) == refusal
                if refusal is None:
                    assert answer.presence == presence
                seen.add(refusal or presence)
        for session, account in zip(sessions, shop.accounts, strict=True):
            compared(world, session, account)
        kept = world.owner.execute(
            "select account_id, signal_id, measure from gate.convictions where account_id = any(%s) order by conviction_id",
            ([session.account.account_id for session in sessions],),
        ).fetchall()
        assert kept == [
            (sessions[who].account.account_id, conviction.signal, conviction.measure)
            for who, conviction in shop.convictions
        ]
        seen.update((conviction.signal, conviction.measure) for _, conviction in shop.convictions)
        seen.update(
            "healed" for account in shop.accounts if account.watch.healings or account.new_devices.healings
        )
        seen.update(["guessed"] if shop.guessed else [])
        seen.update(["paid back"] if shop.paid_back else [])
        heard = [max(watch.scores) > 0 for watch in (shop.accounts[0].watch, shop.accounts[0].new_devices)]
        seen.update(["two watches"] if all(heard) else [])

    compare()
    assert seen >= {
        Outcome.ACCOUNT_FROZEN, Outcome.PRESENCE_REQUIRED, Outcome.BREAK_GLASS_EXHAUSTED, *list(Presence)[:4], "healed",
        "guessed", "paid back", "two watches",
        (Signal.NOVELTY, Measure.STEP_UP), (Signal.NOVELTY, Measure.FREEZE), (Signal.FAILURES, Measure.FREEZE),
    }  # fmt: skip


def parts(script: list[Step], together: bool) -> list[list[Step]]:
    """Cut a script into what is asked at once: one by one, or all that comes before a day passes."""
    cut: list[list[Step]] = []
    for step in script:
        if not cut or not together or step.days:
            cut.append([])
        cut[-1].append(step)
    return cut


def in_force(world: World, profession_id: int) -> dict[Signal, Likelihood]:
    rows = world.owner.execute(
        "select signal_id, honest, thief, threshold, measure from access.detector_rules where profession_id = %s",
        (profession_id,),
    ).fetchall()
    return {
        Signal(signal): Likelihood(threshold, Measure(measure), honest, thief)
        for signal, honest, thief, threshold, measure in rows
    }


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()
