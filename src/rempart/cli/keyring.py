"""`rempart keyring`: make the keys of an insurer, list the names of all. No command shows or exports a key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cyclopts import App

from rempart.cli.speech import say
from rempart.domain.identifiers import parse_amc_number
from rempart.keyring.client import Keyring
from rempart.settings import read_settings
from rempart.supervisor.beside import beside

app = App(name="keyring", help="Keys: make them, list their names.")


@app.command
def create(*amc_numbers: str, json: bool = False) -> None:
    """Make the two keys of each insurer that has none yet: index (look-ups) and data (sealing).

    Parameters
    ----------
    amc_numbers
        The insurers' AMC numbers.
    json
        Answer in one line of JSON.
    """
    numbers = [parse_amc_number(number) for number in amc_numbers]
    made = asyncio.run(
        _create([name for number in numbers for name in (f"index/{number}", f"data/{number}")])
    )
    say(json, {"made": made}, f"Clés faites\u00a0: {len(made)}.")


@app.command
def names(*, json: bool = False) -> None:
    """List the names of the keys."""
    found = asyncio.run(_names())
    say(json, {"names": found}, "\n".join(found))


async def _create(wanted: list[str]) -> list[str]:
    async with _connected() as keyring:
        return await keyring.create(wanted)


async def _names() -> list[str]:
    async with _connected() as keyring:
        return await keyring.names()


@asynccontextmanager
async def _connected() -> AsyncIterator[Keyring]:
    settings = read_settings()
    with beside(settings, "keyring", database=False):
        keyring = await Keyring.connect(settings, "operator")
        try:
            yield keyring
        finally:
            await keyring.close()
