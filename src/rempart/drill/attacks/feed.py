"""S9: whoever owns an insurer's feed wants to read people back, and to make rights false.

The role of the feed reads no person's row. A file that says that a fifth of the rights are over waits for a second person.
"""

import asyncio
from contextlib import closing
from datetime import timedelta
from typing import Final

import polars as pl

from rempart.adapters import clock
from rempart.drill.scenario import Attack
from rempart.drill.stage import Ground, Run, Trial
from rempart.feeds.formats.columns import COLUMNS
from rempart.feeds.formats.manifest import read_manifest
from rempart.feeds.formats.writer import write_member_file
from rempart.operations.load_members import load_members
from rempart.store import drill as store
from rempart.store.database import connect_sync

_FALSE_IN_FIVE: Final = 1


async def abuse_feed(ground: Ground, attack: Attack, run: Run) -> None:
    """Read every table of people under the feed's role, then load a false file in an insurer's name."""
    del attack
    with closing(connect_sync(ground.place.settings, "feeds")) as connection:
        readable = store.readable_tables(connection)
    run.trials.append(Trial("tables_read_back", len(store.TABLES_OF_PEOPLE), len(readable)))
    is_taken = await asyncio.to_thread(_load_false_rights, ground, run.seed)
    run.trials.append(Trial("false_file_taken", 1, int(is_taken)))


def _load_false_rights(ground: Ground, seed: int) -> bool:
    """Say that a fifth of an insurer's rights ended yesterday; whether one person alone can."""
    amc_number = ground.place.people.amc_number[-1]
    folder = ground.place.settings.home / "members"
    first = folder / f"{amc_number}-0001.csv"
    yesterday = (clock.today("Europe/Paris") - timedelta(days=1)).isoformat()
    rows = pl.read_csv(first, separator=";", infer_schema=False).with_row_index("place")
    is_false = (pl.col("place") % 5 < _FALSE_IN_FIVE) & (pl.col("opens_on") < yesterday)
    false = rows.with_columns(ends_on=pl.when(is_false).then(pl.lit(yesterday)).otherwise(pl.col("ends_on")))
    path = folder / f"{amc_number}-0002-{seed}.csv"
    write_member_file(
        path,
        [false.select([column.name for column in COLUMNS])],
        amc_number=amc_number,
        effective_on=clock.today("Europe/Paris"),
        sequence=2,
        previous_sha256=read_manifest(first).sha256,
    )
    return load_members(ground.place.settings, path, amc_number, "voleur").verdict == "taken"
