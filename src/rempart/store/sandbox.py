"""What only a sandbox's maker does to the data: let an insurer's last file look old. Refused by any other database."""

from datetime import timedelta
from typing import Any

import psycopg


def make_data_late(connection: psycopg.Connection[Any], amc_number: str, by: timedelta) -> None:
    """Set back the day of an insurer's last file, in a sandbox."""
    connection.execute(
        "update members.insurers set data_as_of = data_as_of - %s where amc_number = %s"
        " and exists (select from platform.environment where name = 'sandbox')",
        (by, amc_number),
    )
