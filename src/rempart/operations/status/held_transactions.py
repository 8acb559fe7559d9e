"""The watch over transactions that stay open: a face that was taken over would hold the rows that all others wait for.

Never: look at what a transaction does. How long it lasts is enough, and none of a face's lasts a second.
"""

import asyncio

import structlog

from rempart.domain.errors.families import Outage
from rempart.limits import HELD_TRANSACTION_MAX_S, HELD_TRANSACTIONS_PERIOD_S
from rempart.store.connections import Connections
from rempart.store.database.held import end_held_transactions

log = structlog.get_logger()


async def watch_transactions(connections: Connections) -> None:
    """Look again and again, and end what is held."""
    while True:
        try:
            async with connections.lent() as connection:
                for role in await end_held_transactions(connection, HELD_TRANSACTION_MAX_S):
                    log.error("held-transaction-ended", role=role)
        except Outage as outage:
            log.warning("held-transactions-not-seen", error=outage.code)
        await asyncio.sleep(HELD_TRANSACTIONS_PERIOD_S)
