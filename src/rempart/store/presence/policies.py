"""What insurers ask of those who ask, dated: their policies of presence."""

from datetime import date
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow

from rempart.store.rows import returned


class PolicyRow(NamedTuple):
    """A policy, in the numbers of domain/rights.py; `accepted` has a bit for each presence that counts."""

    valid_from: date
    valid_until: date | None
    required: int
    required_when_stepped_up: int
    accepted: int


BEGIN = """
select members.begin_policy(
    %(amc_number)s, %(valid_from)s, %(required)s::smallint, %(required_when_stepped_up)s::smallint, %(accepted)s,
    %(cancels)s
)
"""

LIST = """
select p.valid_from, nullif(p.valid_until, 'infinity'), p.required, p.required_when_stepped_up, p.accepted
from members.presence_policies as p join members.insurers as i using (insurer_id)
where i.amc_number = %s order by p.valid_from
"""


def begin_policy(
    connection: psycopg.Connection[TupleRow], amc_number: str, policy: PolicyRow, *, cancels: bool
) -> list[date] | None:
    """Let a policy begin on its day; the days of the planned ones that it takes back, None where there is no such insurer."""
    parts = policy._asdict() | {"amc_number": amc_number, "cancels": cancels}
    taken_back: list[date] | None = returned(connection.execute(BEGIN, parts).fetchone())[0]
    return taken_back


def list_policies(connection: psycopg.Connection[TupleRow], amc_number: str) -> list[PolicyRow]:
    """List the policies of an insurer, the first one first."""
    return [PolicyRow(*row) for row in connection.execute(LIST, (amc_number,)).fetchall()]
