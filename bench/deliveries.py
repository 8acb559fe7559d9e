"""The second delivery of an insurer, as one comes every day: rights that changed, some that close, people who are new.

Made from its first file: one row in 25 changes its product, one in 250 of those without an end closes, and one in 50 is about
somebody new. So it is under the 2 % of closings past which a second person has to look.
"""

from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rempart.feeds.formats.manifest import read_manifest
from rempart.feeds.formats.writer import write_member_file

EFFECTIVE_ON: Final = date(2026, 12, 1)
CHANGED_ONE_IN: Final = 25
CLOSED_ONE_IN: Final = 250
NEW_ONE_IN: Final = 50
NEW_PRODUCT: Final = "GAMME-2027"


def write_deltas(firsts: list[Path], strangers: list[Path], out: Path) -> list[Path]:
    """Write the second file of each insurer; its new people come from the files of others, made with another seed."""
    out.mkdir(parents=True, exist_ok=True)
    newcomers = pl.concat([_rows(path).collect() for path in strangers]).unique(
        ["nir", "birth_date", "birth_rank"], keep="none"
    )
    return [_write_delta(first, newcomers, out) for first in firsts]


def _write_delta(first: Path, newcomers: pl.DataFrame, out: Path) -> Path:
    known = _rows(first).with_row_index("place")
    changed = known.filter(pl.col("place") % CHANGED_ONE_IN == 0).with_columns(
        product_code=pl.lit(NEW_PRODUCT), change=pl.lit("upsert")
    )
    closed = known.filter(pl.col("place") % CLOSED_ONE_IN == 1, pl.col("ends_on").is_null()).with_columns(
        change=pl.lit("close")
    )
    manifest = read_manifest(first)
    people = known.select("beneficiary_id", "nir")
    new = (
        newcomers.lazy()
        .join(people, on="beneficiary_id", how="anti")
        .join(people, on="nir", how="anti")
        .filter(pl.col("other_aliases").is_null())
        .head(manifest.row_count // NEW_ONE_IN)
        .with_columns(
            opens_on=pl.lit(EFFECTIVE_ON.isoformat()), ends_on=pl.lit(None, pl.String),
            waiting_domains=pl.lit(None, pl.String), waiting_until=pl.lit(None, pl.String), change=pl.lit("upsert"),
        )
    )  # fmt: skip
    parts = [part.drop("place", strict=False).collect(engine="streaming") for part in (changed, closed, new)]
    path = out / first.name.replace("-0001", "-0002")
    write_member_file(
        path, parts, amc_number=manifest.amc_number, effective_on=EFFECTIVE_ON, sequence=2, kind="delta",
        previous_sha256=manifest.sha256,
    )  # fmt: skip
    return path


def _rows(path: Path) -> pl.LazyFrame:
    """Read a member file that we made, as texts."""
    return pl.scan_csv(path, separator=";", infer_schema=False, quote_char=None)
