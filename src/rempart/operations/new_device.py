"""Somebody signed in from a browser that was never seen under this account: its holder is to be told.

The notice itself leaves by the channel of notices; here it is written down, in the transaction that opens the session, so that
no session of a new browser exists without it.
"""

from rempart.store.connections import type_of_connection
from rempart.store.psc import devices


async def new_device(connection: type_of_connection, account_id: int, label: str) -> None:
    """Write down a browser that is new under an account; `label` names its family and system."""
    await devices.note_new(connection, account_id, label)
