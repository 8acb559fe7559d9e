"""The life of an honest account: all the questions of sixty days, as columns.

Accounts differ: each has its shares, drawn from a beta law around the profession's mean, and its volume, lognormal; its days
are negative binomial around that, shorter on Saturdays, none on Sundays. The same seed draws the same life.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rempart.domain.detectors import ACQUAINTANCE_SETTLES_DAYS, NEW_PLACE_SETTLES_DAYS, Question
from rempart.domain.rights import Presence
from rempart.drill.model.worlds import Event, World
from rempart.drill.professions import Profession

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

LIFE_DAYS: Final = 60
DAY_S: Final = 86_400.0

_SPREAD: Final = {"optician": 0.75, "audioprosthetist": 0.6, "hospital": 0.8}
"""Standard deviation of the logarithm of the volume, between accounts; security notes 5.1: one optician in twenty has more than
three times the mean. The others: 0.40."""

_DAY_SHAPE: Final = 20.0
"""Of the gamma that makes a day negative binomial: one day in twenty has 1.4 times the mean."""

_WEEK: Final = (1.0, 1.0, 1.0, 1.0, 1.1, 0.6, 0.0)

_OPENS_S, _CLOSES_S = 9 * 3600.0, 19 * 3600.0

_COMMUNES: Final = 40
_MATERNITY_SHARE: Final = 0.30
_MONTHS: Final = 960
"""Where patients were born: three in ten in the nearest maternity's commune, the others in forty; over eighty years of
months."""

_RECENTLY_MET: Final = {
    "pharmacist": 0.20, "optician": 0.60, "audioprosthetist": 0.60, "dentist": 0.30, "doctor": 0.20, "laboratory": 0.20,
    "hospital": 0.40,
}  # fmt: skip
"""Of those who were met, the share first met less than two months ago: they are neither new nor known. Of the newcomers of a
pharmacy one in five stays and comes monthly; who comes back to an optician mostly fetches what he ordered. From memory, low
confidence."""

_LATELY: Final = {
    "pharmacist": 0.10, "optician": 0.35, "audioprosthetist": 0.25, "dentist": 0.25, "doctor": 0.05, "laboratory": 0.10,
    "hospital": 0.30,
}  # fmt: skip
"""Of those who were met, the share asked about in the last week: the rest of a prescription, a treatment in several visits."""

_RETYPED: Final = 0.5
"""Failures that the shop mends at once: a digit, or another insurer; the person is then found."""

_REGULARS_DAYS: Final = 30.0
"""In how many days two thirds of the regular patients of a shop have come."""

OPENING_DAYS: Final = 30

_MERGER_DAY: Final = 15
_MERGED_SHARE: Final = 0.08


@dataclass(frozen=True, slots=True)
class Life:
    """The questions of an account, in their order, each about somebody for the first time that day.

    `is_known_long` and `is_lately` are those of the detectors' questions, for whoever was met.
    `at_s` is in seconds since the first day's midnight; `elsewhere` is 1, 0, or -1 where it is not told. `draw` are uniform
    numbers, three a question, for what depends on the account's standing: whether the person has a card, was proven before,
    and whether the shop breaks the glass.
    """

    at_s: Floats
    is_found: Flags
    is_ended: Flags
    is_met: Flags
    is_known_long: Flags
    is_lately: Flags
    cell: Integers
    elsewhere: Integers
    draw: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    opening_until_s: float
    days: int  # on which it asked
    is_new_device: Flags | None = None  # through which a question comes; None: there is none

    def __len__(self) -> int:
        return len(self.at_s)

    def through(self, *, new_devices: bool) -> "Life":
        """Give the questions that came through new devices, or through the others."""
        assert self.is_new_device is not None
        return self._at(np.flatnonzero(self.is_new_device == new_devices))

    def _at(self, places: Integers) -> "Life":
        return replace(
            self, **{name: getattr(self, name)[places] for name in _COLUMNS},
            is_new_device=None if self.is_new_device is None else self.is_new_device[places],
        )  # fmt: skip

    def questions(self) -> Iterator[Question]:
        """Give them as the detectors hear them, without any proof of presence."""
        new = np.zeros(len(self), dtype=np.bool_) if self.is_new_device is None else self.is_new_device
        columns = (
            self.at_s, self.is_found, self.is_ended, self.is_met, self.is_known_long, self.is_lately, self.cell, self.elsewhere,
            new,
        )  # fmt: skip
        for at_s, found, ended, met, known, lately, cell, elsewhere, is_new in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield Question(
                asked_at_s=at_s, presence=Presence.NONE, is_first_today=True, is_found=found, is_ended=ended, is_guess=False,
                is_met=met, is_known_long=known, is_lately=lately, cell=cell,
                is_elsewhere=None if elsewhere < 0 else elsewhere == 1, is_new_device=is_new,
            )  # fmt: skip


_COLUMNS: Final = (
    "at_s", "is_found", "is_ended", "is_met", "is_known_long", "is_lately", "cell", "elsewhere", "draw",
)  # fmt: skip


def live(profession: Profession, world: World, seed: tuple[int, ...]) -> Life:
    """Draw the life of one account."""
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))
    volume = profession.people * world.volume * _lognormal(random, _SPREAD.get(profession.code, 0.40))
    at_s, is_batch = _moments(random, volume, world)
    day = (at_s // DAY_S).astype(np.int64)
    size = len(at_s)
    settled = np.exp(-day / world.settles_days)
    unknown = _beta(random, profession.unknown) * (1 + (world.failures - 1) * settled)
    ended = _beta(random, profession.ended) * (1 + (world.ended - 1) * settled)
    is_found = random.random(size) >= unknown
    is_ended = (random.random(size) < ended) & is_found
    is_met, is_settled = _acquaintance(random, profession, world, day, is_batch)
    is_lately = random.random(size) < _LATELY[profession.code]
    if world.event is Event.MERGER:
        merged = _merged(random, day) & is_met
        is_met, is_settled = is_met & ~merged, is_settled & ~_came_back(random, day)
        is_found = is_found & ~(merged & (random.random(size) < 0.5))
        is_ended = is_ended & is_found
    elsewhere_mean, elsewhere_sd = profession.elsewhere
    elsewhere = random.random(size) < _beta(random, (world.elsewhere or elsewhere_mean, elsewhere_sd))
    life = Life(
        at_s, is_found, is_ended, is_met & is_found, is_settled, is_lately, _cells(random, size, is_batch),
        np.where(random.random(size) < 0.08, -1, elsewhere).astype(np.int64), random.random((size, 3)),
        OPENING_DAYS * DAY_S if world.event is Event.NEW_SHOP else 0.0, len(np.unique(day)),
    )  # fmt: skip
    if world.new_device is not None:
        of_strangers, of_met = world.new_device
        through_new = random.random(size) < np.where(life.is_met, of_met, of_strangers)
        life = replace(life, is_new_device=through_new)
    return _retyped(random, life)


def _lognormal(random: np.random.Generator, spread: float) -> float:
    """Draw a factor whose mean is one."""
    return float(np.exp(random.normal(-spread * spread / 2, spread)))


def _beta(random: np.random.Generator, moments: tuple[float, float]) -> float:
    """Draw a share by its mean and standard deviation."""
    mean, deviation = moments
    weight = mean * (1 - mean) / (deviation * deviation) - 1
    return float(random.beta(mean * weight, (1 - mean) * weight))


def _moments(random: np.random.Generator, volume: float, world: World) -> tuple[Floats, Flags]:
    """Draw when the questions come, and which of them a machine asked."""
    days = np.arange(LIFE_DAYS)
    is_open = ~((days >= world.closed[0]) & (days < world.closed[1]))
    means = volume * np.array([_WEEK[day % 7] for day in days]) * is_open
    counts = random.poisson(means * random.gamma(_DAY_SHAPE, 1 / _DAY_SHAPE, LIFE_DAYS))
    day = np.repeat(days, counts)
    at_s = day * DAY_S + random.uniform(_OPENS_S, _CLOSES_S, len(day))
    is_batch = np.zeros(len(at_s), dtype=np.bool_)
    if world.event is Event.NURSING_HOME:
        for tuesday in range(1, LIFE_DAYS, 7):
            residents = random.integers(60, 81)
            gaps = 2.0 * (1 + random.normal(0, 0.01, residents))
            at_s = np.append(at_s, tuesday * DAY_S + 8.5 * 3600 + np.cumsum(gaps))
            is_batch = np.append(is_batch, np.ones(residents, dtype=np.bool_))
    order = np.argsort(at_s, kind="stable")
    return at_s[order], is_batch[order]


def _acquaintance(
    random: np.random.Generator, profession: Profession, world: World, day: Integers, is_batch: Flags
) -> tuple[Flags, Flags]:
    """Draw who was met here before, and who long enough ago to be known, if met at all."""
    mean, deviation = profession.novelty
    novelty = _beta(random, (world.novelty or mean, deviation))
    chance = random.random(len(day))
    if world.event in {Event.NEW_SHOP, Event.UNDECLARED_SHOP}:
        is_met = chance < (1 - novelty) * -np.expm1(-day / _REGULARS_DAYS)
        settles = NEW_PLACE_SETTLES_DAYS if world.event is Event.NEW_SHOP else ACQUAINTANCE_SETTLES_DAYS
        return is_met, chance < (1 - novelty) * -np.expm1(-np.maximum(0, day - settles) / _REGULARS_DAYS)
    is_met = chance >= np.where(is_batch, 0.05, novelty)
    return is_met, random.random(len(day)) >= _RECENTLY_MET[profession.code]


def _merged(random: np.random.Generator, day: Integers) -> Flags:
    """Draw whose insurer has become another one, and who comes for the first time since."""
    since = day - _MERGER_DAY
    share = np.where(since >= 0, _MERGED_SHARE * np.exp(-np.maximum(0, since) / _REGULARS_DAYS), 0.0)
    return random.random(len(day)) < share


def _came_back(random: np.random.Generator, day: Integers) -> Flags:
    """Draw who has come since by his new number, and is a recent acquaintance under it."""
    since = day - _MERGER_DAY
    share = np.where(since >= 0, -_MERGED_SHARE * np.expm1(-np.maximum(0, since) / _REGULARS_DAYS), 0.0)
    return random.random(len(day)) < share


def _cells(random: np.random.Generator, size: int, is_batch: Flags) -> Integers:
    """Draw months and communes of birth; those of a nursing home were born within twenty years."""
    is_near = random.random(size) < _MATERNITY_SHARE
    commune = np.where(is_near, 0, random.integers(1, _COMMUNES + 1, size))
    months = random.random(size) * np.where(is_batch, _MONTHS / 4, _MONTHS)
    return (commune * _MONTHS + months.astype(np.int64)).astype(np.int64)


def _retyped(random: np.random.Generator, life: Life) -> Life:
    """Ask again, well typed, half of those who were not found; they are found half a minute later."""
    again = np.flatnonzero(~life.is_found & (random.random(len(life)) < _RETYPED))
    source = np.concatenate((np.arange(len(life)), again))
    is_again = np.arange(len(source)) >= len(life)
    at_s = life.at_s[source] + is_again * random.uniform(10, 50, len(source))
    order = np.argsort(at_s, kind="stable")
    source, is_again = source[order], is_again[order]
    is_met = life.is_met[source] | (is_again & (random.random(len(source)) < 0.75))
    return Life(
        at_s[order], life.is_found[source] | is_again, life.is_ended[source], is_met, is_met & life.is_known_long[source],
        is_met & life.is_lately[source], life.cell[source], life.elsewhere[source], life.draw[source],
        life.opening_until_s, life.days, None if life.is_new_device is None else life.is_new_device[source],
    )  # fmt: skip
