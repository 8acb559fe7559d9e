"""What a drill found, made up: for tests of its figures and of its report."""

from rempart.drill.measures import Measured
from rempart.drill.scenario import read_scenario
from rempart.drill.session import Told
from tests.house.source import ROOT


def measured(confirmed: int, behind_glass: int = 0) -> Measured:
    """Make up what one run of S1 gave."""
    attack = {
        "confirmed": confirmed,
        "confirmed_behind_glass": behind_glass,
        "confirmed_per_account": 3,
        "questions": 50,
    }
    curve = [(place * 0.1, place) for place in range(confirmed + behind_glass + 1)]
    return Measured("S1", attack, 0, 1.0, 1.1, 0, 0, 120, 1.0, 0.9, 0, curve, {}, 50)


def told() -> Told:
    """Make up a drill of S1: two draws, one without any control, and presence asked for."""
    scenario = read_scenario(ROOT / "scenarios" / "s1.toml")
    found = Told(20_000, 1, "x86_64, Linux", containment_s=0.2)
    found.scenarios.append(scenario)
    found.runs["S1"] = [measured(40), measured(60)]
    found.without["S1"] = {"everything": measured(150)}
    found.presence["S1"] = {"presence_on": [measured(0, 30)], "presence_known": [measured(12, 25)]}
    return found
