"""What works, for whom: the public state of the service, derived from what is contained, what is silent and what was published.

One state for each population. A population has ways in (the portal, the counter, a software); each is open, asks for the card, or
is closed, since some instant. Nothing here concerns one person, one account or one place, and no reason is told.

Never: say that something works because nobody said otherwise, where it is known that the base does not answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

PROFESSIONS = (
    "pharmacist",
    "optician",
    "audioprosthetist",
    "dentist",
    "doctor",
    "auxiliary",
    "laboratory",
    "transporter",
    "hospital",
    "midwife",
    "device-supplier",
)
"""The populations that ask, by the code of their profession (access.professions), those that the counter is for first."""

SOFTWARE, INSURER, INSURED = "software", "insurer", "insured"
POPULATIONS = (*PROFESSIONS, SOFTWARE, INSURER, INSURED)


class Way(StrEnum):
    """A way to ask, by the name of its face."""

    FHIR = "fhir"
    PORTAL = "portal"
    COUNTER = "counter"


PAGES = (Way.PORTAL, Way.COUNTER)
"""The ways that one enters by a passkey, so by the identity process."""

IDENTITY = "identity"


class Standing(IntEnum):
    """How open a way is; the greatest of what applies to it holds."""

    OPEN = 0
    SLOWED = 1  # a tenth of the questions, but for who proves that the patient is there
    CARD_ONLY = 2  # only with a proof that the patient is there
    RETURNING = 3  # it was closed, and accounts come back one after the other
    SILENT = 4  # the process does not answer; nobody decided it
    CLOSED = 5


CLOSES = 2
_STANDINGS = {1: Standing.CARD_ONLY, CLOSES: Standing.CLOSED, 4: Standing.SLOWED}
"""What a containment's mode makes of a way."""


class Level(StrEnum):
    """How a population fares."""

    OPEN = "open"
    PARTIAL = "partial"  # something is closed, and there is a way
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Closure:
    """Something contained: `scope` is platform, face, profession, insurer, software or shape.

    `mode` 1 asks for presence, 2 closes, 4 slows. A shape is a part of a profession in a `region` (INSEE; 0: not known).
    `back_by` is when all are back, where they return by waves.
    """

    scope: str
    named: str
    mode: int
    since: datetime
    until: datetime | None = None
    region: int | None = None
    back_by: datetime | None = None

    @property
    def standing(self) -> Standing:
        """Say what it makes of a way."""
        return Standing.RETURNING if self.mode == CLOSES and self.back_by else _STANDINGS[self.mode]


@dataclass(frozen=True, slots=True)
class Message:
    """What an operator published for a population, or for everybody (None)."""

    population: str | None
    sentence: str
    since: datetime
    until: datetime | None = None
    next_news_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WayState:
    """How open a way is, and since when; None where it is open. `back_by`: when all are back, where they return by waves."""

    way: Way
    standing: Standing
    since: datetime | None = None
    back_by: datetime | None = None

    @property
    def is_shut(self) -> bool:
        """Whether nobody gets an answer this way."""
        return self.standing > Standing.RETURNING


@dataclass(frozen=True, slots=True)
class PopulationState:
    """What works for one population, what does not, and what it can do meanwhile (`advice`, a code).

    `narrower` is what is contained inside an open service: an insurer, some software, a part of the profession in a region.
    """

    population: str
    level: Level
    ways: tuple[WayState, ...]
    narrower: tuple[Closure, ...]
    messages: tuple[Message, ...]
    advice: str
    back_by: datetime | None = (
        None  # the end of the return by waves, where its ways are closed by nothing else
    )

    @property
    def next_news_at(self) -> datetime | None:
        """Say when the next news is promised."""
        return min((m.next_news_at for m in self.messages if m.next_news_at), default=None)


def states_of(
    closures: Sequence[Closure], messages: Sequence[Message], silent: Mapping[str, datetime]
) -> tuple[PopulationState, ...]:
    """Derive the state of each population; `silent` names the faces that do not answer, and since when."""
    in_force = [closure for closure in closures if closure.until is None]
    told = [message for message in messages if message.until is None]
    return tuple(_state_of(population, in_force, told, silent) for population in POPULATIONS)


def _state_of(
    population: str, closures: Sequence[Closure], messages: Sequence[Message], silent: Mapping[str, datetime]
) -> PopulationState:
    asks = population in (*PROFESSIONS, SOFTWARE)
    ways = tuple(_way_state(way, population, closures, silent) for way in _ways_of(population))
    scopes = {SOFTWARE: ("insurer", "software"), INSURED: ()}.get(population, ("insurer",))
    narrower = _told_once(
        closure
        for closure in closures
        if closure.scope in scopes or (closure.scope == "shape" and closure.named == population)
    )
    level = _level_of(ways) if asks else _level_of_who_waits(ways)
    return PopulationState(
        population,
        Level.PARTIAL if level is Level.OPEN and narrower else level,
        ways if asks else (),
        narrower,
        tuple(message for message in messages if message.population in (None, population)),
        _advice_to_ask(population, ways) if asks else _advice_to_who_waits(population, ways),
        max(
            (way.back_by for way in ways if way.back_by and way.standing is Standing.RETURNING), default=None
        ),
    )


def _told_once(closures: Iterable[Closure]) -> tuple[Closure, ...]:
    """Keep the earliest of those of which the same is told: shapes that differ by a software alone are one."""
    earliest: dict[object, Closure] = {}
    for closure in sorted(closures, key=lambda one: one.since):
        told = (
            (closure.named, closure.region, closure.mode, closure.back_by)
            if closure.scope == "shape"
            else id(closure)
        )
        earliest.setdefault(told, closure)
    return tuple(earliest.values())


def _ways_of(population: str) -> Iterable[Way]:
    return (Way.FHIR,) if population == SOFTWARE else tuple(Way)


def _way_state(
    way: Way, population: str, closures: Sequence[Closure], silent: Mapping[str, datetime]
) -> WayState:
    found = [
        (closure.standing, closure.since, closure.back_by)
        for closure in closures
        if closure.scope == "platform"
        or (closure.scope == "face" and closure.named == way)
        or (closure.scope == "profession" and closure.named == population)
    ]
    needed = (way.value, IDENTITY) if way in PAGES else (way.value,)
    found += [(Standing.SILENT, silent[face], None) for face in needed if face in silent]
    if not found:
        return WayState(way, Standing.OPEN)
    worst = max(standing for standing, _, _ in found)
    ends = [back_by for standing, _, back_by in found if standing is worst]
    returning = [end for end in ends if end is not None]
    return WayState(
        way,
        worst,
        min(since for standing, since, _ in found if standing is worst),
        max(returning) if len(returning) == len(ends) else None,
    )


def _level_of(ways: Sequence[WayState]) -> Level:
    if all(state.is_shut for state in ways):
        return Level.CLOSED
    return Level.OPEN if all(state.standing is Standing.OPEN for state in ways) else Level.PARTIAL


def _level_of_who_waits(ways: Sequence[WayState]) -> Level:
    """Say how those fare who ask nothing themselves: touched only where nobody can ask any more."""
    return Level.PARTIAL if all(state.standing >= Standing.RETURNING for state in ways) else Level.OPEN


def _advice_to_who_waits(population: str, ways: Sequence[WayState]) -> str:
    """Choose what those who ask nothing themselves are told; "" where nothing is touched for them."""
    if _level_of_who_waits(ways) is Level.OPEN:
        return ""
    return f"{population}-waits" if all(state.is_shut for state in ways) else f"{population}-waves"


def _advice_to_ask(population: str, ways: Sequence[WayState]) -> str:
    """Choose what those who ask can do meanwhile; "" where nothing is touched."""
    shut = {state.way for state in ways if state.is_shut}
    if len(shut) == len(ways):
        return "software-waits" if population == SOFTWARE else "wait"
    if any(state.standing is Standing.RETURNING for state in ways):
        return "software-waves" if population == SOFTWARE else "waves"
    if not shut:
        return {Standing.OPEN: "", Standing.SLOWED: "slowed"}.get(
            max(state.standing for state in ways), "card"
        )
    if Way.PORTAL in shut:
        return "software-only" if Way.COUNTER in shut else "counter"
    return "portal" if Way.FHIR in shut else "portal-still"
