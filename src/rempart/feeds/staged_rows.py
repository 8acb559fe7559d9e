"""A digested batch laid out for the staging tables, where a file is held against what is known before it is applied."""

from typing import Final

import numpy as np

from rempart.feeds.copy_rows import Cells, copy_rows, repeated
from rempart.feeds.digests import CONTRACT_BYTES
from rempart.feeds.ingest import Digested, Lines, Told

BAD: Final = 2
"""The change of a bad line whose person can be told, beside those of ingest.CHANGES."""


def staged_rows(batch: Digested, insurer_id: int) -> dict[str, bytes]:
    """Write the rows of a COPY for each staging table that gets some."""
    copies: dict[str, bytes] = {}
    if (people := batch.people) is not None:
        columns = [people.line, people.person, people.reference, people.card, people.alias, people.mark]
        copies["people"] = copy_rows(columns, np.argsort(people.person, kind="stable"))
    if (others := batch.aliases) is not None:
        copies["other_aliases"] = copy_rows([others.line, others.person, others.reference, others.alias])
    copies["lines"] = _good(batch.lines) + _bad(batch.told)
    copies["identities"] = identity_rows(batch, insurer_id)
    return {table: rows for table, rows in copies.items() if rows}


def identity_rows(batch: Digested, insurer_id: int) -> bytes:
    """Write the rows of sealed identities, the same on both roads."""
    return b"".join(
        copy_rows(
            [
                repeated(insurer_id, 4, len(some.contract)),
                some.contract,
                some.opens_on,
                some.traits,
                some.sealed,
            ]
        )
        for some in batch.identities
    )


def _good(lines: Lines | None) -> bytes:
    if lines is None:
        return b""
    return copy_rows(
        [
            lines.line,
            lines.person,
            lines.reference,
            lines.change,
            lines.contract,
            lines.opens_on,
            lines.ends_on,
            lines.coverage_rank,
            lines.situation,
            lines.domains,
            lines.domains_without_tp,
            lines.waiting_domains,
            lines.waiting_until,
            lines.product_place,
        ],
        np.argsort(lines.person, kind="stable"),
    )


def _bad(told: Told | None) -> bytes:
    if told is None:
        return b""
    count = len(told.line)
    zeros: dict[int, Cells] = {size: repeated(0, size, count) for size in (2, 4)}
    return copy_rows(
        [
            told.line,
            told.person,
            told.reference,
            repeated(BAD, 2, count),
            np.zeros(count, dtype=f"V{CONTRACT_BYTES}"),
            *(zeros[size] for size in (4, 4, 2, 2, 4, 4, 4, 4, 4)),
        ]
    )
