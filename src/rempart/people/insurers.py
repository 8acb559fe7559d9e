"""The insurers of generated people: names that nobody bears, unequal sizes, and the products that they sell."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from rempart.domain.identifiers import AmcNumber, parse_amc_number
from rempart.domain.rights import Domain
from rempart.people.draws import Integers, generator

_KINDS: Final = ("Mutuelle", "Prévoyance", "Assurance santé", "Mutuelle générale")
_PLACES: Final = (
    "des Tilleuls", "du Val d'Orge", "des Deux Rives", "de la Baie", "des Cimes", "du Bocage", "des Artisans", "du Phare",
    "de l'Estran", "des Moulins", "du Causse", "des Sources", "de la Garrigue", "du Levant", "des Embruns", "du Plateau",
    "des Vignes", "de la Forge",
)  # fmt: skip

_CARE: Final = ("PHAR", "MEDE", "AUXM", "LABO", "RADL")
_PRODUCTS: Final = {
    "HOSPI": (("HOSP",), ()),
    "ESSENTIEL": ((*_CARE, "HOSP"), ("OPTI", "DESO")),
    "EQUILIBRE": ((*_CARE, "SAGE", "TRAN", "HOSP", "OPTI"), ("DESO", "DEPR", "AUDI", "DIPR")),
    "CONFORT": ((*_CARE, "SAGE", "TRAN", "HOSP", "DESO", "DEPR", "OPTI"), ("AUDI", "DIPR")),
    "FAMILLE": ((*_CARE, "SAGE", "TRAN", "HOSP", "DESO", "DEPR", "OPTI", "AUDI"), ("DIPR",)),
    "INTEGRAL": (tuple(domain.name for domain in Domain), ()),
}
_SURCOMPLEMENTAIRE: Final = (("DEPR", "OPTI", "AUDI", "DIPR"), ())
_WITH_WAITING: Final = frozenset({"DEPR", "OPTI", "AUDI"})
SIZE_EXPONENT: Final = 0.9  # the largest of 12 insurers has a quarter of the people
FIRST_SIREN_STEM: Final = 99_000_001  # plausible, and not given to anybody when this was written


@dataclass(frozen=True, slots=True)
class Product:
    """A product: its code, the domains that it covers with and without tiers payant, those with a waiting period."""

    code: str
    domains: str
    domains_without_tp: str
    waiting_domains: str


@dataclass(frozen=True, slots=True)
class Insurer:
    """An insurer, its base products, its surcomplémentaire, and how many people it covers."""

    position: int
    amc_number: AmcNumber
    name: str
    products: tuple[Product, ...]
    surcomplementaire: Product
    people_count: int

    def reference_of(self, first: int, count: int) -> Integers:
        """Scatter consecutive numbers over eleven digits, each once: a reference tells nothing of when it was given."""
        numbers = np.arange(first, first + count, dtype=np.int64) + self.position * 1_234_567_891 % 10**10
        return (numbers * 73_939_133 + 31_415_926_535) % 100_000_000_000


def make_insurers(seed: int, insurer_count: int, people_count: int) -> list[Insurer]:
    """Invent insurers whose sizes add up to `people_count`, the largest first."""
    sizes = share_out(people_count, insurer_count)
    return [_make_insurer(seed, position, size) for position, size in enumerate(sizes)]


def share_out(people_count: int, insurer_count: int) -> list[int]:
    """Share people between insurers unequally, at least one each, all of them."""
    weights = [1 / (position + 1) ** SIZE_EXPONENT for position in range(insurer_count)]
    spare = people_count - insurer_count
    sizes = [1 + int(spare * weight / sum(weights)) for weight in weights]
    sizes[0] += people_count - sum(sizes)
    return sizes


def _make_insurer(seed: int, position: int, people_count: int) -> Insurer:
    random = generator(seed, 1, position)
    codes = [code for code in _PRODUCTS if code != "HOSPI" or random.random() < 0.5]
    year = 2018 + int(random.integers(0, 8))
    return Insurer(
        position=position,
        amc_number=amc_number_at(position),
        name=_name(position),
        products=tuple(_product(f"{code}-{year}", *_PRODUCTS[code]) for code in codes),
        surcomplementaire=_product(f"RENFORT-{year}", *_SURCOMPLEMENTAIRE),
        people_count=people_count,
    )


def _product(code: str, domains: tuple[str, ...], domains_without_tp: tuple[str, ...]) -> Product:
    waiting = [name for name in (*domains, *domains_without_tp) if name in _WITH_WAITING]
    return Product(code, " ".join(domains), " ".join(domains_without_tp), " ".join(waiting))


def _name(position: int) -> str:
    """Give an insurer a name; beyond the list, a number tells them apart."""
    round_number, place = divmod(position, len(_PLACES))
    name = f"{_KINDS[position % len(_KINDS)]} {_PLACES[place]}"
    return f"{name} {round_number + 1}" if round_number else name


def amc_number_at(position: int) -> AmcNumber:
    """Give the AMC number of the insurer at a position: 0 and a SIREN with a right key."""
    stem = str(FIRST_SIREN_STEM + position)
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(stem)]
    key = -sum(value - 9 if value > 9 else value for value in doubled) % 10
    return parse_amc_number(f"0{stem}{key}")
