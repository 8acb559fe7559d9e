"""`rempart people`: make people who do not exist."""

import json as json_format
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from babel.numbers import format_decimal
from cyclopts import App, Parameter, validators
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rempart.people.generate import DEFAULT_EFFECTIVE_ON, FileFormat, MadeInsurer, Plan, generate

app = App(name="people", help="People who do not exist, for trials and measurements.")

LINE_EVERY_PEOPLE = 1_000_000


@app.command(name="generate")
def generate_people(
    *,
    count: int,
    insurers: int,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0))],
    out: Path,
    file_format: Annotated[FileFormat, Parameter(name="--format")] = "csv",
    cards: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 1_000,
    effective_on: date = DEFAULT_EFFECTIVE_ON,
    json: bool = False,
) -> None:
    """Write one member file per insurer about people who do not exist; the same seed gives the same bytes.

    Parameters
    ----------
    count
        How many people, over all insurers.
    insurers
        How many insurers share them, unequally.
    seed
        Any number from 0; it decides everything.
    out
        The directory to fill.
    file_format
        csv or parquet.
    cards
        For how many people of each insurer the card secrets are written, in OUT/cards.
    effective_on
        Day from which the files hold, AAAA-MM-JJ.
    json
        Answer with one JSON object.
    """
    plan = Plan(count, insurers, seed, out, file_format, cards, effective_on)
    began = time.perf_counter()
    try:
        with _progress(count, quiet=json) as on_people:
            made = generate(plan, on_people)
    except KeyboardInterrupt:
        sys.stderr.write(
            "rempart: interrompu\u00a0: le fichier en cours est effacé, insurers.json n’a pas été écrit\n"
        )
        sys.exit(130)
    _report(made, plan, time.perf_counter() - began, as_json=json)


@contextmanager
def _progress(count: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show how far we are: a bar on a terminal, a line per million people elsewhere, nothing when asked for JSON."""
    console = Console(stderr=True)
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        columns = (
            TextColumn("Personnes"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.completed:,.0f}"),
        )
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            task = progress.add_task("people", total=count)
            yield lambda step: progress.advance(task, step)
    else:
        yield _Lines(count).add


class _Lines:
    """Progress for whoever reads a file: one line per million people."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._done = 0

    def add(self, step: int) -> None:
        """Count a step."""
        before, self._done = self._done, self._done + step
        if before // LINE_EVERY_PEOPLE < self._done // LINE_EVERY_PEOPLE:
            print(f"{_in_french(self._done)} personnes sur {_in_french(self._count)}", file=sys.stderr)


def _report(made: list[MadeInsurer], plan: Plan, seconds: float, *, as_json: bool) -> None:
    """Say what was made."""
    rows = sum(insurer.row_count for insurer in made)
    if as_json:
        facts = {
            "people": plan.people_count,
            "rows": rows,
            "seconds": round(seconds, 2),
            "people_per_second": round(plan.people_count / seconds),
            "directory": str(plan.directory),
            "insurers": msgspec.to_builtins(made),
        }
        print(json_format.dumps(facts, ensure_ascii=False))
        return
    for insurer in made:
        people, lines = _in_french(insurer.people_count), _in_french(insurer.row_count)
        print(f"{insurer.amc_number}  {people:>11} personnes  {lines:>11} lignes  {insurer.name}")
    what = f"{_in_french(plan.people_count)} personnes, {_in_french(rows)} lignes"
    print(f"{what} dans {plan.directory}, en {format_decimal(seconds, '#,##0.0', 'fr')}\u00a0s.")


def _in_french(number: int) -> str:
    return str(format_decimal(number, locale="fr"))
