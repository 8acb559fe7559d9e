"""`demo.json`: everything that a client needs to be pointed at a demonstration, and nothing that it could not know.

Its owner alone reads it (0600). The people are invented, but what it holds would be secret anywhere else: card secrets, where
the private keys lie, invitations that open an account to whoever comes first. A sandbox is where habits are taken.
docs/reference/sandbox.md explains each member.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import polars as pl

from rempart.domain.card_code import CardCode, write_card_code
from rempart.domain.identifiers import AmcNumber, Nir
from rempart.domain.rights import CardSecret, Presence
from rempart.people.generate import MadeInsurer
from rempart.sandbox import people as sandbox_people
from rempart.sandbox.people import SandboxPerson
from rempart.sandbox.professionals import AT_TWO_PLACES, FROZEN, PROFESSIONALS, STRUCK_OFF
from rempart.sandbox.refusals import REFUSALS
from rempart.sandbox.software import Registration
from rempart.sandbox.world import Register, World
from rempart.settings import Settings

FILE_NAME: Final = "demo.json"
LEVELS: Final = (Presence.NONE, Presence.KNOWN_PATIENT, Presence.BREAK_GLASS, Presence.CARD)
"""What differs: a code, an approval and a standing authorisation are answered as the card is."""

_OWNER_ONLY: Final = 0o600


def write_demo_file(settings: Settings, world: World, invitations: Mapping[str, str]) -> None:
    """Write demo.json whole, or leave the one that is there; `invitations` are links by name."""
    path = settings.home / FILE_NAME
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    content = json.dumps(_content(settings, world, invitations), ensure_ascii=False, indent=1)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w") as file:
        file.write(content)
    draft.replace(path)


def _content(settings: Settings, world: World, invitations: Mapping[str, str]) -> dict[str, Any]:
    provider = settings.test_provider_url
    generated = [{"amc_number": made.amc_number, "name": made.name} for made in world.insurers]
    documented = [{"amc_number": number, "name": name} for number, name in sandbox_people.INSURERS.items()]
    return {
        "environment": settings.environment,
        "made_on": world.made_on.isoformat(),
        "fhir_url": f"{settings.fhir_url}/fhir",
        "identity_url": settings.identity_url,
        "portal_url": settings.portal_url,
        "counter_url": settings.counter_url,
        "status_url": settings.status_url,
        "token_endpoint": f"{settings.identity_url}/oauth/token",
        "test_identity_provider": {
            "issuer": provider,
            "discovery": f"{provider}/.well-known/openid-configuration",
        },
        "test_insurer": {
            "page": settings.test_insurer_url,
            "messages": f"{settings.test_insurer_url}/messages",
            "answers": f"{settings.test_insurer_url}/answers",
        },
        **_callers(settings, world.register),
        "invitations": [{"name": name, "link": link} for name, link in invitations.items()],
        "insurers": documented + generated,
        "insurer_not_served": sandbox_people.NOT_SERVED,
        "people": [*_documented_people(), *_generated_people(world)],
        "refusals": [asdict(refusal) for refusal in REFUSALS],
    }


def _callers(settings: Settings, register: Register) -> dict[str, Any]:
    """Say who may ask, who may not, and through which software."""
    software_of = dict.fromkeys(register.ahead.tokens, register.main) | {"session-revoked": register.revoked}
    return {
        "software": _software(settings, register.main),
        "other_software": _software(settings, register.other),
        "revoked_software": _software(settings, register.revoked),
        "professionals": [asdict(who) for who in PROFESSIONALS],
        "professional_at_two_places": [asdict(who) for who in AT_TWO_PLACES],
        "frozen_professional": asdict(FROZEN),
        "struck_off_professional": asdict(STRUCK_OFF),
        "sessions": {
            code: {"access_token": token, "private_key_file": str(software_of[code].key_file)}
            for code, token in register.ahead.tokens.items()
        },
    }


def _software(settings: Settings, registered: Registration) -> dict[str, str]:
    return {
        "client_id": registered.client_id,
        "name": registered.name,
        "key_id": registered.key_id,
        "private_key_file": str(registered.key_file),
        "audience": settings.identity_url,
    }


def _documented_people() -> Iterator[dict[str, Any]]:
    """Give the test people, as their insurers know them, and what is answered at each level of presence."""
    for person in (*sandbox_people.PEOPLE, sandbox_people.STRANGER):
        is_stranger = person is sandbox_people.STRANGER
        numbers = [person.nir, *(sandbox_people.whole(number) for number in person.other_aliases)]
        yield {
            "amc_number": person.amc_number,
            "beneficiary_id": None if is_stranger else person.reference,
            "nir": person.nir,
            "birth_date": person.birth_date,
            "birth_rank": person.rank,
            "aliases": [_alias(number, person.birth_date, person.rank) for number in numbers],
            "birth_name": person.name,
            "given_names": person.given_names,
            "domain": person.domain,
            "card_secret": None if is_stranger else person.card_secret,
            "card_code": None if is_stranger else person.card_code,
            "note": person.note,
            "expected": {level: outcome for level, outcome in expected_of(person).items() if outcome},
        }


def expected_of(person: SandboxPerson) -> dict[str, str | None]:
    """Say the code that is answered at each level of presence; None where the level cannot be reached.

    A code, an approval or a standing authorisation is answered as a card.
    """
    expected: dict[str, str | None] = {
        presence.name.lower().replace("_", "-"): person.answer_at(presence).code for presence in LEVELS
    }
    if person is sandbox_people.STRANGER:
        expected |= {"known-patient": None, "card": None}
    elif person.amc_number == sandbox_people.CONTAINED:
        expected["known-patient"] = None  # no card is ever proven there, so nobody becomes known
    return expected


def _generated_people(world: World) -> Iterator[dict[str, Any]]:
    """Give some of each insurer's people, as only that insurer would know them."""
    for insurer in world.insurers:
        cards = pl.read_csv(world.members / insurer.cards_file, separator=";", infer_schema=False)
        for row in cards.to_dicts():
            yield _generated_person(insurer, row)


def _generated_person(insurer: MadeInsurer, row: dict[str, str | None]) -> dict[str, Any]:
    nir, birth_date, rank = str(row["nir"]), str(row["birth_date"]), int(row["birth_rank"] or 1)
    secret = str(row["card_secret"])
    others = [alias.split("/") for alias in (row["other_aliases"] or "").split()]
    aliases = [(nir, birth_date, rank), *((number, day, int(place)) for number, day, place in others)]
    card = CardCode(AmcNumber(insurer.amc_number), Nir.parse(nir), rank, CardSecret(secret))
    return {
        "amc_number": insurer.amc_number,
        "beneficiary_id": row["beneficiary_id"],
        "nir": nir,
        "birth_date": birth_date,
        "birth_rank": rank,
        "aliases": [_alias(*alias) for alias in aliases],
        "birth_name": row["birth_name"],
        "given_names": row["given_names"],
        "domain": "PHAR",
        "card_secret": secret,
        "card_code": write_card_code(card),
    }


def _alias(nir: str, birth_date: str, rank: int) -> dict[str, Any]:
    return {"nir": nir, "birth_date": birth_date, "birth_rank": rank}
