"""The reasons for which a glass may be broken are those that the domain names, in the database too."""

import psycopg
import pytest

from rempart.domain.rights import BreakGlassReason, Outcome, Presence
from tests.support.world import Person, Right, World, digest, outcome


@pytest.fixture
def lea(world: World) -> Person:
    return world.person("Léa", world.insurer(), Right(situation=1))


@pytest.mark.parametrize("reason", BreakGlassReason)
def test_each_named_reason_brings_the_precise_state_and_stays_in_the_receipt(
    world: World, lea: Person, reason: BreakGlassReason
) -> None:
    told = world.ask(world.software_session(world.account()).about(lea, break_glass=reason))
    assert (outcome(told), told.presence) == (Outcome.SUSPENDED, Presence.BREAK_GLASS)
    kept = world.one("select break_glass from evidence.receipts where receipt_id = %s", told.receipt_id)
    assert kept == reason


@pytest.mark.parametrize("unnamed", [0, max(BreakGlassReason) + 1])
def test_a_reason_that_nobody_named_brings_nothing_and_leaves_nothing(
    world: World, lea: Person, unnamed: int
) -> None:
    till = world.software_session(world.account())
    with pytest.raises(psycopg.errors.CheckViolation, match="a_glass_is_broken_for_a_named_reason"):
        world.ask(till.about(lea, break_glass=unnamed))
    assert outcome(world.ask(till.about(lea, card=digest("wrong")))) is Outcome.NOT_CONFIRMED
