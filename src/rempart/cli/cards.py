"""`rempart cards`: what an insurer runs on its own machine, without the platform: secrets, codes and QR pictures of cards.

Exit status: 0 made, or nobody needed a card; 1 refused, and nothing was written.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from babel.numbers import format_decimal
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rempart.cli.speech import say
from rempart.feeds.cards.card_secrets import BITS, Bits
from rempart.operations.make_cards import CardsPlan, MadeCards, OnCards, make_cards, read_listed

app = App(
    name="cards", help="Cards, on the insurer's own machine: make their secrets, codes and QR pictures."
)


@app.command
def make(
    members: Path,
    *,
    out: Path,
    people: Path | None = None,
    again: bool = False,
    unsent: bool = False,
    bits: Bits = BITS,
    pictures: Annotated[bool, Parameter(negative="--no-pictures")] = True,
    json: bool = False,
) -> None:
    """Make a card for each beneficiary of a member file who has none; nothing leaves this machine.

    Parameters
    ----------
    members
        The last member file that the platform took, CSV or Parquet, with its manifest beside it.
    out
        The folder to make: a file of changes for the platform, digests.csv, print.csv, pictures.
    people
        Only for those listed: a file with one beneficiary_id a line.
    again
        Another card for those who have one: the old one is worth nothing once the file is loaded.
    unsent
        The member file was not sent yet: write it again with the digests, in place of a file of changes.
    bits
        How many random bits a secret has: 80, 128 or 160.
    pictures
        --no-pictures writes the digits to print only, for a printer who draws QR codes.
    json
        Answer in one line of JSON.
    """
    plan = CardsPlan(
        members, out, None if people is None else read_listed(people), again, unsent, bits, pictures
    )
    with _progress(quiet=json) as on_cards:
        made = make_cards(plan, on_cards)
    facts: dict[str, object] = {
        "cards": made.card_count,
        "held_back": made.held_back_count,
        "file": None if made.file is None else str(made.file),
        "out": None if made.file is None else str(out),
    }
    say(json, facts, _sentence(made, out))


def _sentence(made: MadeCards, out: Path) -> str:
    held = f"{_in_french(made.held_back_count)} sans carte\u00a0: une de leurs lignes est fautive."
    if made.file is None:
        said = "Personne n’attend de carte\u00a0: rien n’a été écrit."
    else:
        said = (
            f"{_in_french(made.card_count)} {'carte' if made.card_count == 1 else 'cartes'} dans {out}.\n"
            f"Envoyez {made.file.name} et son manifeste.\n"
            "Gardez digests.csv\u00a0: vos prochains fichiers répètent ces empreintes.\n"
            "print.csv et pictures contiennent les secrets\u00a0: effacez-les une fois les cartes imprimées."
        )
    return f"{said}\n{held}" if made.held_back_count else said


@contextmanager
def _progress(*, quiet: bool) -> Iterator[OnCards]:
    """Show how far we are on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if quiet or not sys.stderr.isatty():
        yield lambda _made, _all: None
        return
    columns = (TextColumn("Cartes"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("cards")
        yield lambda made, of: progress.update(task, completed=made, total=of)


def _in_french(number: int) -> str:
    return str(format_decimal(number, locale="fr"))
