"""Register an insurer: its keys in the keyring, then its row; and list those that are registered."""

import asyncio
from contextlib import closing
from datetime import timedelta

from rempart.adapters import clock
from rempart.domain.errors.registration import InsurerKnown
from rempart.domain.identifiers import AmcNumber, parse_shown_name
from rempart.domain.rights import Presence
from rempart.keyring.client import Keyring
from rempart.operations.console.proposals import type_of_operator
from rempart.operations.presence.policy import set_presence_policy
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.insurers import InsurerRow, insert_insurer, list_insurers

ROLE = "operator"


def register_insurer(
    settings: Settings,
    amc_number: AmcNumber,
    name: str,
    *,
    required_presence: int = 0,
    data_age_max_h: int = 48,
) -> int:
    """Make what is missing of an insurer's keys and row; give its number. Refuses: InsurerKnown, NameRefused, outages.

    The keys come first: an insurer with keys and no row serves nobody, one with a row and no keys would fail each question.
    """
    name = parse_shown_name(name)
    asyncio.run(_make_keys(settings, amc_number))
    with closing(connect_sync(settings, ROLE)) as connection, connection.transaction():
        insurer_id = insert_insurer(connection, str(amc_number), name, data_age_max_h)
        if insurer_id is None:
            raise InsurerKnown(f"amc_number {amc_number}")
        if required_presence:
            _require(connection, amc_number, Presence(required_presence))
    return insurer_id


def registered_insurers(settings: Settings) -> list[InsurerRow]:
    """List the insurers, in the order of their numbers."""
    with closing(connect_sync(settings, ROLE)) as connection:
        return list_insurers(connection)


def _require(connection: type_of_operator, amc_number: AmcNumber, required: Presence) -> None:
    """Have presence asked for from the first question on: there is less in force, so that nobody has to sign."""
    begun_everywhere = clock.today("Europe/Paris") - timedelta(days=1)
    set_presence_policy(
        connection, amc_number, today=begun_everywhere, valid_from=begun_everywhere, required=required,
        required_when_stepped_up=max(required, Presence.KNOWN_PATIENT), accepted=Presence,
        because="enregistrement de l’assureur", by="rempart insurer register",
    )  # fmt: skip


async def _make_keys(settings: Settings, amc_number: AmcNumber) -> None:
    keyring = await Keyring.connect(settings, ROLE)
    try:
        await keyring.create_insurer(str(amc_number))
    finally:
        await keyring.close()
