"""The door: what a face holds in order to ask about people, and nothing else.

Questions that arrive while the gate is busy wait together and go as one batch, so that one commit serves many answers; a lone
question goes at once. After a batch the next one waits for those just answered, as long as questions keep coming: callers who
ask again as soon as they are answered stay together, and share the fixed cost of a batch. A batch that the gate refuses as a
whole is asked again one by one, so that one bad question costs the others nothing. Where the database or the keyring does not
answer, the caller gets an outage, never a yes; and what may have been recorded is not asked a second time.

A NIR crosses this file on its way to the keyring, which gives back a keyed digest; only the digest goes to the database.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import psycopg
import structlog
from msgspec import Struct

from rempart.domain.errors import Outage
from rempart.domain.errors.database import DatabaseUnreachable
from rempart.domain.errors.gate import AnswersLost, GateBroken, GateOverloaded
from rempart.domain.identifiers import alias_message, cell_message
from rempart.domain.regions import region_of_birth
from rempart.domain.rights import (
    OUTCOME_BY_NUMBER,
    Coverage,
    Outcome,
    Presence,
    RightsAnswer,
    RightsQuestion,
    code_message,
    domains_of,
)
from rempart.domain.trace import trace_of
from rempart.keyring.client import Keyring
from rempart.limits import (
    BATCH_QUESTIONS_MAX,
    GATHERING_LULL_S,
    GATHERING_MAX_S,
    SESSIONS_REMEMBERED_MAX,
    WAITING_QUESTIONS_MAX,
)
from rempart.security.principals import ProvenCaller
from rempart.security.throttle import WaitingLine
from rempart.settings import Settings
from rempart.store import gate as store_gate
from rempart.store.database import connect
from rempart.store.gate import AskRow, ToldRow

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a caller may go on, where nobody was asked about; `account_id` only when `outcome` is ADMITTED."""

    outcome: Outcome
    account_id: int | None
    next_nonce: str | None


class _Waiting(Struct):
    """A question in the queue, what its caller is told of the gate's row, and the place where the caller waits."""

    caller: ProvenCaller
    question: RightsQuestion | None
    told_of: Callable[[ToldRow], object]
    told: asyncio.Future[Any]

    def tell(self, row: ToldRow) -> None:
        """Tell the caller, unless gone; what cannot be told of one row is that caller's alone."""
        if self.told.done():
            return
        try:
            self.told.set_result(self.told_of(row))
        except Exception as error:  # noqa: BLE001 (the others of the batch must hear their answers)
            self.told.set_exception(error)


class Door:
    """The connections of one face process to the keyring and to the gate."""

    def __init__(self, settings: Settings, role: str) -> None:
        self._settings = settings
        self._role = role
        self._waiting: WaitingLine[_Waiting] = WaitingLine(WAITING_QUESTIONS_MAX, SESSIONS_REMEMBERED_MAX)
        self._quorum = 1  # how many must wait for a batch to leave
        self._is_met = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._gathering_ends_at = self._last_came_at = 0.0  # on the loop's clock
        self._lane: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._keyring = await Keyring.connect(self._settings, self._role)
        connection = await connect(self._settings, self._role)
        self._lane = asyncio.create_task(self._serve(connection))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._lane is not None:
            self._lane.cancel()
            await asyncio.gather(self._lane, return_exceptions=True)
            self._lane = None
        while self._waiting:
            _refuse(self._waiting.take(BATCH_QUESTIONS_MAX), DatabaseUnreachable())
        await self._keyring.close()

    def ask(self, question: RightsQuestion, caller: ProvenCaller) -> asyncio.Future[RightsAnswer]:
        """Ask about one person. Refuses: an outage of the database or the keyring; everything else is an answer."""
        return self._enter(caller, question, answer_of)

    def admit(self, caller: ProvenCaller) -> asyncio.Future[Admission]:
        """Ask whether a caller may go on, about nobody; a browser's nonce is exchanged for the next one."""
        return self._enter(caller, None, _admission_of)

    def _enter(
        self, caller: ProvenCaller, question: RightsQuestion | None, told_of: Callable[[ToldRow], T]
    ) -> asyncio.Future[T]:
        told: asyncio.Future[T] = self._loop.create_future()
        if self._lane is None:
            told.set_exception(DatabaseUnreachable())
            return told
        try:
            self._waiting.join(_name_of(caller), _Waiting(caller, question, told_of, told))
        except GateOverloaded as error:
            told.set_exception(error)
        else:
            self._last_came_at = self._loop.time()
            if len(self._waiting) >= self._quorum:
                self._is_met.set()
        return told

    async def _serve(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Serve batch after batch, one at a time: two under way would only make both smaller (measured)."""
        try:
            while True:
                batch = await self._next_batch()
                if connection.closed:
                    connection = await self._reconnect(connection, batch)
                    if connection.closed:
                        continue
                await self._serve_batch(connection, batch)
                if batch:
                    self._gather(len(batch))
        finally:
            self._end_gathering()
            await connection.close()

    async def _next_batch(self) -> list[_Waiting]:
        while len(self._waiting) < self._quorum:
            self._is_met.clear()
            await self._is_met.wait()
        self._end_gathering()
        batch: list[_Waiting] = []
        while self._waiting and not batch:  # whoever is done has gone away
            batch = [one for one in self._waiting.take(BATCH_QUESTIONS_MAX) if not one.told.done()]
        return batch

    def _gather(self, answered: int) -> None:
        """Let the next batch wait for those just answered: while questions keep coming, and for a bounded time."""
        quorum = answered + len(self._waiting)
        if quorum > 1:
            self._quorum = min(quorum, BATCH_QUESTIONS_MAX)
            self._last_came_at = self._loop.time()
            self._gathering_ends_at = self._last_came_at + GATHERING_MAX_S
            self._gathering = self._loop.call_later(GATHERING_LULL_S, self._look_for_lull)

    def _look_for_lull(self) -> None:
        now = self._loop.time()
        lull_at = min(self._last_came_at + GATHERING_LULL_S, self._gathering_ends_at)
        if now >= lull_at:
            self._end_gathering()
        else:
            self._gathering = self._loop.call_at(lull_at, self._look_for_lull)

    def _end_gathering(self) -> None:
        self._quorum = 1
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._waiting:
            self._is_met.set()

    async def _reconnect(
        self, connection: psycopg.AsyncConnection[Any], batch: list[_Waiting]
    ) -> psycopg.AsyncConnection[Any]:
        try:
            return await connect(self._settings, self._role)
        except Outage as outage:
            _refuse(batch, outage)
        except Exception:  # a lane that died here would leave its callers waiting for ever
            log.exception("gate-unreachable")
            _refuse(batch, DatabaseUnreachable())
        return connection

    async def _serve_batch(self, connection: psycopg.AsyncConnection[Any], batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            rows = await self._rows_of(batch)
            told = await store_gate.ask(connection, rows)
        except Outage as outage:  # the same for all of them; one by one, each would wait for it in turn
            _refuse(batch, outage)
        except asyncio.CancelledError:
            _refuse(batch, AnswersLost())
            raise
        except Exception as error:  # noqa: BLE001 (whatever went wrong, each caller must hear of it)
            await self._serve_one_by_one(connection, batch, error)
        else:
            for waiting, row in zip(batch, told, strict=True):
                self._waiting.remember(_name_of(waiting.caller), was_let_in=row.outcome not in _NO_SESSION)
                waiting.tell(row)

    async def _serve_one_by_one(
        self, connection: psycopg.AsyncConnection[Any], batch: list[_Waiting], error: Exception
    ) -> None:
        if len(batch) > 1:
            log.warning("batch-asked-one-by-one", questions=len(batch), error=type(error).__name__)
            for waiting in batch:
                await self._serve_batch(connection, [waiting])
        elif isinstance(error, psycopg.Error):
            log.error("gate-broken", error=type(error).__name__, sqlstate=error.sqlstate)
            _refuse(batch, GateBroken())
        else:
            _refuse(batch, error)

    async def _rows_of(self, batch: list[_Waiting]) -> list[AskRow]:
        messages: list[tuple[str, bytes]] = []
        for waiting in batch:
            question = waiting.question
            if question is not None:
                messages.append(
                    (
                        f"index/{question.amc_number}",
                        alias_message(question.nir, question.birth_date, question.birth_rank),
                    )
                )
                messages.append(("cell", cell_message(question.nir)))
                if question.one_time_code is not None:
                    messages.append(("code", code_message(question.amc_number, question.one_time_code)))
                if question.idempotency_key is not None:
                    messages.append(("request", question.body))
        digests = iter(await self._keyring.index(messages) if messages else ())
        rows = []
        for waiting in batch:
            question = waiting.question
            if question is None:
                rows.append(_row_about_nobody(waiting.caller))
            else:
                alias, cell = next(digests), next(digests)
                code = next(digests) if question.one_time_code is not None else None
                body = next(digests) if question.idempotency_key is not None else None
                rows.append(_row_of(question, waiting.caller, Digests(alias, cell, code, body)))
        return rows


_NO_SESSION = frozenset(
    outcome.number
    for outcome in (
        Outcome.SESSION_UNKNOWN, Outcome.SESSION_EXPIRED, Outcome.SESSION_REVOKED, Outcome.SESSION_IDLE, Outcome.KEY_MISMATCH,
    )
)  # fmt: skip


def _name_of(caller: ProvenCaller) -> bytes:
    """Name a session as its owner alone can prove it: by its token and its key."""
    return caller.token_digest + caller.key_thumbprint


def _refuse(batch: list[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.told.done():
            waiting.told.set_exception(error)


def _nonce_digest(caller: ProvenCaller) -> bytes | None:
    return None if caller.nonce is None else hashlib.sha256(caller.nonce.encode()).digest()


def _row_about_nobody(caller: ProvenCaller) -> AskRow:
    return AskRow(
        caller.token_digest,
        caller.key_thumbprint,
        caller.proof_digest,
        caller.proof_at,
        _nonce_digest(caller),
    )


class Digests(NamedTuple):
    """What the keyring made of a question; None where there was nothing, or no key."""

    alias: bytes | None
    cell: bytes | None
    code: bytes | None
    body: bytes | None


def _row_of(question: RightsQuestion, caller: ProvenCaller, digests: Digests) -> AskRow:
    return AskRow(
        token=caller.token_digest,
        thumbprint=caller.key_thumbprint,
        proof=caller.proof_digest,
        proof_at=caller.proof_at,
        nonce=_nonce_digest(caller),
        amc=question.amc_number,
        alias=digests.alias,
        domain=question.domain,
        care_date=question.care_date,
        card=None
        if question.card_secret is None
        else hashlib.sha256(question.card_secret.text.encode()).digest(),
        break_glass=question.break_glass,
        repeat_key=None
        if question.idempotency_key is None
        else hashlib.sha256(question.idempotency_key.encode()).digest(),
        body=digests.body,
        code=digests.code,
        asked_for=question.asked_for,
        standing_list=question.standing_list,
        cell=None if digests.cell is None else int.from_bytes(digests.cell[:4], "big", signed=True),
        birth=region_of_birth(question.nir, question.birth_date),
    )


def _admission_of(told: ToldRow) -> Admission:
    return Admission(OUTCOME_BY_NUMBER[told.outcome], told.account_id, told.next_nonce)


def answer_of(told: ToldRow) -> RightsAnswer:
    """Read the gate's row in the words of the trade."""
    outcome = OUTCOME_BY_NUMBER[told.outcome]
    trace = None if told.receipt_id is None else trace_of(told.receipt_id)
    first = None if told.repeat_of is None else trace_of(told.repeat_of)
    return RightsAnswer(
        outcome=outcome,
        trace=trace,
        engagement=(first or trace) if outcome is Outcome.OPEN else None,
        on=told.answer_on,
        domains=domains_of(told.answer_domains),
        coverages=_coverages_of(told.coverages),
        presence=Presence(told.presence),
        data_as_of=told.data_as_of,
        data_is_stale=told.data_is_stale,
        retry_after_s=told.retry_after_s,
        repeat_of=first,
        next_nonce=told.next_nonce,
        why=_in_words(told.why),
    )


def _in_words(why: dict[str, Any] | None) -> dict[str, object] | None:
    """Give the truth behind an answer its public code: what a sandbox tells is read by people."""
    return None if why is None else {**why, "truth": OUTCOME_BY_NUMBER[why["truth"]].code}


@lru_cache(maxsize=4_096)
def _coverages_of(text: str | None) -> tuple[Coverage, ...]:
    """Read `rank:last day:domains`, separated by semicolons; the day is empty where no end is known."""
    if not text:
        return ()
    coverages = []
    for line in text.split(";"):
        rank, until, domains = line.split(":")
        coverages.append(
            Coverage(int(rank), date.fromisoformat(until) if until else None, domains_of(int(domains)))
        )
    return tuple(sorted(coverages, key=lambda coverage: coverage.rank))
