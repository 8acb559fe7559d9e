"""Look at what happens: the live view, one account, what is contained, and who is looked for.

Nobody here learns whom a question was about.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rempart.domain.errors.accounts import NothingOfThatName
from rempart.domain.trace import receipt_id_of
from rempart.limits import CONSOLE_CHARTS_KEPT_S
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.console.ways_in import PresentOperator
from rempart.store.console import desk as kept
from rempart.store.console.desk import StepRow

__all__ = ["Counting", "Counts", "StepRow", "account", "contained", "find_accounts", "live"]

_MINUTE_S, _HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True)
class Counts:
    """The questions of the last hour by minute, and of the last day by hour."""

    hour: list[StepRow]
    day: list[StepRow]


class Counting:
    """Counts once for all who look: what was counted a moment ago is told again."""

    def __init__(self, desk: ConsoleDesk) -> None:
        self._desk = desk
        self._counts = Counts([], [])
        self._counted_at_s = float("-inf")

    async def counts(self, operator: PresentOperator) -> Counts:
        """Give the counts, a few seconds old at most."""
        if not 0 <= self._desk.now_s() - self._counted_at_s <= CONSOLE_CHARTS_KEPT_S:
            async with self._desk.connections.lent() as connection:
                hour = await kept.questions(connection, operator.token_digest, _MINUTE_S, 60)
                day = await kept.questions(connection, operator.token_digest, _HOUR_S, 24)
            self._counts = Counts(hour, day)
            self._counted_at_s = self._desk.now_s()
        return self._counts


async def live(desk: ConsoleDesk, operator: PresentOperator) -> dict[str, Any]:
    """Say what happens now."""
    async with desk.connections.lent() as connection:
        return await kept.live(connection, operator.token_digest)


async def contained(desk: ConsoleDesk, operator: PresentOperator) -> dict[str, Any]:
    """Say what is and was contained, what waits, what the public is told, who the operators are."""
    async with desk.connections.lent() as connection:
        return await kept.contained(connection, operator.token_digest)


async def account(
    desk: ConsoleDesk, operator: PresentOperator, account_id: int, until: datetime | None
) -> dict[str, Any]:
    """Say all that is known of an account. Refuses: NothingOfThatName."""
    async with desk.connections.lent() as connection:
        found = await kept.account(connection, operator.token_digest, account_id, until)
    if found is None:
        raise NothingOfThatName("account_id")
    return found


async def find_accounts(desk: ConsoleDesk, operator: PresentOperator, text: str) -> list[kept.FoundRow]:
    """Find accounts by FINESS, RPPS, account number, trace number or a part of a name."""
    text = " ".join(text.split())
    async with desk.connections.lent() as connection:
        return await kept.find_accounts(connection, operator.token_digest, text, receipt_id_of(text))
