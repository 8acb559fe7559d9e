"""Households of generated people: who lives with whom, sexes, birth days and birth places.

The holder of the contract comes first, then the partner, then the children from the eldest. The shares are tuned so that the ages
come out like those of France (tests/people checks them against the published pyramid).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from rempart.people.draws import Flags, Floats, Integers, bell, chance, cumulate, pick, skewed
from rempart.people.places import places

SINGLE, COUPLE, FAMILY, LONE_PARENT, SENIOR, SENIOR_COUPLE = range(6)
_HOUSEHOLD_SHARES: Final = cumulate([200, 130, 285, 75, 160, 150])
_CHILDREN_SHARES: Final = cumulate([36, 42, 16, 6])  # one to four
CHILDREN_MAX: Final = 4
CHILD_AGE_MAX_DAYS: Final = 25 * 365
TWINS: Final = 0.016
TWIN_AMONG_ADULTS: Final = 0.02
BORN_ABROAD_ADULT, BORN_ABROAD_CHILD = 0.13, 0.03
BORN_AT_HOME_ADULT, BORN_AT_HOME_CHILD = 0.55, 0.85
SAME_SEX_COUPLES: Final = 0.02
DAYS_A_YEAR: Final = 365.2425
_AGES_OF_SENIORS: Final = (65, 70, 75, 80, 85, 90, 95, 100, 108)
_SHARES_OF_SENIORS: Final = (0, 0.27, 0.52, 0.73, 0.855, 0.94, 0.987, 0.998, 1)
"""How many of those over 65 are younger than each of these ages (Insee, population by age on 1 January, rounded)."""
_SENIOR_COUPLES_SHARE: Final = 0.97  # couples end before the greatest ages
_EPOCH: Final = date(1970, 1, 1)

HOLDER, PARTNER, CHILD = range(3)

Matrix = np.ndarray[tuple[int, int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class People:
    """People as columns; `household` counts up, and the holder of each comes first."""

    household: Integers
    role: Integers
    is_male: Flags
    birth_day: Integers  # days since 1970
    birth_rank: Integers
    place: Integers
    is_born_abroad: Flags

    @property
    def count(self) -> int:
        """How many people there are."""
        return int(self.household.size)

    @property
    def first_born(self) -> Integers:
        """Who was born first of each one's birth, as a position: oneself, but for the later ones of twins."""
        return first_of_births(self.role, self.birth_rank)

    def first(self, count: int) -> "People":
        """Keep the first people, the rest of the last household left out."""
        return People(
            self.household[:count],
            self.role[:count],
            self.is_male[:count],
            self.birth_day[:count],
            self.birth_rank[:count],
            self.place[:count],
            self.is_born_abroad[:count],
        )


def make_people(random: np.random.Generator, household_count: int, on: date) -> People:
    """Make the people of some households as they are on a day."""
    today = (on - _EPOCH).days
    kind = pick(random, _HOUSEHOLD_SHARES, household_count)
    holder_days = _adult_ages_days(random, kind)
    spread = bell(random, 2 * DAYS_A_YEAR, 3 * DAYS_A_YEAR, household_count)
    partner_days = np.maximum(holder_days - spread.astype(np.int64), 19 * 365)
    has_partner = np.isin(kind, (COUPLE, FAMILY, SENIOR_COUPLE))
    children_days, children_ranks = _children(random, kind, np.minimum(holder_days, partner_days))

    ages = np.column_stack((holder_days, np.where(has_partner, partner_days, -1), children_days))
    ranks = np.column_stack(
        (_adult_ranks(random, household_count), _adult_ranks(random, household_count), children_ranks)
    )
    is_there = ages >= 0
    household, seat = np.nonzero(is_there)
    role = np.minimum(seat, CHILD)
    place, is_born_abroad = _birth_places(random, household, role, household_count)
    first_born = first_of_births(role, ranks[is_there])
    return People(
        household=household,
        role=role,
        is_male=_sexes(random, household, role, household_count),
        birth_day=today - ages[is_there],
        birth_rank=ranks[is_there],
        place=place[first_born],
        is_born_abroad=is_born_abroad[first_born],
    )


def first_of_births(role: Integers, birth_rank: Integers) -> Integers:
    """Say who was born first of each birth: twins stand one after the other; those of adults live elsewhere."""
    is_first = (role != CHILD) | (birth_rank == 1)
    return np.maximum.accumulate(np.where(is_first, np.arange(role.size, dtype=np.int64), 0))


def _adult_ages_days(random: np.random.Generator, kind: Integers) -> Integers:
    """Draw the age of each holder, after the kind of household."""
    even = random.random(kind.size)
    centred = bell(random, 0.0, 1.0, kind.size)
    years: Floats = np.select(
        [kind == SINGLE, kind == COUPLE, kind == FAMILY, kind == LONE_PARENT, kind == SENIOR],
        [
            18.5 + 46 * even,
            np.where(even < 0.4, 24 + 25 * even, 50 + 25 * (even - 0.4)),
            np.clip(40 + 7.5 * centred, 22, 60),
            np.clip(41 + 7.5 * centred, 20, 60),
            np.interp(even, _SHARES_OF_SENIORS, _AGES_OF_SENIORS),
        ],
        default=np.interp(even * _SENIOR_COUPLES_SHARE, _SHARES_OF_SENIORS, _AGES_OF_SENIORS),
    )
    return np.floor(years * DAYS_A_YEAR + random.random(kind.size) * 365).astype(np.int64)


def _adult_ranks(random: np.random.Generator, count: int) -> Integers:
    """Draw birth ranks of adults: some were born second of twins."""
    return 1 + chance(random, TWIN_AMONG_ADULTS / 2, count).astype(np.int64)


def _children(random: np.random.Generator, kind: Integers, parent_days: Integers) -> tuple[Matrix, Matrix]:
    """Draw the ages of the children, -1 where there is none, and their ranks: one to four, the eldest first."""
    count = kind.size
    wanted = np.where(np.isin(kind, (FAMILY, LONE_PARENT)), 1 + pick(random, _CHILDREN_SHARES, count), 0)
    parent_at_first = 21 + 15 * random.random(count)
    age = np.clip((parent_days - parent_at_first * DAYS_A_YEAR).astype(np.int64), 0, CHILD_AGE_MAX_DAYS)
    age = np.where(age > 0, age, np.floor(random.random(count) * 3 * 365).astype(np.int64))
    ages = np.full((count, CHILDREN_MAX), -1, np.int64)
    ranks = np.ones((count, CHILDREN_MAX), np.int64)
    for seat in range(CHILDREN_MAX):
        if seat > 0:
            is_twin = chance(random, TWINS, count)
            gap = 400 + np.floor(random.random(count) * 1200).astype(np.int64)
            ranks[:, seat] = np.where(is_twin, ranks[:, seat - 1] + 1, 1)
            age = np.where(is_twin, age, age - gap)
        ages[:, seat] = np.where((seat < wanted) & (age >= 0), age, -1)
    return ages, ranks


def _sexes(random: np.random.Generator, household: Integers, role: Integers, household_count: int) -> Flags:
    """Draw sexes; partners mostly differ from holders."""
    holder_is_male = chance(random, 0.5, household_count)
    partner_is_male = holder_is_male ^ ~chance(random, SAME_SEX_COUPLES, household_count)
    child_is_male = chance(random, 0.512, household.size)
    sexes: Flags = np.select(
        [role == HOLDER, role == PARTNER],
        [holder_is_male[household], partner_is_male[household]],
        default=child_is_male,
    )
    return sexes


def _birth_places(
    random: np.random.Generator, household: Integers, role: Integers, household_count: int
) -> tuple[Integers, Flags]:
    """Draw where each was born: at home, elsewhere in France, or abroad."""
    count, every = household.size, places()
    home = pick(random, every.departement_shares, household_count)[household]
    elsewhere = pick(random, every.departement_shares, count)
    is_child = role == CHILD
    at_home = chance(random, np.where(is_child, BORN_AT_HOME_CHILD, BORN_AT_HOME_ADULT), count)
    departement = np.where(at_home, home, elsewhere)
    in_france = every.first[departement] + skewed(random, every.count[departement], count)
    abroad = every.first_country + pick(random, every.country_shares, count)
    is_born_abroad = chance(random, np.where(is_child, BORN_ABROAD_CHILD, BORN_ABROAD_ADULT), count)
    return np.where(is_born_abroad, abroad, in_france), is_born_abroad
