"""How the professions work on an ordinary day: what an honest world is made of.

Counts of shops and equipments are published (security notes 5.1, with their sources); the shares are from memory, low
confidence: they stand in one place to be fitted again on an operator's own aggregates.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profession:
    """One profession: accounts in France, and what one of its accounts does in a day.

    `people` is the mean of distinct people asked about in a day. Each share has its mean over accounts and its standard
    deviation between them: `novelty`, people not seen here for twelve months; `unknown`, typed wrong or of another
    insurer; `ended`, known with a right that is over; `elsewhere`, new people born in another region; `invoiced`,
    answers that an invoice follows within a week. Ages are not told apart.
    """

    code: str
    accounts: int
    people: float
    novelty: tuple[float, float]
    invoiced: float
    unknown: tuple[float, float] = (0.035, 0.012)
    ended: tuple[float, float] = (0.015, 0.006)
    elsewhere: tuple[float, float] = (0.35, 0.08)


PROFESSIONS: Final = {
    profession.code: profession
    for profession in (
        Profession("pharmacist", 20_261, 90, (0.20, 0.06), 0.90),
        Profession("optician", 12_500, 6, (0.65, 0.04), 0.50),
        Profession("audioprosthetist", 5_000, 3, (0.60, 0.04), 0.50),
        Profession("dentist", 36_000, 12, (0.25, 0.06), 0.70),
        Profession("doctor", 54_000, 22, (0.20, 0.06), 0.85),
        Profession("laboratory", 4_000, 150, (0.45, 0.07), 0.95),
        Profession("hospital", 3_000, 800, (0.50, 0.07), 0.85),
    )
}
