"""Look at what happens: the live view, one account, what is contained, and who is looked for.

Nobody here learns whom a question was about.
"""

from datetime import datetime
from typing import Any

from rempart.domain.errors.accounts import NothingOfThatName
from rempart.domain.trace import receipt_id_of
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.console.ways_in import PresentOperator
from rempart.store.console import desk as kept
from rempart.store.console import proposals


async def live(desk: ConsoleDesk, operator: PresentOperator) -> dict[str, Any]:
    """Say what happens now, but for the questions (`Counting`)."""
    async with desk.connections.lent() as connection:
        return await kept.live(connection, operator.token_digest)


async def wanted(desk: ConsoleDesk, operator: PresentOperator) -> int:
    """Count what waits for the signature of an operator."""
    async with desk.connections.lent() as connection:
        return await kept.wanted(connection, operator.token_digest)


async def contained(
    desk: ConsoleDesk, operator: PresentOperator, in_force: int, past: int, convicted: int, releases: int
) -> dict[str, Any]:
    """Say what is and was contained, a page of each list, what waits for signatures, what the public is told, who operates."""
    pages = kept.Pages(in_force, past, convicted, releases)
    async with desk.connections.lent() as connection:
        seen = await kept.contained(connection, operator.token_digest, pages)
        seen["waiting"] = await kept.wanted(connection, operator.token_digest)
        return seen | await proposals.proposed(connection, operator.token_digest)


async def account(
    desk: ConsoleDesk, operator: PresentOperator, account_id: int, until: datetime | None, after_trace: str
) -> dict[str, Any]:
    """Say all that is known of an account, and its questions up to an instant, those after a trace in the list.

    Refuses: NothingOfThatName.
    """
    before = receipt_id_of(after_trace) if after_trace else None
    async with desk.connections.lent() as connection:
        found = await kept.account(connection, operator.token_digest, account_id, until, before)
    if found is None:
        raise NothingOfThatName("account_id")
    return found


async def find_accounts(desk: ConsoleDesk, operator: PresentOperator, text: str) -> list[kept.FoundRow]:
    """Find accounts by FINESS, RPPS, account number, trace number or a part of a name."""
    text = " ".join(text.split())
    async with desk.connections.lent() as connection:
        return await kept.find_accounts(connection, operator.token_digest, text, receipt_id_of(text))
