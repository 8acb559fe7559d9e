"""Change the detectors' rules from a day on: the first person asks, a second one who asks the very same applies it.

Fitted rules loosen as often as they tighten, and a table of numbers does not say which: each change takes two people.
"""

from collections.abc import Sequence
from datetime import date

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors import Bug
from rempart.domain.errors.gate import DetectorChangeBySamePerson, DetectorChangeTooEarly, DetectorRuleUnknown
from rempart.store.detectors import rules as kept


def change(
    connection: psycopg.Connection[TupleRow],
    rules: Sequence[dict[str, object]],
    valid_from: date,
    because: str,
    asked_by: str,
) -> bool:
    """Ask for a change, or agree to it; say whether it is done.

    Refuses: DetectorChangeBySamePerson, DetectorChangeTooEarly, DetectorRuleUnknown.
    """
    verdict = kept.change_rules(connection, rules, valid_from, because, asked_by)
    if verdict == "same-person":
        raise DetectorChangeBySamePerson
    if verdict == "too-early":
        raise DetectorChangeTooEarly(valid_from.isoformat())
    if verdict == "unknown":
        raise DetectorRuleUnknown
    if verdict not in {"asked", "applied"}:
        raise Bug
    return verdict == "applied"
