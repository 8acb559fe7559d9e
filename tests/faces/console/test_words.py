"""The console has a word for everything that the platform numbers, and a sentence for all that it refuses."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from rempart.domain.detectors import Signal
from rempart.domain.errors.accounts import OperatorRefused
from rempart.domain.rights import Kind, Outcome
from rempart.faces.console import charts, words
from rempart.operations.console.counting import Step
from rempart.operations.console.ways_in import Role
from rempart.operations.contain import MODES, Scope

SCRIPTS = Path(words.__file__).parents[1] / "assets" / "scripts" / "console"
AT_THE_MACHINE = {
    *("operator-name-taken", "operator-name-refused", "operator-unknown"),
    *("operators-in-place", "proposal-unknown", "proposals-too-many"),
}


def test_everything_numbered_has_a_word() -> None:
    assert {outcome.code for outcome in Outcome} <= words.WORDS["outcomes"].keys() | {"proof-stale"}
    assert {signal.name.lower() for signal in Signal} == set(words.WORDS["signals"])
    assert {str(mode) for mode in MODES.values()} == set(words.WORDS["modes"])
    assert set(get_args(Scope)) == set(words.WORDS["scopes"])
    assert set(get_args(Role)) == set(words.WORDS["roles"])


def test_every_refusal_has_a_sentence() -> None:
    codes = {kind.code for kind in OperatorRefused.__subclasses__()} - AT_THE_MACHINE
    codes |= {
        outcome.code for outcome in Outcome if outcome.kind is Kind.UNAUTHENTICATED and outcome.number != 48
    }
    assert {code for code in codes if not words.has(code)} == set()


def test_the_scripts_say_nothing_that_has_no_words() -> None:
    said = {
        name
        for script in SCRIPTS.glob("*.js")
        for name in re.findall(r'\bsay\("([\w-]+)"', script.read_text("utf-8"))
    }
    assert len(said) > 30
    assert said - words.WORDS["texts"].keys() == set()


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (4, 4), (5, 10), (11, 20), (21, 40), (41, 100), (1234, 2000)]
)
def test_a_scale_ends_on_a_round_number_whose_half_is_whole(most: int, top: int) -> None:
    assert charts.ceiling_of(most) == top


def test_the_bars_of_a_chart_are_as_high_as_what_was_counted() -> None:
    began = datetime(2026, 11, 22, 12, tzinfo=UTC)
    steps = [Step(began + timedelta(minutes=n), 10 * n, 6 * n, 3 * n, n) for n in range(3)]
    shapes = charts.chart_of(steps)
    heights = {
        kind: [s["height"] for s in shapes if s["class"] == kind]
        for kind in ("granted", "negative", "refused")
    }
    tall = charts.HEIGHT - 40
    assert heights["granted"] == pytest.approx([tall * 6 / 20, tall * 12 / 20], abs=0.01)
    assert sum(column[-1] for column in heights.values()) == pytest.approx(tall, abs=0.05)
    assert charts.chart_of([]) == []
