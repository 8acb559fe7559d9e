"""The contracts of generated people: products, periods, situations; several rows for some, an ended one for others.

Drawn per household, since a family shares its contract; a child is covered from birth at the earliest.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from rempart.people.draws import Flags, Integers, chance, cumulate, digits, pick, skewed
from rempart.people.households import People
from rempart.people.insurers import Insurer, Product

CURRENT, FORMER, RENEWED, COMING = range(4)
_KIND_SHARES: Final = cumulate([855, 70, 60, 15])
SURCOMPLEMENTAIRE: Final = 0.04
SUSPENDED, IN_RENEWAL = 0.015, 0.015
OPENS_ON_1_JANUARY: Final = 0.6
ENDS_WITH_THE_YEAR: Final = 0.12
WAITING: Final = 0.4
WAITING_DAYS: Final = 180
FORMER_DAYS: Final = 500  # former members leave the insurer's files some time after
NO_END: Final = np.iinfo(np.int64).max
_SITUATIONS: Final = pl.Series(["active", "suspended", "renewal"])
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Periods:
    """Rows to be: whose they are (position of the person), on which contract and product, from when to when."""

    person: Integers
    order: Integers  # of the rows of one person
    product: Integers
    opens: Integers
    ends: Integers
    situation: Integers
    is_waiting: Flags


@dataclass(frozen=True, slots=True)
class Agreements:
    """What was agreed with each household: kind, product, first day, last day, situation."""

    kind: Integers
    product: Integers
    old_product: Integers
    opens: Integers
    ends: Integers
    situation: Integers
    has_surcomplementaire: Flags
    has_waiting: Flags


def make_rows(
    random: np.random.Generator, people: People, insurer: Insurer, first_contract: int, on: date
) -> pl.DataFrame:
    """Write the contract columns of each row, and in `person` the position of whose row it is."""
    household_count = int(people.household[-1]) + 1
    agreed = _agree(random, household_count, len(insurer.products), on)
    periods = _periods(people, agreed, len(insurer.products), on)
    kept = np.argsort(periods.person * 3 + periods.order, kind="stable")
    household = people.household[periods.person[kept]]
    is_second = periods.order[kept] == 2
    number = first_contract + household + insurer.position * 12_345_679
    contract = _scatter(number, 8)
    products = _product_columns((*insurer.products, insurer.surcomplementaire)).select(
        pl.all().gather(periods.product[kept])
    )
    rows = products.with_columns(
        person=pl.Series(periods.person[kept]),
        is_second=pl.Series(is_second),
        contract=contract,
        member_number=_scatter(number + 7, 9),
        is_waiting=pl.Series(periods.is_waiting[kept]),
        situation=_SITUATIONS.gather(periods.situation[kept]),
        opens_on=_dates(periods.opens[kept]),
        ends_on=_dates(periods.ends[kept]),
        waiting_until=_dates(periods.opens[kept] + WAITING_DAYS - 1),
    )
    waits = pl.col("is_waiting") & pl.col("waiting_domains").is_not_null()
    return rows.select(
        "person",
        "member_number",
        "product_code",
        "domains",
        "domains_without_tp",
        "situation",
        "opens_on",
        "ends_on",
        contract_number=pl.concat_str(
            pl.when("is_second").then(pl.lit("S")).otherwise(pl.lit("C")), "contract"
        ),
        coverage_rank=pl.when("is_second").then(pl.lit("2")).otherwise(pl.lit("1")),
        waiting_domains=pl.when(waits).then("waiting_domains"),
        waiting_until=pl.when(waits).then("waiting_until"),
    )


def _agree(random: np.random.Generator, count: int, product_count: int, on: date) -> Agreements:
    """Draw the contract of each household."""
    today, january = (on - _EPOCH).days, (date(on.year, 1, 1) - _EPOCH).days
    kind = pick(random, _KIND_SHARES, count)
    past_january = _days_of(np.full(count, on.year) - skewed(random, 12, count), np.ones(count, np.int64))
    past_month = _month_begin(today - skewed(random, 3650, count))
    opens = np.where(chance(random, OPENS_ON_1_JANUARY, count), past_january, past_month)
    long_ago = _days_of(np.full(count, on.year - 2) - skewed(random, 6, count), np.ones(count, np.int64))
    left = np.where(chance(random, 0.6, count), january - 1, today - 1 - skewed(random, FORMER_DAYS, count))
    is_current = kind == CURRENT
    situation = pick(random, cumulate([1000 - 15 - 15, 15, 15]), count) * is_current
    in_renewal = situation == 2
    opens = np.select(
        [kind == FORMER, kind == RENEWED, kind == COMING, in_renewal],
        [
            long_ago,
            np.full(count, january),
            np.full(count, (date(on.year + 1, 1, 1) - _EPOCH).days),
            long_ago,
        ],
        default=opens,
    )
    december = (date(on.year, 12, 31) - _EPOCH).days
    ends_this_year = is_current & chance(random, ENDS_WITH_THE_YEAR, count)
    ends = np.select(
        [kind == FORMER, in_renewal, ends_this_year],
        [left, today - 1 - skewed(random, 30, count), np.full(count, december)],
        default=np.full(count, NO_END),
    )
    return Agreements(
        kind=kind,
        product=skewed(random, product_count, count),
        old_product=skewed(random, product_count, count),
        opens=opens,
        ends=ends,
        situation=situation,
        has_surcomplementaire=is_current & chance(random, SURCOMPLEMENTAIRE, count),
        has_waiting=(kind != FORMER) & (opens > today - WAITING_DAYS) & chance(random, WAITING, count),
    )


def _periods(people: People, agreed: Agreements, product_count: int, on: date) -> Periods:
    """Lay out the rows: the period before a change of product, the present one, the surcomplémentaire."""
    household = people.household
    everybody = np.arange(people.count, dtype=np.int64)
    january = (date(on.year, 1, 1) - _EPOCH).days
    opens = np.maximum(agreed.opens[household], people.birth_day)
    ends = agreed.ends[household]
    came_after = opens > ends  # born after the family left: the child is covered all the same
    ends = np.where(came_after, NO_END, ends)
    situation = np.where(came_after, 0, agreed.situation[household])
    before = everybody[(agreed.kind[household] == RENEWED) & (people.birth_day < january)]
    earlier = _days_of(on.year - 1 - household[before] % 5, np.ones(before.size, np.int64))
    beside = everybody[agreed.has_surcomplementaire[household]]
    zeros, never = np.zeros_like, np.zeros
    return Periods(
        person=np.concatenate((before, everybody, beside)),
        order=np.concatenate((zeros(before), np.ones_like(everybody), np.full_like(beside, 2))),
        product=np.concatenate(
            (
                agreed.old_product[household[before]],
                agreed.product[household],
                np.full_like(beside, product_count),
            )
        ),
        opens=np.concatenate((np.maximum(earlier, people.birth_day[before]), opens, opens[beside])),
        ends=np.concatenate((np.full(before.size, january - 1), ends, ends[beside])),
        situation=np.concatenate((zeros(before), situation, situation[beside])),
        is_waiting=np.concatenate(
            (
                never(before.size, np.bool_),
                agreed.has_waiting[household] & ~came_after,
                never(beside.size, np.bool_),
            )
        ),
    )


def _product_columns(products: tuple[Product, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "product_code": [product.code for product in products],
            "domains": [product.domains or None for product in products],
            "domains_without_tp": [product.domains_without_tp or None for product in products],
            "waiting_domains": [product.waiting_domains or None for product in products],
        },
        schema=dict.fromkeys(("product_code", "domains", "domains_without_tp", "waiting_domains"), pl.String),
    )


def _scatter(numbers: Integers, width: int) -> pl.Series:
    """Write consecutive numbers so that neighbours do not look like it."""
    return digits((numbers * 37_219_643 + 27_182_818) % 10**width, width)


def _days_of(year: Integers, month: Integers) -> Integers:
    """Give the first day of a month, in days since 1970."""
    months = (year - 1970) * 12 + month - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _month_begin(days: Integers) -> Integers:
    """Go back to the first day of the month."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _dates(days: Integers) -> pl.Series:
    """Write days since 1970 as ISO dates; no end is null."""
    known = pl.Series(np.where(days == NO_END, 0, days)).cast(pl.Int32).cast(pl.Date).cast(pl.String)
    return (
        pl.DataFrame({"date": known, "is_known": days != NO_END})
        .select(pl.when("is_known").then("date"))
        .to_series()
    )
