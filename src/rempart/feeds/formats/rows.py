"""The rows of a member file, checked in whole columns and given their types.

`check` splits a frame of texts into good rows, typed as the load wants them, and bad lines. Columns are judged at once by polars;
only a bad cell goes through the scalar rules of `cells.py`, which name its reason. What both say of a cell must agree.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from rempart.domain.birth_dates import BIRTH_DATE_PATTERN, BIRTH_RANK_PATTERN
from rempart.domain.errors import Bug
from rempart.domain.identifiers import NIR_FICTITIOUS, NIR_PATTERN
from rempart.feeds.formats.cells import is_iban, mask_of, reason_of, reason_of_aliases
from rempart.feeds.formats.columns import (
    COLUMNS,
    DATE_COLUMNS,
    DOMAIN_COLUMNS,
    FREE_NUMBER_COLUMNS,
    PHONE_PATTERN,
    Column,
)

LINE: Final = "line"

TYPES: Final[dict[str, pl.DataType]] = {
    LINE: pl.Int64(),
    **{column.name: pl.String() for column in COLUMNS},
    "nir_is_own": pl.Boolean(),
    "birth_rank": pl.Int16(),
    "coverage_rank": pl.Int16(),
    **dict.fromkeys(DOMAIN_COLUMNS, pl.Int32()),
    **dict.fromkeys(DATE_COLUMNS, pl.Date()),
    "card_secret_sha256": pl.Binary(),
    "change": pl.String(),
}
"""The columns of good rows. Domains are masks (0: none), dates are dates, the digest is 32 bytes; what was empty is null."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """One bad cell: where, why, and of whom when that can be read; never what was written there."""

    line: int
    column: str
    reason: str
    beneficiary_id: str | None


def check(texts: pl.DataFrame, columns: tuple[Column, ...]) -> tuple[pl.DataFrame, list[BadLine]]:
    """Split rows of texts, numbered in column `line`, into typed good rows and bad cells in the order of the file."""
    typed = _with_types(texts)
    verdicts = typed.select(**{column.name: _is_good(column) for column in columns})
    good = verdicts.select(good=pl.all_horizontal(pl.all().fill_null(value=False))).to_series()
    if good.all():
        return _shape(typed), []
    bad = ~good
    return _shape(typed.filter(good)), _name_reasons(texts.filter(bad), verdicts.filter(bad), columns)


def _with_types(texts: pl.DataFrame) -> pl.DataFrame:
    """Add what the checks read beside the texts: masks, dates, the key that each NIR should have."""
    masks = [_masks(texts[name]).alias(f"{name}:mask") for name in DOMAIN_COLUMNS]
    number = pl.col("nir").str.head(13)
    return texts.with_columns(
        *masks,
        *(_date(name).alias(f"{name}:date") for name in DATE_COLUMNS),
        pl.coalesce(
            number.cast(pl.Int64, strict=False),
            pl.concat_str(
                pl.col("nir").str.head(5),
                pl.col("nir").str.slice(6, 1).replace_strict({"A": "19", "B": "18"}, default=None),
                pl.col("nir").str.slice(7, 6),
            ).cast(pl.Int64, strict=False),
        ).alias("nir:number"),
    )


def _masks(lists: pl.Series) -> pl.Series:
    """Read lists of domains as masks, each distinct list once; null where a list is wrong."""
    distinct = lists.drop_nulls().unique()
    masks = pl.Series([mask_of(text) for text in distinct], dtype=pl.Int32)
    return lists.fill_null("").replace_strict(
        pl.concat([distinct, pl.Series([""])]),
        pl.concat([masks, pl.Series([0], dtype=pl.Int32)]),
        default=None,
        return_dtype=pl.Int32,
    )


def _date(name: str) -> pl.Expr:
    """Read a column of dates; null where there is none."""
    column = next(column for column in COLUMNS if column.name == name)
    text = pl.when(_matches(name, column.pattern or "")).then(pl.col(name))
    return text.str.to_date("%Y-%m-%d", strict=False)


def _matches(name: str, pattern: str) -> pl.Expr:
    """Whether a whole text is in a pattern."""
    return pl.col(name).str.contains(f"^(?:{pattern})$")


def _is_good(column: Column) -> pl.Expr:
    """Judge one column, its relations to others included."""
    name = column.name
    if name in _RULES:
        good = _RULES[name]
    elif column.listed:
        good = pl.col(name).is_in(list(column.listed))
    else:
        good = (pl.col(name).str.len_bytes() <= column.max_bytes) & _matches(name, column.pattern or "")
    if name in FREE_NUMBER_COLUMNS:
        good = good & ~_looks_like_contact(name)
    if name == "beneficiary_id":
        good = good & ~_holds_the_nir()
    return good if column.is_required or name == "waiting_until" else good | pl.col(name).is_null()


def _holds_the_nir() -> pl.Expr:
    """Whether the reference holds the NIR's 13 characters; only a reference as long as that is searched."""
    reference = pl.col("beneficiary_id").str.replace_all("-", "", literal=True)
    long_enough = pl.when(pl.col("beneficiary_id").str.len_bytes() >= 13).then(reference)
    own = pl.col("nir").str.head(13)
    is_inside = long_enough.str.contains(own, literal=True) & (own.str.len_chars() == 13)
    return is_inside.fill_null(value=False)


def _looks_like_contact(name: str) -> pl.Expr:
    """Whether a number is a telephone number or an IBAN; the few that begin like an IBAN are computed one by one."""
    begins_like_iban = pl.col(name).str.contains("^[./-]*[A-Z][./-]*[A-Z][./-]*[0-9][./-]*[0-9]")
    iban = pl.when(begins_like_iban).then(pl.col(name)).map_elements(is_iban, return_dtype=pl.Boolean)
    return _matches(name, PHONE_PATTERN) | iban.fill_null(value=False)


def _nir_is_good() -> pl.Expr:
    key = pl.col("nir").str.slice(13).cast(pl.Int64, strict=False)
    return (
        _matches("nir", NIR_PATTERN)
        & (pl.col("nir").str.slice(1, 6) != NIR_FICTITIOUS)
        & (97 - pl.col("nir:number") % 97 == key)
    )


def _aliases_are_good() -> pl.Expr:
    return pl.col("other_aliases").map_elements(
        lambda text: reason_of_aliases(text) is None, return_dtype=pl.Boolean
    )


def _waiting_until_is_good() -> pl.Expr:
    is_given = pl.col("waiting_until").is_not_null()
    return (is_given == pl.col("waiting_domains").is_not_null()) & (
        ~is_given | pl.col("waiting_until:date").is_not_null()
    )


def _domains_without_tp_are_good() -> pl.Expr:
    overlap = pl.col("domains_without_tp:mask") & pl.col("domains:mask")
    return pl.col("domains_without_tp:mask").is_not_null() & overlap.eq(0).fill_null(value=True)


def _waiting_domains_are_good() -> pl.Expr:
    covered = pl.col("domains:mask") | pl.col("domains_without_tp:mask")
    outside = pl.col("waiting_domains:mask") & (covered ^ -1)
    return pl.col("waiting_domains:mask").is_not_null() & outside.eq(0).fill_null(value=True)


def _ends_on_is_good() -> pl.Expr:
    in_order = pl.col("ends_on:date") >= pl.col("opens_on:date")
    return pl.col("ends_on:date").is_not_null() & in_order.fill_null(value=True)


_RULES: Final = {
    "nir": _nir_is_good(),
    "birth_date": _matches("birth_date", BIRTH_DATE_PATTERN),
    "birth_rank": _matches("birth_rank", BIRTH_RANK_PATTERN),
    "other_aliases": _aliases_are_good(),
    "domains": pl.col("domains:mask").is_not_null(),
    "domains_without_tp": _domains_without_tp_are_good(),
    "waiting_domains": _waiting_domains_are_good(),
    "waiting_until": _waiting_until_is_good(),
    "opens_on": pl.col("opens_on:date").is_not_null(),
    "ends_on": _ends_on_is_good(),
}


def _shape(typed: pl.DataFrame) -> pl.DataFrame:
    """Give good rows the columns and types of `TYPES`."""
    return typed.select(
        LINE,
        "beneficiary_id",
        "nir",
        pl.col("nir_is_own") == "1",
        "birth_date",
        pl.col("birth_rank").cast(pl.Int16),
        "other_aliases",
        "birth_name",
        "given_names",
        "sex",
        "birthplace",
        "contract_number",
        "member_number",
        "product_code",
        pl.col("coverage_rank").cast(pl.Int16),
        *(pl.col(f"{name}:mask").alias(name) for name in DOMAIN_COLUMNS),
        pl.col("waiting_until:date").alias("waiting_until"),
        "situation",
        pl.col("opens_on:date").alias("opens_on"),
        pl.col("ends_on:date").alias("ends_on"),
        pl.col("card_secret_sha256").str.decode("hex"),
        pl.col("change") if "change" in typed.columns else pl.lit("upsert").alias("change"),
    )


def _name_reasons(texts: pl.DataFrame, verdicts: pl.DataFrame, columns: tuple[Column, ...]) -> list[BadLine]:
    """Name the reason of each bad cell with the scalar rules; the two must agree."""
    bad_lines = []
    for row, verdict in zip(texts.iter_rows(named=True), verdicts.iter_rows(named=True), strict=True):
        person = row["beneficiary_id"] if verdict["beneficiary_id"] else None
        for column in columns:
            reason = None if verdict[column.name] else reason_of(column, row)
            if reason is not None:
                bad_lines.append(BadLine(row[LINE], column.name, reason, person))
            elif not verdict[column.name]:
                raise Bug(f"line {row[LINE]}, column {column.name}: the two checks disagree")
    return bad_lines
