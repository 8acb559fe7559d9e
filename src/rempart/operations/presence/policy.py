"""Set what an insurer asks of those who ask: from which day, how much presence, and which proofs count.

An insurer whose cards have no secret yet leaves the card out and starts with codes, approvals and known patients; one whose cards
all have theirs asks for presence always. What asks for less than is in force, or lets more proofs count, two operators sign.
"""

from collections.abc import Iterable
from datetime import date

import psycopg
from psycopg.rows import TupleRow

from rempart.domain.errors.member_files import InsurerUnregistered
from rempart.domain.errors.registration import PolicyRefused
from rempart.domain.identifiers import AmcNumber
from rempart.domain.rights import Presence
from rempart.operations.console.proposals import Asked, ask

PROOFS = (Presence.CARD, Presence.CODE, Presence.APPROVAL, Presence.STANDING)

_REQUIRED = (Presence.NONE, Presence.KNOWN_PATIENT, Presence.CARD)
"""CARD stands for any proof here."""


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
    """Ask for a policy that begins on a day, today at the earliest.

    Refuses: PolicyRefused, InsurerUnregistered, ReasonMissing.
    """
    bits = sum(1 << presence for presence in set(accepted) - {Presence.NONE})
    has_a_proof = any(bits >> proof & 1 for proof in PROOFS)
    if (
        valid_from < today
        or required not in _REQUIRED
        or required_when_stepped_up not in _REQUIRED[1:]
        or (required is Presence.CARD and not has_a_proof)
    ):
        raise PolicyRefused("presence")
    what = {
        "amc": str(amc_number), "valid_from": valid_from.isoformat(), "required": int(required),
        "stepped_up": int(required_when_stepped_up), "accepted": bits,
    }  # fmt: skip
    refusals = {
        "unknown": InsurerUnregistered("amc"),
        "too-early": PolicyRefused("from"),
        "not-possible": PolicyRefused("from"),
    }
    return ask(connection, "presence", what, because, by, refusals)
