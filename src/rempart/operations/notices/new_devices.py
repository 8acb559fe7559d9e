"""A device that is new to an account is told to every contact, and halves what the account may ask for a day.

In the transaction that lets it in: there is no device without its letters. A device is a passkey registered, or a software
that the account asks through for the first time.
"""

from typing import Final

from rempart.store.connections import type_of_connection
from rempart.store.notices import devices, letters

_KINDS: Final = {
    "single_device": "clé qui reste sur un seul appareil",
    "multi_device": "clé synchronisée entre plusieurs appareils",
}
"""What a passkey says of itself (WebAuthn 6.1.3, backup eligibility), as its owner reads it."""


def said_of(label: str) -> str:
    """Say in French what kind of passkey a label stands for."""
    return _KINDS.get(label, label)


async def tell_of_passkey(connection: type_of_connection, account_id: int, label: str) -> None:
    """Tell that a passkey was registered, and halve the budget, in the caller's transaction."""
    await letters.tell_contacts(connection, account_id, "new-device", label=said_of(label))
    await devices.reduce_budget(connection, account_id)


async def meet_software(connection: type_of_connection, account_id: int, software_id: int) -> None:
    """Tell of a software the first time that an account asks through it, and halve the budget; nothing afterwards."""
    name = await devices.meet_software(connection, account_id, software_id)
    if name is not None:
        await letters.tell_contacts(connection, account_id, "new-software", label=name)
        await devices.reduce_budget(connection, account_id)
