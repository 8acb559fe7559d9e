"""The addresses that are told of an account: added with a code mailed to them, removed, and every change told to all of them.

A thief with an unlocked session may add his own address or remove the owner's: each is told to everybody, the removed one
included, so that he cannot do it in silence.
"""

from rempart.domain.access import Contact
from rempart.domain.errors.accounts import ContactCodeRefused, ContactRefused, ContactsTooMany, ContactUnknown
from rempart.domain.notices.mailboxes import clean_address
from rempart.limits import CONTACT_CODE_TRIES_MAX, CONTACTS_MAX, CONTACTS_PER_DAY_MAX
from rempart.operations.reception import Reception
from rempart.security.admission import AdmittedCaller
from rempart.security.tokens import digest_of_code
from rempart.store import accounts
from rempart.store.notices import contacts, letters

_PLACE = "address"


async def list_contacts(reception: Reception, caller: AdmittedCaller) -> list[Contact]:
    """List the caller's contacts."""
    async with reception.connections.lent() as connection:
        return await contacts.list_contacts(connection, caller.account_id)


async def add_contact(reception: Reception, caller: AdmittedCaller, address: str) -> int:
    """Add an address and mail it a code; give its number. Refuses: ContactRefused, ContactsTooMany."""
    cleaned = clean_address(address)
    async with reception.connections.lent() as connection, connection.transaction():
        await accounts.lock_account(connection, caller.account_id)
        there = await contacts.list_contacts(connection, caller.account_id)
        today = await contacts.count_of_a_day(connection, caller.account_id)
        if len(there) >= CONTACTS_MAX or today >= CONTACTS_PER_DAY_MAX:
            raise ContactsTooMany(_PLACE)
        contact_id = await contacts.add_contact(connection, caller.account_id, cleaned)
        if contact_id is None:
            raise ContactRefused(_PLACE)
        await letters.ask_for_code(connection, contact_id)
        return contact_id


async def confirm_contact(reception: Reception, caller: AdmittedCaller, contact_id: int, code: str) -> None:
    """Confirm an address by the code that was mailed to it, and tell the others. Refuses: ContactCodeRefused."""
    async with reception.connections.lent() as connection:
        expected = await contacts.try_code(connection, caller.account_id, contact_id, CONTACT_CODE_TRIES_MAX)
        if expected is None or expected != digest_of_code(contact_id, "".join(code.split())):
            raise ContactCodeRefused("code")
        async with connection.transaction():
            await letters.tell_contacts(connection, caller.account_id, "contact-added")
            if not await contacts.confirm_contact(connection, contact_id):
                raise ContactCodeRefused("code")


async def remove_contact(reception: Reception, caller: AdmittedCaller, contact_id: int) -> None:
    """Remove an address, and tell all, itself included. Refuses: ContactUnknown."""
    async with reception.connections.lent() as connection, connection.transaction():
        there = await contacts.list_contacts(connection, caller.account_id)
        if any(contact.contact_id == contact_id and contact.is_confirmed for contact in there):
            await letters.tell_contacts(connection, caller.account_id, "contact-removed")
        if not await contacts.remove_contact(connection, caller.account_id, contact_id):
            raise ContactUnknown("contact_id")
