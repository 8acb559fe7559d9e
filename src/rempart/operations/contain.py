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


def release(connection: type_of_operator, containment_id: int, because: str, asked_by: str) -> bool:
    """Ask for a release, or agree to it as a second person; say whether it is released.

    Refuses: NothingToRelease, ReleaseBySamePerson.
    """
    return _is_released(kept.release(connection, containment_id, because, asked_by))


def unfreeze(connection: type_of_operator, account_id: int, because: str, asked_by: str) -> bool:
    """Ask for an account that the detectors froze to be unfrozen, or agree to it; say whether it is.

    Refuses: NothingToRelease, ReleaseBySamePerson.
    """
    return _is_released(kept.unfreeze(connection, account_id, because, asked_by))


def _is_released(verdict: str) -> bool:
    if verdict == "unknown":
        raise NothingToRelease
    if verdict == "same-person":
        raise ReleaseBySamePerson
    if verdict not in {"asked", "released"}:
        raise Bug
    return verdict == "released"
