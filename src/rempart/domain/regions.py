"""The administrative regions, to tell a birth elsewhere from one near a shop.

Codes of INSEE (regions of 2016). The FINESS prefixes of the overseas départements are from memory.
"""

from typing import Final

from rempart.domain.birth_dates import BirthDate
from rempart.domain.identifiers import Nir

_BY_DEPARTEMENT: Final = {
    11: "75 77 78 91 92 93 94 95",
    24: "18 28 36 37 41 45",
    27: "21 25 39 58 70 71 89 90",
    28: "14 27 50 61 76",
    32: "02 59 60 62 80",
    44: "08 10 51 52 54 55 57 67 68 88",
    52: "44 49 53 72 85",
    53: "22 29 35 56",
    75: "16 17 19 23 24 33 40 47 64 79 86 87",
    76: "09 11 12 30 31 32 34 46 48 65 66 81 82",
    84: "01 03 07 15 26 38 42 43 63 69 73 74",
    93: "04 05 06 13 83 84",
    94: "20 2A 2B",
    1: "971",
    2: "972",
    3: "973",
    4: "974",
    6: "976",
}
_REGION_OF: Final = {name: region for region, names in _BY_DEPARTEMENT.items() for name in names.split()}
_REGION_OF_FINESS: Final = {"9701": 1, "9702": 2, "9703": 3, "9704": 4, "9805": 6}

_ALGERIAN_UNTIL: Final = 1963
_ONCE_ALGERIAN: Final = frozenset(("91", "92", "93", "94", "95", "96"))
"""Before the new départements around Paris took them, these numbers were those of Algeria and its neighbours."""


def region_of_finess(finess: str) -> int | None:
    """Tell the region of a place; None where its number does not say."""
    return _REGION_OF.get(finess[:2]) or _REGION_OF_FINESS.get(finess[:4])


def region_of_birth(nir: Nir, birth_date: BirthDate) -> int | None:
    """Tell the region in which a person was born; None abroad, and where the number does not say."""
    departement = nir.number[5:7]
    if departement in _ONCE_ALGERIAN and int(birth_date.text[:4]) <= _ALGERIAN_UNTIL:
        return None
    return _REGION_OF.get(departement) or _REGION_OF.get(nir.number[5:8])
