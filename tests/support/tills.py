"""Tills that ask over HTTP, one after the other or without end, and keep what came out of their sockets.

till = Till(world, settings, world.account())
reply = await till.ask(amc, nir)                        # one question, with a fresh proof
async with asking_for_ever(tills, amc, nirs): ...       # a burst, for the time of the block
hold(world, tills)                                      # what was told against receipts and budgets
"""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest

from rempart.domain.identifiers import Nir
from rempart.domain.trace import receipt_id_of
from rempart.drill.callers.asking import NO_ANSWER, Reply, read
from rempart.drill.callers.wire import Key, Line, address_of
from rempart.faces.fhir.submit import PATH
from rempart.faces.fhir.systems import CARD_SECRET
from rempart.settings import Settings
from tests.faces.fhir.requests import Traits, question, with_extension
from tests.support.world import Account, Session, World

BORN_ON = "19850512"


class Till:
    """A shop's software with its session: its answers by trace number, and everything else that it heard, counted."""

    def __init__(self, world: World, settings: Settings, account: Account, address_number: int = 1) -> None:
        self.url = f"{settings.fhir_url}{PATH}"
        self.token, self.key = secrets.token_urlsafe(32), Key()
        self.line = Line(address_of(address_number))
        self.told: dict[str, Nir] = {}
        self.heard: Counter[str] = Counter()
        thumbprint = sha256(json.dumps(self.key.public, separators=(",", ":")).encode()).digest()
        self.session = world.keep(
            Session("fhir", sha256(self.token.encode()).digest(), thumbprint, account, world.software())
        )

    @property
    def account(self) -> Account:
        return self.session.account

    def headers(self, token: str | None = None, key: Key | None = None) -> dict[str, str]:
        """Write the headers of a question, with a fresh proof; by another's token or key, if one is given."""
        token = token or self.token
        proof = (key or self.key).prove(self.url, token)
        return {"Authorization": f"DPoP {token}", "DPoP": proof, "Content-Type": "application/fhir+json"}

    async def ask(
        self, amc: str, nir: Nir, card: str | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Ask about somebody, and keep what is heard. A socket that ends is an answer that did not come."""
        body = body_about(amc, nir, card)
        try:
            reply = read(await self.line.post(self.url, body, headers or self.headers()))
        except (OSError, TimeoutError, EOFError):
            reply = Reply(NO_ANSWER, False, False, "", None)
        self.heard[reply.code] += 1
        if reply.is_answer:
            self.told[reply.trace] = nir
        return reply


def body_about(amc: str, nir: Nir, card: str | None = None) -> bytes:
    """Write a question about somebody of a village."""
    asked = question(Traits("Louise", nir.compact, BORN_ON), amc)
    if card is not None:
        asked = with_extension(asked, CARD_SECRET, valueString=card)
    return json.dumps(asked).encode()


@asynccontextmanager
async def asking_for_ever(tills: Sequence[Till], amc: str, nirs: Sequence[Nir]) -> AsyncIterator[None]:
    """Let each till ask one question after the other, about everybody in turn, for the time of the block."""
    stopped = asyncio.Event()

    async def ask_on(till: Till) -> None:
        place = 0
        while not stopped.is_set():
            reply = await till.ask(amc, nirs[place % len(nirs)])
            place += reply.is_answer
            if not reply.is_answer:
                await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(ask_on(till)) for till in tills]
    try:
        yield
    finally:
        stopped.set()
        await asyncio.gather(*tasks)
        for till in tills:
            till.line.close()


def answered(tills: Sequence[Till]) -> int:
    """Count the answers that arrived."""
    return sum(len(till.told) for till in tills)


def heard(tills: Sequence[Till]) -> Counter[str]:
    """Count what was heard, by code."""
    return sum((till.heard for till in tills), Counter())


def hold(world: World, tills: Sequence[Till]) -> None:
    """Hold what arrived against what was written: a receipt for each answer, each person told of is counted, and hardly more.

    What is written and was not told was in flight: no more than the questions that brought no answer.
    """
    for till in tills:
        account_id = till.account.account_id
        rows = world.owner.execute(
            "select receipt_id, subject from evidence.receipts where account_id = %s and outcome < 20",
            (account_id,),
        ).fetchall()
        numbers = {receipt_id_of(trace) for trace in till.told}
        assert numbers <= {row[0] for row in rows}, "an answer without its receipt"
        unanswered = sum(till.heard.values()) - len(till.told)
        assert len({row[0] for row in rows} - numbers) <= unanswered, "a receipt that nobody had asked for"
        people = len(set(till.told.values()))
        counted = world.state(till.account, "people_today")
        written = len({row[1] for row in rows})
        assert people <= counted == written, "the budget is what the receipts say"
        assert counted - people <= unanswered, "more was spent than was in flight"
        assert world.state(till.account, "(watch).scores") == pytest.approx(
            _scores_of_receipts(world, till.account)
        )


def _scores_of_receipts(world: World, account: Account) -> list[float]:
    """Add up what the receipts of an account said: the scores that the gate must still hold, none below nothing."""
    gains, reliefs = (
        dict(world.owner.execute(
            f"select signal_id, {column} from access.detector_rules where profession_id = %s and valid_until = 'infinity'",
            (account.profession_id,),
        ).fetchall())
        for column in ("gain", "relief")
    )  # fmt: skip
    scores = [0.0] * 7
    for (spoke,) in world.owner.execute(
        "select signals from evidence.receipts where account_id = %s order by asked_at, receipt_id",
        (account.account_id,),
    ).fetchall():
        said = {i: gains[i] for i in range(1, 7) if spoke & 1 << (i - 1)}
        said |= {i: reliefs[i] for i in range(1, 7) if spoke & 1 << (i + 7)}
        for signal, weight in said.items():
            scores[signal - 1] = max(0.0, scores[signal - 1] + weight)
        if said:
            scores[6] = max(0.0, scores[6] + sum(said.get(i, 0.0) for i in (1, 2, 3, 5)))
    return scores
