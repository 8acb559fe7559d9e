"""What a run stands on, and what it leaves: the ground is shared by all runs, a run keeps all that was received in it."""

from dataclasses import dataclass, field

from rempart.drill.callers.asking import Place
from rempart.drill.scenario import Scenario
from rempart.drill.truth import Loot
from rempart.drill.world.honest import Day
from rempart.drill.world.shops import Register, Shop, Software
from rempart.operations.manage_access import type_of_operator


@dataclass(frozen=True, slots=True)
class Trial:
    """A door that was tried: the figure's name, how often it was tried, and how often it opened."""

    name: str
    tried: int
    opened: int


@dataclass(frozen=True)
class Ground:
    """What every run of a drill stands on."""

    place: Place
    connection: type_of_operator
    register: Register
    software: list[Software]


@dataclass
class Run:
    """What was received in one run: the loot, the honest world before and during, who was stolen and who was not.

    `owners_day` is the work of those whose account is stolen, beside the thief and on devices of their own.
    """

    scenario: Scenario
    seed: int
    loot: Loot = field(default_factory=Loot)
    calm: Day = field(default_factory=Day)
    day: Day = field(default_factory=Day)
    owners_day: Day = field(default_factory=Day)
    stolen: list[Shop] = field(default_factory=list)
    honest: list[Shop] = field(default_factory=list)
    honest_days: int = 1
    trials: list[Trial] = field(default_factory=list)
