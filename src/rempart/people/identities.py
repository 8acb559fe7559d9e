"""What an insurer knows of who people are: numbers, aliases, birth dates as text, names, card secrets.

Children under sixteen are known by a parent's NIR; some newcomers by a provisional number; one person in fifty by several.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from rempart.people.draws import Flags, Integers, chance, digits, skewed
from rempart.people.households import CHILD, DAYS_A_YEAR, PARTNER, People
from rempart.people.names import FAMILY_NAMES, GENERATIONS, GIVEN_NAMES
from rempart.people.numbers import Births, Registry, write_nirs
from rempart.people.places import places

ATTACHED_UNTIL_YEARS: Final = 16
SEVERAL_ALIASES: Final = 0.02
PROVISIONAL_AMONG_BORN_ABROAD: Final = 0.05
LUNAR_AMONG_BORN_ABROAD: Final = 0.06
BIRTHPLACE_UNKNOWN: Final = 0.08
BY_PARTNERS_NUMBER: Final = 0.45
PARTNERS_NAME: Final = 0.25
SECRET_CHARACTERS: Final = 26  # 16 bytes in base32
_BASE32: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", np.uint8)
_PSEUDO_MONTHS: Final = np.array([20, *range(30, 43), *range(50, 100)], dtype=np.int64)
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Identities:
    """The identity columns of people, as texts, and the secrets of their cards as only the insurer knows them."""

    frame: pl.DataFrame
    secrets: pl.Series


def make_identities(
    random: np.random.Generator, people: People, registry: Registry, references: Integers, on: date
) -> Identities:
    """Write who the people are, under the references given."""
    births, dates = _births(random, people)
    registered, orders = registry.register(births)
    is_provisional = people.is_born_abroad & (people.role != CHILD)
    is_provisional &= chance(random, PROVISIONAL_AMONG_BORN_ABROAD, people.count)
    own = write_nirs(registered, orders, np.zeros(people.count, np.bool_))
    provisional = write_nirs(registered, orders, np.ones(people.count, np.bool_))
    parent, other_parent = _parents(random, people)
    youngest = (on - _EPOCH).days - int(ATTACHED_UNTIL_YEARS * DAYS_A_YEAR)
    is_attached = (people.role == CHILD) & (people.birth_day > youngest)
    held = _choose(is_provisional, provisional, own)
    nir = _choose(is_attached, held.gather(parent), held)
    ranks = digits(people.birth_rank, 1)
    alias = np.select(
        [is_attached & (other_parent >= 0), is_attached, people.role == CHILD, is_provisional],
        [0, 1, 2, 1],
        default=3,
    )
    also_by_own = chance(random, 0.3, people.count)
    alias = np.where((alias == 0) & also_by_own, 1, alias)
    others = pl.DataFrame(
        {"0": held.gather(np.maximum(other_parent, 0)), "1": own, "2": held.gather(parent), "3": provisional}
    )
    secrets, digests = _secrets(random, people.count)
    frame = pl.DataFrame(
        {
            "beneficiary_id": "B" + digits(references, 11),
            "nir": nir,
            "nir_is_own": _choose(is_attached | is_provisional, pl.Series(["0"]), pl.Series(["1"])),
            "birth_date": dates,
            "birth_rank": ranks,
            "other_aliases": _aliases(random, others, alias, dates, ranks),
            "birth_name": _family_names(random, people),
            "given_names": _given_names(random, people, births.year),
            "sex": _choose(people.is_male, pl.Series(["M"]), pl.Series(["F"])),
            "birthplace": _birthplaces(random, registered, people.first_born),
            "card_secret_sha256": digests,
        }
    )
    return Identities(frame, secrets)


def _choose(flags: Flags, where_true: pl.Series, where_false: pl.Series) -> pl.Series:
    """Take from one column or the other; a column of one text counts for all."""
    columns = {"flag": pl.Series(flags)}
    either = (
        pl.when("flag").then(_whole(where_true, columns, "yes")).otherwise(_whole(where_false, columns, "no"))
    )
    return pl.DataFrame(columns).select(chosen=either).to_series()


def _whole(column: pl.Series, columns: dict[str, pl.Series], name: str) -> pl.Expr:
    if column.len() == 1 and columns["flag"].len() != 1:
        return pl.lit(column[0])
    columns[name] = column
    return pl.col(name)


def _births(random: np.random.Generator, people: People) -> tuple[Births, pl.Series]:
    """Say what the register has of each birth, and the birth date as text; some abroad are lunar or incomplete."""
    days = people.birth_day.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    is_lunar = people.is_born_abroad & chance(random, LUNAR_AMONG_BORN_ABROAD, people.count)
    variant = np.where(is_lunar, random.integers(0, 4, people.count), -1)[people.first_born]
    pseudo = _PSEUDO_MONTHS[random.integers(0, _PSEUDO_MONTHS.size, people.count)][people.first_born]
    registered_month = np.where((variant == 0) | (variant == 2), pseudo, np.where(variant == 3, 2, month))
    text_month = np.select(
        [variant == 0, variant == 2, variant == 3],
        [np.zeros_like(month), 12 + month, np.full_like(month, 2)],
        month,
    )
    text_day = np.select(
        [variant == 0, variant == 1, variant == 3],
        [np.zeros_like(day), np.zeros_like(day), np.full_like(day, 30)],
        day,
    )
    sex_digit = np.where(people.is_male, 1, 2)
    return Births(sex_digit, year, registered_month, people.place), digits(
        (year * 100 + text_month) * 100 + text_day, 8
    )


def _parents(random: np.random.Generator, people: People) -> tuple[Integers, Integers]:
    """Say whose number children go by, as positions, and who the other parent is (-1 where there is none)."""
    holder = np.searchsorted(people.household, people.household, side="left").astype(np.int64)
    after = np.minimum(holder + 1, people.count - 1)
    has_partner = people.role[after] == PARTNER
    by_partner = has_partner & chance(random, BY_PARTNERS_NUMBER, people.count)[holder]
    parent = np.where(by_partner, after, holder)
    return parent, np.where(has_partner, holder + after - parent, -1)


def _aliases(
    random: np.random.Generator, others: pl.DataFrame, which: Integers, dates: pl.Series, ranks: pl.Series
) -> pl.Series:
    """Write the other aliases of one person in fifty."""
    columns = others.with_columns(
        which=pl.Series(which),
        has_several=pl.Series(chance(random, SEVERAL_ALIASES, which.size)),
        date=dates,
        rank=ranks,
    )
    number = pl.coalesce(*(pl.when(pl.col("which") == position).then(str(position)) for position in range(4)))
    alias = pl.when("has_several").then(pl.concat_str(number, pl.lit("/"), "date", pl.lit("/"), "rank"))
    return columns.select(other_aliases=alias).to_series()


def _family_names(random: np.random.Generator, people: People) -> pl.Series:
    """Give each adult a birth name, and the children of a household that of one parent."""
    drawn = skewed(random, FAMILY_NAMES.len(), people.count)
    holder = np.searchsorted(people.household, people.household, side="left").astype(np.int64)
    after = np.minimum(holder + 1, people.count - 1)
    by_partner = (people.role[after] == PARTNER) & chance(random, PARTNERS_NAME, people.count)[holder]
    named_after = np.where(people.role == CHILD, np.where(by_partner, after, holder), np.arange(people.count))
    return FAMILY_NAMES.gather(drawn[named_after])


_GROUPS: Final = [(sex, generation) for sex in "FM" for generation in GENERATIONS]
_ALL_GIVEN_NAMES: Final = pl.concat([GIVEN_NAMES[group] for group in _GROUPS])
_GROUP_SIZES: Final = np.array([GIVEN_NAMES[group].len() for group in _GROUPS], dtype=np.int64)
_GROUP_STARTS: Final = np.concatenate((np.zeros(1, np.int64), np.cumsum(_GROUP_SIZES)[:-1]))


def _given_names(random: np.random.Generator, people: People, year: Integers) -> pl.Series:
    """Give one to three given names of the person's sex and generation."""
    generation = np.maximum(np.searchsorted(np.array(GENERATIONS), year, side="right") - 1, 0)
    group = people.is_male * len(GENERATIONS) + generation
    size, start = _GROUP_SIZES[group], _GROUP_STARTS[group]
    first = skewed(random, size, people.count)
    second = (first + 1 + skewed(random, size // 2, people.count)) % size
    third = (second + 1 + skewed(random, size // 3, people.count)) % size
    count = random.random(people.count)
    columns = pl.DataFrame(
        {
            "first": _ALL_GIVEN_NAMES.gather(start + first),
            "second": _ALL_GIVEN_NAMES.gather(start + second),
            "third": _ALL_GIVEN_NAMES.gather(start + third),
            "count": count,
        }
    )
    second_name = pl.when(pl.col("count") > 0.4).then("second")
    third_name = pl.when(pl.col("count") > 0.8).then("third")
    names = pl.concat_str("first", second_name, third_name, separator=" ", ignore_nulls=True)
    return columns.select(given_names=names).to_series()


def _birthplaces(random: np.random.Generator, births: Births, first_born: Integers) -> pl.Series:
    """Write the places of birth, where known; of twins, as of one birth."""
    codes = places().codes.gather(births.place)
    old = places().old_codes.gather(births.place)
    written = _choose(births.year < 1976, old, codes)
    is_known = ~chance(random, BIRTHPLACE_UNKNOWN, births.place.size)[first_born]
    return (
        pl.DataFrame({"code": written, "is_known": is_known})
        .select(pl.when("is_known").then("code"))
        .to_series()
    )


def _secrets(random: np.random.Generator, count: int) -> tuple[pl.Series, pl.Series]:
    """Draw the secret of each card, 128 bits in base32, and its SHA-256."""
    drawn = random.integers(0, 32, (count, SECRET_CHARACTERS), dtype=np.uint8)
    drawn[:, -1] &= 0b11100  # 26 characters hold 130 bits; base32 of 16 bytes leaves the last two at zero
    letters = _BASE32[drawn].tobytes()
    each = [letters[start : start + SECRET_CHARACTERS] for start in range(0, len(letters), SECRET_CHARACTERS)]
    digests = [hashlib.sha256(secret).hexdigest() for secret in each]
    return pl.Series(each, dtype=pl.Binary).cast(pl.String), pl.Series(digests, dtype=pl.String)
