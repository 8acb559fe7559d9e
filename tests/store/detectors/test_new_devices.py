"""What an account asks through a new device is heard apart: an owner's regulars do not speak for the thief beside him."""

import secrets
from collections.abc import Sequence

import pytest
from psycopg import errors

from rempart.domain.detectors import NEW_DEVICE_DAYS, SCORED, Signal
from rempart.domain.rights import Outcome
from rempart.store.gate import AskRow
from tests.support.shadow import acquaint
from tests.support.suspicion import deaf_but, people, shop
from tests.support.world import Insurer, Person, Session, World, outcome

OF_THE_THIEF = 25


@pytest.fixture
def till(world: World) -> Session:
    return shop(world)


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


def regulars(world: World, till: Session, insurer: Insurer, number: int) -> list[Person]:
    """Make people whom a shop has known for three months."""
    known = people(world, insurer, number)
    for person in known:
        assert person.person_id is not None
        acquaint(world, till, person.person_id, 90, world.today())
    return known


def asked(world: World, rows: Sequence[AskRow], *, together: bool) -> list[Outcome]:
    told = world.ask_all(rows) if together else [world.ask(row) for row in rows]
    return [outcome(answer) for answer in told]


@pytest.mark.parametrize("together", [False, True])
def test_the_owners_regulars_do_not_speak_for_a_thief_beside_him(
    world: World, till: Session, insurer: Insurer, together: bool
) -> None:
    deaf_but(world, Signal.NOVELTY)
    stolen = world.software_session(till.account, is_new_device=True)
    known, new = (
        regulars(world, till, insurer, OF_THE_THIEF + 1),
        people(world, insurer, OF_THE_THIEF + 1),
    )
    rows = [
        row for old, person in zip(known, new, strict=True) for row in (till.about(old), stolen.about(person))
    ]
    answers = asked(world, rows, together=together)
    said = answers[1::2]
    assert said[0] is Outcome.OPEN
    assert said[OF_THE_THIEF] is Outcome.PRESENCE_REQUIRED
    assert set(answers[::2]) == {Outcome.OPEN}, "the owner goes on"
    assert world.state(till.account, "stepped_up_at is not null"), "the operator sees the account"


def test_what_a_new_device_asks_does_not_weigh_on_the_old_ones(
    world: World, till: Session, insurer: Insurer
) -> None:
    new_device = world.software_session(till.account, is_new_device=True)
    for session, number in ((till, 1), (new_device, 3)):
        for person in people(world, insurer, number):
            world.ask(session.about(person))
    old, new = (world.scores(till.account, watch)[Signal.NOVELTY] for watch in ("watch", "new_devices"))
    assert 0 < old < new == pytest.approx(3 * old)


@pytest.mark.parametrize(
    ("days", "watch"), [(NEW_DEVICE_DAYS - 1, "new_devices"), (NEW_DEVICE_DAYS + 1, "watch")]
)
def test_a_device_is_new_for_sixty_days(
    world: World, till: Session, insurer: Insurer, days: int, watch: str
) -> None:
    session = world.software_session(till.account, is_new_device=True)
    world.do(
        "update access.sessions set device_since = now() - make_interval(days => %s) where token_digest = %s",
        days,
        session.token,
    )
    world.ask(session.about(people(world, insurer, 1)[0]))
    heard = {name for name in ("watch", "new_devices") if any(world.scores(till.account, name).values())}
    assert heard == {watch}


def test_a_thief_cannot_use_up_who_speaks_for_the_owner(
    world: World, till: Session, insurer: Insurer
) -> None:
    """Whom a new device asked about today, or this week, speaks for the old ones all the same."""
    world.set_state(till.account, **{"watch.scores": [5.0] * len(SCORED)})
    stolen = world.software_session(till.account, is_new_device=True)
    (regular,) = regulars(world, till, insurer, 1)
    world.ask(stolen.about(regular))
    world.ask(till.about(regular))
    assert world.scores(till.account)[Signal.NOVELTY] < 5
    assert world.state(till.account, "people_today") == 1, "and costs no second person"
    spoke = world.scores(till.account)
    world.ask(till.about(regular))
    assert world.scores(till.account) == spoke


@pytest.mark.parametrize("is_old_stepped_up", [False, True])
def test_a_key_made_anew_escapes_no_step_up(
    world: World, till: Session, insurer: Insurer, is_old_stepped_up: bool
) -> None:
    """Malware on a till that is stepped up would else make another key; the owner's till pays for no new device."""
    stepped_up = "watch" if is_old_stepped_up else "new_devices"
    world.set_state(till.account, **{f"{stepped_up}.stepped_up_at": "now"})
    new_device = world.software_session(till.account, is_new_device=True)
    first, second = people(world, insurer, 2)
    assert outcome(world.ask(new_device.about(first))) is Outcome.PRESENCE_REQUIRED
    expected = Outcome.PRESENCE_REQUIRED if is_old_stepped_up else Outcome.OPEN
    assert outcome(world.ask(till.about(second))) is expected


def test_a_second_conviction_freezes_through_whichever_devices(
    world: World, till: Session, insurer: Insurer
) -> None:
    deaf_but(world, Signal.NOVELTY)
    world.set_state(till.account, **{"watch.last_convicted_at": world.ago(29)})
    new_device = world.software_session(till.account, is_new_device=True)
    said = [
        outcome(world.ask(new_device.about(person))) for person in people(world, insurer, OF_THE_THIEF + 1)
    ]
    assert said[OF_THE_THIEF] is Outcome.ACCOUNT_FROZEN


def test_age_alone_ends_no_step_up(world: World, till: Session, insurer: Insurer) -> None:
    new_device = world.software_session(till.account, is_new_device=True)
    world.do(
        "update access.sessions set device_since = now() - interval '90 days' where token_digest = %s",
        new_device.token,
    )
    world.set_state(till.account, **{"new_devices.stepped_up_at": world.ago(40)})
    (new,) = people(world, insurer, 1)
    assert outcome(world.ask(new_device.about(new))) is Outcome.PRESENCE_REQUIRED
    world.set_state(till.account, **{"new_devices.stepped_up_at": world.ago(20)})
    assert outcome(world.ask(new_device.about(new))) is Outcome.OPEN, "it was an old one then"


def test_a_device_convicted_again_after_sixty_days_has_its_answers_in_the_list(
    world: World, till: Session, insurer: Insurer
) -> None:
    """It is an old one by its age, and was heard with the new ones all the same."""
    deaf_but(world, Signal.NOVELTY)
    stolen = world.software_session(till.account, is_new_device=True)
    world.do(
        "update access.sessions set device_since = now() - interval '90 days' where token_digest = %s",
        stolen.token,
    )
    gain = world.one("select gain from access.detector_rules where profession_id = 1 and signal_id = 2")
    scores = [0.0] * len(SCORED)
    scores[Signal.NOVELTY - 1] = 13.8 - gain
    world.set_state(
        till.account, **{"new_devices.stepped_up_at": world.ago(40), "new_devices.scores": scores}
    )
    world.ask(stolen.about(people(world, insurer, 1)[0], break_glass=1))
    shown = world.one(
        "select jsonb_array_length(console.questions_of(v.account_id, v.since, v.convicted_at, 200, null,"
        " v.is_of_new_devices, v.devices_new_from)) from gate.convictions as v where v.account_id = %s",
        till.account.account_id,
    )
    assert shown == 1


@pytest.mark.parametrize(("days", "is_forgotten"), [(59, False), (61, True)])
@pytest.mark.parametrize("is_new_device", [False, True])
def test_devices_that_are_gone_are_forgotten(
    world: World, till: Session, insurer: Insurer, is_new_device: bool, days: int, is_forgotten: bool
) -> None:
    """The owner's next computer is not stepped up for what a thief's did a year ago."""
    watch = "new_devices" if is_new_device else "watch"
    held = {f"{watch}.{field}": content for field, content in HELD.items()}
    world.set_state(till.account, **held, **{f"{watch}.heard_at": world.ago(days)})
    session = world.software_session(till.account, is_new_device=is_new_device)
    (new,) = people(world, insurer, 1)
    assert outcome(world.ask(session.about(new))) is (
        Outcome.OPEN if is_forgotten else Outcome.PRESENCE_REQUIRED
    )


@pytest.mark.parametrize("is_new_device", [False, True])
def test_people_proven_put_back_the_devices_that_proved_them_and_no_others(
    world: World, till: Session, insurer: Insurer, is_new_device: bool
) -> None:
    """The owner's patients show their cards all day: a thief beside him would be put back each evening."""
    world.set_state(
        till.account,
        **{
            f"{watch}.{field}": content
            for watch in ("watch", "new_devices")
            for field, content in HELD.items()
        },
    )
    (lea,) = people(world, insurer, 1)
    session = world.software_session(till.account, is_new_device=is_new_device)
    world.ask(session.about(lea, card=lea.card))
    back, held = ("new_devices", "watch") if is_new_device else ("watch", "new_devices")
    assert world.state(till.account, f"({back}).stepped_up_at") is None
    assert set(world.scores(till.account, back).values()) == {0}
    assert world.state(till.account, f"({held}).stepped_up_at") is not None
    assert set(world.scores(till.account, held).values()) == {5}


def test_who_is_stepped_up_on_a_new_device_is_so_on_every_device_of_another_account(
    world: World, till: Session
) -> None:
    world.set_state(till.account, **{"new_devices.stepped_up_at": "now"})
    other = world.account(professional_id=till.account.professional_id)
    for watch in ("watch", "new_devices"):
        assert world.state(other, f"({watch}).stepped_up_at") is not None


HELD = {"scores": [5.0] * len(SCORED), "stepped_up_at": "now", "proven_since": 2}

PASSKEY = """
insert into access.passkeys (credential_id, account_id, public_key, sign_count, label, created_at)
values (%s, %s, 'key', 0, 'single_device', now() - interval '90 days') returning credential_id
"""
OPEN = """
insert into access.sessions (token_digest, key_thumbprint, account_id, software_id, face, expires_at, nonce_digest,
                             credential_id, device_since)
values (%s, %s, %s, %s, %s, now() + interval '4 hours', %s, %s, '-infinity') returning session_id
"""


def age_of_device(
    world: World,
    till: Session,
    key: bytes,
    software_id: int | None = None,
    credential_id: bytes | None = None,
) -> int:
    """Open a session that claims a device as old as the world; give how many days old it is held to be."""
    is_browser = software_id is None
    session_id = world.one(
        OPEN,
        secrets.token_bytes(32), key, till.account.account_id, software_id, 2 if is_browser else None,
        secrets.token_bytes(32) if is_browser else None, credential_id,
    )  # fmt: skip
    age = "select extract(day from now() - device_since)::int from access.sessions where session_id = %s"
    return int(world.one(age, session_id))


def test_a_browser_with_a_passkey_is_as_old_as_the_passkey(world: World, till: Session) -> None:
    credential_id = world.one(PASSKEY, secrets.token_bytes(16), till.account.account_id)
    assert age_of_device(world, till, secrets.token_bytes(32), credential_id=credential_id) == 90
    assert age_of_device(world, shop(world), secrets.token_bytes(32), credential_id=credential_id) == 0


def test_who_opens_a_session_does_not_say_how_old_its_device_is(world: World, till: Session) -> None:
    software_id, key = world.software(), secrets.token_bytes(32)
    backdated = (
        "insert into access.sessions (token_digest, key_thumbprint, account_id, software_id, expires_at, opened_at)"
        " values (%s, %s, %s, %s, now() + interval '1 hour', '2020-01-01')"
    )
    identity = world.face("identity")
    identity.execute(backdated, (secrets.token_bytes(32), key, till.account.account_id, software_id))
    assert age_of_device(world, till, key, software_id) == 0
    with pytest.raises(errors.InsufficientPrivilege):
        identity.execute(
            "insert into access.passkeys (credential_id, account_id, public_key, sign_count, label, created_at)"
            " values ('x', %s, 'x', 0, 'x', '2020-01-01')",
            (till.account.account_id,),
        )


def test_a_browser_of_pro_sante_connect_is_as_old_as_the_account_has_known_it(
    world: World, till: Session
) -> None:
    key = secrets.token_bytes(32)
    assert age_of_device(world, till, key) == 0
    world.do(
        "insert into access.devices (account_id, key_thumbprint, label, first_seen_at)"
        " values (%s, %s, 'Firefox', now() - interval '70 days')",
        till.account.account_id,
        key,
    )
    assert age_of_device(world, till, key) == 70
    assert age_of_device(world, shop(world), key) == 0, "of another account"


def test_a_software_is_as_old_as_its_key_under_this_account(world: World, till: Session) -> None:
    software_id, key = world.software(), secrets.token_bytes(32)
    assert age_of_device(world, till, key, software_id) == 0
    world.do(
        "update access.sessions set opened_at = opened_at - interval '61 days' where key_thumbprint = %s", key
    )
    assert age_of_device(world, till, key, software_id) == 61
    assert age_of_device(world, till, secrets.token_bytes(32), software_id) == 0, "a key of the thief's own"
    assert age_of_device(world, till, key, world.software()) == 0, "another software"
    assert age_of_device(world, shop(world), key, software_id) == 0, "another account"
