"""What insurers ask of those who ask, dated: their policies of presence."""

from datetime import date
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow


class PolicyRow(NamedTuple):
    """A policy, in the numbers of domain/rights.py; `accepted` has a bit for each presence that counts."""

    valid_from: date
    valid_until: date | None
    required: int
    required_when_stepped_up: int
    accepted: int


LIST = """
select p.valid_from, nullif(p.valid_until, 'infinity'), p.required, p.required_when_stepped_up, p.accepted
from members.presence_policies as p join members.insurers as i using (insurer_id)
where i.amc_number = %s order by p.valid_from
"""


def is_registered(connection: psycopg.Connection[TupleRow], amc_number: str) -> bool:
    """Say whether an insurer is there, with policies or without."""
    found = connection.execute("select from members.insurers where amc_number = %s", (amc_number,))
    return found.fetchone() is not None


def list_policies(connection: psycopg.Connection[TupleRow], amc_number: str) -> list[PolicyRow]:
    """List the policies of an insurer, the first one first."""
    return [PolicyRow(*row) for row in connection.execute(LIST, (amc_number,)).fetchall()]
