"""Thieves who know every rule and their own score: they stop before a conviction, and look for somebody who speaks for the shop.

They wait until those whom they took, or whose borrowed cards they showed, are the shop's acquaintances. Somebody who speaks for
the shop takes more away than a stranger adds, so that without a limit to how soon and how often, nobody would convict them.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from rempart.domain.detectors import (
    ACQUAINTANCE_SETTLES_DAYS,
    RELIEF_RESTS_DAYS,
    SUMMED,
    Question,
    Signal,
    Watch,
)
from rempart.domain.detectors.standing import Account, Budget, admit, take
from rempart.domain.rights import Presence
from rempart.drill.model.lives import DAY_S
from rempart.drill.model.parameters import BUDGETS, type_of_tests

_OPENS_S: Final = 9 * 3600.0
_GAP_S: Final = 600.0
_HITS: Final = 0.90
_ELSEWHERE: Final = 0.4


@dataclass(frozen=True, slots=True)
class PatientThief:
    """One stolen account, `questions` a day for so many days; `cards` of accomplices are shown on the first day."""

    code: str
    profession: str
    days: int
    cards: int = 0
    questions: int = 60


PATIENT: Final = tuple(
    PatientThief(
        f"asks again about his own, {days} days{', three cards' if cards else ''}", profession, days, cards
    )
    for days in (60, 120)
    for cards in (0, 3)
    for profession in ("pharmacist", "optician")
)


@dataclass(slots=True)
class _Friend:
    """Somebody the thief may ask about again: from which day on it helps, and when he last did."""

    speaks_from: int
    asked_on: int
    presence: Presence


@dataclass(slots=True)
class _Till:
    """The account in the thief's hands."""

    tests: type_of_tests
    budget: Budget
    random: Random
    account: Account = field(default_factory=Account)
    friends: list[_Friend] = field(default_factory=list)
    confirmed: int = 0

    def works_until_convictable(self, day: int, questions: int) -> None:
        """Ask about strangers while that is safe, and about a friend where it is not."""
        for place in range(questions):
            at_s = day * DAY_S + _OPENS_S + place * _GAP_S * self.random.uniform(0.5, 1.5)
            if is_safe(self.account.watch, self.tests):
                self._asks_about_a_stranger(at_s, day)
            elif (friend := self._friend_of(day)) is not None:
                friend.asked_on = day
                self._asks(asked_by_a_thief(at_s, friend.presence, is_known=True), day)
            else:
                return

    def shows_cards(self, count: int) -> None:
        """Prove accomplices, who are patients known to the shop from then on."""
        self.friends += [_Friend(ACQUAINTANCE_SETTLES_DAYS, 0, Presence.KNOWN_PATIENT) for _ in range(count)]

    def _asks_about_a_stranger(self, at_s: float, day: int) -> None:
        is_found = self.random.random() < _HITS
        is_elsewhere = self.random.random() < _ELSEWHERE
        question = asked_by_a_thief(
            at_s, Presence.NONE, is_known=False, is_found=is_found, is_elsewhere=is_elsewhere
        )
        if self._asks(question, day) and is_found:
            self.confirmed += 1
            self.friends.append(_Friend(day + ACQUAINTANCE_SETTLES_DAYS, day, Presence.NONE))

    def _friend_of(self, day: int) -> _Friend | None:
        return next(
            (
                friend
                for friend in self.friends
                if friend.speaks_from <= day and friend.asked_on <= day - RELIEF_RESTS_DAYS
            ),
            None,
        )

    def _asks(self, question: Question, day: int) -> bool:
        if admit(self.account, self.budget, question, day) is not None:
            return False
        _, conviction = take(self.account, question, self.tests, is_proven_before=True)
        assert conviction is None  # he knows his score
        return True


def is_safe(watch: Watch, tests: type_of_tests, margin_nats: float = 0.0) -> bool:
    """Say whether no answer about a stranger can convict, whatever it says, nor what an owner says for so many nats more."""
    worst = sum(tests[signal].gain for signal in SUMMED)
    return all(
        watch.scores[signal - 1] + (worst if signal is Signal.TOGETHER else test.gain)
        < test.threshold - margin_nats
        for signal, test in tests.items()
        if signal not in {Signal.WALK, Signal.REGULARITY}
    )


def steal_patiently(thief: PatientThief, tests: type_of_tests, seed: int) -> int:
    """Play a thief to his last day; give the people confirmed to him, none of them convicted him."""
    random = Random(f"{thief.code}/{thief.profession}/{seed}")  # noqa: S311 (the same thief again from the same seed)
    till = _Till(tests, BUDGETS[thief.profession], random)
    till.shows_cards(thief.cards)
    for day in range(thief.days):
        till.works_until_convictable(day, thief.questions)
    return till.confirmed


def asked_by_a_thief(
    at_s: float, presence: Presence, *, is_known: bool, is_found: bool = True, is_elsewhere: bool = False
) -> Question:
    """Make the question of somebody who knows what each signal hears: nothing regular, no two born in one month and commune."""
    return Question(
        asked_at_s=at_s, presence=presence, is_first_today=True, is_found=is_found, is_ended=False, is_guess=False,
        is_met=is_known, is_known_long=is_known, is_lately=False, cell=None, is_elsewhere=is_elsewhere,
    )  # fmt: skip
