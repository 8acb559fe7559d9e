"""The telephone of the made-up people: what their insurer sent them, and the button by which they approve."""

import time
from typing import Any, Final

from rempart.adapters import clock
from rempart.sandbox.client import UnexpectedAnswer, ask

_PATIENCE_S: Final = 30.0
_LOOKED_EVERY_S: Final = 0.2


class Telephone:
    """What everybody received, read from the test insurer over HTTP."""

    def __init__(self, insurer_url: str) -> None:
        self._url = insurer_url

    def wait_for(self, kind: str, name: str) -> dict[str, Any]:
        """Wait for a message to somebody, the latest of its kind. Refuses: UnexpectedAnswer, when none comes."""
        until_s = clock.now_s() + _PATIENCE_S
        while clock.now_s() < until_s:
            answer = ask("GET", f"{self._url}/messages").must_be(200)
            for message in answer.content["messages"]:
                if (message["type"], message["name"]) == (kind, name):
                    return dict(message)
            time.sleep(_LOOKED_EVERY_S)
        raise UnexpectedAnswer(f"{name} attendait de son organisme un message {kind}, qui n’est pas venu")

    def approve(self, message_id: str) -> None:
        """Press the button. Refuses: UnexpectedAnswer, where there is nothing to decide."""
        form = {"message": message_id, "state": "approved"}
        ask("POST", f"{self._url}/answers", form=form).must_be(303)
