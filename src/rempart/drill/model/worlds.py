"""The worlds in which the detectors are judged: the calm one on which parameters are fitted, and the wider ones.

Each world says how it departs from an ordinary week of drill/professions.py. Shares are from memory, low confidence; what matters
is that they are wider than those that the parameters were fitted on.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Event(Enum):
    """What no share tells: something happens to the account."""

    NEW_SHOP = "new shop"  # knows nobody; declared, so that presence is asked for in its first 30 days
    UNDECLARED_SHOP = "undeclared shop"  # knows nobody either, and nobody said that it is new
    NURSING_HOME = "nursing home"  # once a week, 60 to 80 old people within minutes, by the software
    MERGER = "merger"  # two insurers become one: members have new numbers


@dataclass(frozen=True, slots=True)
class World:
    """How a world departs from an ordinary week.

    `volume` multiplies the people of a day; `failures` and `ended` those shares, falling back to one with a time constant of
    `settles_days`; `novelty` and `elsewhere` replace the profession's mean. `closed` are the days of the life without
    any question, [first, last[. `new_device`: the shares of the strangers, and of those met before, whom a device younger than
    sixty days asks about. `only`: the professions to which this happens; none: all.
    """

    code: str
    volume: float = 1.0
    failures: float = 1.0
    ended: float = 1.0
    settles_days: float = 1e9
    novelty: float | None = None
    elsewhere: float | None = None
    closed: tuple[int, int] = (0, 0)
    event: Event | None = None
    new_device: tuple[float, float] | None = None
    only: frozenset[str] = frozenset()


CALM: Final = World("calm")

WIDER: Final = (
    World("january", failures=2.0, ended=4.0, settles_days=15),
    World("flu", volume=1.4),
    World("august", closed=(20, 41)),
    World(
        "tourist-coast",
        volume=1.5,
        novelty=0.55,
        elsewhere=0.85,
        only=frozenset(("pharmacist", "doctor", "dentist", "laboratory")),
    ),
    World("merger", event=Event.MERGER),
    World("nursing-home", event=Event.NURSING_HOME, only=frozenset(("pharmacist",))),
    World("new-shop", event=Event.NEW_SHOP),
    World(
        "locum", failures=1.5, ended=1.5, settles_days=30
    ),  # as staff or with an account of his own: the place knows its patients, he does not know the software
    World("second-till", new_device=(0.5, 0.5)),
    World("reception-tablet", new_device=(0.30, 0.15)),  # it meets twice as many strangers as its share
    World(
        "undeclared-shop", event=Event.UNDECLARED_SHOP, only=frozenset(("pharmacist", "doctor", "dentist"))
    ),
)
"""Each has the same number of accounts, which is more than any of them has in a year."""

BY_CODE: Final = {world.code: world for world in (CALM, *WIDER)}
