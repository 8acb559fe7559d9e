"""Member files of people who do not exist, one per insurer, in bounded memory and the same bytes for the same seed.

The directory that it fills:

    insurers.json           the insurers, their products, their files
    <AMC number>-0001.csv   a full member file, sequence 1, and its manifest (.parquet when asked for)
    cards/<AMC number>.csv  the card secrets of the first people of each insurer, as only that insurer would know them

A member file appears when it is whole, `insurers.json` when all are. Only who generated them may read them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, Self

import msgspec
import polars as pl

from rempart.domain.errors.trials import GenerationImpossible
from rempart.feeds.formats.columns import COLUMNS
from rempart.feeds.formats.writer import whole_or_absent, write_csv_rows, write_member_file
from rempart.people.contracts import make_rows
from rempart.people.draws import generator
from rempart.people.households import make_people
from rempart.people.identities import Identities, make_identities
from rempart.people.insurers import Insurer, Product, make_insurers
from rempart.people.numbers import Registry
from rempart.people.place import INDEX, forget_former_run, private_files

HOUSEHOLDS_AT_ONCE: Final = 20_000
DEFAULT_EFFECTIVE_ON: Final = date(2026, 11, 1)  # fixed, so that a seed alone decides the bytes
CARD_COLUMNS: Final = (
    "beneficiary_id", "nir", "birth_date", "birth_rank", "other_aliases", "birth_name", "given_names", "card_secret",
)  # fmt: skip

_COLUMN_NAMES: Final = [column.name for column in COLUMNS]

FileFormat = Literal["csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to generate."""

    people_count: int
    insurer_count: int
    seed: int
    directory: Path
    file_format: FileFormat = "csv"
    cards_per_insurer: int = 1_000
    effective_on: date = DEFAULT_EFFECTIVE_ON

    def file_of(self, insurer: Insurer) -> str:
        """Name the member file of an insurer."""
        return f"{insurer.amc_number}-0001.{self.file_format}"


class MadeInsurer(msgspec.Struct, frozen=True):
    """One insurer in insurers.json."""

    amc_number: str
    name: str
    people_count: int
    row_count: int
    file: str
    sha256: str
    cards_file: str
    products: list[Product]


def generate(plan: Plan, on_people: Callable[[int], None] = lambda _: None) -> list[MadeInsurer]:
    """Write the directory of a plan; call `on_people` with the number of people of each step.

    Refuses: GenerationImpossible, DirectoryTaken.
    """
    if not 1 <= plan.insurer_count <= plan.people_count:
        raise GenerationImpossible("--insurers")
    insurers = make_insurers(plan.seed, plan.insurer_count, plan.people_count)
    forget_former_run(plan.directory, {plan.file_of(insurer) for insurer in insurers})
    with private_files():
        (plan.directory / "cards").mkdir(parents=True, exist_ok=True)
        (plan.directory / "cards").chmod(0o700)
        registry = Registry()
        made = [_Work(plan, insurer, registry, on_people).write() for insurer in insurers]
        with whole_or_absent(plan.directory / INDEX) as partial:
            partial.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return made


@dataclass(frozen=True, slots=True)
class _Work:
    """The files of one insurer."""

    plan: Plan
    insurer: Insurer
    registry: Registry
    on_people: Callable[[int], None]

    def write(self) -> MadeInsurer:
        """Write the member file, its manifest and the cards."""
        plan, insurer = self.plan, self.insurer
        path = plan.directory / plan.file_of(insurer)
        cards_path = plan.directory / "cards" / f"{insurer.amc_number}.csv"
        with whole_or_absent(cards_path) as partial, _Cards(partial, plan.cards_per_insurer) as cards:
            manifest = write_member_file(
                path,
                self._frames(cards),
                amc_number=insurer.amc_number,
                effective_on=plan.effective_on,
            )
        return MadeInsurer(
            amc_number=insurer.amc_number,
            name=insurer.name,
            people_count=insurer.people_count,
            row_count=manifest.row_count,
            file=path.name,
            sha256=manifest.sha256,
            cards_file=f"cards/{cards_path.name}",
            products=[*insurer.products, insurer.surcomplementaire],
        )

    def _frames(self, cards: "_Cards") -> Iterator[pl.DataFrame]:
        """Make the rows, some households at a time."""
        on, insurer = self.plan.effective_on, self.insurer
        made = households = step = 0
        while made < insurer.people_count:
            random = generator(self.plan.seed, 2, insurer.position, step)
            wanted = insurer.people_count - made
            people = make_people(random, min(HOUSEHOLDS_AT_ONCE, wanted), on).first(wanted)
            references = insurer.reference_of(made, people.count)
            identities = make_identities(random, people, self.registry, references, on)
            rows = make_rows(random, people, insurer, households, on)
            cards.keep(identities)
            identity_columns = identities.frame.select(pl.all().gather(rows["person"]))
            yield pl.concat([identity_columns, rows.drop("person")], how="horizontal").select(_COLUMN_NAMES)
            self.on_people(people.count)
            made += people.count
            households += int(people.household[-1]) + 1
            step += 1


class _Cards:
    """The card secrets of the first people of an insurer, apart from the member file, for their owner's eyes."""

    def __init__(self, path: Path, wanted: int) -> None:
        path.touch(0o600)
        self._file = path.open("wb")
        self._file.write((";".join(CARD_COLUMNS) + "\n").encode())
        self._missing = wanted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, identities: Identities) -> None:
        """Take as many people as are still wanted."""
        if self._missing > 0:
            frame = identities.frame.with_columns(card_secret=identities.secrets).head(self._missing)
            write_csv_rows(self._file, frame.select(CARD_COLUMNS))
            self._missing -= frame.height
