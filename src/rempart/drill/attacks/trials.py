"""Attacks that are tried door by door: each trial says what was tried, how often, and how often it opened.

A door is open when the bytes say so: a token was given, somebody was confirmed, a person was recovered.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from rempart.drill.attacks import elsewhere, feed, flood, insider, persuasion, sign_in
from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run

type_of_trial = Callable[[Ground, Attack, Run], Awaitable[None]]

TRIALS: Final[dict[str, type_of_trial]] = {
    "tokens": elsewhere.use_elsewhere,
    "software-key": elsewhere.use_key_alone,
    "stuffing": sign_in.stuff,
    "flood": flood.flood,
    "feed": feed.abuse_feed,
    "insider": insider.search_dump,
    "help-desk": persuasion.persuade,
}
"""Who plays each kind of attack; all take the ground, the attack and the run."""
