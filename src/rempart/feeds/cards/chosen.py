"""Who of a member file gets a card: those without one, those listed, or anew.

The file is read whole first, against its manifest, so that nothing is made from a file that is not the one meant. What is kept
of it is 8 bytes a line for whose it is, and the first line of each.

A person one of whose lines is bad gets none: the load holds such a person as he is, and a card that is printed and not known
would be refused at every counter.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from rempart.domain.errors.member_files import CardHolderUnknown
from rempart.feeds.formats.member_file import MemberFile
from rempart.feeds.formats.rows import LINE

_SEED = 1  # any: marks are compared within one run only


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose card is made: their marks in order, the first line of each, and whom a bad line held back."""

    marks: pl.Series
    first_lines: pl.Series
    held_back_count: int
    bad_line_count: int

    def lines_of(self, texts: pl.DataFrame, *, with_closed: bool) -> pl.DataFrame:
        """Keep the good lines of those who get a card; `is_first` says which line is the first of each.

        A line that closes a period is not repeated, for it would open it again; in the file that closes it, it has the card of
        the other lines, or they would contradict each other.
        """
        is_kept = marks_of(texts["beneficiary_id"]).is_in(self.marks.implode())
        if "change" in texts.columns and not with_closed:
            is_kept &= texts["change"] == "upsert"
        kept = texts.filter(is_kept)
        return kept.with_columns(is_first=pl.col(LINE).is_in(self.first_lines.implode()))


def choose(file: MemberFile, listed: Collection[str] | None, *, again: bool) -> Chosen:
    """Read a file and say who gets a card: of those listed (None: of all), those without one, or `again` all of them.

    Refuses: CardHolderUnknown for whom the file does not have, and what `MemberFile.batches` refuses.
    """
    marks, lines, everybody, held = [], [], [], set[str]()
    bad_line_count = 0
    wanted = None if listed is None else marks_of(pl.Series(list(listed), dtype=pl.String))
    for batch in file.batches():
        rows = batch.rows.filter(batch.rows["change"] != "close") if file.is_delta else batch.rows
        held |= {bad.beneficiary_id for bad in batch.bad_lines if bad.beneficiary_id is not None}
        bad_line_count += len(batch.bad_lines)
        found = rows.select(
            LINE, mark=marks_of(rows["beneficiary_id"]), has_card=pl.col("card_secret_sha256").is_not_null()
        )
        if wanted is not None:
            found = found.filter(pl.col("mark").is_in(wanted.implode()))
            everybody.append(found["mark"])
        if not again:
            found = found.filter(~pl.col("has_card"))
        marks.append(found["mark"].to_numpy())
        lines.append(found[LINE].to_numpy())
    if wanted is not None:
        _refuse_unknown(wanted, everybody, held)
    persons, first = np.unique(np.concatenate([*marks, _NOBODY]), return_index=True)
    firsts = np.concatenate([*lines, np.empty(0, np.int64)])[first]
    of_held = marks_of(pl.Series(sorted(held), dtype=pl.String))
    is_held = np.isin(persons, of_held.to_numpy())
    held_back_count = len(held) if wanted is None else int(of_held.is_in(wanted.implode()).sum())
    return Chosen(pl.Series(persons[~is_held]), pl.Series(firsts[~is_held]), held_back_count, bad_line_count)


_NOBODY = np.empty(0, np.uint64)


def marks_of(beneficiary_ids: pl.Series) -> pl.Series:
    """Give 64 bits that stand for each reference: among ten million, two of one mark once in 370,000 runs."""
    return beneficiary_ids.hash(seed=_SEED)


def _refuse_unknown(wanted: pl.Series, found: list[pl.Series], held: Collection[str]) -> None:
    """Refuse a list that names somebody whom the file does not have, by the line of the list."""
    there = pl.concat([*found, marks_of(pl.Series(list(held), dtype=pl.String))])
    is_there = wanted.is_in(there.implode())
    if not is_there.all():
        raise CardHolderUnknown(f"line {int((~is_there).arg_max() or 0) + 1}")
