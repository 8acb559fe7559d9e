"""Where generated people were born: départements by population, their birth communes, countries abroad.

Populations are rounded and from memory (about 2021): they make the mix believable, nothing rests on them. The communes are
invented codes inside each département, but for the arrondissements of Paris, Lyon and Marseille.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from rempart.people.draws import Integers, cumulate

_POPULATION_THOUSANDS: Final = """
01:663 02:527 03:335 04:166 05:141 06:1103 07:330 08:268 09:154 10:311 11:377 12:279 13:2050 14:696 15:144 16:351 17:661 18:299
19:240 2A:162 2B:184 21:536 22:608 23:115 24:413 25:549 26:520 27:599 28:431 29:921 30:757 31:1434 32:191 33:1654 34:1201 35:1098
36:217 37:613 38:1284 39:259 40:420 41:328 42:768 43:228 44:1457 45:684 46:174 47:331 48:77 49:822 50:495 51:564 52:170 53:306
54:731 55:182 56:769 57:1050 58:202 59:2610 60:829 61:278 62:1462 63:663 64:692 65:231 66:484 67:1152 68:769 69:1895 70:234
71:549 72:566 73:439 74:841 75:2133 76:1255 77:1438 78:1456 79:375 80:567 81:391 82:262 83:1095 84:563 85:694 86:439 87:371
88:361 89:334 90:140 91:1316 92:1635 93:1668 94:1415 95:1256 971:384 972:360 973:287 974:872 976:300
"""
_COUNTRY_SHARES: Final = """
352:130 350:120 351:55 139:90 127:40 134:35 208:40 341:25 326:25 335:20 322:20 312:18 333:18 410:20 216:25 243:15 235:12 132:30
109:20 131:20 114:25 122:15 123:15 155:10 206:10 205:12 390:10 416:10 404:12 212:12 397:15
"""
_ARRONDISSEMENTS: Final = {"75": range(101, 121), "69": range(381, 390), "13": range(201, 217)}
_COMMUNE_STEP: Final = 37  # coprime to 900, so that the invented codes of a département differ
CORSICA_BEFORE_1976: Final = {"2A": "20", "2B": "20"}


@dataclass(frozen=True, slots=True)
class Places:
    """All places of birth: their five-character codes, the same as numbers for the key, and how to draw one."""

    codes: pl.Series
    key_numbers: Integers
    old_codes: pl.Series
    old_key_numbers: Integers
    first: Integers
    count: Integers
    departement_shares: np.ndarray[tuple[int], np.dtype[np.float64]]
    country_shares: np.ndarray[tuple[int], np.dtype[np.float64]]
    first_country: int


@cache
def places() -> Places:
    """Lay out every place of birth in one table: the départements' communes one after the other, then the countries."""
    populations = dict(pair.split(":") for pair in _POPULATION_THOUSANDS.split())
    countries = dict(pair.split(":") for pair in _COUNTRY_SHARES.split())
    communes = [_communes(name, int(thousands)) for name, thousands in populations.items()]
    counts = np.array([len(codes) for codes in communes], dtype=np.int64)
    codes = [code for departement in communes for code in departement]
    first_country = len(codes)
    codes += [f"99{country}" for country in countries]
    old_codes = [CORSICA_BEFORE_1976.get(code[:2], code[:2]) + code[2:] for code in codes]
    return Places(
        codes=pl.Series(codes),
        key_numbers=_key_numbers(codes),
        old_codes=pl.Series(old_codes),
        old_key_numbers=_key_numbers(old_codes),
        first=np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)[:-1])),
        count=counts,
        departement_shares=cumulate([int(thousands) for thousands in populations.values()]),
        country_shares=cumulate([int(share) for share in countries.values()]),
        first_country=first_country,
    )


def _communes(departement: str, thousands: int) -> list[str]:
    """Invent the codes of the communes where people of a département are born, the busiest first."""
    if departement in _ARRONDISSEMENTS:
        return [f"{departement}{number}" for number in _ARRONDISSEMENTS[departement]]
    count = 6 + thousands // 60
    start = int(departement.replace("A", "0").replace("B", "1"), 10)
    numbers = [1 + (start * 11 + position * _COMMUNE_STEP) % 900 for position in range(count)]
    if len(departement) == 3:
        return [f"{departement}{1 + number % 90:02}" for number in range(start, start + count)]
    return [f"{departement}{number:03}" for number in numbers]


def _key_numbers(codes: list[str]) -> Integers:
    """Read place codes as numbers in the way of the NIR's key."""
    return np.array([int(code.replace("2A", "19").replace("2B", "18")) for code in codes], dtype=np.int64)
