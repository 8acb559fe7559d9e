"""A session is good at the face for which it was opened, and at no other; at the counter the card is there."""

import pytest
from psycopg import errors

from rempart.domain.rights import Outcome
from tests.support.world import Session, World, outcome

ROLE_OF = {"fhir": "fhir", "portal": "portal", "counter": "counter"}


def session_for(world: World, face: str) -> Session:
    account = world.account()
    return world.software_session(account) if face == "fhir" else world.browser_session(account, face)


@pytest.mark.parametrize("opened_for", ROLE_OF)
@pytest.mark.parametrize("asked_at", ROLE_OF)
def test_a_session_serves_at_its_own_face_alone(world: World, opened_for: str, asked_at: str) -> None:
    lea = world.person("Léa", world.insurer())
    told = world.ask(session_for(world, opened_for).about(lea, card=lea.card), role=asked_at)
    assert outcome(told) is (Outcome.OPEN if opened_for == asked_at else Outcome.FACE_NOT_ALLOWED)


def test_closing_the_portal_leaves_the_counter_and_the_api_open(world: World) -> None:
    lea = world.person("Léa", world.insurer())
    world.contain("face", 2, 2)
    answers = {
        face: outcome(world.ask(session_for(world, face).about(lea, card=lea.card))) for face in ROLE_OF
    }
    assert answers == {"fhir": Outcome.OPEN, "portal": Outcome.CONTAINED, "counter": Outcome.OPEN}


def test_the_counter_answers_nothing_without_a_proof_of_presence(world: World) -> None:
    lea = world.person("Léa", world.insurer())
    told = world.ask(session_for(world, "counter").about(lea))
    assert outcome(told) is Outcome.PRESENCE_REQUIRED


@pytest.mark.parametrize(
    "columns", ["(software_id, face) = (null, null)", "(software_id, face) = (null, 1)", "face = 2"]
)
def test_a_browsers_session_is_for_a_page_and_a_softwares_for_none(world: World, columns: str) -> None:
    till = session_for(world, "fhir")
    with pytest.raises(errors.CheckViolation):
        world.do(f"update access.sessions set {columns} where token_digest = %s", till.token)
