"""A thief who asks by the account of an owner who is at work, and knows every rule and the score of his own device.

He stops before a conviction, and goes on when somebody has spoken for the shop: on a device of his own nobody does.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from rempart.domain.detectors.standing import Account, Budget, admit, take
from rempart.domain.rights import Presence
from rempart.drill.model.lives import DAY_S, live
from rempart.drill.model.parameters import BUDGETS, type_of_tests
from rempart.drill.model.patient import asked_by_a_thief, is_safe
from rempart.drill.model.worlds import CALM
from rempart.drill.professions import PROFESSIONS

_WORKING_DAY: Final = 1
_GAP_S: Final = 2.0
_FOR_THE_OWNER_NATS: Final = 4.0
"""What the thief on the owner's device leaves below each threshold, for the owner's strangers: more or less, he meets fewer."""


@dataclass(frozen=True, slots=True)
class ThiefBeside:
    """One stolen account for a day, through a device of the thief's own or the owner's."""

    profession: str
    is_own_device: bool

    @property
    def code(self) -> str:
        """How the table names him."""
        return f"beside an owner at work, on {'a device of his own' if self.is_own_device else 'his device'}, a day"


BESIDE: Final = tuple(
    ThiefBeside(profession, is_own_device)
    for is_own_device in (True, False)
    for profession in ("pharmacist", "optician")
)


def steal_beside(thief: ThiefBeside, tests: type_of_tests, seed: int) -> int:
    """Play the owner's day with the thief between his questions; give the people confirmed to him."""
    random = Random(f"{thief.code}/{thief.profession}/{seed}")  # noqa: S311 (the same thief again from the same seed)
    budget, account = BUDGETS[thief.profession], Account()
    margin_nats = 0.0 if thief.is_own_device else _FOR_THE_OWNER_NATS
    watch = account.new_devices if thief.is_own_device else account.watch
    life = live(PROFESSIONS[thief.profession], CALM, (seed, 0))
    confirmed = 0
    for question in life.questions():
        if question.asked_at_s // DAY_S != _WORKING_DAY:
            continue
        if admit(account, budget, question, _WORKING_DAY) is None:
            take(account, question, tests, is_proven_before=False)
        at_s = question.asked_at_s
        while is_safe(watch, tests, margin_nats) and watch.stepped_up_at_s is None:
            at_s += _GAP_S * random.uniform(0.5, 1.5)
            if not _asks(account, budget, tests, at_s, thief):
                break
            confirmed += 1
    return confirmed


def _asks(account: Account, budget: Budget, tests: type_of_tests, at_s: float, thief: ThiefBeside) -> bool:
    """Ask about a neighbour whose right is open, from a fresh list; False when no more is told without a proof."""
    question = asked_by_a_thief(at_s, Presence.NONE, is_known=False)
    question = replace(question, is_new_device=thief.is_own_device)
    if admit(account, budget, question, _WORKING_DAY) is not None:
        return False
    take(account, question, tests, is_proven_before=True)
    return True
