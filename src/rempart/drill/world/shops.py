"""The shops of a drill, honest or about to be stolen: registered as an operator registers them, each with its regulars.

A shop's own shares of new and mistyped people are drawn around its profession's (drill/professions.py), so that no two
are alike.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from rempart.domain.rights import Domain
from rempart.drill.callers.wire import Key
from rempart.drill.professions import PROFESSIONS, Profession
from rempart.drill.world.people import People
from rempart.keyring.bulk import BulkKeyring
from rempart.operations import manage_access
from rempart.operations.manage_access import type_of_operator
from rempart.settings import Settings
from rempart.store import drill as store

DOMAIN_OF: Final = {
    "pharmacist": Domain.PHAR, "optician": Domain.OPTI, "audioprosthetist": Domain.AUDI, "dentist": Domain.DESO,
    "doctor": Domain.MEDE, "laboratory": Domain.LABO, "hospital": Domain.HOSP,
}  # fmt: skip

DEPARTMENTS: Final = {
    "75": 11, "45": 24, "21": 27, "76": 28, "59": 32, "67": 44, "44": 52, "35": 53, "33": 75, "31": 76, "69": 84, "13": 93,
}  # fmt: skip
"""One département of each region of the mainland; a shop's number says where it is."""

REGULARS_PER_DAILY_PERSON: Final = 40
"""A pharmacy that sees ninety people a day knows some 3,600; in a small world, two in a hundred of all people at most."""

_REGULARS_SHARE_MAX: Final = 0.02
PEOPLE_MIN: Final = 50
"""With fewer, two in a hundred are nobody: a shop would have no regular to ask about."""

_HISTORY_PIECE: Final = 50_000


@dataclass(frozen=True)
class Software:
    """A registered software: its name and the key of its assertions."""

    client_id: str
    key: Key


@dataclass(frozen=True)
class Shop:
    """One account at one place, and how it works; shares are its own."""

    account_id: int
    subject: Mapping[str, str]
    finess: str
    profession: Profession
    region: int
    software: Software
    number: int
    novelty: float
    unknown: float
    ended: float
    elsewhere: float
    regulars: list[int] = field(default_factory=list)

    @cached_property
    def regular_set(self) -> frozenset[int]:
        """The regulars, to look one up."""
        return frozenset(self.regulars)

    @property
    def shape(self) -> tuple[str, str, int]:
        """Profession, software and region: what ten convictions in a day demand presence of."""
        return self.profession.code, self.software.client_id, self.region

    @property
    def domain(self) -> Domain:
        """What it asks about."""
        return DOMAIN_OF[self.profession.code]


def register_software(connection: type_of_operator, client_id: str) -> Software:
    """Register a software with a key of its own."""
    key = Key()
    keys = {"keys": [{**key.public, "kid": "drill", "alg": "ES256", "use": "sig"}]}
    manage_access.register_software(connection, client_id, client_id, json.dumps(keys).encode())
    return Software(client_id, key)


class Register:
    """Registers shops, no number twice, and gives each its regulars."""

    def __init__(self, settings: Settings, connection: type_of_operator, people: People) -> None:
        self._settings = settings
        self._connection = connection
        self._people = people
        self._count = store.count_accounts(connection)

    def open_shops(
        self,
        counts: Mapping[str, int],
        software: Sequence[Software],
        random: np.random.Generator,
        departments: Sequence[str] = tuple(DEPARTMENTS),
        *,
        proven: bool = False,
    ) -> list[Shop]:
        """Open so many shops of each profession, spread over départements and software, with a year of acquaintances.

        `proven` says that regulars showed their cards in that year: where insurers ask for presence, they did.
        """
        shops = [
            self._open(PROFESSIONS[code], departments, software, random)
            for code, count in counts.items()
            for _ in range(count)
        ]
        self._load_history(shops, random, proven=proven)
        return shops

    def _open(
        self,
        profession: Profession,
        departments: Sequence[str],
        software: Sequence[Software],
        random: np.random.Generator,
    ) -> Shop:
        self._count += 1
        number, department = self._count, departments[self._count % len(departments)]
        finess = with_luhn(f"{department}{number:06d}")
        if profession.code == "hospital":
            name = f"Hôpital {number}"
            account = manage_access.register_structure(self._connection, finess=finess, name=name)
            subject = {"SubjectOrganizationID": f"F{finess}"}
        else:
            rpps = with_luhn(f"10{number:08d}")
            account = manage_access.register_professional(
                self._connection, rpps=rpps, finess=finess, profession=profession.code,
                name=f"Professionnel {number}", organisation=f"Lieu {number}",
            )  # fmt: skip
            subject = {"SubjectNameID": f"8{rpps}", "preferred_username": f"8{rpps}"}
        return Shop(
            account.account_id, subject, finess, profession, DEPARTMENTS[department],
            software[number % len(software)], number,
            novelty=_around(random, profession.novelty), unknown=_around(random, profession.unknown),
            ended=_around(random, profession.ended), elsewhere=_around(random, profession.elsewhere),
            regulars=self._regulars(profession, DEPARTMENTS[department], random),
        )  # fmt: skip

    def _regulars(self, profession: Profession, region: int, random: np.random.Generator) -> list[int]:
        """Draw a shop's regulars: three in four born in its region, as people move."""
        pool = self._people.covered_for(DOMAIN_OF[profession.code])
        wanted = min(
            int(profession.people * REGULARS_PER_DAILY_PERSON), int(len(self._people) * _REGULARS_SHARE_MAX)
        )
        near = pool[self._people.region[pool] == region]
        local = random.choice(near, min(wanted * 3 // 4, len(near)), replace=False)
        others = random.choice(pool, min(wanted - len(local), len(pool)), replace=False)
        return sorted({int(person) for person in (*local, *others)})

    def _load_history(self, shops: Sequence[Shop], random: np.random.Generator, *, proven: bool) -> None:
        """Load the acquaintances of all shops, whom the keyring's digests name."""
        met = [(shop.account_id, person) for shop in shops for person in shop.regulars]
        digest_of = self._digests({person for _, person in met})
        for start in range(0, len(met), _HISTORY_PIECE):
            piece = met[start : start + _HISTORY_PIECE]
            first = random.integers(30, 360, len(piece))
            last = (first * random.random(len(piece))).astype(np.int64) + 1
            store.load_history(
                self._connection,
                [account for account, _ in piece],
                [digest_of[person] for _, person in piece],
                first.tolist(),
                last.tolist(),
                [proven] * len(piece),
            )

    def _digests(self, wanted: set[int]) -> dict[int, bytes]:
        by_insurer: dict[str, list[int]] = {}
        for person in sorted(wanted):
            by_insurer.setdefault(self._people.amc_number[person], []).append(person)
        found: dict[int, bytes] = {}
        with BulkKeyring(self._settings) as keyring:
            for amc_number, members in by_insurer.items():
                messages = [self._people.alias_message(person) for person in members]
                found |= zip(members, keyring.index(amc_number, messages), strict=True)
        return found


def with_luhn(digits: str) -> str:
    """Add Luhn's check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{digits}{-total % 10}"


def _around(random: np.random.Generator, share: tuple[float, float]) -> float:
    """Draw an account's own share around its profession's."""
    mean, deviation = share
    return float(min(0.98, max(0.002, random.normal(mean, deviation))))
