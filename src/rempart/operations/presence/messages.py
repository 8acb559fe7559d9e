"""What goes over an insurer's channel: the words of the messages, and how answers are read.

Signed in the manner of Standard Webhooks (security/webhooks.py); the protocol is docs/reference/insurer-channel.md. Never: a NIR,
a name, a birth date; the person is a digest of the insurer's own reference.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from rempart.domain.rights import BreakGlassReason, Presence
from rempart.domain.trace import trace_of
from rempart.store.presence.channel import Asking, Telling

SIGNING_KEY: Final = "sign/channel"

_STANDING: Final = 2


class AnswerUnread(Exception):
    """An insurer's answer is not one of the protocol."""


class State(StrEnum):
    """What an insurer says became of a message."""

    SENT = "sent"  # a code
    PENDING = "pending"  # an approval, or a notice that will be told later
    APPROVED = "approved"
    REFUSED = "refused"
    TOLD = "told"
    UNDELIVERABLE = "undeliverable"  # nobody can be reached under this reference


CODE_STATES: Final = (State.SENT, State.UNDELIVERABLE)
APPROVAL_STATES: Final = (State.PENDING, State.APPROVED, State.REFUSED, State.UNDELIVERABLE)
NOTICE_STATES: Final = (State.TOLD, State.PENDING, State.UNDELIVERABLE)


class Said(msgspec.Struct, frozen=True):
    """An insurer's answer: the state, by what the person was told (its own word), whether an authorisation is taken back."""

    state: State
    by: str = ""
    revoked: bool = False


_WORD_MAX_CHARS: Final = 24


def written_question(asking: Asking, code: str | None) -> bytes:
    """Write down what a person is asked: to read a code out, or to approve."""
    about = _about(asking) | {"asked_at": asking.asked_at.isoformat(), "ends_at": asking.ends_at.isoformat()}
    if code is not None:
        about["code"] = code
    kind = "presence.code" if asking.kind == Presence.CODE else "presence.approval"
    return _written(kind, asking.asked_at.isoformat(), about)


def written_notice(telling: Telling) -> bytes:
    """Write down what a person is told: a glass was broken, or a place may ask about them for a year."""
    about = _about(telling)
    if telling.reason is not None:
        about["reason"] = BreakGlassReason(telling.reason).name.lower().replace("_", "-")
    if telling.kind == _STANDING:
        about |= {
            "list": telling.list or "",
            "ends_on": telling.ends_on.isoformat() if telling.ends_on else None,
        }
    kind = "notice.standing" if telling.kind == _STANDING else "notice.break-glass"
    return _written(kind, telling.noted_at.isoformat(), about)


def read_answer(content: bytes, expected: tuple[State, ...]) -> Said:
    """Read an insurer's answer. Raises: AnswerUnread, also for a state that this message cannot have."""
    try:
        said = msgspec.json.decode(content, type=Said)
    except msgspec.DecodeError:
        raise AnswerUnread from None
    if said.state not in expected or len(said.by) > _WORD_MAX_CHARS or not said.by.isprintable():
        raise AnswerUnread
    return said


def _about(row: Asking | Telling) -> dict[str, Any]:
    return {
        "amc_number": row.amc_number,
        "person": row.person,
        "trace": trace_of(row.receipt_id),
        "place": row.place,
        "profession": row.profession,
    }


def _written(kind: str, at: str, about: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": kind, "timestamp": at, "data": about})
