"""Follow an honest account through its life by the reference model, question by question: what happens, and what it does.

An honest shop asked for presence scans the patient's card where there is one; where there is none, it sometimes breaks the
glass. The operator's two people put a frozen account back the next day, and one that is stepped up and cannot prove anybody
after a week.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from rempart.domain.detectors import Measure, Question, Signal, Test
from rempart.domain.detectors.standing import Account, Budget, admit, release, take
from rempart.domain.rights import Outcome, Presence
from rempart.drill.model.lives import DAY_S, Life

_RELEASED_AFTER_S: Final = {Measure.FREEZE: DAY_S, Measure.STEP_UP: 7 * DAY_S}

_GLASS_SHARE: Final = 0.2
"""Patients without a card for whom an honest shop breaks the glass rather than do without tiers payant."""

_POOL_DAYS: Final = 20
"""A shop's regular patients are those of twenty days."""


@dataclass(slots=True)
class Story:
    """What happened to one account: events by what caused them, questions asked, questions refused."""

    frozen_by: Counter[Signal] = field(default_factory=Counter)
    stepped_up_by: Counter[Signal] = field(default_factory=Counter)
    escalated: int = 0  # of those frozen, by a second conviction whose own measure is to step up
    healed: int = 0
    questions: int = 0
    demanded: int = 0  # of the questions, those refused at first because presence was asked for
    refused: int = 0


def follow(life: Life, tests: Mapping[Signal, Test], budget: Budget, card_share: float) -> Story:
    """Play a life through the reference model; `card_share`: patients who have a card that proves them."""
    shop = _Shop(Account(opening_until_s=life.opening_until_s), tests, budget, card_share)
    shop.pool = max(1.0, len(life) / max(1, life.days) * _POOL_DAYS)
    for question, draw in zip(life.questions(), life.draw.tolist(), strict=True):
        shop.asks(question, draw)
    return shop.story


@dataclass(slots=True)
class _Shop:
    """An honest shop at work."""

    account: Account
    tests: Mapping[Signal, Test]
    budget: Budget
    card_share: float
    story: Story = field(default_factory=Story)
    pool: float = 1.0
    proven: float = 0.0
    convicted_at_s: float = 0.0
    measure: Measure | None = None

    def asks(self, question: Question, draw: list[float]) -> None:
        """Ask, and where presence is demanded, ask again with what the patient has."""
        self.story.questions += 1
        self._operator_comes_by(question.asked_at_s)
        has_card, was_proven, breaks_glass = (
            draw[0] < self.card_share,
            draw[1] < self.proven / self.pool,
            draw[2] < _GLASS_SHARE,
        )
        is_proven_before = was_proven and question.is_met and question.is_found
        if self.account.opening_until_s > 0 and not is_proven_before:
            question = replace(question, is_known_long=False)
        first = Presence.KNOWN_PATIENT if is_proven_before else Presence.NONE
        if self._is_answered(question, first, is_proven_before):
            return
        self.story.demanded += not self.account.is_frozen
        if first is Presence.NONE and not self.account.is_frozen:
            if has_card and question.is_found:
                if self._is_answered(question, Presence.CARD, is_proven_before):
                    self.proven += 1
                    return
            elif breaks_glass and self._is_answered(question, Presence.BREAK_GLASS, is_proven_before):
                return
        self.story.refused += 1

    def _is_answered(self, question: Question, presence: Presence, is_proven_before: bool) -> bool:
        asked = question if presence is Presence.NONE else replace(question, presence=presence)
        refusal = admit(self.account, self.budget, asked, int(question.asked_at_s // DAY_S))
        if refusal is not None:
            assert refusal in {
                Outcome.PRESENCE_REQUIRED,
                Outcome.BREAK_GLASS_EXHAUSTED,
                Outcome.ACCOUNT_FROZEN,
            }
            return False
        was_stepped_up = self.account.is_stepped_up(asked)
        _, conviction = take(self.account, asked, self.tests, is_proven_before=is_proven_before)
        self.story.healed += was_stepped_up and not self.account.is_stepped_up(asked)
        if conviction is not None:
            self.convicted_at_s, self.measure = question.asked_at_s, conviction.measure
            if conviction.measure is Measure.FREEZE:
                self.story.frozen_by[conviction.signal] += 1
                own = self.tests.get(conviction.signal)
                self.story.escalated += own is not None and own.measure is Measure.STEP_UP
            else:
                self.story.stepped_up_by[conviction.signal] += 1
        return True

    def _operator_comes_by(self, at_s: float) -> None:
        """Let two people put the account back, once they have called the titulaire."""
        watches = (self.account.watch, self.account.new_devices)
        is_held = self.account.is_frozen or any(watch.stepped_up_at_s is not None for watch in watches)
        if (
            is_held
            and self.measure is not None
            and at_s - self.convicted_at_s > _RELEASED_AFTER_S[self.measure]
        ):
            release(self.account)
