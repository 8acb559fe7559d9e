"""The lists that thieves work from: leaked people, some of whom are still insured, and numbers tried one after the other."""

from collections.abc import Iterator

import numpy as np

from rempart.domain.identifiers import nir_key
from rempart.domain.rights import Domain
from rempart.drill.callers.asking import Question
from rempart.drill.scenario import Attack
from rempart.drill.world.people import People
from rempart.drill.world.shops import REGULARS_PER_DAILY_PERSON, Shop

_NOBODYS_RANK = 9
_INSURED = 33_000_000
"""Whose data were taken in January 2024 (security notes 1)."""

_ORDERS = 1_000
_MISSES_PER_PERSON = 3.17
"""At 24 % of hits, so many order numbers lead to nobody between two that lead to somebody (security notes 5.2, 5.4)."""


class StolenList:
    """One list, which all the accounts of an attack share: nobody is asked about twice until it is used up.

    It is a national one: of a shop's regulars it holds as few as it would among all the insured. Without this the small world of
    a drill would make the thief look like the shop, whose patients he meets once in three hundred questions by mere chance.
    """

    def __init__(self, people: People, attack: Attack, random: np.random.Generator) -> None:
        self._people, self._attack, self._random = people, attack, random
        self._insured: dict[Domain, Iterator[int]] = {}
        self._asked: set[int] = set()
        self._ended = iter(random.permutation(people.ended()).tolist())
        self._strangers = iter(random.permutation(len(people)).tolist())

    def next_for(self, shop: Shop) -> Question | None:
        """Draw the next question; None once everybody was asked about."""
        drawn, regulars = self._random.random(), shop.regulars
        if regulars and self._random.random() < self._attack.known:
            return self._about(regulars[int(self._random.integers(len(regulars)))])
        if drawn < self._attack.hits:
            person = self._next_insured(shop.domain)
            while person is not None and self._is_too_near(person, shop):
                person = self._next_insured(shop.domain)
            return None if person is None else self._about(person)
        if drawn < self._attack.hits + self._attack.ended:
            person = next(self._ended, None)
            if person is not None:
                return self._about(person)
        person = next(self._strangers, None)
        return None if person is None else Question(person, _NOBODYS_RANK, self._people.nir[person])

    def _is_too_near(self, person: int, shop: Shop) -> bool:
        """Whether a regular of this shop would not have been on the list, were the country as large as it is."""
        if person not in shop.regular_set:
            return False
        in_the_country = shop.profession.people * REGULARS_PER_DAILY_PERSON / _INSURED
        here = len(shop.regulars) / len(self._people)
        return self._random.random() >= in_the_country / here

    def walk_for(self, domain: Domain) -> Iterator[Question]:
        """Try order numbers of one commune and month after the other: now and then one leads to somebody."""
        while (person := self._next_insured(domain)) is not None:
            for _ in range(int(self._random.poisson(_MISSES_PER_PERSON))):
                yield Question(
                    person, self._people.rank[person], self._neighbour_of(self._people.nir[person])
                )
            yield self._about(person)

    def _next_insured(self, domain: Domain) -> int | None:
        if domain not in self._insured:
            pool = self._people.covered_for(domain)
            self._insured[domain] = iter(self._random.permutation(pool).tolist())
        for person in self._insured[domain]:
            if person not in self._asked:
                self._asked.add(person)
                return int(person)
        return None

    def _about(self, person: int) -> Question:
        return Question(person, self._people.rank[person], self._people.nir[person])

    def _neighbour_of(self, nir: str) -> str:
        number = f"{nir[:10]}{int(self._random.integers(1, _ORDERS)):03d}"
        return f"{number}{nir_key(number):02d}"
