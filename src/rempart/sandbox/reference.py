"""The tables of docs/reference/sandbox.md, written from what the sandbox really holds.

    python -m rempart.sandbox.reference docs/reference/sandbox.md

writes them anew, each between its two marks; a test is red while the page and the sandbox differ.
"""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from rempart.sandbox.demo_file import LEVELS, expected_of
from rempart.sandbox.people import INSURERS, NOT_SERVED, PEOPLE, STRANGER, SandboxPerson, whole
from rempart.sandbox.professionals import (
    AT_TWO_PLACES,
    FROZEN,
    PROFESSIONALS,
    STORY_OPTICIAN,
    STORY_PHARMACIST,
    STRUCK_OFF,
)
from rempart.sandbox.refusals import REFUSALS

_TABLE: Final = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_EVERYONE: Final = (*PEOPLE, STRANGER)


def with_tables(page: str) -> str:
    """Write the page with each table as it should be. Refuses: KeyError for a table that nobody makes."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{_TABLES[found['name']]()}\n\n{found[4]}", page)


def _insurers() -> str:
    said = (
        "no proof of presence is asked for",
        "asks for the card each time",
        "its last file is three days old",
        "stopped by a containment, as after an incident",
    )
    rows = [
        (f"`{number}`", name, policy) for (number, name), policy in zip(INSURERS.items(), said, strict=True)
    ]
    return _table(
        ("AMC number", "name", "what it is for"), [*rows, (f"`{NOT_SERVED}`", "none", "not served here")]
    )


def _people() -> str:
    return _table(
        ("person", "AMC number", "NIR", "birth date", "rank", "domain", "what for"),
        [
            (
                person.given_names,
                f"`{person.amc_number}`",
                f"`{person.nir}`",
                f"`{person.birth_date}`",
                str(person.rank),
                person.domain,
                person.note,
            )
            for person in _EVERYONE
        ],
    )


def _answers() -> str:
    return _table(
        ("person", *(presence.name.lower().replace("_", "-") for presence in LEVELS)),
        [
            (person.given_names, *(f"`{code}`" if code else "–" for code in expected_of(person).values()))
            for person in _EVERYONE
        ],
    )


def _cards() -> str:
    return _table(
        ("person", "card secret", "what a scanner types", "other numbers that lead to them"),
        [
            (person.given_names, f"`{person.card_secret}`", f"`{person.card_code}`", _other_numbers(person))
            for person in PEOPLE
        ],
    )


def _other_numbers(person: SandboxPerson) -> str:
    return ", ".join(f"`{whole(number)}`" for number in person.other_aliases)


def _professionals() -> str:
    kinds = (
        [(who, "") for who in PROFESSIONALS]
        + [(who, "at two places") for who in AT_TWO_PLACES]
        + [(who, "works in the story") for who in (STORY_PHARMACIST, STORY_OPTICIAN)]
        + [(FROZEN, "account frozen"), (STRUCK_OFF, "struck off")]
    )
    return _table(
        ("name", "RPPS", "FINESS", "profession", "place", ""),
        [
            (who.name, f"`{who.rpps}`", f"`{who.finess}`", who.profession, who.organisation, state)
            for who, state in kinds
        ],
    )


def _refusals() -> str:
    return _table(
        ("code", "HTTP", "at", "how to meet it"),
        [(f"`{one.code}`", str(one.status), f"`{one.at}`", one.how) for one in REFUSALS],
    )


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    written = [list(titles), *(list(row) for row in rows)]
    written.insert(1, ["---"] * len(written[0]))
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in written)


_TABLES: Final[dict[str, Callable[[], str]]] = {
    "insurers": _insurers,
    "people": _people,
    "answers": _answers,
    "cards": _cards,
    "professionals": _professionals,
    "refusals": _refusals,
}


if __name__ == "__main__":
    for named in sys.argv[1:]:
        path = Path(named)
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
