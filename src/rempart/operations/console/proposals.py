"""Ask for what loosens: the machine's command asks, and two operators sign at the console what they read there.

The database decides what loosens and what is done at once (migration 0029); nobody is believed on a name once somebody has a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors import Bug, RempartError
from rempart.domain.errors.accounts import ProposalsTooMany, ProposalUnknown, ReasonMissing
from rempart.limits import ACT_REASON_CHARS_MAX, LABEL_CHARS_MAX
from rempart.store.console import proposals as kept

type_of_operator = psycopg.Connection[TupleRow]

_DONE: Final = frozenset({"done", "released"})
_WAITING: Final = frozenset({"asked", "to-sign"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of what was asked: `done`; `asked`, until a second person types it; `to-sign`, by two operators."""

    verdict: Literal["done", "asked", "to-sign"]
    proposal_id: int | None

    @property
    def is_done(self) -> bool:
        """Whether it is in force."""
        return self.verdict == "done"


def ask(
    connection: type_of_operator,
    kind: str,
    what: dict[str, Any],
    because: str,
    by: str,
    refusals: Mapping[str, RempartError],
) -> Asked:
    """Ask for a change; `refusals` are the errors of the verdicts that it may meet.

    Refuses: ProposalsTooMany, ReasonMissing, those.
    """
    row = kept.ask(connection, kind, what, reason_of(because), label_of(by))
    if row.verdict == "too-many":
        raise ProposalsTooMany("proposals")
    if row.verdict in refusals:
        raise refusals[row.verdict]
    if row.verdict in _DONE:
        return Asked("done", row.proposal_id)
    if row.verdict not in _WAITING:
        raise Bug
    return Asked(cast("Literal['asked', 'to-sign']", row.verdict), row.proposal_id)


def withdraw(connection: type_of_operator, proposal_id: int, by: str) -> None:
    """Ask no more. Refuses: ProposalUnknown."""
    if not kept.withdraw(connection, proposal_id, label_of(by)):
        raise ProposalUnknown(f"proposal {proposal_id}")


def reason_of(text: str) -> str:
    """Take a reason: one line that says something. Refuses: ReasonMissing."""
    reason = text.strip()
    if not reason or len(reason) > ACT_REASON_CHARS_MAX or not reason.isprintable():
        raise ReasonMissing("because")
    return reason


def label_of(by: str) -> str:
    """Write how somebody at the machine calls himself on one line; it gives no right."""
    label = "".join(character for character in " ".join(by.split()) if character.isprintable())
    return label[:LABEL_CHARS_MAX] or "sans nom"
