"""A small insurer for the sandbox: its webhook believes what is signed, and a page shows what its people were told.

It approves whatever its page is told, so it refuses to start unless the process and the database both say that this is a sandbox.
What it knows is a file (operations/trials/reached.py) and what it was told since it started. An example of the receiving side of
docs/reference/insurer-channel.md.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rempart.faces.test_insurer.inbox import Inbox
from rempart.faces.test_insurer.page import messages_page, style
from rempart.limits import REQUEST_BODY_MAX_BYTES
from rempart.operations.presence.messages import State
from rempart.operations.trials.reached import read_reached
from rempart.operations.trials.roster import now_s, require_sandbox
from rempart.security.webhooks import is_signed
from rempart.settings import Settings

WEBHOOK: Final = "/rempart"

_NO_STORE: Final = {"Cache-Control": "no-store"}
_STYLE_DIGEST: Final = b64encode(sha256(style().encode()).digest()).decode()
_PAGE_HEADERS: Final = _NO_STORE | {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Message(msgspec.Struct, frozen=True):
    type: str
    data: dict[str, Any]


def build(settings: Settings) -> Starlette:
    """Build the insurer. Refuses: SandboxOnly."""
    require_sandbox(settings)
    insurer = _Insurer(settings)
    return Starlette(
        routes=[
            Route(WEBHOOK, insurer.take, methods=["POST"]),
            Route("/", insurer.show, methods=["GET"]),
            Route("/messages", insurer.tell, methods=["GET"]),
            Route("/answers", insurer.answer, methods=["POST"]),
            Route("/health", insurer.health),
        ]
    )


class _Insurer:
    """The endpoints, and the messages that they share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._inbox = Inbox()

    async def take(self, request: Request) -> Response:
        """Take a message of the platform and say what became of it."""
        reached = read_reached(self._settings)
        body = await _read_body(request)
        if not is_signed(reached.public_key, request.headers, body, now_s()):
            return JSONResponse({"error": "signature"}, 401, _NO_STORE)
        try:
            message = msgspec.json.decode(body, type=_Message)
        except msgspec.DecodeError:
            return JSONResponse({"error": "message"}, 400, _NO_STORE)
        name = reached.names.get(str(message.data.get("person")))
        if name is None:
            return JSONResponse({"state": State.UNDELIVERABLE}, headers=_NO_STORE)
        state = self._inbox.take(request.headers["webhook-id"], message.type, name, message.data)
        if state is None:
            return JSONResponse({"error": "type"}, 400, _NO_STORE)
        return JSONResponse({"state": state, "by": "app"}, headers=_NO_STORE)

    async def show(self, _: Request) -> Response:
        """Show what everybody received."""
        return HTMLResponse(messages_page(self._inbox.latest()), headers=_PAGE_HEADERS)

    async def tell(self, _: Request) -> Response:
        """Tell the same to a program: a trial reads its codes here."""
        told = [
            {"id": one.message_id, "type": one.kind, "name": one.name, "state": one.state, "data": one.about}
            for one in self._inbox.latest()
        ]
        return JSONResponse({"messages": told}, headers=_NO_STORE)

    async def answer(self, request: Request) -> Response:
        """Let somebody approve or refuse, and show the page again."""
        form = dict(parse_qsl((await _read_body(request)).decode(errors="replace"), max_num_fields=4))
        if not self._inbox.answer(form.get("message", ""), form.get("state", "")):
            return JSONResponse({"error": "nothing to decide"}, 409, _NO_STORE)
        return RedirectResponse("/", 303, _NO_STORE)

    async def health(self, _: Request) -> Response:
        """Say that the process answers."""
        return JSONResponse({"status": "ok"}, headers=_NO_STORE)


async def _read_body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > REQUEST_BODY_MAX_BYTES:
            return b""
    return bytes(content)
