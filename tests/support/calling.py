"""An application called as a server would call it, without its connections: what needs no database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


type_of_call = Callable[..., Awaitable[Reply]]


def caller_of(app: Starlette) -> type_of_call:
    """Send one request to the application."""

    async def send_request(
        method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "http",
            "server": ("localhost", 8402),
            "client": ("127.0.0.1", 1),
            "headers": [(name.lower().encode(), text.encode()) for name, text in (headers or {}).items()],
        }
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)
        begun = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        return Reply(sent[0]["status"], begun, b"".join(message.get("body", b"") for message in sent[1:]))

    return send_request
