"""Where insurers are asked to reach their people, and the standing authorisations that they speak of: the operator's side."""

from datetime import date, datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow

from rempart.store.rows import returned

type_of_operator = psycopg.Connection[TupleRow]

FIND = "select c.url from members.channels as c join members.insurers as i using (insurer_id) where i.amc_number = %s"

STANDING = "select * from gate.standing_of(%s, %s)"

REVOKE = "select gate.revoke_standing(%s, %s, %s)"


class Authorisation(NamedTuple):
    """A place may ask about one person; `ends_on` is the first day on which it may not."""

    receipt_id: int
    place: str
    list: str
    given_on: date
    ends_on: date
    revoked_at: datetime | None
    revoked_by: str | None


def find_channel(connection: type_of_operator, amc_number: str) -> str | None:
    """Find where an insurer is reached."""
    row = connection.execute(FIND, (amc_number,)).fetchone()
    return None if row is None else str(row[0])


def standing_of(
    connection: type_of_operator, receipt_id: int | None, reference: bytes | None
) -> list[Authorisation]:
    """List the authorisations of one person, or the one of a receipt."""
    return [Authorisation(*row) for row in connection.execute(STANDING, (receipt_id, reference)).fetchall()]


def revoke_standing(
    connection: type_of_operator, receipt_id: int | None, reference: bytes | None, by: str
) -> int:
    """Take these back; their number."""
    return int(returned(connection.execute(REVOKE, (receipt_id, reference, by)).fetchone())[0])
