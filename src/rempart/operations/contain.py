"""Contain what is under attack, and release it: in force from the next question on, and nothing else is stopped.

To tighten takes one person. To loosen takes two: the first asks, the second says the same. Who they are is the word of the
command's caller here; the console of operations will know them by their passkeys.
"""

from typing import Final, Literal

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors import Bug
from rempart.domain.errors.gate import ContainmentTargetUnknown, NothingToRelease, ReleaseBySamePerson
from rempart.store import containment as kept

Scope = Literal[
    "platform", "face", "software", "organisation", "professional", "profession", "insurer", "account"
]
Mode = Literal["step-up", "freeze"]

_MODES: Final[dict[Mode, int]] = {"step-up": 1, "freeze": 2}

type_of_operator = psycopg.Connection[TupleRow]


def contain(
    connection: type_of_operator, scope: Scope, named: str, mode: Mode, because: str, decided_by: str
) -> int:
    """Contain at once; give the number of the containment, the same one if it was in force. Refuses: ContainmentTargetUnknown."""
    containment_id = kept.contain(connection, scope, named, _MODES[mode], because, decided_by)
    if containment_id is None:
        raise ContainmentTargetUnknown(scope)
    return containment_id


def release(
    connection: type_of_operator,
    because: str,
    asked_by: str,
    *,
    containment_id: int | None = None,
    account_id: int | None = None,
) -> bool:
    """Ask for the release of a containment or of a frozen account, or agree to it as a second person; say whether it is released.

    Refuses: NothingToRelease, ReleaseBySamePerson.
    """
    verdict = kept.release(
        connection, because, asked_by, containment_id=containment_id, account_id=account_id
    )
    if verdict == "unknown":
        raise NothingToRelease
    if verdict == "same-person":
        raise ReleaseBySamePerson
    if verdict not in {"asked", "released"}:
        raise Bug
    return verdict == "released"
