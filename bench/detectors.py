"""`python -m bench.detectors`: judge the shipped detectors on whole worlds and by thieves; out/detectors.json and a table."""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rempart.drill.model.parameters import SHIPPED
from rempart.drill.model.report import CARD_SHARE, Figures, report

OUT = Path("out")
ACCOUNTS = 6_300
"""Of fifty days each in the calm world: 300,000 account-days; a third as many in each of the wider ones."""


def main() -> None:
    """Judge, write out/detectors.json and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.detectors")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--seed", type=int, default=2024)
    arguments = parser.parse_args()
    figures = report(SHIPPED, arguments.accounts, arguments.seed)
    OUT.mkdir(exist_ok=True)
    (OUT / "detectors.json").write_text(json.dumps(figures, indent=1))
    show(figures, Console())


def show(figures: Figures, console: Console) -> None:
    """Print what honest accounts meet, and what thieves take."""
    honest = figures["honest"][f"cards {CARD_SHARE:.0%}"]  # type: ignore[index] # made by report
    table = Table(title=f"Honest accounts, {CARD_SHARE:.0%} of the patients with a card; at most: 95 %")
    for heading in (
        "world",
        "account-days",
        "frozen",
        "per 100,000",
        "at most",
        "stepped up",
        "per 10,000",
        "at most",
    ):
        table.add_column(heading, justify="left" if heading == "world" else "right")
    rows = {**honest["worlds"], **{f"= {name}": row for name, row in honest["totals"].items()}}
    rows |= {
        f"{code}, {name}": row for code, both in honest["professions"].items() for name, row in both.items()
    }
    for name, row in rows.items():
        table.add_row(
            name, f"{row['account_days']:,}", str(row["frozen"]), f"{row['frozen_per_100000']:.2f}",
            f"{row['frozen_per_100000_at_most']:.2f}", str(row["stepped_up"]), f"{row['stepped_up_per_10000']:.2f}",
            f"{row['stepped_up_per_10000_at_most']:.2f}",
        )  # fmt: skip
    console.print(table)
    taken = Table(title="People confirmed to a thief, by detectors and budgets alone")
    for heading in ("thief", "accounts", "in all, mean", "p95", "per account, p95 and most", "stopped"):
        taken.add_column(heading, justify="left" if heading == "thief" else "right")
    for code, row in figures["thieves"].items():  # type: ignore[attr-defined] # likewise
        each = ", ".join(f"{name} {a['p95']}/{a['most']}" for name, a in row["per_account"].items())
        taken.add_row(
            code, str(row["accounts"]), f"{row['confirmed_mean']:.0f}", str(row["confirmed_p95"]), each,
            f"{row['stopped_share']:.0%}",
        )  # fmt: skip
    console.print(taken)
    patient = Table(
        title="People confirmed to who knows every rule and his own score, by account; never convicted"
    )
    for heading in ("thief", "profession", "mean", "p95", "most"):
        patient.add_column(heading, justify="left" if heading in {"thief", "profession"} else "right")
    for row in figures["patient_thieves"]:  # type: ignore[attr-defined] # likewise
        cells = (row["code"], row["profession"], f"{row['mean']:,.0f}", f"{row['p95']:,}", f"{row['most']:,}")
        patient.add_row(*cells)
    console.print(patient)


if __name__ == "__main__":
    main()
