"""The public state: what each population is told of what is closed, and what it can do meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from rempart.domain.status import (
    POPULATIONS,
    PROFESSIONS,
    Closure,
    Level,
    Message,
    PopulationState,
    Standing,
    Way,
    states_of,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def state(population: str, *closures: Closure, silent: tuple[str, ...] = ()) -> PopulationState:
    states = states_of(closures, [], dict.fromkeys(silent, NOON))
    return {found.population: found for found in states}[population]


def closed(scope: str, named: str = "", mode: int = 2) -> Closure:
    return Closure(scope, named, mode, NOON)


def returning(scope: str, named: str = "", hours: int = 1, mode: int = 2) -> Closure:
    """Give a closure that ends by waves, so many hours after noon."""
    return Closure(scope, named, mode, NOON, back_by=NOON + timedelta(hours=hours))


def test_where_nothing_is_closed_everybody_is_told_that_all_works() -> None:
    states = states_of([], [], {})
    assert tuple(found.population for found in states) == POPULATIONS
    assert {(found.level, found.advice) for found in states} == {(Level.OPEN, "")}


@pytest.mark.parametrize(
    ("population", "closures", "level", "advice"),
    [
        ("optician", [closed("face", "portal")], Level.PARTIAL, "counter"),
        ("optician", [closed("face", "portal"), closed("face", "fhir")], Level.PARTIAL, "counter"),
        ("optician", [closed("face", "portal"), closed("face", "counter")], Level.PARTIAL, "software-only"),
        ("optician", [closed("face", "fhir")], Level.PARTIAL, "portal"),
        ("optician", [closed("face", "counter")], Level.PARTIAL, "portal-still"),
        ("optician", [closed("platform")], Level.CLOSED, "wait"),
        ("optician", [closed("platform", mode=1)], Level.PARTIAL, "card"),
        ("optician", [closed("platform", mode=4)], Level.PARTIAL, "slowed"),
        ("optician", [closed("platform", mode=4), closed("face", "fhir", 1)], Level.PARTIAL, "card"),
        ("optician", [closed("profession", "optician")], Level.CLOSED, "wait"),
        ("optician", [closed("profession", "pharmacist")], Level.OPEN, ""),
        ("optician", [closed("insurer", "Mutuelle")], Level.PARTIAL, ""),
        ("optician", [closed("software")], Level.OPEN, ""),
        ("pharmacist", [Closure("shape", "pharmacist", 1, NOON, None, 53)], Level.PARTIAL, ""),
        ("optician", [Closure("shape", "pharmacist", 1, NOON, None, 53)], Level.OPEN, ""),
        ("software", [Closure("shape", "pharmacist", 1, NOON, None, 53)], Level.OPEN, ""),
        ("software", [closed("software")], Level.PARTIAL, ""),
        ("software", [closed("face", "fhir")], Level.CLOSED, "software-waits"),
        ("software", [closed("face", "portal")], Level.OPEN, ""),
        ("insurer", [closed("face", "portal")], Level.OPEN, ""),
        ("insurer", [closed("platform")], Level.PARTIAL, "insurer-waits"),
        ("insured", [closed("face", "fhir"), closed("face", "portal")], Level.OPEN, ""),
        ("insured", [closed("platform")], Level.PARTIAL, "insured-waits"),
        ("optician", [returning("platform")], Level.PARTIAL, "waves"),
        ("optician", [returning("platform"), closed("face", "fhir")], Level.PARTIAL, "waves"),
        ("optician", [returning("platform"), closed("platform")], Level.CLOSED, "wait"),
        ("optician", [returning("platform", mode=1)], Level.PARTIAL, "card"),
        ("optician", [returning("face", "portal")], Level.PARTIAL, "waves"),
        ("software", [returning("face", "fhir")], Level.PARTIAL, "software-waves"),
        ("insurer", [returning("platform")], Level.PARTIAL, "insurer-waves"),
        ("insured", [returning("platform"), closed("face", "portal")], Level.PARTIAL, "insured-waves"),
        ("insured", [returning("face", "portal")], Level.OPEN, ""),
    ],
)
def test_a_closure_is_told_to_those_it_touches(
    population: str, closures: list[Closure], level: Level, advice: str
) -> None:
    found = state(population, *closures)
    assert (found.level, found.advice) == (level, advice)


def test_a_return_by_waves_says_when_all_are_back() -> None:
    found = state("optician", returning("platform"), returning("face", "portal", 3))
    ends = {way.way: way.back_by for way in found.ways}
    assert ends == {
        Way.FHIR: NOON + timedelta(hours=1),
        Way.PORTAL: NOON + timedelta(hours=3),
        Way.COUNTER: NOON + timedelta(hours=1),
    }
    assert {way.standing for way in found.ways} == {Standing.RETURNING}
    assert found.back_by == NOON + timedelta(hours=3)
    assert state("optician", returning("platform"), closed("platform")).back_by is None
    assert state("optician", closed("platform")).back_by is None


def test_what_was_released_or_ended_touches_nobody_any_more() -> None:
    over = Closure("platform", "", 2, NOON, NOON + timedelta(hours=1))
    old = Message(None, "Tout ferme.", NOON, NOON + timedelta(hours=1))
    states = states_of([over], [old], {})
    assert {(found.level, found.messages) for found in states} == {(Level.OPEN, ())}


def test_the_worst_that_applies_holds_since_it_began() -> None:
    earlier = Closure("face", "portal", 1, NOON - timedelta(hours=2))
    later, latest = closed("face", "portal"), Closure("profession", "optician", 2, NOON + timedelta(hours=1))
    (portal,) = [way for way in state("optician", earlier, latest, later).ways if way.way is Way.PORTAL]
    assert (portal.standing, portal.since) == (Standing.CLOSED, NOON)


def test_a_process_that_does_not_answer_is_told_as_such() -> None:
    ways = {way.way: way.standing for way in state("optician", silent=("portal",)).ways}
    assert ways == {Way.FHIR: Standing.OPEN, Way.PORTAL: Standing.SILENT, Way.COUNTER: Standing.OPEN}


def test_without_the_process_that_signs_in_no_page_is_open() -> None:
    found = state("optician", silent=("identity",))
    assert [way.standing for way in found.ways] == [Standing.OPEN, Standing.SILENT, Standing.SILENT]
    assert found.advice == "software-only"


def test_a_message_reaches_its_population_and_one_for_everybody_reaches_all() -> None:
    soon, later = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
    messages = [
        Message("optician", "Le comptoir répond.", NOON, next_news_at=later),
        Message(None, "Point à 13 h.", NOON, next_news_at=soon),
    ]
    told = {found.population: found for found in states_of([], messages, {})}
    assert len(told["optician"].messages) == 2
    assert told["optician"].next_news_at == soon
    assert len(told["dentist"].messages) == 1


def test_each_population_that_asks_has_its_three_ways() -> None:
    assert all(len(state(population).ways) == 3 for population in PROFESSIONS)


def test_shapes_that_a_software_alone_tells_apart_are_told_once() -> None:
    shapes = [
        Closure("shape", "pharmacist", 1, NOON - timedelta(hours=hours), None, region)
        for hours, region in ((1, 53), (3, 53), (2, 28))
    ]
    told = state("pharmacist", *shapes).narrower
    assert [(one.region, one.since) for one in told] == [
        (53, NOON - timedelta(hours=3)), (28, NOON - timedelta(hours=2)),
    ]  # fmt: skip
