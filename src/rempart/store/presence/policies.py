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


CLOSE = """
update members.presence_policies as p set valid_until = %(valid_from)s
from members.insurers as i
where i.amc_number = %(amc_number)s and p.insurer_id = i.insurer_id
    and p.valid_from < %(valid_from)s and %(valid_from)s < p.valid_until
"""

OPEN = """
insert into members.presence_policies (insurer_id, valid_from, required, required_when_stepped_up, accepted)
select i.insurer_id, %(valid_from)s, %(required)s, %(required_when_stepped_up)s, %(accepted)s
from members.insurers as i where i.amc_number = %(amc_number)s
on conflict (insurer_id, valid_from) do update
set required = excluded.required, required_when_stepped_up = excluded.required_when_stepped_up, accepted = excluded.accepted
returning insurer_id
"""

COMES_LATER = """
select exists (
    select from members.presence_policies as p join members.insurers as i using (insurer_id)
    where i.amc_number = %s and p.valid_from > %s
)
"""

LIST = """
select p.valid_from, nullif(p.valid_until, 'infinity'), p.required, p.required_when_stepped_up, p.accepted
from members.presence_policies as p join members.insurers as i using (insurer_id)
where i.amc_number = %s order by p.valid_from
"""


def set_policy(connection: psycopg.Connection[TupleRow], amc_number: str, policy: PolicyRow) -> bool | None:
    """Let a policy begin, the one before it ends; None: no such insurer, False: a later one is there."""
    with connection.transaction():
        later = connection.execute(COMES_LATER, (amc_number, policy.valid_from)).fetchone()
        if later is not None and later[0]:
            return False
        parts = policy._asdict() | {"amc_number": amc_number}
        connection.execute(CLOSE, parts)
        return True if connection.execute(OPEN, parts).fetchone() is not None else None


def list_policies(connection: psycopg.Connection[TupleRow], amc_number: str) -> list[PolicyRow]:
    """List the policies of an insurer, the first one first."""
    return [PolicyRow(*row) for row in connection.execute(LIST, (amc_number,)).fetchall()]
