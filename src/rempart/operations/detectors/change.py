"""Change the detectors' rules from a day on: it is asked here, and two operators sign it.

Fitted rules loosen as often as they tighten, and a table of numbers does not say which: each change takes two people.
"""

from collections.abc import Sequence
from datetime import date

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.gate import (
    DetectorChangeBySamePerson,
    DetectorChangeTooEarly,
    DetectorFileUnreadable,
    DetectorRuleUnknown,
)
from rempart.operations.console.proposals import Asked, ask


def change(
    connection: psycopg.Connection[TupleRow],
    rules: Sequence[dict[str, object]],
    valid_from: date,
    because: str,
    asked_by: str,
) -> Asked:
    """Ask for a change, or agree to it as a second person where nobody has a key.

    Refuses: DetectorChangeBySamePerson, DetectorChangeTooEarly, DetectorFileUnreadable, DetectorRuleUnknown, ReasonMissing.
    """
    return ask(
        connection,
        "detectors",
        {"rules": list(rules), "valid_from": valid_from.isoformat()},
        because,
        asked_by,
        {
            "same-person": DetectorChangeBySamePerson(),
            "too-early": DetectorChangeTooEarly(valid_from.isoformat()),
            "unknown": DetectorRuleUnknown(),
            "not-possible": DetectorFileUnreadable("rules"),
        },
    )
