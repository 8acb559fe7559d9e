"""`rempart drill`: attack a platform of one's own, made for it, and read what the thief's sockets received.

Exit status: 0 all that is to be reached is reached; 1 refused; 3 a figure is beyond what is to be reached.
"""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter, validators

from rempart.cli.speech import say
from rempart.drill.measures import holds
from rempart.drill.platform import PORT
from rempart.drill.report.page import LABELS, write_report
from rempart.drill.scenario import Scenario, read_scenario
from rempart.drill.session import Told, drill, ground_of
from rempart.drill.world.shops import PEOPLE_MIN

app = App(name="drill", help="Attack a platform made for it, and measure what is taken.")

BEYOND: Final = 3
_SEED_OF_PEOPLE: Final = 2024

type_of_count = Annotated[int, Parameter(validator=validators.Number(gte=1))]


@app.command
def run(
    *scenarios: Path,
    people: type_of_count = 20_000,
    seeds: type_of_count = 1,
    home: Path = Path("out/drill-home"),
    port: int = PORT,
    running: Annotated[bool, Parameter(negative="")] = False,
    out: Path = Path("out"),
    compare: bool = True,
    json: bool = False,
) -> None:
    """Play scenarios on a platform made for it, or on one that runs; write drill.json and drill.html.

    Parameters
    ----------
    scenarios
        The scenarios' files, as docs/guides/drill.md explains them.
    people
        How many insured people are made up; 50 at least.
    seeds
        How often each scenario is played, with other people and other chances each time.
    home
        Where the platform lives. Emptied first, if a drill made it; refused otherwise.
    port
        The first of its ports.
    running
        Attack the drill's platform that runs in `--home` and `--port` already, with the people that a former drill left there.
    out
        Where the two files are written.
    compare
        Whether each scenario is also played without what its file names, and with presence asked for.
    json
        Answer in one line of JSON.
    """
    if not scenarios:
        sys.exit("Nommez au moins un scénario, par exemple scenarios/s1.toml.")
    if people < PEOPLE_MIN:
        sys.exit(
            f"{people} personnes sont trop peu\u00a0: sous {PEOPLE_MIN}, les lieux de soins ne connaissent personne. "
            f"Relancez avec --people {PEOPLE_MIN} ou davantage."
        )
    read = [_read(path) for path in scenarios]
    speak = _say_nothing if json else _say
    with ground_of(home.absolute(), people, port, _SEED_OF_PEOPLE, speak, is_running=running) as ground:
        told = drill(ground, read, seeds, speak, compare=compare)
    figures = told.figures()
    out.mkdir(parents=True, exist_ok=True)
    (out / "drill.json").write_text(json_format.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    write_report(told, out / "drill.html")
    beyond = [str(figure["name"]) for figure in figures if holds(figure) is False]
    _tell(told, out, beyond, as_json=json)


def _read(path: Path) -> Scenario:
    try:
        scenario = read_scenario(path)
    except OSError as error:
        sys.exit(f"{path} ne se lit pas\u00a0: {error.strerror}. Donnez le chemin d’un scénario.")
    except msgspec.DecodeError as error:
        sys.exit(f"{path} n’est pas un scénario\u00a0: {error}. Voyez docs/guides/drill.md.")
    unknown = sorted(scenario.reach.keys() - LABELS.keys())
    if unknown:  # a word mistyped would else be a target that nobody looks at
        sys.exit(
            f"{path}\u00a0: aucun chiffre ne s’appelle {', '.join(unknown)}. Voyez docs/guides/drill.md."
        )
    return scenario


def _tell(told: Told, out: Path, beyond: list[str], *, as_json: bool) -> None:
    """Say where the figures are and what is beyond; end with the status of what is."""
    facts: dict[str, object] = {
        "seconds": round(told.seconds, 1),
        "figures": str(out / "drill.json"),
        "report": str(out / "drill.html"),
        "beyond": beyond,
    }
    verdict = "Tout ce qui est demandé est atteint." if not beyond else f"Au-delà\u00a0: {', '.join(beyond)}."
    say(
        as_json,
        facts,
        f"{verdict}\n{out / 'drill.json'}, {out / 'drill.html'}, en {told.seconds:.0f}\u00a0s.",
    )
    if beyond:
        sys.exit(BEYOND)


def _say(line: str) -> None:
    print(line, flush=True)


def _say_nothing(_: str) -> None:
    pass
