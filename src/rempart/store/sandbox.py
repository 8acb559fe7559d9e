"""What only a sandbox's maker does to the data, each act written so that any other database refuses it.

An insurer's last file looks old, an insurer is contained, a software is none that an account never used, a new device is a day
old, a session is over or lasts: states that take days or an incident to come about, and that a vendor wants to meet today.
Never: make a state that the platform cannot come to by itself.
"""

from datetime import timedelta
from typing import Any, Final, LiteralString

import psycopg

from rempart.domain.errors.trials import SandboxOnly

MAKE_DATA_LATE: Final = """
update members.insurers set data_as_of = data_as_of - %s
where amc_number = %s and exists (select from platform.environment where name = 'sandbox')
"""

CONTAIN_INSURER: Final = """
insert into gate.containments (scope, target, named, mode, because, decided_by)
select 'insurer', insurer_id, amc_number, 2, 'an incident that vendors can try their software on', 'sandbox'
from members.insurers
where amc_number = %s and exists (select from platform.environment where name = 'sandbox')
"""

MEET_SOFTWARE: Final = """
insert into access.software_met (account_id, software_id)
select a.account_id, s.software_id from access.accounts as a cross join access.software as s
where exists (select from platform.environment where name = 'sandbox')
on conflict (account_id, software_id) do update set met_at = excluded.met_at
"""

LET_FIRST_DAY_END: Final = """
update gate.account_state set reduced_until = reduced_until - interval '24 hours'
where account_id = %s and reduced_until is not null and exists (select from platform.environment where name = 'sandbox')
"""

END_SESSION_IN: Final = """
update access.sessions set expires_at = now() + %s
where token_digest = %s and exists (select from platform.environment where name = 'sandbox')
"""


def make_data_late(connection: psycopg.Connection[Any], amc_number: str, by: timedelta) -> None:
    """Set back the day of an insurer's last file. Refuses: SandboxOnly."""
    _change_one(connection, MAKE_DATA_LATE, by, amc_number)


def contain_insurer(connection: psycopg.Connection[Any], amc_number: str) -> None:
    """Stop all questions about an insurer's people, as an operator would after an incident there. Refuses: SandboxOnly."""
    _change_one(connection, CONTAIN_INSURER, amc_number)


def meet_software(connection: psycopg.Connection[Any]) -> None:
    """Let every account have asked through every software, some other day: none is a new device today. Refuses: SandboxOnly."""
    if connection.execute(MEET_SOFTWARE).rowcount == 0:
        raise SandboxOnly


def let_first_day_end(connection: psycopg.Connection[Any], account_id: int) -> None:
    """Let the day that follows an account's new device be over. Refuses: SandboxOnly."""
    _change_one(connection, LET_FIRST_DAY_END, account_id)


def end_session_in(connection: psycopg.Connection[Any], token_digest: bytes, left: timedelta) -> None:
    """Say when a session ends, from now; less than nothing has ended it already. Refuses: SandboxOnly."""
    _change_one(connection, END_SESSION_IN, left, token_digest)


def _change_one(connection: psycopg.Connection[Any], statement: LiteralString, *parameters: object) -> None:
    if connection.execute(statement, parameters).rowcount != 1:  # no sandbox, or nothing of that name
        raise SandboxOnly
