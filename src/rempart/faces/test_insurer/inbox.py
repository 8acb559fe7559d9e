"""What the test insurer was told: codes, approvals and notices, in memory, the oldest forgotten first."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from rempart.operations.presence.messages import State

MESSAGES_MAX: Final = 500

_FIRST_STATES: Final = {
    "presence.code": State.SENT,
    "presence.approval": State.PENDING,
    "notice.break-glass": State.TOLD,
    "notice.standing": State.TOLD,
}


@dataclass(slots=True)
class Received:
    """A message as the person sees it on the telephone."""

    message_id: str
    kind: str
    name: str
    about: dict[str, Any]
    state: State

    @property
    def can_be_answered(self) -> bool:
        """Whether the person has something to decide."""
        return self.state is State.PENDING


@dataclass(slots=True)
class Inbox:
    """The messages of everybody."""

    _messages: OrderedDict[str, Received] = field(default_factory=OrderedDict)

    def take(self, message_id: str, kind: str, name: str, about: dict[str, Any]) -> State | None:
        """Keep a message, once however often it comes; say its state. None for a kind that is not of the protocol."""
        first = _FIRST_STATES.get(kind)
        if first is None:
            return None
        if message_id not in self._messages:
            self._messages[message_id] = Received(message_id, kind, name, about, first)
            if len(self._messages) > MESSAGES_MAX:
                self._messages.popitem(last=False)
        return self._messages[message_id].state

    def answer(self, message_id: str, state: str) -> bool:
        """Let the person approve or refuse; false if there is nothing to decide."""
        received = self._messages.get(message_id)
        if received is None or not received.can_be_answered or state not in (State.APPROVED, State.REFUSED):
            return False
        received.state = State(state)
        return True

    def latest(self) -> list[Received]:
        """List the messages, the latest first."""
        return list(reversed(self._messages.values()))
