"""A platform of its own for a run: fresh home, every process started, member files made and loaded as an operator would."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rempart.domain.identifiers import parse_amc_number
from rempart.operations.register_insurer import register_insurer
from rempart.settings import Settings, read_settings

PORT = 18_300
INSURERS = 12
INSURERS_OF_A_COUNTRY = 84
A_COUNTRY = 10_000_000
SEED = 2024
CLASHES_MAX = 0.001
"""Among millions, a stranger who joins by a file of changes may have been given the NIR of somebody who is there."""

_TAKEN = (0, 3)  # whole, or without its bad lines


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the feed said of a file that it took."""

    path: Path
    amc_number: str
    rows: int
    seconds: float


def fresh_settings(home: Path) -> tuple[Settings, dict[str, str]]:
    """Empty the home and give the settings of a production platform there, with the environment that makes them."""
    shutil.rmtree(home, ignore_errors=True)
    environ = {
        **os.environ,
        "REMPART_HOME": str(home),
        "REMPART_PORT": os.environ.get("REMPART_PORT", str(PORT)),
        "REMPART_ENVIRONMENT": "production",
        "REMPART_DATABASE_URL": os.environ.get("REMPART_DATABASE_URL", ""),
    }
    return read_settings(environ), environ


def rempart(environ: Mapping[str, str], *words: str, accepted: tuple[int, ...] = (0,)) -> dict[str, object]:
    """Run a command of the CLI and read its answer; it ends with an accepted status."""
    done = subprocess.run(
        [sys.executable, "-m", "rempart.cli", *words, "--json"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in accepted:
        raise RuntimeError(
            f"rempart {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


@contextmanager
def served(environ: Mapping[str, str]) -> Iterator[float]:
    """Start every process; give the seconds until everything answered."""
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "rempart.cli", "serve", "--json"],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    if not server.stdout.readline():
        raise RuntimeError(f"the platform did not start: exit status {server.wait()}")
    try:
        yield time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(timeout=60)


def make_people(environ: Mapping[str, str], people: int, out: Path, seed: int = SEED) -> list[Path]:
    """Generate member files; give their paths, the largest last."""
    shutil.rmtree(out, ignore_errors=True)
    insurers = INSURERS_OF_A_COUNTRY if people >= A_COUNTRY else INSURERS
    rempart(
        environ, "people", "generate", "--count", str(people), "--insurers", str(insurers), "--seed", str(seed),
        "--out", str(out), "--cards", "0",
    )  # fmt: skip
    return sorted(out.glob("*.csv"), key=lambda path: path.stat().st_size)


def amc_of(member_file: Path) -> str:
    """Read whose file it is."""
    manifest = json.loads(member_file.with_name(member_file.name + ".manifest.json").read_text())
    return str(manifest["amc_number"])


def register_insurers(settings: Settings, files: list[Path]) -> None:
    """Register the insurers that first files come from."""
    for path in files:
        amc_number = amc_of(path)
        register_insurer(
            settings,
            parse_amc_number(amc_number),
            f"Assureur {amc_number}",
            required_presence=0,
            data_age_max_h=48,
        )


def load_people(environ: Mapping[str, str], files: list[Path]) -> list[Loaded]:
    """Load member files by the command that an operator types; the seconds are the command's own."""
    loaded = []
    for path in files:
        amc_number = amc_of(path)
        report = rempart(
            environ, "feed", "load", str(path), "--insurer", amc_number, "--by", "bench", accepted=_TAKEN
        )
        rows = int(str(report["rows"]))
        if report["verdict"] != "taken" or int(str(report["refused_lines"])) > rows * CLASHES_MAX:
            raise RuntimeError(f"{path.name} was not taken: {report}")
        loaded.append(Loaded(path, amc_number, rows, float(str(report["seconds"]))))
    return loaded
