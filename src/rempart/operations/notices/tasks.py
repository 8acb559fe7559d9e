"""The tasks that send letters: what the worker does with the jobs that `store/notices/letters.py` puts into the queue.

A letter is sent at least once, and bears the same number each time; a code is another one at each try. What
cannot be sent is tried again by the worker, then waits for an operator. A
letter to a contact that was forgotten meanwhile is nobody's.
"""

import secrets
from typing import Any
from uuid import uuid4

from procrastinate import App

from rempart.adapters.mail import Letter, Letterbox
from rempart.limits import CONTACT_CODE_DIGITS, CONTACT_CODE_LIFE_S, CONTACTS_FORGOTTEN_AFTER_DAYS
from rempart.operations.notices.letters import words_of
from rempart.operations.notices.worker import QUEUE, PatientRetry
from rempart.security.tokens import digest_of_code
from rempart.store.connections import Connections
from rempart.store.notices import letters as owed

FORGET = "forget_contacts"

_EVERY_NIGHT = "41 3 * * *"


def add_tasks(queue: App, letterbox: Letterbox, connections: Connections) -> None:
    """Teach the worker to send letters."""

    @queue.task(name=owed.TELL_CONTACT, queue=QUEUE, retry=PatientRetry())
    async def tell_contact(contact_id: int, letter_id: str, letter: str, facts: dict[str, Any]) -> None:
        async with connections.lent() as connection:
            address = await owed.address_of(connection, contact_id)
        if address is None:
            return
        words = words_of(letter, facts)
        await letterbox.send(Letter(letter_id, address, words.subject, words.text))

    @queue.task(name=owed.SEND_CODE, queue=QUEUE, retry=PatientRetry())
    async def send_contact_code(contact_id: int) -> None:
        code = f"{secrets.randbelow(10**CONTACT_CODE_DIGITS):0{CONTACT_CODE_DIGITS}}"
        async with connections.lent() as connection:
            expected = await owed.expect_code(
                connection, contact_id, digest_of_code(contact_id, code), CONTACT_CODE_LIFE_S
            )
        if expected is None:
            return
        address, place = expected
        words = words_of("contact-code", {"code": code, "place": place})
        await letterbox.send(Letter(str(uuid4()), address, words.subject, words.text))

    @queue.periodic(cron=_EVERY_NIGHT)
    @queue.task(name=FORGET, queue=QUEUE, queueing_lock=FORGET, retry=PatientRetry())
    async def forget_contacts(timestamp: int) -> None:  # noqa: ARG001 (every periodic task is told its hour)
        async with connections.lent() as connection:
            await owed.forget_contacts(connection, CONTACTS_FORGOTTEN_AFTER_DAYS)
