"""The tasks that speak to insurers: ask a person for a code or an approval, tell of a broken glass or an authorisation.

The jobs are those that gate.ask_insurers defers. A code is made here, sent to the insurer and forgotten: what is kept is its
keyed digest. A request is passed on until the insurer answered or ten minutes are over; a notice as every other job. Never: log a
code, or whom a job is about.
"""

import secrets
from datetime import timedelta

from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from rempart.adapters import clock
from rempart.domain.errors.keyring import KeyringUnreachable
from rempart.domain.rights import Presence
from rempart.domain.trace import trace_of
from rempart.limits import CHANNEL_ASKED_AGAIN_S, PRESENCE_CODE_DIGITS
from rempart.operations.notices.worker import QUEUE, NotYet, PatientRetry
from rempart.operations.presence.channel import Channel
from rempart.operations.presence.messages import (
    APPROVAL_STATES,
    CODE_STATES,
    NOTICE_STATES,
    Said,
    State,
    written_notice,
    written_question,
)
from rempart.store.connections import Connections
from rempart.store.presence import channel as kept

RETIRE = "retire_presence"

_EVERY_NIGHT = "47 3 * * *"


class UntilItEnds(BaseRetryStrategy):
    """Try again in some seconds, as often as it takes: the task itself ends with its request."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 (any of them)
        """Say when to try again."""
        return RetryDecision(retry_at=clock.now() + timedelta(seconds=CHANNEL_ASKED_AGAIN_S))


def add_tasks(queue: App, channel: Channel, connections: Connections) -> None:
    """Teach the worker to speak to insurers."""

    @queue.task(name=kept.ASK_PERSON, queue=QUEUE, retry=UntilItEnds())
    async def ask_person(request_id: int) -> None:
        async with connections.lent() as connection:
            asking = await kept.person_to_ask(connection, request_id)
        if asking is None:
            return
        if asking.kind == Presence.CODE:
            await _send_code(channel, connections, request_id, asking)
        else:
            await _seek_approval(channel, connections, request_id, asking)

    @queue.task(name=kept.TELL_PERSON, queue=QUEUE, retry=PatientRetry())
    async def tell_person(notice_id: int) -> None:
        async with connections.lent() as connection:
            telling = await kept.person_to_tell(connection, notice_id)
        if telling is None:
            return
        message_id = f"tell-{trace_of(telling.receipt_id)}"
        said = await channel.say(telling.url, message_id, written_notice(telling), NOTICE_STATES)
        async with connections.lent() as connection:
            await kept.note_notice(connection, notice_id, said.state, said.by, is_revoked=said.revoked)
        if said.state is State.PENDING:
            raise NotYet

    @queue.periodic(cron=_EVERY_NIGHT)
    @queue.task(name=RETIRE, queue=QUEUE, queueing_lock=RETIRE, retry=PatientRetry())
    async def retire_presence(timestamp: int) -> None:  # noqa: ARG001 (every periodic task is told its hour)
        async with connections.lent() as connection:
            await kept.retire(connection)


async def _send_code(
    channel: Channel, connections: Connections, request_id: int, asking: kept.Asking
) -> Said | None:
    """Make a code, expect it, then send it: a code that the person has is one that the gate knows.

    A try that failed may have reached the person: the next one is another message with another code, and only the last counts.
    """
    code = f"{secrets.randbelow(10**PRESENCE_CODE_DIGITS):0{PRESENCE_CODE_DIGITS}}"
    digest = await channel.digest_of(asking.amc_number, code)
    if digest is None:
        raise KeyringUnreachable
    async with connections.lent() as connection:
        if not await kept.expect_code(connection, request_id, digest):
            return None
    message_id = f"ask-{trace_of(asking.receipt_id)}-{secrets.token_hex(4)}"
    return await channel.say(asking.url, message_id, written_question(asking, code), CODE_STATES)


async def _seek_approval(
    channel: Channel, connections: Connections, request_id: int, asking: kept.Asking
) -> None:
    """Ask, and ask again by the same message what became of it."""
    message_id = f"ask-{trace_of(asking.receipt_id)}"
    said = await channel.say(asking.url, message_id, written_question(asking, None), APPROVAL_STATES)
    if said.state is State.PENDING:
        raise NotYet
    if said.state is State.APPROVED:
        async with connections.lent() as connection:
            await kept.approve(connection, request_id)
