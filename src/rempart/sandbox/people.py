"""The documented test people: one for each state that an answer can have, at insurers that exist in a sandbox only.

A vendor's test suite can rely on them: names, numbers and what is answered do not change; days are relative to the day on which
the sandbox was made. docs/reference/sandbox.md lists them, and a test asks about each of them at each level of presence. Their
order numbers (990 and above) are given to nobody.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

import polars as pl

from rempart.domain.card_code import CardCode, write_card_code
from rempart.domain.identifiers import AmcNumber, Nir, nir_key
from rempart.domain.rights import CardSecret, Outcome, Presence

ORDINARY: Final = "0999000019"
STRICT: Final = "0999000027"  # demands proof of presence
LATE: Final = "0999000035"  # has not sent a file for three days
CONTAINED: Final = "0999000043"  # stopped by a containment
NOT_SERVED: Final = "0999000050"  # registered by nobody

INSURERS: Final = {
    ORDINARY: "Mutuelle du Bac à sable",
    STRICT: "Prévoyance de la Preuve",
    LATE: "Assurance du Lendemain",
    CONTAINED: "Mutuelle de l'Incident",
}

ALL_CARE: Final = "PHAR MEDE AUXM LABO RADL SAGE TRAN HOSP DESO DEPR OPTI AUDI DIPR"


@dataclass(frozen=True, slots=True)
class SandboxContract:
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
class SandboxPerson:
    """A test person, and what a question about their domain is answered once they are proven present."""

    name: str
    given_names: str
    sex: str
    nir13: str
    birth_date: str
    with_presence: Outcome
    contracts: tuple[SandboxContract, ...]
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

    @property
    def card_code(self) -> str:
        """What a scanner types when it reads the card."""
        secret = CardSecret(self.card_secret)
        return write_card_code(CardCode(AmcNumber(self.amc_number), Nir.parse(self.nir), self.rank, secret))

    def answer_at(self, presence: Presence) -> Outcome:
        """Say what is answered about this person's domain, today, at a level of presence."""
        if self.amc_number == CONTAINED:
            return Outcome.CONTAINED
        if self.amc_number == STRICT and presence in (Presence.NONE, Presence.KNOWN_PATIENT):
            return Outcome.PRESENCE_REQUIRED
        says_more = self.with_presence not in (Outcome.OPEN, Outcome.INSURER_DATA_STALE)
        if presence is Presence.NONE and says_more:
            return Outcome.NOT_CONFIRMED
        return self.with_presence


_BASE_32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PLAIN: Final = str.maketrans("ÀÂÉÈÊËÎÏÔÛÜÇ", "AAEEEEIIOUUC")
_OPEN: Final = (SandboxContract("C-100"),)

PEOPLE: Final = (
    SandboxPerson("Martin", "Alice", "F", "2850578006990", "19850512", Outcome.OPEN, _OPEN, note="open rights"),
    SandboxPerson(
        "Martin", "Basile", "M", "2850578006990", "20150309", Outcome.OPEN, _OPEN, nir_is_own=False,
        other_aliases=("1830675112991", "1150378006992"), note="a child, under a mother's number, a father's, or his own",
    ),
    SandboxPerson(
        "Petit", "Camille", "F", "2900433063991", "20200214", Outcome.OPEN, _OPEN, nir_is_own=False,
        note="a twin, rank 1; at rank 3, which is nobody's, see *a wrong rank* below",
    ),
    SandboxPerson(
        "Petit", "Diane", "F", "2900433063991", "20200214", Outcome.ENDED_ON, (SandboxContract("C-104", -700, -30),),
        nir_is_own=False, rank=2, note="her twin, rank 2: the same number and day, another answer",
    ),
    SandboxPerson(
        "Benali", "Émir", "M", "1622099352990", "19621332", Outcome.OPEN, _OPEN, note="a birth date that no calendar of ours has",
    ),
    SandboxPerson(
        "Nguyen", "Flore", "F", "8950699243990", "19950618", Outcome.OPEN, _OPEN, nir_is_own=False, note="a provisional number",
    ),
    SandboxPerson(
        "Santoni", "Ghjulia", "F", "253072B073990", "19530721", Outcome.OPEN, _OPEN, note="a number with a letter (Corsica)",
    ),
    SandboxPerson(
        "Hoarau", "Hugo", "M", "1881197411990", "19881103", Outcome.OPEN,
        (SandboxContract("C-108"), SandboxContract("S-108", rank=2, domains="OPTI AUDI DEPR")), domain="OPTI",
        note="two coverages at one insurer, ranked",
    ),
    SandboxPerson(
        "Garnier", "Inès", "F", "2780169123990", "19780122", Outcome.OPENS_ON, (SandboxContract("C-109", 15, 380),),
        note="opens in a fortnight",
    ),
    SandboxPerson(
        "Robert", "Jules", "M", "1700544109990", "19700530", Outcome.ENDED_ON, (SandboxContract("C-110", -900, -45),),
        note="ended six weeks ago",
    ),
    SandboxPerson(
        "Moreau", "Karim", "M", "1910359350990", "19910304", Outcome.SUSPENDED,
        (SandboxContract("C-111", situation="suspended"),), note="suspended by the insurer",
    ),
    SandboxPerson(
        "Lefèvre", "Louise", "F", "2660831555990", "19660817", Outcome.RENEWAL_IN_PROGRESS,
        (SandboxContract("C-112", -380, -5, situation="renewal"),), note="between two contracts, neither open nor closed",
    ),
    SandboxPerson(
        "Rousseau", "Malo", "M", "1020235238990", "20020211", Outcome.DOMAIN_NOT_COVERED,
        (SandboxContract("C-113", domains="HOSP MEDE"),), note="covered, not in pharmacy",
    ),
    SandboxPerson(
        "Blanc", "Nadia", "F", "2840713055990", "19840708", Outcome.WITHOUT_TIERS_PAYANT,
        (SandboxContract("C-114", domains="MEDE HOSP", domains_without_tp="PHAR OPTI"),), note="covered, without tiers payant",
    ),
    SandboxPerson(
        "Faure", "Oscar", "M", "1930967482990", "19930927", Outcome.WAITING_PERIOD,
        (SandboxContract("C-115", -20, 345, waiting_domains="OPTI", waiting_for_days=70),), domain="OPTI",
        note="covered in optics, after a waiting period",
    ),
    SandboxPerson(
        "André", "Pauline", "F", "2590229019990", "19590203", Outcome.OPEN, _OPEN, amc_number=STRICT,
        note="an insurer that asks for the card each time",
    ),
    SandboxPerson(
        "Mercier", "Quentin", "M", "1810175056990", "19810115", Outcome.OPEN, _OPEN, amc_number=LATE,
        note="an insurer whose data are old: open, with the day of the data",
    ),
    SandboxPerson(
        "Dupuis", "Rose", "F", "2740675056991", "19740629", Outcome.INSURER_DATA_STALE, (SandboxContract("C-118", -900, -45),),
        amc_number=LATE, note="an insurer whose data are old: nothing is sure, not even with the card",
    ),
    SandboxPerson(
        "Colin", "Sacha", "M", "1790369123990", "19790316", Outcome.OPEN, (SandboxContract("C-119", ends_in_days=None),),
        note="open, no end is known",
    ),
    SandboxPerson(
        "Haddad", "Tarek", "M", "1681213055990", "19681209", Outcome.OPEN, (SandboxContract("C-120", -300, 0),),
        note="today is the last day",
    ),
    SandboxPerson(
        "Leroy", "Ursule", "F", "2470533063990", "19470520", Outcome.OPEN, (SandboxContract("C-121", 0, 365),),
        note="today is the first day",
    ),
    SandboxPerson(
        "Roux", "Victor", "M", "1900831555990", "19900804", Outcome.ENDED_ON, (SandboxContract("C-122", -400, -1),),
        note="ended yesterday",
    ),
    SandboxPerson(
        "Simon", "Wanda", "F", "2630244109990", "19630214", Outcome.OPENS_ON, (SandboxContract("C-123", 1, 366),),
        note="opens tomorrow",
    ),
    SandboxPerson(
        "Diallo", "Xavier", "M", "1920999335990", "19920911", Outcome.OPEN, _OPEN, other_aliases=("7920999335991",),
        note="a provisional number that became definitive: both lead to him",
    ),
    SandboxPerson(
        "Fournier", "Yasmine", "F", "2861022019990", "19861026", Outcome.ENDED_ON, (SandboxContract("C-125", -800, -60),),
        amc_number=STRICT, note="an insurer that asks for the card each time, and ended rights",
    ),
    SandboxPerson(
        "Girard", "Zélie", "F", "2010735238990", "20010713", Outcome.OPEN, _OPEN, amc_number=CONTAINED,
        note="an insurer that was stopped after an incident: nobody is answered about, and the receipt says so",
    ),
    SandboxPerson(
        "Bonnet", "Agathe", "F", "2720454109990", "19720418", Outcome.OPEN,
        (SandboxContract("C-127", -765, -36), SandboxContract("C-128", -35, 330)), note="a former contract, then another",
    ),
)  # fmt: skip

STRANGER: Final = SandboxPerson(
    "Inconnu", "Théo", "M", "1960175056995", "19960101", Outcome.NOT_KNOWN, (), note="known to no insurer, so without a card",
)  # fmt: skip


def named(given_name: str) -> SandboxPerson:
    """Find a test person."""
    return next(person for person in (*PEOPLE, STRANGER) if person.given_names == given_name)


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
