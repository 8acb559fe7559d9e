"""A device that is new to an account is written down, told to every contact, and halves what the account may ask for a day.

In the transaction that lets it in: there is no device without its letters. A device is a passkey registered, a browser that
comes by Pro Santé Connect and was never seen under the account, or a software that the account asks through for the first time.
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
    """Let a passkey in that was just registered."""
    await _let_in(connection, account_id, "new-device", said_of(label))


async def meet_browser(
    connection: type_of_connection, account_id: int, key_thumbprint: bytes, label: str
) -> None:
    """Let a browser in the first time that somebody comes with it, by the thumbprint of its key; nothing afterwards."""
    if await devices.meet_browser(connection, account_id, key_thumbprint, label):
        await _let_in(connection, account_id, "new-browser", label)


async def meet_software(connection: type_of_connection, account_id: int, software_id: int) -> None:
    """Let a software in the first time that an account asks through it; nothing afterwards."""
    name = await devices.meet_software(connection, account_id, software_id)
    if name is not None:
        await _let_in(connection, account_id, "new-software", name)


async def _let_in(connection: type_of_connection, account_id: int, letter: str, label: str) -> None:
    """Write a device down, tell every contact by this letter, and halve the budget, in the caller's transaction."""
    await devices.note_new(connection, account_id, label)
    await letters.tell_contacts(connection, account_id, letter, label=label)
    await devices.reduce_budget(connection, account_id)
