"""The world of a demonstration: insurers, people, professionals, software; made once, by the acts that an operator would do.

`make_world` makes all of it; `make_test_people` and `register_everybody` alone are enough for a vendor's trials. Never: write to
a table here, but for the few states that store/sandbox.py makes.
"""

import json
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from babel.numbers import format_decimal

from rempart.adapters import clock
from rempart.domain.identifiers import parse_amc_number
from rempart.domain.rights import Presence
from rempart.faces.test_insurer.app import WEBHOOK
from rempart.feeds.formats.writer import write_member_file
from rempart.operations import manage_access
from rempart.operations.load_members import load_members
from rempart.operations.manage_access import type_of_operator
from rempart.operations.presence.register_channel import public_key, references_of, set_channel
from rempart.operations.register_insurer import register_insurer
from rempart.operations.trials.reached import Reached, publish_reached
from rempart.operations.trials.roster import publish_roster
from rempart.people.generate import MadeInsurer, Plan, generate
from rempart.people.place import private_files
from rempart.sandbox import people as sandbox_people
from rempart.sandbox.client import ProofKey
from rempart.sandbox.professionals import (
    AT_TWO_PLACES,
    FROZEN,
    PROFESSIONALS,
    STORY_OPTICIAN,
    STORY_PHARMACIST,
    STRUCK_OFF,
    Professional,
)
from rempart.sandbox.refusals import StateAhead, meet_ahead
from rempart.sandbox.software import Registration
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.sandbox import contain_insurer, let_first_day_end, make_data_late, meet_software

PEOPLE_COUNT: Final = 20_000
INSURER_COUNT: Final = 12
SEED: Final = 2024
CARDS_PER_INSURER: Final = 60
BROUGHT_BY: Final = "demo"
SHOPS_TIMEZONE: Final = "Europe/Paris"

_REASON: Final = "monde de la démonstration"
_LATE_BY: Final = timedelta(days=3)
_KEY_ID: Final = "demo-1"
_SOFTWARE: Final = {
    "officine-logiciel-demo": "Logiciel d'officine de démonstration",
    "autre-logiciel-demo": "Un autre logiciel",
    "logiciel-revoque-demo": "Logiciel révoqué",
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Register:
    """Who was registered: three software, and the accounts of the professionals who may ask."""

    main: Registration
    other: Registration
    revoked: Registration
    accounts: dict[str, int]  # by the professional's name
    ahead: StateAhead


@dataclass(frozen=True, slots=True)
class World:
    """What the story and demo.json need of the world that was made."""

    made_on: date
    insurers: list[MadeInsurer]
    members: Path
    register: Register
    row_count: int


def make_world(settings: Settings, say: Say) -> World:
    """Make the whole world; the platform's processes must be up."""
    folder = settings.home / "demo"
    today = clock.today(SHOPS_TIMEZONE)
    insurers, row_count = _load_generated(settings, folder / "members", today, say)
    row_count += make_test_people(settings, folder / "sandbox", today)
    register = register_everybody(settings, folder)
    return World(today, insurers, folder / "members", register, row_count)


def make_test_people(settings: Settings, folder: Path, today: date) -> int:
    """Load the documented test people, at insurers that demand the card, are late, or are contained; the number of rows."""
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
    row_count = 0
    for amc_number, name in sandbox_people.INSURERS.items():
        presence = Presence.CARD if amc_number == sandbox_people.STRICT else Presence.NONE
        register_insurer(settings, parse_amc_number(amc_number), name, required_presence=presence.value)
        path = folder / f"{amc_number}-0001.csv"
        rows = sandbox_people.member_rows(amc_number, today)
        with private_files():
            write_member_file(path, [rows], amc_number=amc_number, effective_on=today)
        row_count += load_members(settings, path, amc_number, BROUGHT_BY).line_count
    open_channels(settings)
    with closing(connect_sync(settings, "owner")) as connection:
        make_data_late(connection, sandbox_people.LATE, _LATE_BY)
        contain_insurer(connection, sandbox_people.CONTAINED)
    return row_count


def open_channels(settings: Settings) -> None:
    """Let the insurers of the test people be reached, all at the sandbox's own, and tell that one whom each reference means."""
    names: dict[str, str] = {}
    with closing(connect_sync(settings, "operator")) as connection:
        for number in sandbox_people.INSURERS:
            amc_number = parse_amc_number(number)
            people = [person for person in sandbox_people.PEOPLE if person.amc_number == number]
            found = references_of(settings, amc_number, [person.reference for person in people])
            names |= {
                reference: f"{person.given_names} {person.name}"
                for person, reference in zip(people, found, strict=True)
            }
            set_channel(connection, amc_number, f"{settings.test_insurer_url}{WEBHOOK}", _REASON, BROUGHT_BY)
    publish_reached(settings, Reached(public_key(settings), names))


def register_everybody(settings: Settings, folder: Path) -> Register:
    """Register the provider, the software and the professionals, and bring about the states that would take time."""
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
    provider = settings.test_provider_url
    with closing(connect_sync(settings, "operator")) as connection:
        manage_access.register_provider(
            connection, provider, f"{provider}/jwks", for_tests=True, because=_REASON, by=BROUGHT_BY
        )
        main, other, revoked = (
            _register_software(connection, client_id, name, folder) for client_id, name in _SOFTWARE.items()
        )
        may_ask = (*PROFESSIONALS, STORY_PHARMACIST, STORY_OPTICIAN)
        accounts = {who.name: _register(connection, who) for who in may_ask}
        for who in (*AT_TWO_PLACES, FROZEN, STRUCK_OFF):
            _register(connection, who)
        publish_roster(settings, connection)
    with closing(connect_sync(settings, "owner")) as connection:
        meet_software(connection)  # or each professional would begin with half a budget
    return Register(main, other, revoked, accounts, meet_ahead(settings, main, revoked))


def invite(settings: Settings, register: Register, who: Professional) -> str:
    """Invite a professional to register a passkey; the link to hand over."""
    with closing(connect_sync(settings, "operator")) as connection:
        return manage_access.invite(connection, settings.portal_url, register.accounts[who.name]).link


def let_a_day_pass(settings: Settings, register: Register, who: Professional) -> None:
    """Let the day be over on which a professional's passkey is new."""
    with closing(connect_sync(settings, "owner")) as connection:
        let_first_day_end(connection, register.accounts[who.name])


def _load_generated(settings: Settings, folder: Path, today: date, say: Say) -> tuple[list[MadeInsurer], int]:
    plan = Plan(PEOPLE_COUNT, INSURER_COUNT, SEED, folder, "csv", CARDS_PER_INSURER, today.replace(day=1))
    insurers = generate(plan)
    people = format_decimal(sum(insurer.people_count for insurer in insurers), locale="fr")
    say(f"  {people} personnes inventées, en {len(insurers)} fichiers d’assureurs.")
    row_count = 0
    for insurer in insurers:
        register_insurer(settings, parse_amc_number(insurer.amc_number), insurer.name)
        row_count += load_members(settings, folder / insurer.file, insurer.amc_number, BROUGHT_BY).line_count
    return insurers, row_count


def _register(connection: type_of_operator, who: Professional) -> int:
    registered = manage_access.register_professional(
        connection,
        rpps=who.rpps,
        finess=who.finess,
        profession=who.profession,
        name=who.name,
        organisation=who.organisation,
        timezone=SHOPS_TIMEZONE,
        email=f"{who.rpps}@example.org",
    )
    return registered.account_id


def _register_software(connection: type_of_operator, client_id: str, name: str, folder: Path) -> Registration:
    """Make a software's key, keep it in a file that only its owner reads, and register its public half."""
    key = ProofKey()
    path = folder / f"{client_id}.jwk.json"
    private = {**key.key.as_dict(private=True), "kid": _KEY_ID, "alg": "ES256"}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(private, file)
    keys = json.dumps({"keys": [{**key.key.as_dict(private=False), "kid": _KEY_ID}]}).encode()
    manage_access.register_software(connection, client_id, name, keys)
    return Registration(client_id, name, _KEY_ID, key, path)
