"""A life that the screen passes over has no event: the reference model, question by question, finds none in it."""

from dataclasses import replace

import numpy as np
import pytest

from rempart.domain.detectors import Measure, Signal, Test
from rempart.domain.detectors.standing import Budget
from rempart.drill.model.follow import follow
from rempart.drill.model.lives import Life, live
from rempart.drill.model.parameters import BUDGETS, SHIPPED
from rempart.drill.model.screen import is_eventful
from rempart.drill.model.worlds import BY_CODE
from rempart.drill.professions import PROFESSIONS

Test.__test__ = False  # type: ignore[attr-defined] # pytest would take it for a class of tests

EARLY = {
    Signal.FAILURES: 4.0,
    Signal.NOVELTY: 5.0,
    Signal.STALE: 4.0,
    Signal.WALK: 4.0,
    Signal.REGULARITY: 4.0,
}


def lives(code: str, profession: str, number: int) -> list[Life]:
    return [live(PROFESSIONS[profession], BY_CODE[code], (5, place)) for place in range(number)]


@pytest.mark.parametrize(
    "world", ["calm", "january", "tourist-coast", "merger", "nursing-home", "undeclared-shop", "second-till"]
)
@pytest.mark.parametrize("profession", ["pharmacist", "doctor", "optician", "dentist"])
@pytest.mark.parametrize("strictness", [1.0, 3.0])
def test_the_screen_and_the_model_agree_on_who_has_an_event(
    world: str, profession: str, strictness: float
) -> None:
    """Both ways: a life passed over has none, and one that is followed, for its scores alone, is convicted."""
    tests = {
        signal: replace(test, threshold=test.threshold / strictness)
        for signal, test in SHIPPED[profession].items()
    }
    roomy = Budget(10**9, 1e-9, 10**9)
    for life in lives(world, profession, 6):
        story = follow(life, tests, roomy, card_share=0.0)
        convictions = story.frozen_by.total() + story.stepped_up_by.total()
        assert is_eventful(life, tests, roomy) == (convictions > 0)


@pytest.mark.parametrize("people_per_day", [10, 20, 40])
@pytest.mark.parametrize("burst", [2, 4])
def test_the_screen_and_the_model_agree_on_who_is_past_the_budgets(people_per_day: int, burst: int) -> None:
    budget = Budget(people_per_day, 40.0, burst)
    for life in lives("calm", "doctor", 20):
        assert is_eventful(life, {}, budget) == (follow(life, {}, budget, card_share=0.0).demanded > 0)


@pytest.mark.parametrize("signal", list(EARLY))
def test_each_signal_is_screened(signal: Signal) -> None:
    """At a threshold that a single word reaches, the screen and the model part nobody."""
    easy = {signal: Test(0.1, Measure.STEP_UP, 0.2, 0.6)}
    found = []
    for life in lives("undeclared-shop", "pharmacist", 4):
        if signal is Signal.WALK:
            life = replace(life, cell=life.cell % 200)  # noqa: PLW2901 (a town small enough that months and communes meet)
        story = follow(life, easy, BUDGETS["pharmacist"], card_share=0.0)
        found.append(is_eventful(life, easy, BUDGETS["pharmacist"]))
        assert found[-1] == (story.stepped_up_by.total() > 0)
    assert any(found)


def test_a_life_is_drawn_again_from_its_seed() -> None:
    first, again = (live(PROFESSIONS["dentist"], BY_CODE["merger"], (1, 2)) for _ in range(2))
    assert np.array_equal(first.at_s, again.at_s)
    assert np.array_equal(first.cell, again.cell)
