"""Make the cards of an insurer's people on the insurer's own machine: no platform, no database, no network.

The folder that it fills, which appears when it is whole and which its owner alone may read:

    <AMC number>-<sequence>.csv  the file for `rempart feed load`, with its manifest: digests of the new secrets
    digests.csv                  beneficiary_id;card_secret_sha256, for the insurer's own records: every later file repeats them
    print.csv                    beneficiary_id;code;picture: what is printed on whose card
    pictures/                    one QR a beneficiary, SVG, in as many folders as keep each of them small

`print.csv` and `pictures/` hold the secrets. Memory does not grow with the file but by some bytes a line.

Never: log a secret, write one where the file for the platform is, or make a card from a file that is not whole.
"""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from rempart.domain.birth_dates import parse_birth_rank
from rempart.domain.card_code import CardCode, write_card_code
from rempart.domain.errors.member_files import CardHolderUnknown, CardsFileFaulty, CardsFolderTaken
from rempart.domain.identifiers import Nir, parse_amc_number
from rempart.feeds.cards.card_secrets import BITS, Bits, CardSecrets, digest_of_secret
from rempart.feeds.cards.chosen import Chosen, choose
from rempart.feeds.cards.picture import draw
from rempart.feeds.formats.columns import REFERENCE_PATTERN
from rempart.feeds.formats.member_file import MemberFile, open_member_file
from rempart.feeds.formats.rows import LINE
from rempart.feeds.formats.writer import write_member_file
from rempart.limits.files import CARD_LIST_MAX_BYTES
from rempart.people.place import private_files

_CARD: Final = "card_secret_sha256"
_PICTURES_A_FOLDER: Final = 1_000

OnCards = Callable[[int, int], None]
"""Told how many cards were made, of how many."""


@dataclass(frozen=True, slots=True)
class CardsPlan:
    """What to make: from which member file, where, for whom.

    `listed` narrows to these references (None: everybody); `again` gives those who have a card another one. `is_unsent`: the
    file was not given to the platform yet, and is written again with its digests, in place of a file of changes after it.
    """

    members: Path
    folder: Path
    listed: Collection[str] | None = None
    again: bool = False
    is_unsent: bool = False
    bits: Bits = BITS
    has_pictures: bool = True


@dataclass(frozen=True, slots=True)
class MadeCards:
    """What was made: `file` is None where nobody needed a card, and no folder was then filled."""

    card_count: int
    held_back_count: int
    file: Path | None = None


def make_cards(plan: CardsPlan, on_cards: OnCards = lambda _made, _all: None) -> MadeCards:
    """Fill the folder of a plan. Refuses: CardsRefused and its kind, MemberFileRefused and its kind."""
    if plan.folder.exists():
        raise CardsFolderTaken(plan.folder.name)
    file = open_member_file(plan.members)
    chosen = choose(file, plan.listed, again=plan.again)
    if plan.is_unsent and chosen.bad_line_count:
        raise CardsFileFaulty(f"{chosen.bad_line_count} lines")
    if not len(chosen.marks):
        return MadeCards(0, chosen.held_back_count)
    with private_files(), _whole_folder(plan.folder) as folder, ExitStack() as closing:
        run = _Run(plan, file, chosen, folder, CardSecrets(plan.bits), on_cards)
        run.open(closing)
        name = run.write()
    return MadeCards(run.made, chosen.held_back_count, plan.folder / name)


def read_listed(path: Path) -> list[str]:
    """Read a list of references, one a line. Refuses: CardHolderUnknown for a line that is none, by its number."""
    with path.open("rb") as file:
        text = file.read(CARD_LIST_MAX_BYTES + 1)
    lines = text.decode("utf-8", errors="replace").splitlines()
    numbers = pl.Series(lines, dtype=pl.String).str.strip_chars()
    is_good = numbers.str.contains(f"^(?:{REFERENCE_PATTERN})$")
    if len(text) > CARD_LIST_MAX_BYTES:
        raise CardHolderUnknown(f"line {len(lines)}")
    if not is_good.all():
        raise CardHolderUnknown(f"line {int((~is_good).arg_max() or 0) + 1}")
    return numbers.to_list()


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill that takes its name when all went well, and vanishes otherwise."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@dataclass(slots=True)
class _Run:
    """One run: what it reads, what it writes to, how far it is."""

    plan: CardsPlan
    file: MemberFile
    chosen: Chosen
    folder: Path
    secrets: CardSecrets
    on_cards: OnCards
    made: int = 0
    _digests: BinaryIO = field(init=False)
    _prints: BinaryIO = field(init=False)

    def open(self, closing: ExitStack) -> None:
        """Open the two lists beside the member file."""
        self._digests = closing.enter_context((self.folder / "digests.csv").open("wb"))
        self._prints = closing.enter_context((self.folder / "print.csv").open("wb"))
        self._digests.write(f"beneficiary_id;{_CARD}\n".encode())
        self._prints.write(
            b"beneficiary_id;code;picture\n" if self.plan.has_pictures else b"beneficiary_id;code\n"
        )

    def write(self) -> str:
        """Write the member file for the platform, and all the rest on the way; give its name."""
        manifest = self.file.manifest
        if self.plan.is_unsent:
            name, kind = self.plan.members.name, manifest.kind
            sequence, previous = manifest.sequence, manifest.previous_sha256
        else:
            kind, sequence, previous = "delta", manifest.sequence + 1, manifest.sha256
            name = f"{manifest.amc_number}-{sequence:04}{self.plan.members.suffix}"
        write_member_file(
            self.folder / name,
            self._frames(),
            amc_number=manifest.amc_number,
            effective_on=manifest.effective_on,
            sequence=sequence,
            kind=kind,
            previous_sha256=previous,
        )
        return name

    def _frames(self) -> Iterator[pl.DataFrame]:
        for texts in self.file.texts():
            lines = self.chosen.lines_of(texts.frame, with_closed=self.plan.is_unsent)
            digests = [digest_of_secret(self.secrets.of(number)) for number in lines["beneficiary_id"]]
            given = lines.with_columns(pl.Series(_CARD, digests, dtype=pl.String))
            for row in given.filter("is_first").iter_rows(named=True):
                self._make(row)
            if self.plan.is_unsent:
                yield texts.frame.update(given.select(LINE, _CARD), on=LINE)
            elif given.height:
                yield given.with_columns(change=pl.lit("upsert"))
            self.on_cards(self.made, len(self.chosen.marks))

    def _make(self, row: dict[str, str]) -> None:
        """Make the card of one person, from the first line that is of them."""
        number = row["beneficiary_id"]
        code = write_card_code(
            CardCode(
                parse_amc_number(self.file.manifest.amc_number),
                Nir.parse(row["nir"]),
                parse_birth_rank(row["birth_rank"]),
                self.secrets.of(number),
            )
        )
        self._digests.write(f"{number};{row[_CARD]}\n".encode())
        self._prints.write(f"{number};{code}{self._draw(number, code)}\n".encode())
        self.made += 1

    def _draw(self, number: str, code: str) -> str:
        """Write the picture of a card; give what its line in print.csv says of it."""
        if not self.plan.has_pictures:
            return ""
        place = f"pictures/{self.made // _PICTURES_A_FOLDER:04}/{number}.svg"
        (self.folder / place).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / place).write_text(draw(code), encoding="utf-8")
        return f";{place}"
