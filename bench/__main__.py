"""`make bench`: make people, load them, ask about them over HTTP, beside the raw references; out/bench.json and a table.

Each round measures the raw transaction, then the platform at 1, 16 and 64 callers, then at half of its top rate, one after the
other in the same minutes: what is compared met the same machine. Medians of the rounds are kept.
"""

import argparse
import json
import os
import resource
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from bench import references
from bench.deliveries import write_deltas
from bench.gate import without_detectors
from bench.load import Measured, measure
from bench.platform import (
    Loaded,
    fresh_settings,
    load_people,
    make_people,
    register_insurers,
    served,
)
from bench.questions import ACCOUNTS, Caller, draw_bodies, enrol, make_callers, requests
from rempart.settings import Settings
from rempart.store.database import address, connect_sync

ROUNDS = 3
SECONDS = 8.0
WARM_UP_ROUNDS = 5
TOP_CALLERS = 64
CALLERS = (1, 16, TOP_CALLERS)
OUT = Path("out")
STRANGERS_SEED = 2025

Figure = dict[str, object]


def main() -> None:
    """Measure, write out/bench.json and print the table."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    say = Console(stderr=True).print
    OUT.mkdir(exist_ok=True)
    settings, environ = fresh_settings(OUT.absolute() / "bench-home")
    say(f"Making {arguments.people:,} people…")
    files = make_people(environ, arguments.people, OUT / "bench-people")
    strangers = make_people(environ, arguments.people // 20, OUT / "bench-strangers", seed=STRANGERS_SEED)
    with served(environ) as seconds_to_start:
        say(f"Serving after {seconds_to_start:.1f} s. Loading…")
        register_insurers(settings, files)
        figures = [_feed_figure("feed.first_load", settings, load_people(environ, files))]
        deltas = write_deltas(files, strangers, OUT / "bench-deltas")
        figures.append(_feed_figure("feed.delta", settings, load_people(environ, deltas)))
        callers = make_callers()
        enrol(settings, callers)
        bodies = cycle(draw_bodies(files, min(1_000_000, arguments.people), seed=7))
        _warm_up(settings, callers, bodies)
        rounds = [_round(settings, callers, bodies, arguments.people, say) for _ in range(arguments.rounds)]
        figures += _rights_figures(rounds)
        figures += _memory_figures()
    (OUT / "bench.json").write_text(json.dumps(figures, indent=1))
    _print(figures)


def _feed_figure(name: str, settings: Settings, loaded: list[Loaded]) -> Figure:
    """Hold the rows a second of some loads against a COPY of the largest of their files."""
    rows, seconds = sum(file.rows for file in loaded), sum(file.seconds for file in loaded)
    raw = median(references.copy_rate(address(settings, "owner"), loaded[-1].path) for _ in range(3))
    return _figure(name, rows / seconds, "rows/s", raw)


def _warm_up(settings: Settings, callers: list[Caller], bodies: Iterator[bytes]) -> None:
    """Let each worker meet the callers' keys, as on any day but the first: after five rounds, all but one in thirty."""
    asked = requests(settings.fhir_url, callers, bodies, WARM_UP_ROUNDS * len(callers))
    measure(settings.host, settings.port, asked, TOP_CALLERS, 30)


def _round(
    settings: Settings,
    callers: list[Caller],
    bodies: Iterator[bytes],
    people: int,
    say: Callable[[str], None],
) -> dict[str, float]:
    """Measure the raw transaction and the platform, in turn."""
    seen: dict[str, float] = {}
    seen["pgbench"] = references.pgbench_rate(address(settings, "owner"), people)
    uvicorn = references.uvicorn_bare(settings.port + 50, 16, 3)
    seen["uvicorn"] = uvicorn.rate
    expected = 9_000.0
    for count in CALLERS:
        asked = requests(
            settings.fhir_url, callers, bodies, int(expected * (0.25 if count == 1 else 1) * SECONDS)
        )
        before = _cpu_s()
        found = measure(settings.host, settings.port, asked, count, SECONDS)
        seen[f"rate_{count}"] = found.rate
        seen[f"p50_{count}"] = found.latency_ms(0.50)
        seen[f"p99_{count}"] = found.latency_ms(0.99)
        seen[f"cpu_{count}"] = (_cpu_s() - before + found.client_cpu_s) / len(found.latencies_s) * 1e6
        _check(found, say, f"{count} callers")
    asked = requests(settings.fhir_url, callers, bodies, int(expected * SECONDS))
    with without_detectors(settings):
        found = measure(settings.host, settings.port, asked, TOP_CALLERS, SECONDS)
    _check(found, say, "without detectors")
    seen["rate_without_detectors"] = found.rate
    half = seen[f"rate_{TOP_CALLERS}"] / 2
    asked = requests(settings.fhir_url, callers, bodies, int(half * SECONDS) + 1)
    found = measure(settings.host, settings.port, asked, TOP_CALLERS, SECONDS, half)
    _check(found, say, f"half rate ({half:.0f}/s)")
    seen["p50_half"], seen["p99_half"] = found.latency_ms(0.50), found.latency_ms(0.99)
    say(f"pgbench {seen['pgbench']:.0f}/s, bare uvicorn {seen['uvicorn']:.0f}/s")
    _check_receipts(settings)
    return seen


def _check(found: Measured, say: Callable[[str], None], what: str) -> None:
    """Refuse to report a rate of errors."""
    say(
        f"{what}: {found.rate:.0f} answers/s, p50 {found.latency_ms(0.5):.2f} ms, p99 {found.latency_ms(0.99):.2f} ms, "
        f"generator {found.client_cpu_s / len(found.latencies_s) * 1e6:.0f} µs each, statuses {found.statuses}"
    )
    if set(found.statuses) != {200}:
        raise SystemExit(f"the run at {what} met errors: {found.statuses}")


def _check_receipts(settings: Settings) -> None:
    """See that what was counted are answers of the gate, one in twenty about nobody."""
    with connect_sync(settings, "owner") as connection:
        row = connection.execute(
            "select count(*) filter (where outcome >= 20), count(*) filter (where outcome = 1), count(*) from evidence.receipts"
        ).fetchone()
    if row is None or row[0] or not 0.4 < row[1] / row[2] < 0.96:
        raise SystemExit(f"the receipts are not those of a day's work: {row}")


def _cpu_s() -> float:
    """Sum the processor time of the platform's processes and of PostgreSQL's."""
    total = 0.0
    for process in psutil.process_iter(["cmdline", "cpu_times", "name"]):
        words = " ".join(process.info["cmdline"] or ())
        if process.pid != os.getpid() and ("rempart" in words or process.info["name"] == "postgres"):
            total += process.info["cpu_times"].user + process.info["cpu_times"].system
    return total


def _rights_figures(rounds: list[dict[str, float]]) -> list[Figure]:
    def middle(name: str) -> float:
        return median(seen[name] for seen in rounds)

    def ratio_at(callers: int) -> float:  # the median of what was compared in the same minutes
        return median(seen[f"rate_{callers}"] / seen["pgbench"] for seen in rounds)

    figures = [
        _figure(
            "rights.rate",
            middle(f"rate_{TOP_CALLERS}"),
            "answers/s",
            middle("pgbench"),
            ratio_at(TOP_CALLERS),
        ),
        _figure(
            "rights.rate_beside_no_detectors",
            middle(f"rate_{TOP_CALLERS}"),
            "answers/s",
            middle("rate_without_detectors"),
            median(seen[f"rate_{TOP_CALLERS}"] / seen["rate_without_detectors"] for seen in rounds),
        ),
        _figure("rights.p99_at_half", middle("p99_half"), "ms"),
        _figure("rights.p50_at_half", middle("p50_half"), "ms"),
        _figure("rights.cpu_per_answer", middle(f"cpu_{TOP_CALLERS}"), "µs"),
        _figure("http.bare_uvicorn", middle("uvicorn"), "answers/s, one process"),
    ]
    for count in CALLERS:
        rate = _figure(
            f"rights.rate_{count}_callers",
            middle(f"rate_{count}"),
            "answers/s",
            middle("pgbench"),
            ratio_at(count),
        )
        figures.append(rate)
        figures.append(_figure(f"rights.p50_{count}_callers", middle(f"p50_{count}"), "ms"))
        figures.append(_figure(f"rights.p99_{count}_callers", middle(f"p99_{count}"), "ms"))
    return figures


def _memory_figures() -> list[Figure]:
    largest = max(
        (process.info["memory_info"].rss for process in psutil.process_iter(["cmdline", "memory_info"])
         if "rempart.supervisor" in " ".join(process.info["cmdline"] or ())),
        default=0,
    )  # fmt: skip
    return [_figure("process.memory_max", largest / 2**20, "MiB")]


def _figure(
    name: str, value: float, unit: str, reference: float | None = None, ratio: float | None = None
) -> Figure:
    if reference is not None and ratio is None:
        ratio = value / reference
    return {"name": name, "value": value, "unit": unit, "reference": reference, "ratio": ratio}


def _print(figures: list[Figure]) -> None:
    table = Table(title=f"{ACCOUNTS:,} accounts, a fresh proof each", box=None)
    for title in ("figure", "value", "unit", "reference", "ratio"):
        table.add_column(title, justify="left" if title in ("figure", "unit") else "right")
    for figure in figures:
        numbers = [figure["value"], figure["reference"], figure["ratio"]]
        value, reference, ratio = ("" if number is None else f"{number:,.2f}" for number in numbers)
        table.add_row(str(figure["name"]), value, str(figure["unit"]), reference, ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
