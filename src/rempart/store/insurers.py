"""The insurers served here: their row, made by the operator and kept current by their feeds."""

from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow


class InsurerRow(NamedTuple):
    """An insurer, how much is known of its people and since when."""

    insurer_id: int
    amc_number: str
    name: str
    required_presence: int
    data_age_max_h: int
    data_as_of: datetime | None
    people_count: int
    rights_count: int
    served_until: datetime | None


def insert_insurer(
    connection: psycopg.Connection[TupleRow],
    amc_number: str,
    name: str,
    data_age_max_h: int,
) -> int | None:
    """Add an insurer; give its number, or None where it is known already."""
    row = connection.execute(
        """
        insert into members.insurers (amc_number, name, data_age_max_h) values (%s, %s, %s)
        on conflict (amc_number) do nothing
        returning insurer_id
        """,
        (amc_number, name, data_age_max_h),
    ).fetchone()
    return int(row[0]) if row is not None else None


def list_insurers(connection: psycopg.Connection[TupleRow]) -> list[InsurerRow]:
    """List the insurers, in the order of their AMC numbers."""
    rows = connection.execute(
        """
        select i.insurer_id, i.amc_number, i.name, coalesce(p.required, 0), i.data_age_max_h, i.data_as_of, i.people_count,
            i.rights_count, i.served_until
        from members.insurers as i
        left join members.presence_policies as p
            on p.insurer_id = i.insurer_id and p.valid_from <= current_date and current_date < p.valid_until
        order by i.amc_number
        """
    )
    return [InsurerRow(*row) for row in rows]
