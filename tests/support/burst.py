"""A face that is there to be killed: it asks without end for what it is told on its standard input, and prints each answer.

A line is written to the pipe in one piece once its answer is in hand: what a reader has after the death was received.
"""

import asyncio
import json
import os
import sys
from dataclasses import dataclass

from rempart.domain.identifiers import AmcNumber, Nir
from rempart.domain.rights import Domain, RightsQuestion
from rempart.security.gate import Door
from rempart.settings import read_settings
from tests.support.door import BORN_ON, caller
from tests.support.world import Account, Session


@dataclass(frozen=True)
class Script:
    """What to ask, and as whom."""

    amc: str
    nirs: list[str]
    sessions: list[tuple[str, str, int]]


async def ask_for_ever(door: Door, script: Script, token: str, thumbprint: str, account_id: int) -> None:
    """Ask one question after the other in one session."""
    account = Account(account_id, account_id, 0, None, 0)
    session = Session("fhir", bytes.fromhex(token), bytes.fromhex(thumbprint), account)
    nirs = [Nir.parse(text) for text in script.nirs]
    place = 0
    while True:
        place += 1
        asked = RightsQuestion(AmcNumber(script.amc), nirs[place % len(nirs)], BORN_ON, 1, Domain.PHAR)
        answer = await door.ask(asked, caller(session))
        os.write(1, f"{account_id} {answer.trace}\n".encode())


async def main() -> None:
    """Ask in all the sessions at once."""
    script = Script(**json.loads(sys.stdin.readline()))
    async with Door(read_settings(), "fhir") as door, asyncio.TaskGroup() as group:
        for session in script.sessions:
            group.create_task(ask_for_ever(door, script, *session))


if __name__ == "__main__":
    asyncio.run(main())
