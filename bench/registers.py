"""Measure the load of public registers of their real size: `python -m bench.registers --lines 2300000`.

Makes a directory of made-up professionals (three exercises for two people, as in the published one) and an extraction of places,
loads both on an embedded server of its own, then the directory again with a hundredth of its lines changed. Says rows a second,
over the whole command's work, and the largest memory of this process.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rempart.adapters import postgres_embedded
from rempart.operations.registers.load import load_register
from rempart.settings import read_settings
from rempart.store.database import connect_sync, migrate
from tests.support.identity import with_luhn_key
from tests.support.registers import line, text_of, write_directory, write_places

PLACES = 100_000
EXERCISES_PER_PERSON = 1.5


def lines(count: int, changed_every: int = 0) -> Iterator[str]:
    """Write lines; one in so many has another role."""
    for number in range(count):
        rpps = with_luhn_key(f"10{int(number / EXERCISES_PER_PERSON):08}")
        finess = with_luhn_key(f"75{number % PLACES:06}")
        role = "FON-01" if changed_every and number % changed_every == 0 else "FON-02"
        yield text_of(
            line(rpps, "21", finess, **{"Code rôle": role, "Nom d'exercice": f"NOM {number % 5_000}"})
        )


def main() -> None:
    """Make, load, say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    count: int = parser.parse_args().lines
    with tempfile.TemporaryDirectory(prefix="rempart-registers-") as directory:
        home = Path(directory)
        home.chmod(0o755)
        settings = read_settings({"REMPART_HOME": str(home / "platform")})
        first = write_directory(home / "first.txt", lines(count))
        again = write_directory(home / "again.txt", lines(count, 100))
        places = write_places(
            home / "etalab.csv", ((with_luhn_key(f"75{number:06}"), "PHARMACIE") for number in range(PLACES))
        )
        with postgres_embedded.running(settings):
            migrate(settings)
            for path in (places, first, again):
                began = time.perf_counter()
                with connect_sync(settings, "operator") as connection:
                    report = load_register(connection, path, "bench")
                seconds = time.perf_counter() - began
                size = path.stat().st_size / 1e6
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(
                    f"{path.name}: {report.verdict}, {report.row_count} rows of {size:.0f} MB in {seconds:.1f} s,"
                    f" {report.row_count / seconds:.0f} rows/s; {memory:.0f} MiB at most"
                )


if __name__ == "__main__":
    main()
