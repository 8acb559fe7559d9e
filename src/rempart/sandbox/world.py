"""The world of a demonstration: insurers, people, professionals, a software; made once, by the acts that an operator would do.

What a client needs to be pointed at the platform is written to `demo.json` in the home: it holds secrets of a sandbox, which
are nobody's.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from rempart.adapters import clock
from rempart.domain.identifiers import parse_amc_number
from rempart.domain.rights import Presence
from rempart.feeds.formats.writer import write_member_file
from rempart.operations import manage_access
from rempart.operations.load_members import load_members
from rempart.operations.register_insurer import register_insurer
from rempart.people.generate import MadeInsurer, Plan, generate
from rempart.sandbox import people as sandbox_people
from rempart.sandbox.client import ProofKey
from rempart.sandbox.people import TestPerson
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.sandbox import make_data_late

PEOPLE_COUNT: Final = 20_000
INSURER_COUNT: Final = 12
SEED: Final = 2024
CARDS_PER_INSURER: Final = 60
BROUGHT_BY: Final = "demo"

CLIENT_ID: Final = "officine-logiciel-demo"
KEY_ID: Final = "demo-1"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional of the demonstration."""

    name: str
    rpps: str
    finess: str
    profession: str
    organisation: str


PHARMACIST: Final = Professional(
    "Claire Fontaine", "10100000008", "750000358", "pharmacist", "Pharmacie des Tilleuls"
)
OPTICIAN: Final = Professional("Sami Haddad", "10100000016", "990781056", "optician", "Optique du Port")
PROFESSIONALS: Final = (PHARMACIST, OPTICIAN)


@dataclass(frozen=True, slots=True)
class World:
    """What the story needs of the world that was made."""

    key: ProofKey
    invitation: str
    insurers: list[MadeInsurer]
    rows: int


def make_world(settings: Settings, say: Say) -> World:
    """Make the world and write `demo.json`; the platform's processes must be up."""
    folder = settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    insurers, rows = _load_generated(settings, folder / "members", say)
    rows += _load_test_people(settings, folder / "sandbox")
    key, key_file = _make_key(folder)
    with closing(connect_sync(settings, "operator")) as connection:
        provider = settings.test_provider_url
        manage_access.register_provider(connection, provider, f"{provider}/jwks", for_tests=True)
        keys = json.dumps({"keys": [{**key.key.as_dict(private=False), "kid": KEY_ID}]}).encode()
        manage_access.register_software(connection, CLIENT_ID, "Logiciel d'officine de démonstration", keys)
        accounts = {
            who: manage_access.register_professional(
                connection,
                rpps=who.rpps,
                finess=who.finess,
                profession=who.profession,
                name=who.name,
                organisation=who.organisation,
            )
            for who in PROFESSIONALS
        }
        invitation = manage_access.invite(connection, settings.portal_url, accounts[OPTICIAN].account_id)
    _write_demo(settings, key_file, insurers, list(_known_people(folder / "members", insurers)))
    return World(key, invitation.link, insurers, rows)


def _load_generated(settings: Settings, folder: Path, say: Say) -> tuple[list[MadeInsurer], int]:
    first_of_month = clock.now().date().replace(day=1)
    insurers = generate(
        Plan(PEOPLE_COUNT, INSURER_COUNT, SEED, folder, "csv", CARDS_PER_INSURER, first_of_month)
    )
    say(
        f"{sum(insurer.people_count for insurer in insurers)} personnes inventées, en {len(insurers)} fichiers d'assureurs."
    )
    rows = 0
    for insurer in insurers:
        register_insurer(settings, parse_amc_number(insurer.amc_number), insurer.name)
        rows += load_members(settings, folder / insurer.file, insurer.amc_number, BROUGHT_BY).line_count
    return insurers, rows


def _load_test_people(settings: Settings, folder: Path) -> int:
    """Load the documented test people; one insurer demands the card, one sent its last file three days ago."""
    folder.mkdir(exist_ok=True)
    today = clock.now().date()
    rows = 0
    for amc_number, name in sandbox_people.INSURERS.items():
        presence = Presence.CARD if amc_number == sandbox_people.STRICT else Presence.NONE
        register_insurer(settings, parse_amc_number(amc_number), name, required_presence=presence.value)
        path = folder / f"{amc_number}-0001.csv"
        write_member_file(
            path, [sandbox_people.member_rows(amc_number, today)], amc_number=amc_number, effective_on=today
        )
        rows += load_members(settings, path, amc_number, BROUGHT_BY).line_count
    with closing(connect_sync(settings, "owner")) as connection:
        make_data_late(connection, sandbox_people.LATE, timedelta(days=3))
    return rows


def _make_key(folder: Path) -> tuple[ProofKey, Path]:
    """Make the software's key and keep it in a file that only its owner reads."""
    key = ProofKey()
    path = folder / "software-key.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({**key.key.as_dict(private=True), "kid": KEY_ID, "alg": "ES256"}, file)
    return key, path


def _known_people(folder: Path, insurers: list[MadeInsurer]) -> Iterator[dict[str, Any]]:
    """Give people as their insurers know them, card secrets included: the test people, then some of each insurer."""
    for person in sandbox_people.PEOPLE:
        yield {**_card_of(person), "expected_with_presence": person.with_presence.code, "note": person.note}
    yield {**_card_of(sandbox_people.STRANGER), "card_secret": None, "expected_with_presence": "not-known"}
    for insurer in insurers:
        for row in pl.read_csv(folder / insurer.cards_file, separator=";", infer_schema=False).to_dicts():
            yield {"amc_number": insurer.amc_number, **row, "birth_rank": int(row["birth_rank"])}


def _card_of(person: TestPerson) -> dict[str, Any]:
    return {
        "amc_number": person.amc_number,
        "beneficiary_id": person.reference,
        "nir": person.nir,
        "birth_date": person.birth_date,
        "birth_rank": person.rank,
        "birth_name": person.name,
        "given_names": person.given_names,
        "domain": person.domain,
        "card_secret": person.card_secret,
    }


def _write_demo(
    settings: Settings, key_file: Path, insurers: list[MadeInsurer], people: list[dict[str, Any]]
) -> None:
    provider = settings.test_provider_url
    named = [{"amc_number": insurer.amc_number, "name": insurer.name} for insurer in insurers]
    demo = {
        "environment": settings.environment,
        "fhir_url": f"{settings.fhir_url}/fhir",
        "identity_url": settings.identity_url,
        "portal_url": settings.portal_url,
        "token_endpoint": f"{settings.identity_url}/oauth/token",
        "test_identity_provider": {
            "issuer": provider,
            "discovery": f"{provider}/.well-known/openid-configuration",
        },
        "software": {
            "client_id": CLIENT_ID,
            "key_id": KEY_ID,
            "private_key_file": str(key_file),
            "audience": settings.identity_url,
        },
        "professionals": [
            {
                "name": who.name,
                "rpps": who.rpps,
                "finess": who.finess,
                "profession": who.profession,
                "organisation": who.organisation,
            }
            for who in PROFESSIONALS
        ],
        "insurers": named
        + [{"amc_number": number, "name": name} for number, name in sandbox_people.INSURERS.items()],
        "people": people,
    }
    (settings.home / "demo.json").write_text(json.dumps(demo, ensure_ascii=False, indent=1))
