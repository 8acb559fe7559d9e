"""A scenario, as its TOML file says it: the honest world, the attacks, what is taken away (docs/guides/drill.md).

An unknown word is refused: a parameter mistyped would otherwise be a drill that tests something else.
"""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import msgspec
from msgspec import Meta

from rempart.drill.professions import PROFESSIONS

SIGNALS: Final = ("failures", "novelty", "stale", "walk", "elsewhere", "regularity", "together")
"""The detectors, by the codes of access.signals; `without` takes them away one by one."""

Positive = Annotated[float, Meta(gt=0)]
AtLeastNone = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
OneOrMore = Annotated[int, Meta(ge=1)]

Kind = Literal["accounts", "tokens", "software-key", "stuffing", "insider", "feed", "help-desk", "flood"]

_OF_ACCOUNTS: Final = frozenset(("accounts", "tokens", "help-desk", "flood"))
"""The kinds that do nothing without an account: a stolen one, or the flood's accuser."""

_AT_A_PACE: Final = frozenset(("accounts", "flood"))


class Attack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One attacker. Shares are of questions; `per_second` and `per_day` are questions of one account.

    `hits` are people whose right is open, `ended` people known with a right that is over, the rest leads to nobody; `known` are
    the shop's own regulars, mixed in. `walk` tries order numbers one after the other. `seconds` is how long a day's
    attack lasts at `per_second`, with gaps that differ, or `steady` as a machine's; at `per_day` a day has `slots` moments.
    An account rests after `gives_up_after` refusals in a row.
    """

    kind: Kind
    accounts: dict[str, Count] = {}
    departments: Annotated[int, Meta(ge=1, le=12)] = 12
    software: Annotated[int, Meta(ge=1, le=3)] = 3
    per_second: AtLeastNone = 0.0
    steady: bool = False
    seconds: Positive = 10.0
    per_day: AtLeastNone = 0.0
    days: OneOrMore = 1
    slots: OneOrMore = 4
    spread_days: Count = 0
    hits: Share = 0.6
    ended: Share = 0.2
    known: Share = 0.0
    walk: bool = False
    break_glass: bool = False
    gives_up_after: OneOrMore = 20
    tries: OneOrMore = 100
    addresses: OneOrMore = 50


def _ordinary_shops() -> dict[str, int]:
    return {
        "pharmacist": 12, "optician": 6, "audioprosthetist": 3, "dentist": 6, "doctor": 9, "laboratory": 2, "hospital": 2,
    }  # fmt: skip


class Honest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The honest world: shops of each profession, and how busy they are.

    `per_second` is for all of them together, while an attack runs at its pace; `neighbours` are pharmacies of the
    software and regions of the first attack's; `share` is the part of an ordinary day's work that is played where days
    pass. `cards` is the share of patients whose card has a secret.
    """

    shops: dict[str, Count] = msgspec.field(default_factory=_ordinary_shops)
    per_second: Positive = 30.0
    calm_seconds: Positive = 5.0
    share: Share = 0.1
    neighbours: Count = 0
    cards: Share = 0.9


class Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is taken away, each by a parameter that an operator sets: detectors' rules closed, budgets made wide."""

    failures: bool = False
    novelty: bool = False
    stale: bool = False
    walk: bool = False
    elsewhere: bool = False
    regularity: bool = False
    together: bool = False
    people_per_day: bool = False
    rate: bool = False

    @classmethod
    def of(cls, *names: str) -> Self:
        """Take away what is named; `everything` is all of it."""
        chosen = cls.__struct_fields__ if "everything" in names else names
        return msgspec.convert(dict.fromkeys(chosen, True), cls)

    @property
    def signals(self) -> list[str]:
        """List the detectors taken away."""
        return [signal for signal in SIGNALS if getattr(self, signal)]

    @property
    def named(self) -> list[str]:
        """List all that is taken away."""
        return [name for name in self.__struct_fields__ if getattr(self, name)]


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One scenario. `presence` is what insurers ask for: 0 nothing, 1 a known patient or the card, 3 the card.

    `reach` holds the most that a figure may be; `compare` what is taken away, one drill
    each, to show what held. `seeds` is how many draws are worth making: where nothing is drawn, a few.
    """

    name: str
    title: str
    story: str
    attacks: Annotated[list[Attack], Meta(min_length=1)]
    honest: Honest = Honest()
    presence: Literal[0, 1, 3] = 0
    without: Without = Without()
    compare: list[list[str]] = []
    reach: dict[str, float] = {}
    seeds: OneOrMore = 20


def read_scenario(path: Path) -> Scenario:
    """Read a scenario. Refuses: OSError; msgspec.DecodeError, whose text says what and where."""
    try:
        scenario = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(f"not UTF-8 at byte {error.start}") from error
    _refuse_unknown_words(scenario)
    _refuse_endless(scenario)
    _refuse_idle(scenario)
    return scenario


def _refuse_unknown_words(scenario: Scenario) -> None:
    named = [*scenario.honest.shops, *(code for attack in scenario.attacks for code in attack.accounts)]
    taken = [name for names in scenario.compare for name in names if name != "everything"]
    for place, words, known in (
        ("accounts, shops", named, set(PROFESSIONS)),
        ("compare", taken, set(Without.__struct_fields__)),
    ):
        for word in words:
            if word not in known:
                raise msgspec.ValidationError(
                    f"unknown word {word!r} - at `{place}`, one of {', '.join(sorted(known))}"
                )
    for attack in scenario.attacks:
        if attack.hits + attack.ended > 1:
            raise msgspec.ValidationError("`hits` and `ended` are shares of one list: their sum is at most 1")


def _refuse_endless(scenario: Scenario) -> None:
    """Refuse `inf` and `nan`, which TOML writes as numbers: an attack without end, a target that anything reaches."""
    for place, number in _numbers_of("$", msgspec.to_builtins(scenario)):
        if not isfinite(number):
            raise msgspec.ValidationError(f"{number} is no number to count with - at `{place}`")


def _numbers_of(place: str, found: object) -> Iterator[tuple[str, float]]:
    if isinstance(found, float):
        yield place, found
    elif isinstance(found, dict):
        for name, inner in found.items():
            yield from _numbers_of(f"{place}.{name}", inner)
    elif isinstance(found, list):
        for position, inner in enumerate(found):
            yield from _numbers_of(f"{place}[{position}]", inner)


def _refuse_idle(scenario: Scenario) -> None:
    """Refuse an attack that would attack nothing: whatever is to be reached would be, and nothing would have been tried."""
    for position, attack in enumerate(scenario.attacks):
        place = f"$.attacks[{position}]"
        if attack.kind in _OF_ACCOUNTS and not sum(attack.accounts.values()):
            raise msgspec.ValidationError(
                f"an attack of kind `{attack.kind}` needs one account at least - at `{place}.accounts`"
            )
        if attack.kind in _AT_A_PACE and not attack.per_second:
            if attack.kind == "flood":
                raise msgspec.ValidationError(f"a flood needs `per_second` above 0 - at `{place}.per_second`")
            if not attack.per_day:
                raise msgspec.ValidationError(f"`per_second` or `per_day` must be above 0 - at `{place}`")
    if not sum(scenario.honest.shops.values()) + scenario.honest.neighbours:
        raise msgspec.ValidationError("the honest world needs one shop at least - at `$.honest.shops`")
