"""Judge detectors on whole worlds: how often honest accounts are frozen or asked for presence, world by world, trade by trade.

Lives are drawn and screened in blocks, by several processes; only those in which something could happen are followed
question by question by the reference model. The same seed gives the same figures, however many processes there are.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final

from rempart.domain.detectors import Signal
from rempart.drill.model.follow import Story, follow
from rempart.drill.model.lives import live
from rempart.drill.model.parameters import BUDGETS, type_of_tests
from rempart.drill.model.poisson import upper_bound
from rempart.drill.model.screen import is_eventful
from rempart.drill.model.worlds import BY_CODE, World
from rempart.drill.professions import PROFESSIONS

CARD_SHARES: Final = (0.0, 0.3, 0.7)
"""Shares of the patients who have a card that proves them; each life is followed with each."""

_BLOCK: Final = 50
"""Accounts that a process plays at once: a second or two of work."""

_FEWEST: Final = 2
"""Accounts of the rarest profession in a world: its column would else say nothing."""


@dataclass(slots=True)
class Tally:
    """What was counted over some accounts; events are those at one card share."""

    accounts: int = 0
    account_days: int = 0
    questions: int = 0
    followed: int = 0
    demanded: int = 0
    refused: int = 0
    healed: int = 0
    escalated: int = 0
    frozen_by: Counter[Signal] = field(default_factory=Counter)
    stepped_up_by: Counter[Signal] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Take the counts of other accounts in."""
        for name in (
            "accounts",
            "account_days",
            "questions",
            "followed",
            "demanded",
            "refused",
            "healed",
            "escalated",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.frozen_by.update(other.frozen_by)
        self.stepped_up_by.update(other.stepped_up_by)

    def hear(self, story: Story) -> None:
        """Take in what happened to an account that was followed."""
        self.followed += 1
        self.demanded += story.demanded
        self.refused += story.refused
        self.healed += story.healed
        self.escalated += story.escalated
        self.frozen_by.update(story.frozen_by)
        self.stepped_up_by.update(story.stepped_up_by)

    def figures(self) -> dict[str, object]:
        """Write the counts as rates, each with the 95 % upper bound."""
        frozen, stepped_up = self.frozen_by.total(), self.stepped_up_by.total()
        days = max(1, self.account_days)
        return {
            "accounts": self.accounts,
            "account_days": self.account_days,
            "questions": self.questions,
            "frozen": frozen,
            "frozen_per_100000": frozen / days * 1e5,
            "frozen_per_100000_at_most": upper_bound(frozen) / days * 1e5,
            "stepped_up": stepped_up,
            "stepped_up_per_10000": stepped_up / days * 1e4,
            "stepped_up_per_10000_at_most": upper_bound(stepped_up) / days * 1e4,
            "presence_asked_per_10000_questions": self.demanded / max(1, self.questions) * 1e4,
            "refused_per_10000_questions": self.refused / max(1, self.questions) * 1e4,
            "frozen_by_second_conviction": self.escalated,
            "healed": self.healed,
            "frozen_by": {signal.name.lower(): count for signal, count in sorted(self.frozen_by.items())},
            "stepped_up_by": {
                signal.name.lower(): count for signal, count in sorted(self.stepped_up_by.items())
            },
        }


type_of_tallies = dict[tuple[str, str, float], Tally]
"""By world, profession and card share."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some accounts of one profession in one world, to be played by one process."""

    world: str
    profession: str
    first: int
    count: int
    seed: int
    tests: type_of_tests


def judge_worlds(
    worlds: Sequence[World],
    accounts: int,
    seed: int,
    tests: Mapping[str, type_of_tests],
    processes: int | None = None,
) -> type_of_tallies:
    """Play `accounts` accounts in each world, all professions in their proportion, for sixty days each."""
    blocks = list(_blocks(worlds, accounts, seed, tests))
    tallies: type_of_tallies = {}
    for block, played in _played(blocks, processes or os.cpu_count() or 1):
        for card_share, tally in played.items():
            tallies.setdefault((block.world, block.profession, card_share), Tally()).add(tally)
    return tallies


def summed(
    tallies: type_of_tallies,
    card_share: float,
    worlds: Iterable[str] | None = None,
    profession: str | None = None,
) -> Tally:
    """Add up the tallies of some worlds, or of one profession."""
    wanted = None if worlds is None else set(worlds)
    total = Tally()
    for (world, code, share), tally in tallies.items():
        if share == card_share and (wanted is None or world in wanted) and profession in (None, code):
            total.add(tally)
    return total


def _blocks(
    worlds: Sequence[World], accounts: int, seed: int, tests: Mapping[str, type_of_tests]
) -> Iterator[Block]:
    in_france = sum(profession.accounts for profession in PROFESSIONS.values())
    for world in worlds:
        for code, profession in PROFESSIONS.items():
            if world.only and code not in world.only:
                continue
            count = max(min(_FEWEST, accounts), round(accounts * profession.accounts / in_france))
            for first in range(0, count, _BLOCK):
                yield Block(world.code, code, first, min(_BLOCK, count - first), seed, tests[code])


def _played(blocks: Sequence[Block], processes: int) -> Iterator[tuple[Block, dict[float, Tally]]]:
    if processes == 1:
        yield from ((block, _play(block)) for block in blocks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from zip(blocks, pool.map(_play, blocks, chunksize=4), strict=True)


def _play(block: Block) -> dict[float, Tally]:
    """Live the accounts of a block, and follow those to whom something may happen."""
    world, profession, budget = BY_CODE[block.world], PROFESSIONS[block.profession], BUDGETS[block.profession]
    trade, place = list(PROFESSIONS).index(block.profession), list(BY_CODE).index(block.world)
    tallies = {share: Tally() for share in CARD_SHARES}
    for account in range(block.first, block.first + block.count):
        life = live(profession, world, (block.seed, place, trade, account))
        eventful = is_eventful(life, block.tests, budget)
        for share, tally in tallies.items():
            tally.add(Tally(accounts=1, account_days=life.days, questions=len(life)))
            if eventful:
                tally.hear(follow(life, block.tests, budget, share))
    return tallies
