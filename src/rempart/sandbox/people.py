"""The documented test people: one for each state that an answer can have, at insurers that exist in a sandbox only.

A vendor's test suite can rely on them: names, numbers and what is answered do not change; days are relative to the day on which
the sandbox was made. docs/reference/sandbox.md lists them. Their order numbers (990 and above) are given to nobody.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

import polars as pl

from rempart.domain.identifiers import nir_key
from rempart.domain.rights import Outcome

ORDINARY: Final = "0999000019"
STRICT: Final = "0999000027"  # demands proof of presence
LATE: Final = "0999000035"  # has not sent a file for three days

INSURERS: Final = {
    ORDINARY: "Mutuelle du Bac à sable",
    STRICT: "Prévoyance de la Preuve",
    LATE: "Assurance du Lendemain",
}

ALL_CARE: Final = "PHAR MEDE AUXM LABO RADL SAGE TRAN HOSP DESO DEPR OPTI AUDI DIPR"


@dataclass(frozen=True, slots=True)
class TestContract:
    """A contract of a test person; days count from the day on which the sandbox is made."""

    number: str
    opens_in_days: int = -400
    ends_in_days: int | None = 200
    rank: int = 1
    situation: str = "active"
    domains: str = ALL_CARE
    domains_without_tp: str = ""
    waiting_domains: str = ""
    waiting_for_days: int | None = None


@dataclass(frozen=True, slots=True)
class TestPerson:
    """A test person, and what a question about pharmacy or optics is answered once the person is proven present."""

    name: str
    given_names: str
    sex: str
    nir13: str
    birth_date: str
    with_presence: Outcome
    contracts: tuple[TestContract, ...]
    amc_number: str = ORDINARY
    rank: int = 1
    domain: str = "PHAR"
    other_aliases: tuple[str, ...] = ()
    nir_is_own: bool = True
    note: str = ""

    @property
    def nir(self) -> str:
        """The 15 characters."""
        return whole(self.nir13)

    @property
    def reference(self) -> str:
        """The insurer's own reference of the person."""
        return f"SANDBOX-{self.given_names.split()[0].upper().translate(_PLAIN)}"

    @property
    def card_secret(self) -> str:
        """The secret printed on the card: known to all, for this is a sandbox."""
        digits = sha256(f"sandbox card of {self.reference}".encode()).digest()
        return "".join(_BASE_32[octet & 31] for octet in digits[:26])


_BASE_32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PLAIN: Final = str.maketrans("ÀÂÉÈÊËÎÏÔÛÜÇ", "AAEEEEIIOUUC")
_OPEN: Final = (TestContract("C-100"),)

PEOPLE: Final = (
    TestPerson("Martin", "Alice", "F", "2850578006990", "19850512", Outcome.OPEN, _OPEN, note="droits ouverts"),
    TestPerson(
        "Martin", "Basile", "M", "2850578006990", "20150309", Outcome.OPEN, _OPEN, nir_is_own=False,
        other_aliases=("1830675112991", "1150378006992"), note="enfant au numéro de sa mère, de son père, ou au sien",
    ),
    TestPerson(
        "Petit", "Camille", "F", "2900433063991", "20200214", Outcome.OPEN, _OPEN, nir_is_own=False, note="jumelle, rang 1",
    ),
    TestPerson(
        "Petit", "Diane", "F", "2900433063991", "20200214", Outcome.OPEN, _OPEN, nir_is_own=False, rank=2, note="jumelle, rang 2",
    ),
    TestPerson("Benali", "Émir", "M", "1622099352990", "19621332", Outcome.OPEN, _OPEN, note="date de naissance lunaire"),
    TestPerson(
        "Nguyen", "Flore", "F", "7950699243990", "19950618", Outcome.OPEN, _OPEN, nir_is_own=False, note="numéro provisoire",
    ),
    TestPerson("Santoni", "Ghjulia", "F", "253072B073990", "19530721", Outcome.OPEN, _OPEN, note="née en Haute-Corse"),
    TestPerson(
        "Hoarau", "Hugo", "M", "1881197411990", "19881103", Outcome.OPEN,
        (TestContract("C-108"), TestContract("S-108", rank=2, domains="OPTI AUDI DEPR")), domain="OPTI",
        note="deux contrats, base et surcomplémentaire",
    ),
    TestPerson(
        "Garnier", "Inès", "F", "2780169123990", "19780122", Outcome.OPENS_ON, (TestContract("C-109", 15, 380),),
        note="droits qui s'ouvrent bientôt",
    ),
    TestPerson(
        "Robert", "Jules", "M", "1700544109990", "19700530", Outcome.ENDED_ON, (TestContract("C-110", -900, -45),),
        note="droits fermés",
    ),
    TestPerson(
        "Moreau", "Karim", "M", "1910359350990", "19910304", Outcome.SUSPENDED, (TestContract("C-111", situation="suspended"),),
        note="droits suspendus",
    ),
    TestPerson(
        "Lefèvre", "Louise", "F", "2660831555990", "19660817", Outcome.RENEWAL_IN_PROGRESS,
        (TestContract("C-112", -380, -5, situation="renewal"),), note="contrat en cours de renouvellement",
    ),
    TestPerson(
        "Rousseau", "Malo", "M", "1020235238990", "20020211", Outcome.DOMAIN_NOT_COVERED,
        (TestContract("C-113", domains="HOSP MEDE"),), note="la pharmacie n'est pas couverte",
    ),
    TestPerson(
        "Blanc", "Nadia", "F", "2840713055990", "19840708", Outcome.WITHOUT_TIERS_PAYANT,
        (TestContract("C-114", domains="MEDE HOSP", domains_without_tp="PHAR OPTI"),), note="couvert, sans tiers payant",
    ),
    TestPerson(
        "Faure", "Oscar", "M", "1930967482990", "19930927", Outcome.WAITING_PERIOD,
        (TestContract("C-115", -20, 345, waiting_domains="OPTI", waiting_for_days=70),), domain="OPTI",
        note="délai de carence en optique",
    ),
    TestPerson(
        "André", "Pauline", "F", "2590229019990", "19590203", Outcome.OPEN, _OPEN, amc_number=STRICT,
        note="assureur qui exige la carte",
    ),
    TestPerson(
        "Mercier", "Quentin", "M", "1810175056990", "19810115", Outcome.OPEN, _OPEN, amc_number=LATE,
        note="assureur dont les données datent : ouvert, avec un avertissement",
    ),
    TestPerson(
        "Dupuis", "Rose", "F", "2740675056991", "19740629", Outcome.INSURER_DATA_STALE, (TestContract("C-118", -900, -45),),
        amc_number=LATE, note="assureur dont les données datent : rien de sûr",
    ),
)  # fmt: skip

STRANGER: Final = TestPerson(
    "Inconnu", "Théo", "M", "1960175056995", "19960101", Outcome.NOT_KNOWN, (), note="personne inconnue de tout assureur",
)  # fmt: skip


def whole(number: str) -> str:
    """Add its key to the 13 characters of a NIR."""
    return f"{number}{nir_key(number):02d}"


def member_rows(amc_number: str, today: date) -> pl.DataFrame:
    """Write the rows of a member file about the test people of one insurer."""
    rows = [
        {
            "beneficiary_id": person.reference,
            "nir": person.nir,
            "nir_is_own": "1" if person.nir_is_own else "0",
            "birth_date": person.birth_date,
            "birth_rank": str(person.rank),
            "other_aliases": " ".join(
                f"{whole(number)}/{person.birth_date}/{person.rank}" for number in person.other_aliases
            ),
            "birth_name": person.name,
            "given_names": person.given_names,
            "sex": person.sex,
            "birthplace": "",
            "contract_number": contract.number,
            "member_number": f"A{contract.number}",
            "product_code": "SANDBOX",
            "coverage_rank": str(contract.rank),
            "domains": contract.domains,
            "domains_without_tp": contract.domains_without_tp,
            "waiting_domains": contract.waiting_domains,
            "waiting_until": _day(today, contract.waiting_for_days),
            "situation": contract.situation,
            "opens_on": _day(today, contract.opens_in_days),
            "ends_on": _day(today, contract.ends_in_days),
            "card_secret_sha256": sha256(person.card_secret.encode()).hexdigest(),
        }
        for person in PEOPLE
        if person.amc_number == amc_number
        for contract in person.contracts
    ]
    return pl.DataFrame(rows)


def _day(today: date, in_days: int | None) -> str:
    return "" if in_days is None else (today + timedelta(days=in_days)).isoformat()
