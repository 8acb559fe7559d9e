"""The identity provider of a drill: its keys are published on this machine, and the drill's database is told to believe it.

It vouches for the drill's professionals, the stolen ones too: whoever owns a victim's machine also has the victim's
session there.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from threading import Thread
from typing import Final

from rempart.adapters import clock
from rempart.drill.callers.wire import Key

KEY_ID: Final = "drill"
_LIFE_S: Final = 300


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches, and by which key."""

    issuer: str
    key: Key

    @property
    def jwks_uri(self) -> str:
        """Where its keys are published."""
        return f"{self.issuer}/jwks"

    def name(self, subject: Mapping[str, str], client_id: str) -> str:
        """Name a professional, or a structure, to one software, for five minutes; the place is left to the register."""
        now = int(clock.now_s())
        claims = {
            "iss": self.issuer, "aud": client_id, "azp": client_id, "iat": now, "auth_time": now, "exp": now + _LIFE_S,
            "sub": "drill", **subject,
        }  # fmt: skip
        return self.key.sign({"kid": KEY_ID, "typ": "JWT"}, claims)


@contextmanager
def provider_at(port: int) -> Iterator[Provider]:
    """Publish a provider's keys for the time of the block."""
    key = Key()
    name = token_hex(
        8
    )  # another provider each time: a running platform remembers the keys of a former drill's
    keys = json.dumps({"keys": [{**key.public, "kid": KEY_ID, "alg": "ES256", "use": "sig"}]}).encode()

    class Published(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == f"/{name}/jwks" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(keys)))
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the name that the standard library gives)
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", port), Published)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Provider(f"http://127.0.0.1:{port}/{name}", key)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
