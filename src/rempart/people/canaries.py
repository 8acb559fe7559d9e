"""Identities for canaries: people who do not exist, drawn so that nothing in a list tells them from those who do.

A thief may read how they are drawn: it is published here. So there is no rule to look for: sex, date, commune and order
number come from the system's own chance, each independently. Refused:

* an order number that no commune reached, or a month or commune that does not exist: who knows how many are born where, or
  compares with the rest of his list, takes them out;
* low order numbers with late days, which nobody real can have: the same, from this page.

The price: a real person may have the very number, birth date and rank; of the numbers of a dense commune and month, one in
some hundred belongs to somebody born on the day drawn. It matters only where that person is asked about at this insurer: if
he is its member, planting draws again, or the feed gives him his alias back (migration 0009); if not, somebody asked the
wrong insurer. What is left to a thief: numbers of a month grow with its days, so in a list with many people of one commune
and month somebody out of line may be a canary, or a late declaration.

The communes have large maternity wards, so that their order numbers run high. Those of the départements founded in 1968 are left
out: a number of somebody born there before would be one of Paris.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from rempart.domain.identifiers import Nir, nir_key
from rempart.people.names import FAMILY_NAMES, GENERATIONS, GIVEN_NAMES

_COMMUNES: Final = (
    "75112", "75113", "75114", "75115", "75118", "75119", "75120", "69384", "69388", "13205", "13215", "31555", "06088", "44109",
    "67482", "34172", "33063", "59350", "35238", "51454", "76351", "42218", "83137", "38185", "21231", "49007", "30189", "63113",
    "72181", "29019", "37261", "80021", "87085", "57463", "25056", "66136", "45234", "68224", "76540", "14118", "54395", "84007",
    "86194",
)  # fmt: skip
ORDER_MAX: Final = 180  # births of a month that every one of these communes has had
_AGES_YEARS: Final = (19, 91)
_LIKELIEST_AGE_YEARS: Final = 44


@dataclass(frozen=True, slots=True)
class Canary:
    """Who somebody would be who does not exist; nothing of it shows in a log."""

    nir: Nir
    birth_date: str  # AAAAMMJJ
    birth_name: str
    given_names: str
    sex: str
    beneficiary_id: str
    contract_number: str
    member_number: str
    birthplace: str
    birth_rank: int = field(default=1)

    def __repr__(self) -> str:
        return "Canary(…)"


def draw_canary(today: date) -> Canary:
    """Draw one, an adult under a number of his own."""
    chance = secrets.SystemRandom()
    age_days = int(chance.triangular(*_AGES_YEARS, _LIKELIEST_AGE_YEARS) * 365.2425)
    born = today - timedelta(days=age_days)
    sex = chance.choice("MF")
    commune = chance.choice(_COMMUNES)
    number = f"{'MF'.index(sex) + 1}{born:%y%m}{commune}{chance.randint(1, ORDER_MAX):03}"
    return Canary(
        nir=Nir.parse(f"{number}{nir_key(number):02}"),
        birth_date=f"{born:%Y%m%d}",
        birth_name=_commoner_first(chance, FAMILY_NAMES.to_list()),
        given_names=_given_names(chance, sex, born.year),
        sex=sex,
        beneficiary_id=f"B{chance.randrange(10**11):011}",
        contract_number=f"C{chance.randrange(10**8):08}",
        member_number=f"{chance.randrange(10**8, 10**9)}",
        birthplace=commune,
    )


def _given_names(chance: secrets.SystemRandom, sex: str, year: int) -> str:
    generation = max(first for first in GENERATIONS if first <= year)
    names = GIVEN_NAMES[sex, generation].to_list()
    drawn = [_commoner_first(chance, names) for _ in range(chance.choice((1, 1, 2, 2, 3)))]
    return " ".join(dict.fromkeys(drawn))


def _commoner_first(chance: secrets.SystemRandom, names: list[str]) -> str:
    """Draw a name, the first ones of the list much more often."""
    return names[int(chance.random() ** 2 * len(names))]
