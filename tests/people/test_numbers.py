"""A registry gives each NIR once, even where more are born than a month and commune can number."""

import numpy as np
from stdnum.fr import nir as stdnum_nir

from rempart.domain.identifiers import Nir
from rempart.people.draws import generator
from rempart.people.numbers import Births, Registry, write_nirs
from rempart.people.places import places


def births(count: int, year: int, month: int = 5, place: int = 0) -> Births:
    """Say that many girls were born in one month and commune."""
    column = np.full(count, 0, np.int64)
    return Births(column + 2, column + year, column + month, column + place)


def nirs_of(registry: Registry, born: Births) -> list[str]:
    """Register births and write their numbers."""
    registered, orders = registry.register(born)
    return write_nirs(registered, orders, np.zeros(orders.size, np.bool_)).to_list()


def test_a_full_commune_sends_births_to_the_next_and_no_number_is_given_twice() -> None:
    registry = Registry()
    nirs = [nir for _ in range(5) for nir in nirs_of(registry, births(700, 1985))]

    assert len(set(nirs)) == 3_500
    assert sorted(int(nir[10:13]) for nir in nirs if nir[5:10] == places().codes[0]) == list(range(1, 1_000))
    assert all(Nir.parse(nir).number[:5] == "28505" for nir in nirs)


def test_a_century_later_the_numbers_are_still_others() -> None:
    registry = Registry()

    assert not set(nirs_of(registry, births(500, 1926))) & set(nirs_of(registry, births(400, 2026)))


def test_months_of_incomplete_civil_status_do_not_collide() -> None:
    registry = Registry()
    nirs = [nir for month in (20, 30, 42, 50, 99) for nir in nirs_of(registry, births(150, 1960, month))]

    assert len(set(nirs)) == 750


def test_every_place_gives_a_number_that_an_independent_library_accepts() -> None:
    count = len(places().codes)
    for year in (1960, 1990):
        everywhere = births(count, year)
        born = Births(
            everywhere.sex_digit, everywhere.year, everywhere.month, np.arange(count, dtype=np.int64)
        )
        nirs = nirs_of(Registry(), born)

        assert all(stdnum_nir.is_valid(nir) and Nir.parse(nir).compact == nir for nir in nirs)
        assert any(nir[5:7] == "2A" for nir in nirs) == (year >= 1976)


def test_a_provisional_number_is_one_and_keeps_its_key_right() -> None:
    registered, orders = Registry().register(births(3, 1990))

    assert [
        Nir.parse(nir).is_provisional for nir in write_nirs(registered, orders, np.array([True, False, True]))
    ] == [
        True,
        False,
        True,
    ]


def test_the_same_seed_draws_the_same() -> None:
    assert generator(1, 2, 3).random(4).tolist() == generator(1, 2, 3).random(4).tolist()
    assert generator(1, 2, 3).random(4).tolist() != generator(1, 2, 4).random(4).tolist()
