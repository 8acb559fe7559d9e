"""The process of the worker: it reads what only the caller may read before the drop, and connects after it."""

import asyncio
from collections.abc import Callable

import uvloop

from rempart.limits import JOBS_AT_ONCE
from rempart.settings import Settings
from rempart.store.connections import Connections
from rempart.store.jobs.connector import ROLE
from rempart.supervisor.child import Work


def prepare_worker(settings: Settings) -> Work:
    """Import the tasks and all that they need; give the work to do after the drop."""
    import encodings.idna  # noqa: F401, PLC0415 (asyncio asks for it at the first connection, when it cannot be read)

    from rempart.adapters import mail, webhook  # noqa: PLC0415 (the supervisor runs no job)
    from rempart.keyring.client import Keyring  # noqa: PLC0415 (the same)
    from rempart.operations.notices import tasks, worker  # noqa: PLC0415 (the same)
    from rempart.operations.presence import tasks as presence_tasks  # noqa: PLC0415 (the same)
    from rempart.operations.presence.channel import KEYRING_ROLE, Channel  # noqa: PLC0415 (the same)
    from rempart.operations.status.held_transactions import watch_transactions  # noqa: PLC0415 (the same)

    letterbox = mail.open_letterbox(settings)
    webhooks = webhook.open_webhooks()
    _ = mail.written(
        mail.Letter("1", "a@localhost", "é", "é"), settings.mail_from
    ).as_bytes()  # the library reads more of itself

    async def run(is_ready: Callable[[], None]) -> None:
        async with Connections(settings, ROLE, JOBS_AT_ONCE) as connections:
            queue = worker.open_queue(settings, is_ready)
            tasks.add_tasks(queue, letterbox, connections)
            keyring = Keyring(str(settings.keyring_socket(KEYRING_ROLE)))  # which may come later than we do
            presence_tasks.add_tasks(queue, Channel(webhooks, keyring), connections)
            watch = asyncio.create_task(watch_transactions(connections))
            try:
                await worker.run(queue)
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)

    return lambda is_ready: uvloop.run(run(is_ready))
