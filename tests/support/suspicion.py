"""What the tests of the detectors share: a shop in a region, crowds to ask about, and questions until somebody is stopped."""

from datetime import date
from itertools import count

from rempart.domain.detectors import SCORED, Signal
from rempart.domain.rights import Outcome
from rempart.store.gate import AskRow
from tests.support.world import Insurer, Person, Right, Session, World, outcome

ENDED = Right(ends_on=date(2026, 1, 1))
BRETAGNE, NORMANDIE = 53, 28
cells = count(1)
"""Months and communes of birth that no other test has."""


def shop(world: World, profession: str = "pharmacist", software_id: int | None = None) -> Session:
    account = world.account(profession)
    world.do(
        "update access.organisations set region = %s where organisation_id = %s",
        BRETAGNE,
        account.organisation_id,
    )
    return world.software_session(account, software_id)


def deaf_but(world: World, *signals: Signal) -> None:
    """Leave only these signals able to convict."""
    for signal in set(SCORED) - set(signals):
        world.detectors(signal, threshold=1e9)


def strangers(world: World, insurer: Insurer, number: int) -> list[Person]:
    return [world.stranger(f"Personne {place}", insurer) for place in range(number)]


def people(world: World, insurer: Insurer, number: int, *rights: Right) -> list[Person]:
    return [world.person(f"Louise {place}", insurer, *rights) for place in range(number)]


def until_convicted(world: World, rows: list[AskRow], refusal: Outcome = Outcome.ACCOUNT_FROZEN) -> int:
    """Ask one by one; give how many were answered before the first refusal."""
    for answered, row in enumerate(rows):
        if outcome(world.ask(row)) is refusal:
            return answered
    raise AssertionError(f"nobody was convicted in {len(rows)} questions")


def rule(world: World, signal: Signal, profession: str = "pharmacist") -> tuple[float, float, float]:
    row = world.owner.execute(
        "select gain, relief, threshold from access.detector_rules join access.professions using (profession_id)"
        " where code = %s and signal_id = %s",
        (profession, signal),
    ).fetchone()
    assert row is not None
    return row
