"""The insured people of a drill: made up, loaded as insurers load them, and known whole to the drill alone.

Thieves draw their lists from them, honest shops their patients, and what thieves heard is searched for their names. A
person is a position in the columns.
"""

import sys
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from rempart.adapters import clock
from rempart.domain.birth_dates import BirthDate
from rempart.domain.identifiers import Nir, parse_amc_number
from rempart.domain.regions import region_of_birth
from rempart.domain.rights import Domain
from rempart.operations.load_members import load_members
from rempart.operations.register_insurer import register_insurer, registered_insurers
from rempart.people.draws import Integers
from rempart.people.generate import MadeInsurer, Plan, generate
from rempart.people.place import INDEX
from rempart.settings import Settings

INSURERS: Final = 12
LASTING: Final = timedelta(days=120)
"""Rights that end sooner are left out of lists: the longest scenario lasts sixty days, and insurers would have renewed them."""

_DATA_AGE_MAX_H: Final = 24 * 366
"""Insurers send files daily, which a drill whose days pass in seconds does not: their age is allowed for."""

_COLUMNS: Final = (
    "beneficiary_id", "nir", "birth_date", "birth_rank", "birth_name", "given_names", "contract_number", "member_number",
    "domains", "situation", "opens_on", "ends_on",
)  # fmt: skip


@dataclass(frozen=True)
class People:
    """Every person, in columns; `covered` has a domain's bit set where tiers payant is open for it and stays so.

    `region` is that of birth, 0 abroad; `is_ended` says that every right has ended.
    """

    amc_number: list[str]
    nir: list[str]
    birth_date: list[str]
    rank: list[int]
    names: list[str]
    numbers: list[tuple[str, ...]]
    secret: dict[int, str]
    covered: Integers
    region: Integers
    is_ended: Integers

    def __len__(self) -> int:
        return len(self.nir)

    @cached_property
    def numbers_without_key(self) -> frozenset[str]:
        """The NIR of everybody, to look one up."""
        return frozenset(nir[:13] for nir in self.nir)

    def covered_for(self, domain: Domain) -> Integers:
        """List the people whose right is open for a domain."""
        return np.flatnonzero(self.covered & domain.bit).astype(np.int64)

    def ended(self) -> Integers:
        """List the people whose rights have all ended."""
        return np.flatnonzero(self.is_ended).astype(np.int64)

    def alias_message(self, person: int) -> bytes:
        """Compose what the keyring indexes (domain/identifiers.py)."""
        return f"{self.nir[person]}|{self.birth_date[person]}|{self.rank[person]}".encode()


def make_people(settings: Settings, count: int, seed: int) -> People:
    """Make people and load them through the feed, or find those of a former drill; every insurer asks for no presence yet."""
    folder = settings.home / "members"
    today = clock.today("Europe/Paris")
    insurers = _made_before(folder, count) or generate(
        Plan(count, min(INSURERS, count), seed, folder, "csv", count, today.replace(day=1))
    )
    registered = {row.amc_number for row in registered_insurers(settings)}
    frames, secrets = [], []
    for insurer in insurers:
        if insurer.amc_number not in registered:
            register_insurer(
                settings, parse_amc_number(insurer.amc_number), insurer.name, data_age_max_h=_DATA_AGE_MAX_H
            )
        load_members(settings, folder / insurer.file, insurer.amc_number, "drill")
        amc = pl.lit(insurer.amc_number).alias("amc_number")
        frames.append(
            pl.read_csv(
                folder / insurer.file, separator=";", infer_schema=False, columns=list(_COLUMNS)
            ).with_columns(amc)
        )
        secrets.append(_read_secrets(folder / insurer.cards_file).with_columns(amc))
    return _people_of(pl.concat(frames), pl.concat(secrets), today)


def _made_before(folder: Path, count: int) -> list[MadeInsurer]:
    """List the insurers of a former drill on this platform; none where there was none."""
    if not (folder / INDEX).is_file():
        return []
    insurers = msgspec.json.decode((folder / INDEX).read_bytes(), type=list[MadeInsurer])
    made = sum(insurer.people_count for insurer in insurers)
    if made != count:
        sys.exit(
            f"Cette plateforme d’exercice tient {made} personnes inventées\u00a0: relancez avec --people {made}."
        )
    return insurers


def _read_secrets(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator=";", infer_schema=False, columns=["beneficiary_id", "card_secret"])


def _people_of(rows: pl.DataFrame, secrets: pl.DataFrame, today: date) -> People:
    begun = (pl.col("opens_on") <= today.isoformat()) & (pl.col("situation") == "active")
    lasts = begun & (pl.col("ends_on").is_null() | (pl.col("ends_on") > (today + LASTING).isoformat()))
    bits = [
        pl.when(lasts & pl.col("domains").fill_null("").str.split(" ").list.contains(domain.name))
        .then(domain.bit)
        .otherwise(0)
        for domain in Domain
    ]
    people = (
        rows.with_columns(covered=pl.sum_horizontal(bits), over=pl.col("ends_on") < today.isoformat())
        .group_by("amc_number", "beneficiary_id", maintain_order=True)
        .agg(
            pl.col("nir", "birth_date", "birth_rank", "birth_name", "given_names").first(),
            pl.col("contract_number", "member_number").unique(),
            pl.col("covered").max(),
            pl.col("over").fill_null(value=False).all(),
        )
        .join(secrets, on=["amc_number", "beneficiary_id"], how="left", maintain_order="left")
    )
    nirs, births = people["nir"].to_list(), people["birth_date"].to_list()
    secret = {place: text for place, text in enumerate(people["card_secret"].to_list()) if text}
    return People(
        amc_number=people["amc_number"].to_list(),
        nir=nirs,
        birth_date=births,
        rank=[int(rank) for rank in people["birth_rank"].to_list()],
        names=[
            f"{name} {given}" for name, given in zip(people["birth_name"], people["given_names"], strict=True)
        ],
        numbers=[
            (reference, *contracts, *members)
            for reference, contracts, members in zip(
                people["beneficiary_id"],
                people["contract_number"].to_list(),
                people["member_number"].to_list(),
                strict=True,
            )
        ],
        secret=secret,
        covered=people["covered"].to_numpy().astype(np.int64),
        region=np.array(
            [_region(nir, birth) for nir, birth in zip(nirs, births, strict=True)], dtype=np.int64
        ),
        is_ended=people["over"].to_numpy().astype(np.int64),
    )


def _region(nir: str, birth_date: str) -> int:
    return region_of_birth(Nir.parse(nir), BirthDate.parse(birth_date)) or 0
