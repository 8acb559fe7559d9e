"""Contain what is under attack, and release it: in force from the next question on, and nothing else is stopped.

To tighten takes one person. To loosen takes two operators, who sign at the console what is asked here; as long as
nobody ever had a key, two people who type the same.
"""

from dataclasses import dataclass
from typing import Final, Literal

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.accounts import ReleaseNotEarlier
from rempart.domain.errors.gate import (
    ContainmentTargetUnknown,
    ModeNotForScope,
    NothingToRelease,
    PlatformTakesNoName,
    ReleaseBySamePerson,
)
from rempart.domain.trace import receipt_id_of
from rempart.operations.console.proposals import Asked, ask, label_of, reason_of
from rempart.store import containment as kept

Scope = Literal[
    "platform",
    "face",
    "software",
    "organisation",
    "professional",
    "profession",
    "insurer",
    "account",
    "person",
    "shape",
]
Mode = Literal["step-up", "freeze", "revoke", "slow"]

MODES: Final[dict[Mode, int]] = {"step-up": 1, "freeze": 2, "revoke": 3, "slow": 4}

NOT_FOR_SCOPE: Final = frozenset((("insurer", "revoke"), ("person", "revoke"), ("person", "slow")))
"""Who is asked about has no session to revoke; a person has no budget, and whoever was slowed would know who is contained."""

type_of_operator = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class Contained:
    """A containment in force; `before` is how it was, where it was there already and nothing of it was changed."""

    containment_id: int
    before: kept.ContainmentRow | None = None


def contain(
    connection: type_of_operator,
    scope: Scope,
    named: str,
    mode: Mode,
    because: str,
    decided_by: str,
    hours: float | None = None,
) -> Contained:
    """Contain at once, for so many hours or until released; what is in force without a term is not doubled, and keeps its reason.

    A person is named by the trace of an answer about them. Refuses: ContainmentTargetUnknown, ModeNotForScope,
    PlatformTakesNoName, ReasonMissing.
    """
    if scope == "platform" and named:
        raise PlatformTakesNoName(scope)
    if (scope, mode) in NOT_FOR_SCOPE:
        raise ModeNotForScope(scope)
    if scope == "person":
        named = str(receipt_id_of(named) or "")
    said = (reason_of(because), label_of(decided_by))
    known = {row.containment_id for row in kept.containments(connection)}
    containment_id = kept.contain(connection, scope, named, MODES[mode], *said, hours)
    if containment_id is None:
        raise ContainmentTargetUnknown(scope)
    for row in kept.containments(connection):
        if row.containment_id == containment_id:
            # Somebody else may have begun it since the first look: then it says what he said.
            was_there = containment_id in known or (row.because, row.decided_by) != said
            return Contained(containment_id, row if was_there else None)
    return Contained(containment_id)


def release(
    connection: type_of_operator,
    because: str,
    asked_by: str,
    *,
    containment_id: int | None = None,
    account_id: int | None = None,
    client_id: str | None = None,
    waves_s: int | None = None,
) -> Asked:
    """Ask for the release of a containment or of a convicted account, or agree to it as a second person where nobody has a key.

    With `client_id`, of all accounts whose last conviction so far came by that software. With `waves_s` those who were cut come
    back one after the other over so many seconds; the first person's word holds.
    What returns by waves already is asked for in the same way, to end at once or earlier.
    Refuses: NothingToRelease, ReleaseBySamePerson, ReleaseNotEarlier, ReasonMissing.
    """
    what: dict[str, int | str | None] = {
        "containment_id": containment_id, "account_id": account_id, "client_id": client_id, "waves_s": waves_s
    }  # fmt: skip
    if client_id is not None:
        what["until"] = max(
            (row.conviction_id or 0 for row in kept.convicted_accounts(connection)), default=0
        )
    return ask(
        connection,
        "release",
        {name: part for name, part in what.items() if part is not None},
        because,
        asked_by,
        {
            "unknown": NothingToRelease(),
            "same-person": ReleaseBySamePerson(),
            "release-not-earlier": ReleaseNotEarlier("waves"),
        },
    )
