"""`rempart detectors`: list the rules, take the aggregates out, fit on them, and ask to change the rules.

Exit status: 0 done; 1 refused; 4 a change waits for signatures.
"""

import json as json_format
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from cyclopts import App

from rempart.cli.operate.proposal import tell
from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.domain.detectors import SPEAKING, Measure, Signal, Test
from rempart.domain.errors.gate import DetectorFileUnreadable
from rempart.drill.model.fit import Day, Proposal, false_alarms, fit
from rempart.operations.detectors.aggregates import aggregates_between, read_aggregates
from rempart.operations.detectors.change import change
from rempart.store.detectors.rules import RuleRow, rules_in_force

app = App(name="detectors", help="The detectors: list, export, fit, change.")

_MEASURES: Final = {1: "présence", 2: "gel"}


@app.command(name="list")
def list_rules(profession: str = "", *, json: bool = False) -> None:
    """List the rules in force, with where each comes from.

    Parameters
    ----------
    profession
        Only those of this profession (its code).
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        rules = [row for row in rules_in_force(connection) if profession in {"", row.profession}]
    facts: dict[str, object] = {"rules": [_facts_of(row) for row in rules]}
    lines = [
        f"{row.profession:<17} {row.signal:<11} honnête {_share(row.honest)}  voleur {_share(row.thief)}  "
        f"seuil {row.threshold:>7.1f}  {_MEASURES[row.measure]:<8}  depuis le {row.valid_from}\u00a0: {row.source}"
        for row in rules
    ]
    say(json, facts, "\n".join(lines) or "Aucune règle pour cette profession.")


@app.command
def export(path: Path, *, since: date, until: date, json: bool = False) -> None:
    """Write the aggregates on which detectors are fitted: sums per account and day, nothing of people.

    Parameters
    ----------
    path
        The file to write (CSV).
    since
        The first day.
    until
        The day after the last one.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        count = aggregates_between(connection, path, since, until)
    say(
        json,
        {"account_days": count, "file": path.name},
        f"{count} journées de comptes écrites dans {path.name}.",
    )


@app.command(name="fit")
def fit_rules(
    aggregates: Path, *, rules: Path | None = None, simulate: bool = True, json: bool = False
) -> None:
    """Fit the detectors on aggregates, and say what would change; the rules in force stay until `change`.

    Parameters
    ----------
    aggregates
        The file that `export` wrote.
    rules
        Where to write the rules proposed (JSON), for `change`.
    simulate
        Count false alarms again by simulation.
    json
        Answer in one line of JSON.
    """
    with opened() as (_, connection):
        in_force = rules_in_force(connection)
    proposals = fit(_days_of(aggregates), _tests_of(in_force))
    if rules is not None:
        written = [_rule_of(proposal) for proposal in proposals]
        rules.write_text(json_format.dumps(written, indent=1) + "\n", encoding="utf-8")
    facts = [_facts_of_fit(proposal, simulate) for proposal in proposals]
    say(json, {"proposals": facts}, _told(facts))


@app.command(name="change")
def change_rules(rules: Path, *, valid_from: date, because: str, by: str = "", json: bool = False) -> None:
    """Ask to change the rules; two operators sign it at the console.

    As long as nobody ever had an operator's key, a second person who types the same changes them.

    Parameters
    ----------
    rules
        The file that `fit` wrote; it may be edited or shortened.
    valid_from
        The first day of the new rules; those in force end the day before.
    because
        The reason, kept as the source of the rules.
    by
        Who asks, or agrees; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    changed = _read_rules(rules)
    with opened() as (settings, connection):
        asked = change(connection, changed, valid_from, because, by or typist())
    facts: dict[str, object] = {"rules": len(changed), "valid_from": valid_from.isoformat()}
    done = f"{len(changed)} règles en vigueur à partir du {valid_from}."
    tell(settings, asked, facts, done, "les règles changeront", as_json=json)


def _days_of(path: Path) -> list[Day]:
    names = [signal.name.lower() for signal in SPEAKING]
    return [
        Day(
            row["account"], row["profession"], int(row["questions"]),
            tuple(int(row[f"{name}_thief"]) for name in names),
            tuple(int(row[f"{name}_honest"]) for name in names),
        )
        for row in read_aggregates(path)
    ]  # fmt: skip


def _tests_of(rules: Sequence[RuleRow]) -> dict[str, dict[Signal, Test]]:
    tests: dict[str, dict[Signal, Test]] = defaultdict(dict)
    for row in rules:
        tests[row.profession][Signal(row.signal_id)] = Test(
            row.threshold, Measure(row.measure), row.honest, row.thief
        )
    return tests


def _rule_of(proposal: Proposal) -> dict[str, object]:
    test = proposal.proposed
    return {
        "profession": proposal.profession, "signal": proposal.signal.name.lower(), "honest": test.honest, "thief": test.thief,
        "threshold": test.threshold, "measure": int(test.measure),
    }  # fmt: skip


def _facts_of_fit(proposal: Proposal, simulate: bool) -> dict[str, object]:
    facts = _rule_of(proposal) | {
        "accounts": proposal.share.accounts,
        "mean": round(proposal.share.mean, 4),
        "deviation": round(proposal.share.deviation, 4),
        "alarms_per_day": proposal.alarms_proposed,
        "alarms_per_day_in_force": proposal.alarms_in_force,
    }
    if simulate:
        facts["alarms_per_day_simulated"] = false_alarms(proposal.share, proposal.proposed)
    return facts


def _told(facts: Sequence[Mapping[str, Any]]) -> str:
    """Lay the proposals out for people; alarms are those of a hundred thousand account-days."""
    lines = [
        f"{f['profession']:<17} {f['signal']:<11} {f['accounts']:>6} comptes  moyenne {f['mean']:.3f} ± {f['deviation']:.3f}  "
        f"honnête {f['honest']:.3f}  voleur {f['thief']:.3f}  seuil {f['threshold']:>5.1f}  "
        f"fausses alarmes pour 100\u202f000 journées\u00a0: {_alarms(f)}"
        for f in facts
    ]
    return (
        "\n".join(lines)
        or "Trop peu de comptes pour proposer une règle\u00a0: il en faut trente par profession."
    )


def _alarms(facts: Mapping[str, Any]) -> str:
    told = f"{facts['alarms_per_day'] * 1e5:.2f} au plus"
    if "alarms_per_day_simulated" in facts:
        told += f", {facts['alarms_per_day_simulated'] * 1e5:.2f} simulées"
    return f"{told} (règle en vigueur\u00a0: {facts['alarms_per_day_in_force'] * 1e5:.2f})"


def _read_rules(path: Path) -> list[dict[str, object]]:
    """Read a file of rules. Refuses: DetectorFileUnreadable."""
    try:
        asked = json_format.loads(path.read_text(encoding="utf-8"))
        wanted = {"profession", "signal", "honest", "thief", "threshold", "measure"}
        for rule in asked:
            is_whole = set(rule) == wanted and rule["measure"] in {1, 2}
            if not (is_whole and 0 < rule["honest"] < rule["thief"] < 1 and 0 < rule["threshold"] < 1e6):
                raise DetectorFileUnreadable(path.name)
    except (OSError, ValueError, TypeError, KeyError):
        raise DetectorFileUnreadable(path.name) from None
    if not asked:
        raise DetectorFileUnreadable(path.name)
    return list(asked)


def _facts_of(row: RuleRow) -> dict[str, object]:
    return {
        "profession": row.profession, "signal": row.signal, "honest": row.honest, "thief": row.thief, "threshold": row.threshold,
        "measure": row.measure, "valid_from": row.valid_from.isoformat(), "source": row.source,
    }  # fmt: skip


def _share(share: float | None) -> str:
    return "    —" if share is None else f"{share:.3f}"
