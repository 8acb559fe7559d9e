"""Set what an insurer asks of those who ask: from which day, how much presence, and which proofs count.

An insurer whose cards have no secret yet leaves the card out and starts with codes, approvals and known patients; one whose cards
all have theirs asks for presence always. What asks for less than is in force, or lets more proofs count, two operators sign.
"""

from collections.abc import Iterable
from datetime import date

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.member_files import InsurerUnregistered
from rempart.domain.errors.registration import PolicyNotPlanned, PolicyRefused, PolicyTooEarly
from rempart.domain.identifiers import AmcNumber
from rempart.domain.rights import Presence
from rempart.operations.console.proposals import Asked, ask
from rempart.store.presence import policies as kept

PROOFS = (Presence.CARD, Presence.CODE, Presence.APPROVAL, Presence.STANDING)

_REQUIRED = (Presence.NONE, Presence.KNOWN_PATIENT, Presence.CARD)
"""CARD stands for any proof here."""

NOTHING_ASKED = kept.PolicyRow(date.min, None, Presence.NONE, Presence.KNOWN_PATIENT, 126)
"""What holds where an insurer has no policy: as members.presence_policies says."""


def set_presence_policy(
    connection: psycopg.Connection[TupleRow],
    amc_number: AmcNumber,
    *,
    today: date,
    valid_from: date,
    required: Presence,
    required_when_stepped_up: Presence,
    accepted: Iterable[Presence],
    because: str,
    by: str,
) -> Asked:
    """Ask for a policy that begins on a day, today at the earliest, and holds until the next one that is planned.

    A policy that is planned for later stays if it asks for no less: what is tightened today is undone by none.
    Refuses: PolicyTooEarly, PolicyRefused, InsurerUnregistered, ReasonMissing.
    """
    bits = sum(1 << presence for presence in set(accepted) - {Presence.NONE})
    has_a_proof = any(bits >> proof & 1 for proof in PROOFS)
    if valid_from < today:
        raise PolicyTooEarly(f"{valid_from}")
    if (
        required not in _REQUIRED
        or required_when_stepped_up not in _REQUIRED[1:]
        or (required is Presence.CARD and not has_a_proof)
    ):
        raise PolicyRefused("presence")
    row = kept.PolicyRow(valid_from, None, required, required_when_stepped_up, bits)
    return _ask(connection, amc_number, row, because, by)


def policies_of(connection: psycopg.Connection[TupleRow], amc_number: AmcNumber) -> list[kept.PolicyRow]:
    """List the policies of an insurer, the first one first; none: nothing is asked for. Refuses: InsurerUnregistered."""
    if not kept.is_registered(connection, str(amc_number)):
        raise InsurerUnregistered("amc")
    return kept.list_policies(connection, str(amc_number))


def cancel_planned_policy(
    connection: psycopg.Connection[TupleRow],
    amc_number: AmcNumber,
    *,
    today: date,
    planned_for: date,
    because: str,
    by: str,
) -> Asked:
    """Take back a policy that is planned for a day to come: from that day on, what holds before it is asked for.

    To take back what would tighten loosens, and two operators sign it. Refuses: PolicyNotPlanned, ReasonMissing.
    """
    before = NOTHING_ASKED
    for row in kept.list_policies(connection, str(amc_number)):
        if row.valid_from == planned_for and planned_for > today:
            goes_on = before._replace(valid_from=planned_for)
            return _ask(connection, amc_number, goes_on, because, by, cancels=True)
        before = row
    raise PolicyNotPlanned(f"{planned_for}")


def _ask(
    connection: psycopg.Connection[TupleRow],
    amc_number: AmcNumber,
    row: kept.PolicyRow,
    because: str,
    by: str,
    **how: bool,
) -> Asked:
    what = {
        "amc": str(amc_number), "valid_from": row.valid_from.isoformat(), "required": int(row.required),
        "stepped_up": int(row.required_when_stepped_up), "accepted": row.accepted, **how,
    }  # fmt: skip
    refusals = {
        "unknown": InsurerUnregistered("amc"),
        "too-early": PolicyTooEarly("from"),
        "not-possible": PolicyRefused("from"),
    }
    return ask(connection, "presence", what, because, by, refusals)
