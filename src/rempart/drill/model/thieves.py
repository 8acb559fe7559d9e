"""Thieves played against the reference model: how many people each stolen account confirms before it is stopped.

Who they are is in the security notes, 5.4: S1 replays an old list, S2 walks through numbers, S3 goes slowly with a fresh
list, S4 holds a structure's key. Patient ones know the rules and their own score (patient.py). Presence is not demanded, no
canary is planted, and no other control stands: the detectors alone, and the budgets.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from rempart.domain.detectors import Question
from rempart.domain.detectors.standing import Account, admit, take
from rempart.domain.rights import Presence
from rempart.drill.model.lives import DAY_S
from rempart.drill.model.parameters import BUDGETS, type_of_tests

_OPENS_S: Final = 9 * 3600.0
_WORKDAY_S: Final = 10 * 3600.0


@dataclass(frozen=True, slots=True)
class Thief:
    """How one goes about: `hits` of his list are insured here, `ended` once were; the others are nobody.

    `professions` are those of the accounts he holds, with their number. `known` of those he asks about are long known to the
    shop, by luck or knowledge. `per_day`: questions a day and account, at the hours of work. `elsewhere`: born in another
    region than the shop's. `walks`: his numbers follow each other in so many months and communes at once.
    """

    code: str
    professions: tuple[tuple[str, int], ...]
    hits: float
    ended: float
    days: int
    per_day: int
    known: float = 0.0
    elsewhere: float = 0.85
    walks: int = 0


_PHISHED: Final = (("pharmacist", 12), ("optician", 6), ("hospital", 2))

THIEVES: Final = (
    Thief("S1", _PHISHED, hits=0.60, ended=0.25, days=3, per_day=360_000),
    Thief("S2", _PHISHED, hits=0.24, ended=0.02, days=3, per_day=360_000, walks=1),
    Thief("S2, sixteen months in turn", _PHISHED, hits=0.24, ended=0.02, days=3, per_day=360_000, walks=16),
    Thief("S3", (("pharmacist", 50), ("doctor", 50), ("dentist", 50)), hits=0.90, ended=0.05, days=60, per_day=60,
    elsewhere=0.4), Thief(
        "S3, optics and audio", (("optician", 75), ("audioprosthetist", 75)), hits=0.90, ended=0.05, days=60, per_day=60,
        elsewhere=0.4 ),
    Thief("S4", (("hospital", 1),), hits=0.60, ended=0.25, days=10, per_day=3_600_000),
    *(
        Thief(
            f"mixes in {known} % known", (("pharmacist", 5), ("doctor", 5), ("optician", 5)), hits=0.90, ended=0.05, days=60,
            per_day=60, known=known / 100, elsewhere=0.4,
        )
        for known in (25, 50, 75)
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Haul:
    """What a thief took with one account: people confirmed, and those for whom he broke the glass, each told of it."""

    profession: str
    confirmed: int
    by_glass: int
    questions: int
    is_stopped: bool


def steal(thief: Thief, tests: dict[str, type_of_tests], seed: int) -> list[Haul]:
    """Play a thief on all his accounts; each is dropped when it is frozen, or stepped up and out of glasses."""
    hauls = []
    for profession, count in thief.professions:
        for place in range(count):
            random = Random(f"{thief.code}/{profession}/{place}/{seed}")  # noqa: S311 (the same thief again from the same seed)
            hauls.append(_steal_from(thief, profession, tests[profession], random))
    return hauls


def _steal_from(thief: Thief, profession: str, tests: type_of_tests, random: Random) -> Haul:
    account, budget = Account(), BUDGETS[profession]
    confirmed = by_glass = questions = 0
    for day in range(thief.days):
        for at_s in _moments(thief, day, random):
            presence = Presence.NONE if account.watch.stepped_up_at_s is None else Presence.BREAK_GLASS
            question = _question(thief, at_s, presence, questions, random)
            if admit(account, budget, question, day) is not None:
                if (
                    account.is_frozen
                    or presence is Presence.BREAK_GLASS
                    or account.purse.people >= budget.people_per_day
                ):
                    break
                continue
            questions += 1
            take(account, question, tests, is_proven_before=False)
            is_taken = question.is_found and not question.is_ended and not question.is_known_long
            confirmed += is_taken and presence is Presence.NONE
            by_glass += is_taken and presence is Presence.BREAK_GLASS
        if account.is_frozen:
            break
    return Haul(
        profession,
        confirmed,
        by_glass,
        questions,
        account.is_frozen or account.watch.stepped_up_at_s is not None,
    )


def _moments(thief: Thief, day: int, random: Random) -> list[float]:
    """Draw when he asks: one after the other, at no machine's pace, for he has read what regularity costs."""
    mean_s = min(_WORKDAY_S, _WORKDAY_S * thief.per_day / 60) / thief.per_day
    at_s, moments = day * DAY_S + _OPENS_S, []
    for _ in range(min(thief.per_day, 10_000)):
        at_s += random.expovariate(1 / mean_s)
        moments.append(at_s)
    return moments


def _question(thief: Thief, at_s: float, presence: Presence, asked: int, random: Random) -> Question:
    draw = random.random()
    is_known = random.random() < thief.known
    is_found = is_known or draw < thief.hits + thief.ended
    return Question(
        asked_at_s=at_s, presence=presence, is_first_today=True, is_found=is_found,
        is_ended=is_found and not is_known and draw >= thief.hits, is_guess=False, is_met=is_known, is_known_long=is_known,
        is_lately=False, cell=asked % thief.walks if thief.walks else random.randrange(1_000_000),
        is_elsewhere=random.random() < (0.35 if is_known else thief.elsewhere),
    )  # fmt: skip
