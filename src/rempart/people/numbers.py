"""NIRs for generated people, each given once: the order numbers of every month and commune are counted.

A registry is filled in the order in which people are made, so the same seed gives the same numbers. It takes 16 MB however many
people there are.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rempart.domain.errors import Bug
from rempart.people.draws import Flags, Integers, digits
from rempart.people.places import places

ORDERS: Final = 999
_STEP: Final = (
    601  # coprime to 999: the numbers of a month and commune come in no visible order, and all of them come
)
_PSEUDO_MONTH_SLOT: Final = 0
CORSICA_SPLIT_YEAR: Final = 1976
PROVISIONAL: Final = 6  # added to the sex digit: 1 becomes 7, 2 becomes 8


@dataclass(frozen=True, slots=True)
class Births:
    """What a NIR tells: sex digit, year, month as the register has it, place as a position in `places`."""

    sex_digit: Integers
    year: Integers
    month: Integers
    place: Integers

    def take(self, positions: Integers) -> "Births":
        """Choose some births, in the order given."""
        return Births(
            self.sex_digit[positions], self.year[positions], self.month[positions], self.place[positions]
        )


class Registry:
    """The next free order number of every sex, year, month and place."""

    def __init__(self) -> None:
        self._place_count = len(places().codes)
        self._given = np.zeros(2 * 100 * 13 * self._place_count, np.uint16)

    def register(self, births: Births) -> tuple[Births, Integers]:
        """Give each birth an order number; a month and commune that is full sends the birth to the next commune."""
        places_of_birth, orders = births.place.copy(), np.zeros(births.place.size, np.int64)
        waiting = np.arange(births.place.size, dtype=np.int64)
        for _ in range(self._place_count):
            if waiting.size == 0:
                return Births(births.sex_digit, births.year, births.month, places_of_birth), orders
            cells = self._cells(births.take(waiting), places_of_birth[waiting])
            ranks = self._ranks(cells)
            fits = ranks < ORDERS
            orders[waiting[fits]] = 1 + (ranks[fits] * _STEP + cells[fits] * 7) % ORDERS
            np.add.at(self._given, cells[fits], 1)
            waiting = waiting[~fits]
            places_of_birth[waiting] = (places_of_birth[waiting] + 1) % self._place_count
        raise Bug("no order number is left for these births")

    def _cells(self, births: Births, place: Integers) -> Integers:
        month = np.where(births.month <= 12, births.month, _PSEUDO_MONTH_SLOT)
        sex = births.sex_digit - 1
        return ((sex * 100 + births.year % 100) * 13 + month) * self._place_count + place

    def _ranks(self, cells: Integers) -> Integers:
        """Count, for each birth, those of its cell that were before it."""
        order = np.argsort(cells, kind="stable")
        in_order = cells[order]
        positions = np.arange(cells.size, dtype=np.int64)
        is_first = np.concatenate((np.ones(1, np.bool_), in_order[1:] != in_order[:-1]))
        first = np.maximum.accumulate(np.where(is_first, positions, 0))
        ranks = np.empty_like(positions)
        ranks[order] = positions - first
        return ranks + self._given[cells]


def write_nirs(births: Births, orders: Integers, is_provisional: Flags) -> pl.Series:
    """Write NIRs of 15 characters, keys computed."""
    sex = births.sex_digit + PROVISIONAL * is_provisional
    year = births.year % 100
    is_old = births.year < CORSICA_SPLIT_YEAR
    numbers = np.where(is_old, places().old_key_numbers[births.place], places().key_numbers[births.place])
    key = 97 - ((((sex * 100 + year) * 100 + births.month) * 100_000 + numbers) * 1000 + orders) % 97
    parts = pl.DataFrame(
        {
            "front": digits((sex * 100 + year) * 100 + births.month, 5),
            "place": places().codes.gather(births.place),
            "old_place": places().old_codes.gather(births.place),
            "is_old": is_old,
            "back": digits(orders * 100 + key, 5),
        }
    )
    place = pl.when("is_old").then("old_place").otherwise("place")
    return parts.select(nir=pl.concat_str("front", place, "back")).to_series()
