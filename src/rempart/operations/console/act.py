"""Act at the console: the database writes the sentence, the operator's key signs it, the database performs what it wrote.

What is performed is what was begun: nothing of it comes a second time from the browser. Whose act it is comes from the session
and from the key, never from a word of the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rempart.domain.errors import Bug
from rempart.domain.errors.accounts import (
    AgreementBySamePerson,
    NothingOfThatName,
    OperatorNotEntitled,
    OperatorRefused,
    ReasonMissing,
    ReleaseNotEarlier,
    VerificationRefused,
)
from rempart.domain.trace import receipt_id_of
from rempart.limits import ACT_LIFE_S
from rempart.operations.console.desk import ConsoleDesk
from rempart.operations.console.ways_in import PresentOperator, checked
from rempart.operations.contain import MODES, NOT_FOR_SCOPE
from rempart.security import operator_passkeys as passkeys
from rempart.store.console import desk as kept

_REFUSALS: Final[dict[str, type[OperatorRefused]]] = {
    refused.code: refused
    for refused in (
        AgreementBySamePerson,
        NothingOfThatName,
        OperatorNotEntitled,
        ReasonMissing,
        ReleaseNotEarlier,
        VerificationRefused,
    )
}
_DONE: Final = frozenset({"done", "asked", "released"})


@dataclass(frozen=True, slots=True)
class BegunAct:
    """An act that waits for its signature: the sentence to read, and what the browser has it signed with."""

    sentence: str
    public_key: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DoneAct:
    """An act that was performed; `verdict` is `done`, `asked` (it waits for a second operator) or `released`."""

    verdict: str
    sentence: str


async def begin(desk: ConsoleDesk, operator: PresentOperator, act: Mapping[str, Any]) -> BegunAct:
    """Begin an act. Refuses: NothingOfThatName, OperatorNotEntitled, ReasonMissing, ReleaseNotEarlier."""
    async with desk.connections.lent() as connection:
        begun = await kept.begin_act(connection, operator.token_digest, _as_kept(act), ACT_LIFE_S)
    if begun.sentence is None or begun.challenge is None:
        raise _refusal(begun.verdict)
    return BegunAct(begun.sentence, passkeys.signing_options(desk.party, bytes(begun.challenge)))


async def perform(desk: ConsoleDesk, operator: PresentOperator, credential: Mapping[str, Any]) -> DoneAct:
    """Perform the act that was begun and signed. Refuses: PasskeyRefused, OperatorRefused."""
    async with desk.connections.lent() as connection:
        signed = await checked(desk, connection, credential)
        done = await kept.perform(connection, operator.token_digest, signed)
    if done.verdict not in _DONE or done.sentence is None:
        raise _refusal(done.verdict)
    return DoneAct(done.verdict, done.sentence)


def _as_kept(act: Mapping[str, Any]) -> dict[str, Any]:
    """Write an act as the database reads it: modes by number, a person by the number of a receipt."""
    kept_act = dict(act)
    if kept_act["kind"] == "contain":
        if (kept_act["scope"], kept_act["mode"]) in NOT_FOR_SCOPE:
            raise NothingOfThatName("mode")
        kept_act["mode"] = MODES[kept_act["mode"]]
        if kept_act["scope"] == "person":
            kept_act["named"] = str(receipt_id_of(kept_act["named"]) or "")
    return kept_act


def _refusal(verdict: str) -> Exception:
    return _REFUSALS[verdict]() if verdict in _REFUSALS else Bug()
