"""The state of the service in words, for the page and for `/status.json`: one shape, texts ready, instants of Paris.

Never: name a person, an account, a place or a reason.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from rempart.domain.status import POPULATIONS, Closure, Message, PopulationState, Standing, Way, WayState
from rempart.faces.wording import in_words
from rempart.operations.status.watch import Known

WORDS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "words_fr.json").read_text(encoding="utf-8")
)

_PARIS: Final = ZoneInfo("Europe/Paris")  # read here: later the file may be out of reach

Address = dict[str, str]


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses that the page gives: those of the portal and of the counter."""

    portal: str
    counter: str


def said_at(instant: datetime) -> str:
    """Write an instant as people in Paris say it: `22 novembre 2026 à 11 h 09`."""
    local = instant.astimezone(_PARIS)
    return f"{in_words(local.date())} à {local.hour}\u00a0h\u00a0{local.minute:02}"


def view_of(known: Known, links: Links) -> dict[str, Any]:
    """Put what is known in words."""
    populations = [_population(state, links) for state in known.states]
    is_known = known.known_at is not None
    return {
        "looked_at": _moment(known.looked_at),
        "known_at": _moment(known.known_at),
        "base_silent_since": _moment(known.base_silent_since),
        "is_known": is_known,
        "is_current": is_known and known.base_silent_since is None,
        "all_open": all(population["level"] == "open" for population in populations),
        "some_closed": any(_has_closed(state) for state in known.states),
        "some_return": any(state.back_by for state in known.states),
        "touched": [population for population in populations if population["level"] != "open"],
        "untouched": [population for population in populations if population["level"] == "open"],
        "general": [_message(message) for message in known.messages if _is_for_all(message)],
        "groups": _grouped([population for population in populations if population["level"] != "open"]),
        "history": _history(known),
    }


def _has_closed(state: PopulationState) -> bool:
    return any(way.is_shut for way in state.ways) or any(
        one.standing is Standing.CLOSED for one in state.narrower
    )


def _grouped(populations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bring those who are told the same together: a page that says it eleven times is not read."""
    groups: list[dict[str, Any]] = []
    for population in populations:
        told = {name: part for name, part in population.items() if name not in ("code", "name")}
        group = next((group for group in groups if group["told"] == told), None)
        if group is None:
            group = {"told": told, "populations": []}
            groups.append(group)
        group["populations"].append(population)
    return groups


def _population(state: PopulationState, links: Links) -> dict[str, Any]:
    code = state.population
    return {
        "code": code,
        "name": WORDS["populations"][code],
        "level": state.level.value,
        "level_said": WORDS["levels"][state.level.value],
        "works": WORDS["works"].get(code, "") if not state.advice else "",
        "ways": [_way(way) for way in state.ways],
        "narrower": [_narrower(closure) for closure in state.narrower],
        "advice": WORDS["advice"].get(state.advice, "").format(until=_said(state.back_by)),
        "back_by": _moment(state.back_by),
        "address": {"counter": links.counter, "portal": links.portal}.get(state.advice, ""),
        "messages": [_message(message) for message in state.messages if message.population is not None],
        "next_news": _moment(state.next_news_at),
    }


def _way(state: WayState) -> dict[str, Any]:
    return {
        "code": state.way.value,
        "name": WORDS["ways"][state.way.value],
        "standing": state.standing.name.lower().replace("_", "-"),
        "standing_said": WORDS["standings"][state.standing.name],
        "since": _moment(state.since),
        "back_by": _moment(state.back_by),
    }


def _narrower(closure: Closure) -> str:
    words: str = WORDS["narrower"][f"{closure.scope}-{closure.mode}"]
    if closure.back_by:
        words += f" {WORDS['narrower_returns']}"
    return words.format(
        named=closure.named,
        since=said_at(closure.since),
        places=_places_of(closure),
        until=_said(closure.back_by),
    )


def _places_of(closure: Closure) -> str:
    """Say where a part of a profession is touched; "" of what is no shape."""
    if closure.region is None:
        return ""
    name = WORDS["regions"].get(str(closure.region))
    return f"Région {name}" if name else str(WORDS["region_unknown"])


def _message(message: Message) -> dict[str, Any]:
    return {
        "sentence": message.sentence,
        "since": _moment(message.since),
        "next_news": _moment(message.next_news_at),
    }


def _is_for_all(message: Message) -> bool:
    return message.population is None and message.until is None


def _history(known: Known) -> list[dict[str, Any]]:
    """List what was closed and said, the latest first."""
    lines = [(c.since, c.until, _title_of(c), c.back_by) for c in known.closures]
    lines += [(m.since, m.until, _title_of_message(m), None) for m in known.messages]
    return [
        {"title": title, "since": _moment(since), "until": _moment(until), "back_by": _moment(back_by)}
        for since, until, title, back_by in sorted(lines, key=lambda line: line[0], reverse=True)
    ]


def _title_of(closure: Closure) -> str:
    kind = f"face-{closure.named}" if closure.scope == "face" and closure.named in set(Way) else closure.scope
    population = WORDS["populations"].get(closure.named, "") if closure.named in POPULATIONS else ""
    words: str = WORDS["history"][f"{kind}-{closure.mode}"]
    return words.format(named=closure.named, population=population, places=_places_of(closure))


def _title_of_message(message: Message) -> str:
    population = message.population or ""
    return f"{WORDS['populations'].get(population, WORDS['everybody'])}\u00a0: {message.sentence}"


def _said(instant: datetime | None) -> str:
    return "" if instant is None else said_at(instant)


def _moment(instant: datetime | None) -> dict[str, str] | None:
    if instant is None:
        return None
    return {"at": instant.astimezone(_PARIS).isoformat(timespec="seconds"), "said": said_at(instant)}
