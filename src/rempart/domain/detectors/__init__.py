"""The detectors: what an answer says about the account that asked, and when it has said enough.

Each answered question may speak, on several signals, for a thief or for an honest shop, or say nothing. For each signal and for
all of them together, an account carries a score: the one-sided cumulative sum of log likelihood ratios (CUSUM, E. S. Page,
Biometrika 41, 1954). A score that reaches its threshold convicts. The gate does the same in SQL, in the answer's own transaction
(store/migrations/0005_gate_ask.sql); this file is the reference that it is tested against, and what the fitting tool and the
drill reckon with. The numbers of the signals are those of the database; they are never reused.

Only the first question of a day about a person speaks: else a thief would ask again and again about one whom he knows, and look
honest. What was proven by a card or through the insurer says nothing: whoever proves presence has the person there.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from rempart.domain.rights import Presence


class Signal(IntEnum):
    """What is watched; CANARY needs no score."""

    FAILURES = 1  # unknown or ended, or a wrong code: guesses, an old list
    NOVELTY = 2  # somebody whom this shop has not seen in twelve months
    STALE = 3  # somebody known, whose right has ended: an old list
    WALK = 4  # several people born in one month in one commune: order numbers tried one after the other
    ELSEWHERE = 5  # somebody new here, born in another region than the shop's
    REGULARITY = 6  # the same gap between two questions as before: no hand does that
    TOGETHER = 7  # the sum of those in SUMMED
    CANARY = 8  # somebody who does not exist, and whom only a stolen list names


SCORED = tuple(signal for signal in Signal if signal is not Signal.CANARY)
SPEAKING = tuple(signal for signal in SCORED if signal is not Signal.TOGETHER)

SUMMED = frozenset((Signal.FAILURES, Signal.NOVELTY, Signal.STALE, Signal.ELSEWHERE))
"""What TOGETHER sums. Not WALK and REGULARITY: to avoid these costs a thief nothing, and would acquit him of the rest."""


ACQUAINTANCE_MONTHS: Final = 12
"""How long a shop remembers a person it asked about; after that the person is new there."""

ACQUAINTANCE_SETTLES_DAYS: Final = 60
"""A person first asked about less than two months ago is neither new nor known: a thief makes his own acquaintances, and whom he
met a week before would let him meet six others (after sixty days 2,126 from one account, by the reference model)."""

NEW_PLACE_SETTLES_DAYS: Final = 7
"""The same where a place has just opened: it knows nobody for longer, and its regulars come back within weeks."""

NEW_PLACE_DAYS: Final = 60
"""How long after its declared opening a place is new in this sense."""

RELIEF_RESTS_DAYS: Final = 7
"""Somebody known speaks for a shop once in so many days: else a handful of acquaintances, asked about each morning, would speak
for a thief. That somebody showed a card changes nothing: three borrowed ones are soon found."""

NEW_DEVICE_DAYS: Final = 60
"""How long what an account asks through a new device is heard apart. Beside an owner at work, whose regulars spoke for both,
a thief with a device of his own would meet 342 people in a day at a pharmacy, and not 25 (by the reference model)."""

NEWCOMER_DAYS: Final = 60
"""How long what a member of a staff asks is added to a score of all whom the same holder enrolled lately, beside his own: fifty
members of a stolen structure, each stopping one stranger before his own conviction, met 2,150 people in a day."""

JUST_BELOW_NATS: Final = 0.5
"""How far below its threshold that score is put by a conviction: the next newcomer's next word convicts him."""

RECENT_CELLS: Final = 32
"""People of whom an account's month and commune of birth are remembered, as four keyed bytes each."""

WALK_CROWD: Final = 3
"""People of one month and commune among the recent ones: in two of a million questions of a made-up pharmacy the next one is of
the same. Two were one too few (one question in seven thousand there): a school's classes are of one commune and one year."""

REGULAR_GAP_MAX_S: Final = 60.0
"""A longer gap is that of a patient, not of a machine."""

REGULAR_GAP_TOLERANCE: Final = 0.05
"""A gap is the same as the one before within a twentieth: two honest gaps in a row are in one case out of forty."""

CONVICTION_REMEMBERED_DAYS: Final = 30
"""A second conviction within this time freezes, whatever its measure: once may be bad luck. One that healed is forgotten: on a
coast in summer bad luck comes three times, and each healing takes three more people who were never proven here."""

PROVEN_TO_HEAL: Final = 3
"""People proven at a shop for the first time that put a stepped-up account back in good standing. Each healing within
CONVICTION_REMEMBERED_DAYS of the last takes ten times as many: an owner at work shows cards for the thief beside him too."""


class Measure(IntEnum):
    """What a conviction does to the account."""

    STEP_UP = 1  # presence for everybody, until people were proven here again
    FREEZE = 2


@dataclass(frozen=True, slots=True)
class Test:
    """A sequential likelihood test for one signal of one profession.

    `honest` and `thief` are the shares of questions that speak for a thief, at the profession's 99.9 % honest account and at the
    thief's; TOGETHER has neither. `threshold` is in nats: 13.8 = ln(0.99 / 1e-6), one false alarm in a million.
    """

    threshold: float
    measure: Measure
    honest: float | None = None
    thief: float | None = None

    @property
    def gain(self) -> float:
        """What a question that speaks for a thief adds, in nats."""
        return 0.0 if self.honest is None or self.thief is None else math.log(self.thief / self.honest)

    @property
    def relief(self) -> float:
        """What a question that speaks for an honest shop takes away, in nats; negative."""
        if self.honest is None or self.thief is None:
            return 0.0
        return math.log((1 - self.thief) / (1 - self.honest))


@dataclass(frozen=True, slots=True)
class Question:
    """What the gate knows of an answered question, without knowing whom it is about.

    `is_met` says that the shop had met the person within twelve months, `is_known_long` that it first did so long enough ago
    to count as an acquaintance (ACQUAINTANCE_SETTLES_DAYS), `is_lately` that the account's own budget was spent on the person
    within the last RELIEF_RESTS_DAYS. `cell` stands for the month and commune of birth, `is_elsewhere` for a birth in another
    region; None: not told, or abroad. `is_guess`: a wrong code that nobody expected, or the first wrong one of a request.
    `is_stale`: the insurer's data are too old to say that somebody left, `is_week_late` that somebody is nobody.
    `is_new_device`: the account has asked through that passkey, browser or software's key for less than NEW_DEVICE_DAYS, or
    had when stepped up. `is_first_today` counts all devices; `is_first_of_old_devices` the old ones alone, as `is_lately`
    does where an old one asks (None: no new device asks there).
    `asked_at_s` is in seconds since 1970.
    """

    asked_at_s: float
    presence: Presence
    is_first_today: bool
    is_found: bool
    is_ended: bool
    is_guess: bool
    is_met: bool
    is_known_long: bool
    is_lately: bool
    cell: int | None
    is_elsewhere: bool | None
    is_canary: bool = False
    is_stale: bool = False
    is_week_late: bool = False
    is_new_device: bool = False
    is_first_of_old_devices: bool | None = None

    @property
    def is_heard_first(self) -> bool:
        """Whether it is the first of the day about this person for the watch that hears it.

        What a new device asked is unheard by the old ones: a thief beside the owner would else use up who speaks for him.
        """
        if self.is_new_device or self.is_first_of_old_devices is None:
            return self.is_first_today
        return self.is_first_of_old_devices


@dataclass(slots=True)
class Watch:
    """What is remembered of an account's devices between two questions, a few numbers whatever they ask, and how they stand.

    `guess_nats` is the part of the score of failures that refused guesses added and no right proof has paid back. Moments are in
    seconds since 1970; None: it is not so. `healings` are by people proven, each soon after the last one.
    """

    scores: list[float] = field(default_factory=lambda: [0.0] * len(SCORED))
    guess_nats: float = 0.0
    recent_cells: list[int] = field(default_factory=list)
    last_asked_s: float | None = None
    last_gap_s: float | None = None
    stepped_up_at_s: float | None = None
    proven_since: int = 0
    healings: int = 0
    healed_at_s: float | None = None
    last_convicted_s: float | None = None
    heard_s: float | None = None

    def calm(self) -> None:
        """Forget what was heard and decided, but for what the next question is compared with."""
        self.scores = [0.0] * len(SCORED)
        self.guess_nats = 0.0
        self.stepped_up_at_s = self.last_convicted_s = None
        self.proven_since = 0


type_of_words = dict[Signal, bool]
"""What a question says: True speaks for a thief, False for an honest shop; a signal that is absent says nothing."""


@dataclass(frozen=True, slots=True)
class Conviction:
    """Why an account is convicted, and to what."""

    signal: Signal
    measure: Measure
    score: float | None


def hear(watch: Watch, question: Question) -> type_of_words:
    """Say on which signals a question speaks, and remember what the next one is compared with."""
    if question.presence >= Presence.CARD:
        return {}
    words: type_of_words = {}
    is_wrong = not question.is_found or question.is_ended
    # An insurer that is late would else have its shops convicted. A thief finds which one is; few are new within a week.
    is_told = not (
        question.is_week_late if not question.is_found else question.is_ended and question.is_stale
    )
    if question.is_guess or (question.is_heard_first and is_told):
        words[Signal.FAILURES] = is_wrong or question.is_guess
    gap_s = None if watch.last_asked_s is None else question.asked_at_s - watch.last_asked_s
    if question.is_heard_first:
        if question.is_found:
            words |= _about_somebody(question)
        if question.cell is not None:
            words[Signal.WALK] = watch.recent_cells.count(question.cell) >= WALK_CROWD
            watch.recent_cells = [*watch.recent_cells, question.cell][-RECENT_CELLS:]
        is_regular = None if question.is_met else _is_regular(gap_s, watch.last_gap_s)
        if is_regular is not None:
            words[Signal.REGULARITY] = is_regular
    if (
        question.is_met and question.is_heard_first
    ):  # a list of regulars, as of a nursing home: its few new ones are not a machine's
        watch.last_asked_s = watch.last_gap_s = None
    elif gap_s is None or gap_s > 0 or gap_s < -REGULAR_GAP_MAX_S:
        # those of one batch came together: they have no gap; one that is so far behind is of a clock that was put back
        watch.last_asked_s, watch.last_gap_s = question.asked_at_s, gap_s
    return words


def weigh(watch: Watch, words: type_of_words, tests: Mapping[Signal, Test]) -> None:
    """Add what was said to the scores; none falls below nothing."""
    together = 0.0
    for signal, speaks_for_a_thief in words.items():
        test = tests.get(signal)
        if test is not None:
            said = test.gain if speaks_for_a_thief else test.relief
            together += said if signal in SUMMED else 0.0
            watch.scores[signal - 1] = max(0.0, watch.scores[signal - 1] + said)
    if words:
        place = Signal.TOGETHER - 1
        watch.scores[place] = max(0.0, watch.scores[place] + together)


def judge(
    watch: Watch,
    question: Question,
    words: type_of_words,
    tests: Mapping[Signal, Test],
    crowd: Watch | None = None,
) -> Conviction | None:
    """Say whether the account is convicted now; of several signals, the gravest measure, then the first.

    Only what a question spoke on may convict: a score that stands high since an earlier conviction is no news. `crowd` is
    the watch of all whom one holder enrolled lately, of whom the account is one.
    """
    if question.is_canary:
        return Conviction(Signal.CANARY, Measure.FREEZE, None)
    watches = (watch,) if crowd is None else (watch, crowd)
    reached = [
        Conviction(signal, tests[signal].measure, heard.scores[signal - 1])
        for signal in SCORED
        if (signal in words or (words and signal is Signal.TOGETHER)) and signal in tests
        for heard in watches
        if heard.scores[signal - 1] >= tests[signal].threshold
    ]
    return min(reached, key=lambda conviction: (-conviction.measure, conviction.signal), default=None)


def _about_somebody(question: Question) -> type_of_words:
    words = {} if question.is_ended and question.is_stale else {Signal.STALE: question.is_ended}
    if not question.is_met and question.presence is not Presence.KNOWN_PATIENT:
        words[Signal.NOVELTY] = True
        if question.is_elsewhere is not None:
            words[Signal.ELSEWHERE] = question.is_elsewhere
    elif question.is_known_long and not question.is_lately:
        words[Signal.NOVELTY] = False
    return words


def _is_regular(gap_s: float | None, last_gap_s: float | None) -> bool | None:
    """Whether two gaps in a row are the same; None where one of them is a patient's and not a machine's."""
    if gap_s is None or last_gap_s is None:
        return None
    if not (0 < gap_s <= REGULAR_GAP_MAX_S and 0 < last_gap_s <= REGULAR_GAP_MAX_S):
        return None
    return abs(gap_s - last_gap_s) <= REGULAR_GAP_TOLERANCE * last_gap_s


def bits_of(words: type_of_words, signals: Sequence[Signal] = SPEAKING) -> int:
    """Write what a question said as the receipt keeps it: bit n-1 for a thief, bit n+7 for an honest shop."""
    return sum(1 << (signal - 1 if words[signal] else signal + 7) for signal in signals if signal in words)
