"""What the gate lets an account ask, and what a conviction changes: the account between two questions.

Steps 3 to 6 of the gate for one account, as pure rules: frozen, stepped up, opening, new to a staff, rate, people of the day,
broken glasses, guessed codes, healing, and the second conviction that freezes. The gate does the same in SQL
(store/migrations/0005_gate_ask.sql); the two are compared question by question in tests/store/test_gate_standing.py, and the
reference model of rempart.drill.model reckons with these rules.

Not here: containments, an insurer's own demand of presence, repeats, sessions and proofs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Final

from rempart.domain.detectors import (
    CONVICTION_REMEMBERED_DAYS,
    JUST_BELOW_NATS,
    NEW_DEVICE_DAYS,
    NEWCOMER_DAYS,
    PROVEN_TO_HEAL,
    Conviction,
    Measure,
    Question,
    Signal,
    Test,
    Watch,
    hear,
    judge,
    type_of_words,
    weigh,
)
from rempart.domain.rights import Outcome, Presence

DAY_S: Final = 86_400.0

_FAILURES: Final = Signal.FAILURES - 1

BREAK_GLASS_PER_DAY: Final = 3
"""A titulaire with his staff, or one account of a structure, may say three times a day that the patient is there without being
able to prove it; each is told to the person."""


KNOWN_PEOPLE_DAYS: Final = 2
"""Known patients pass without a proof until the day has had so many times its people: a shop's files may be carried off too."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a profession may ask without proof: people a day, one question an interval in the long run, so many at once."""

    people_per_day: int
    interval_s: float
    burst: int
    glasses_of_all_per_day: int = (
        BREAK_GLASS_PER_DAY  # a structure's accounts have more together than one has
    )


@dataclass(slots=True)
class Purse:
    """The people and the broken glasses of the day and the rate, counted for all the accounts that spend one holder's budget."""

    day: int = -1  # any count of days, in the shop's time
    people: int = 0
    glasses: int = 0
    next_free_s: float = 0.0
    newcomers: Watch = field(default_factory=Watch)  # all whom the holder enrolled lately


@dataclass(slots=True)
class Account:
    """What is remembered of an account, but for whom it met. Moments are in seconds since 1970; None: it is not so."""

    watch: Watch = field(default_factory=Watch)
    new_devices: Watch = field(default_factory=Watch)
    purse: Purse = field(default_factory=Purse)
    is_holder: bool = True  # of the purse; a member of the staff has half of its rate at most
    next_free_s: float = 0.0  # of a member of the staff
    is_frozen: bool = False
    opening_until_s: float = 0.0
    new_until_s: float = 0.0  # of a member of a staff
    day: int = -1
    glasses_today: int = 0

    def watch_of(self, question: Question) -> Watch:
        """Give the watch that hears a question: new devices have one of their own."""
        return self.new_devices if question.is_new_device else self.watch

    def crowd_of(self, question: Question) -> Watch | None:
        """Give the watch of all whom the holder enrolled lately; None: this account is none of them."""
        is_newcomer = self.new_until_s > 0 and self.new_until_s > question.asked_at_s - NEWCOMER_DAYS * DAY_S
        return self.purse.newcomers if is_newcomer else None

    def is_stepped_up(self, question: Question) -> bool:
        """Say whether its devices are stepped up; what old ones are, new ones are too: they would else be made for it."""
        return self.watch_of(question).stepped_up_at_s is not None or self.watch.stepped_up_at_s is not None


def admit(account: Account, budget: Budget, question: Question, day: int) -> Outcome | None:
    """Let a question pass, and spend its part of the budgets; or give the refusal. `day` counts days in the shop's time."""
    if account.is_frozen:
        return Outcome.ACCOUNT_FROZEN
    _forget_gone_devices(account, question)
    _begin(account, day)
    owed_at_most_s = (
        budget.burst * budget.interval_s
    )  # else a clock that was put back would close an honest account for as long
    account.purse.next_free_s = min(account.purse.next_free_s, question.asked_at_s + owed_at_most_s)
    account.next_free_s = min(account.next_free_s, question.asked_at_s + owed_at_most_s + budget.interval_s)
    presence = question.presence
    if presence is Presence.NONE and not _is_believed(account, budget, question):
        return Outcome.PRESENCE_REQUIRED
    if presence is Presence.KNOWN_PATIENT and not _has_people_left(
        account, budget, question, KNOWN_PEOPLE_DAYS
    ):
        return Outcome.PRESENCE_REQUIRED
    if presence is Presence.BREAK_GLASS:
        if (
            account.glasses_today >= BREAK_GLASS_PER_DAY
            or account.purse.glasses >= budget.glasses_of_all_per_day
        ):
            return Outcome.BREAK_GLASS_EXHAUSTED
        account.glasses_today += 1
        account.purse.glasses += 1
    _spend(account, budget, question.asked_at_s)
    account.purse.people += question.is_first_today
    return None


def _spend(account: Account, budget: Budget, asked_at_s: float) -> None:
    if not account.is_holder:
        is_within = account.next_free_s - asked_at_s <= (budget.burst - 1) * budget.interval_s
        account.next_free_s = max(account.next_free_s, asked_at_s) + 2 * budget.interval_s
        if not is_within:
            return  # a stolen account would else stop all its colleagues
    account.purse.next_free_s = max(account.purse.next_free_s, asked_at_s) + budget.interval_s


def take(
    account: Account, question: Question, tests: Mapping[Signal, Test], *, is_proven_before: bool
) -> tuple[type_of_words, Conviction | None]:
    """Learn from a question that passed: what it says on each signal, and the conviction it brings with its final measure.

    A card, a code or an approval of somebody never proven here heals a stepped-up account by a third; a conviction too soon after
    one that did not heal freezes. What a new member of a staff asks never speaks for the shop.
    """
    watch, crowd = account.watch_of(question), account.crowd_of(question)
    watch.heard_s = question.asked_at_s
    if question.presence >= Presence.CARD:
        if question.presence is not Presence.STANDING:
            if (
                watch.stepped_up_at_s is not None
                and not is_proven_before
                and _heals(watch, question.asked_at_s)
                and crowd
            ):
                crowd.calm()
            _pay_back(account, question, tests)
        if not question.is_canary:
            return {}, None
        return {}, _escalate(account, Conviction(Signal.CANARY, Measure.FREEZE, None), question, tests)
    if account.opening_until_s > question.asked_at_s:
        return {}, None  # a place that has just opened is asked for presence, and nothing is learnt from it
    words = hear(watch, question)
    if account.new_until_s > question.asked_at_s:
        words = {signal: is_a_thiefs for signal, is_a_thiefs in words.items() if is_a_thiefs}
    weigh(watch, words, tests)
    watch.guess_nats = min(watch.guess_nats, watch.scores[_FAILURES])
    if crowd is not None:
        weigh(crowd, words, tests)
    conviction = judge(watch, question, words, tests, crowd)
    if conviction is not None:
        conviction = _escalate(account, conviction, question, tests)
    return words, conviction


def guess(account: Account, question: Question, tests: Mapping[Signal, Test]) -> Conviction | None:
    """Learn from a guessed code that was refused for lack of presence, whoever it was about: a failure.

    Nothing of the answer was told. What it adds to the score is paid back by right proofs (`take`), for at a shop that is always
    asked for presence nothing else speaks for it, and codes are mistyped.
    """
    test = tests.get(Signal.FAILURES)
    if not question.is_guess or test is None:
        return None
    watch, crowd = account.watch_of(question), account.crowd_of(question)
    watch.guess_nats += test.gain
    for heard in (watch,) if crowd is None else (watch, crowd):
        heard.scores[_FAILURES] += test.gain
    score = watch.scores[_FAILURES]
    if score < test.threshold and crowd is not None:
        score = crowd.scores[_FAILURES]
    if score < test.threshold:
        return None
    return _escalate(account, Conviction(Signal.FAILURES, test.measure, score), question, tests)


def release(account: Account) -> None:
    """Put a convicted account back in good standing, as two operators or people proven may; its budgets stay spent."""
    account.is_frozen = False
    account.watch.calm()
    account.new_devices.calm()


def wait_s(account: Account, budget: Budget, asked_at_s: float) -> int:
    """Say how many whole seconds are left until the rate lets a question without proof pass; 0: now."""
    free_s = max(account.purse.next_free_s, account.next_free_s)
    return max(0, ceil(free_s - asked_at_s - (budget.burst - 1) * budget.interval_s))


def _begin(account: Account, day: int) -> None:
    """Start the counts of a new day; never back, for the shops of one holder may live in several time zones.

    A clock that was days ahead keeps no day open until that day comes: what was spent stays spent until tomorrow's end.
    """
    if account.day < day:
        account.day, account.glasses_today = day, 0
    if account.purse.day < day:
        account.purse.day, account.purse.people, account.purse.glasses = day, 0, 0
    account.day, account.purse.day = min(account.day, day + 1), min(account.purse.day, day + 1)


def _is_believed(account: Account, budget: Budget, question: Question) -> bool:
    """Say whether a question may pass without any proof that the person is there."""
    if account.is_stepped_up(question) or account.opening_until_s > question.asked_at_s:
        return False
    if account.new_until_s > question.asked_at_s:
        return False
    if wait_s(account, budget, question.asked_at_s) > 0:
        return False
    return _has_people_left(account, budget, question, 1)


def _has_people_left(account: Account, budget: Budget, question: Question, times: int) -> bool:
    return not question.is_first_today or account.purse.people < times * budget.people_per_day


def _heals(watch: Watch, at_s: float) -> bool:
    is_soon = watch.healed_at_s is not None and watch.healed_at_s > at_s - CONVICTION_REMEMBERED_DAYS * DAY_S
    watch.healings = watch.healings if is_soon else 0
    watch.proven_since += 1
    if watch.proven_since < PROVEN_TO_HEAL * 10**watch.healings:
        return False
    watch.healings, watch.healed_at_s = watch.healings + 1, at_s
    watch.calm()
    return True


def _forget_gone_devices(account: Account, question: Question) -> None:
    """Begin a watch again that nobody was heard by for so long: no device that it heard is there any more."""
    heard_s = account.watch_of(question).heard_s
    if heard_s is None or heard_s >= question.asked_at_s - NEW_DEVICE_DAYS * DAY_S:
        return
    if question.is_new_device:
        account.new_devices = Watch()
    else:
        account.watch = Watch()


def _pay_back(account: Account, question: Question, tests: Mapping[Signal, Test]) -> None:
    """Let the first right proof of a day about somebody take back what refused wrong ones added, and no more than that.

    One relief each, so that a borrowed card shown all day buys one; never what was said otherwise, which no card acquits of.
    """
    test = tests.get(Signal.FAILURES)
    if test is None or not question.is_first_today:
        return
    watch = account.watch_of(question)
    back = min(watch.guess_nats, watch.scores[_FAILURES], -test.relief)
    watch.scores[_FAILURES] -= back
    watch.guess_nats -= back
    crowd = account.crowd_of(question)
    if crowd is not None:
        crowd.scores[_FAILURES] = max(0.0, crowd.scores[_FAILURES] - back)


def _escalate(
    account: Account, conviction: Conviction, question: Question, tests: Mapping[Signal, Test]
) -> Conviction:
    watch, at_s = account.watch_of(question), question.asked_at_s
    crowd = account.crowd_of(question)
    if crowd is not None and conviction.signal is not Signal.CANARY:
        place = conviction.signal - 1
        crowd.scores[place] = min(crowd.scores[place], tests[conviction.signal].threshold - JUST_BELOW_NATS)
    before = [heard.last_convicted_s for heard in (account.watch, account.new_devices)]
    if any(last_s is not None and last_s > at_s - CONVICTION_REMEMBERED_DAYS * DAY_S for last_s in before):
        conviction = replace(conviction, measure=Measure.FREEZE)
    if conviction.measure is Measure.FREEZE:
        account.is_frozen = True
    else:
        watch.calm()  # else the next word convicts again, and freezes
        watch.stepped_up_at_s = at_s
    watch.last_convicted_s = at_s
    return conviction
