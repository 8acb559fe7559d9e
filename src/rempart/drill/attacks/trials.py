"""Attacks that are tried door by door: so many attempts, each of which opens or does not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried, how often, and how often it opened."""

    name: str
    label: str
    tried: int
    opened: int


type_of_trial = Callable[[Any, Any, Any], Awaitable[None]]

TRIALS: Final[dict[str, type_of_trial]] = {}
