"""Speak to an insurer: sign a message by the keyring, post it, read what became of it.

An insurer that does not answer is left alone for some seconds: its people wait anyway, and others' need not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rempart.adapters import clock
from rempart.adapters.webhook import Webhooks, WebhookSilent
from rempart.domain.rights import OneTimeCode, code_message
from rempart.keyring.client import Keyring
from rempart.keyring.rights import CODE
from rempart.limits import CHANNEL_SILENT_S
from rempart.operations.presence.messages import SIGNING_KEY, Said, State, read_answer
from rempart.security.webhooks import headers_of, signed_content

KEYRING_ROLE: Final = "channel"
"""The keyring's door for this: codes and one signing key, nothing else."""


@dataclass(slots=True)
class Channel:
    """The worker's way to the insurers."""

    webhooks: Webhooks
    keyring: Keyring
    now_s: Callable[[], float] = clock.now_s
    _silent_until: dict[str, float] = field(default_factory=dict)

    async def say(self, url: str, message_id: str, body: bytes, expected: tuple[State, ...]) -> Said:
        """Send a message and read the answer. Raises: WebhookSilent, AnswerUnread; refuses: outages of the keyring."""
        now_s = self.now_s()
        if self._silent_until.get(url, 0.0) > now_s:
            raise WebhookSilent
        at_s = int(now_s)
        signature = await self.keyring.sign(SIGNING_KEY, signed_content(message_id, at_s, body))
        try:
            content = await self.webhooks.post(url, headers_of(message_id, at_s, signature), body)
        except WebhookSilent as silent:
            if silent.status == 0:
                self._silent_until[url] = self.now_s() + CHANNEL_SILENT_S
            raise
        self._silent_until.pop(url, None)
        return read_answer(content, expected)

    async def digest_of(self, amc_number: str, code: str) -> bytes | None:
        """Digest a code as the gate recognises it; None where the keyring lost its key."""
        (digest,) = await self.keyring.index([(CODE, code_message(amc_number, OneTimeCode(code)))])
        return digest
