"""A real HTTP server that answers as an insurer's webhook would, and what the worker does with it.

with insurer_webhook(answer) as webhook:    # answer: what to say to each message; see Answer
    webhook.url, webhook.messages           # Message: headers and the body as it came
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rempart.adapters.webhook import open_webhooks
from rempart.keyring.client import Keyring
from rempart.operations.notices import worker
from rempart.operations.presence import tasks
from rempart.operations.presence.channel import KEYRING_ROLE, Channel
from rempart.settings import Settings
from rempart.store.connections import Connections


@dataclass(frozen=True)
class Message:
    """What came, byte for byte."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Answer:
    """What is answered: a JSON body, or bytes; a redirection; a byte at a time."""

    body: dict[str, Any] | bytes = b""
    status: int = 200
    location: str = ""
    seconds_a_byte: float = 0.0


@dataclass
class Webhook:
    """A server that runs, and what it took."""

    url: str = ""
    messages: list[Message] = field(default_factory=list)


@contextmanager
def insurer_webhook(answer: Callable[[Message], Answer]) -> Iterator[Webhook]:
    """Run an insurer's webhook for the time of the block."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = Message({name.lower(): text for name, text in self.headers.items()}, body)
            webhook.messages.append(message)
            told = answer(message)
            content = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(content)))
            if told.location:
                self.send_header("Location", told.location)
            self.end_headers()
            try:
                if not told.seconds_a_byte:
                    self.wfile.write(content)
                for byte in content if told.seconds_a_byte else b"":
                    self.wfile.write(bytes([byte]))
                    time.sleep(told.seconds_a_byte)
            except OSError:
                return  # the worker hung up

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    webhook.url = f"http://127.0.0.1:{server.server_port}/rempart"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield webhook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def run_jobs(settings: Settings, now_s: Callable[[], float] = time.time) -> None:
    """Have the worker do once what is due."""
    async with Connections(settings, "worker", 2) as connections:
        queue = worker.open_queue(settings)
        keyring = await Keyring.connect(settings, KEYRING_ROLE)
        tasks.add_tasks(queue, Channel(open_webhooks(), keyring, now_s), connections)
        try:
            async with queue.open_async():
                await queue.run_worker_async(
                    wait=False, install_signal_handlers=False, worker_middleware=[worker._tell_failures]
                )
        finally:
            await keyring.close()
