"""A running identity process with a provider, a software and a register, over real HTTP.

    house.register("Claire Fontaine", profession="optician")    a professional at a place: rpps, finess, account
    house.provider.identity_token(client_id, rpps)              what Pro Santé Connect would have signed
    house.software                                              a registered software and its key
    house.exchange(...)                                         POST /oauth/token; any part can be made wrong
    house.call("POST", "/browser/…", body, session)             a browser's request

The provider here is a key and a key set over HTTP: enough to sign anything, wrong things included. The exchange is also
tested against npm's oidc-provider (tests/node), which signs right things only.
"""

import http.client
import http.server
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
import uvicorn
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from rempart.faces.identity.app import build
from rempart.operations import manage_access
from rempart.settings import Settings
from rempart.store import software as kept_software
from rempart.store.database import connect_sync
from tests.support.database import Database
from tests.support.proofs import ClientKey

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def with_luhn_key(digits: str) -> str:
    """Complete digits with the key that RPPS and FINESS numbers share."""
    total = sum(
        _LUHN_DOUBLED[int(digit)] if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


class Answer(NamedTuple):
    """An HTTP answer, its JSON body read."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Professional:
    """A professional of the register, at one place."""

    rpps: str
    finess: str
    account_id: int


@dataclass
class Provider:
    """An identity provider: its name, its key, and the server of its key set."""

    issuer: str
    key: RSAKey
    published: list[dict[str, Any]]
    asked: int = 0

    def identity_token(self, client_id: str, rpps: str, **claims: Any) -> str:
        """Sign an identity token as Pro Santé Connect shapes it; a claim given as None is left out."""
        now = int(time.time())
        written = {
            "iss": self.issuer,
            "sub": f"f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:8{rpps}",
            "aud": client_id,
            "iat": now,
            "exp": now + 300,
            "preferred_username": f"8{rpps}",
            "SubjectNameID": f"8{rpps}",
        } | claims
        return self.sign({name: content for name, content in written.items() if content is not None})

    def sign(
        self, claims: dict[str, Any], key: RSAKey | ECKey | None = None, algorithm: str = "RS256"
    ) -> str:
        """Sign any claims, by any key."""
        signer = key or self.key
        header = {"alg": algorithm, "kid": self.key.kid, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims), signer, algorithms=[algorithm])


@dataclass
class Software:
    """A registered software, its assertion key and its DPoP key."""

    client_id: str
    key: ECKey
    proof_key: ClientKey = field(default_factory=ClientKey)

    def assertion(self, audience: str, *, algorithm: str = "ES256", key: Any = None, **claims: Any) -> str:
        """Sign a client assertion; a claim given as None is left out."""
        now = int(time.time())
        written = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        } | claims
        kept = {name: content for name, content in written.items() if content is not None}
        return jws.serialize_compact(
            {"alg": algorithm}, json.dumps(kept), key or self.key, algorithms=[algorithm]
        )


@dataclass
class House:
    """The running process and what it knows."""

    settings: Settings
    database: Database
    provider: Provider
    software: Software
    registered: int = 0

    @property
    def url(self) -> str:
        return self.settings.identity_url

    def register(
        self, name: str, *, profession: str = "pharmacist", finess: str | None = None
    ) -> Professional:
        """Register a new professional, at a new place unless one is named."""
        self.registered += 1
        rpps = with_luhn_key(f"10{self.registered:08}")
        place = finess or with_luhn_key(f"75{self.registered:06}")
        with connect_sync(self.settings, "operator") as connection:
            account = manage_access.register_professional(
                connection, rpps=rpps, finess=place, profession=profession, name=name
            )
        return Professional(rpps, place, account.account_id)

    def exchange(self, rpps: str = "", *, proof: str | None = "", headers: Any = None, **form: Any) -> Answer:
        """Ask for a token; a parameter given as None is left out."""
        software = self.software
        address = f"{self.url}/oauth/token"
        written = {
            "grant_type": TOKEN_EXCHANGE,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": software.assertion(self.url),
            "subject_token_type": ID_TOKEN_TYPE,
            "subject_token": self.provider.identity_token(software.client_id, rpps) if rpps else "",
        } | form
        sent = {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {})
        if proof is not None:
            sent["DPoP"] = proof or software.proof_key.proof("POST", address)
        body = urlencode([(name, part) for name, part in written.items() if part is not None])
        return self.send("POST", "/oauth/token", body, sent)

    def send(self, method: str, path: str, body: str | bytes | None = None, headers: Any = None) -> Answer:
        """Send a request over HTTP."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
        try:
            connection.request(method, path, body, {"Host": parts.netloc} | (headers or {}))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        received = {name.lower(): part for name, part in answer.getheaders()}
        is_json = received.get("content-type", "").startswith("application/json")
        return Answer(answer.status, received, json.loads(content) if is_json and content else content)

    def post_json(self, path: str, body: Any, headers: Any = None) -> Answer:
        """Send a JSON body."""
        return self.send(
            "POST", path, json.dumps(body), {"Content-Type": "application/json"} | (headers or {})
        )


@pytest.fixture(scope="module")
def house(database: Database) -> Iterator[House]:
    """Run the identity process on this module's database, which is a sandbox's."""
    with running_house(database) as running:
        yield running


@contextmanager
def running_house(database: Database, **more: Any) -> Iterator[House]:
    """Run the identity process on a database, under these settings beside the usual ones."""
    with key_set_server() as (provider, _), listening_socket() as listener:
        port = listener.getsockname()[1]
        settings = replace(
            database.settings_as("sandbox"),
            identity_url=f"http://localhost:{port}",
            portal_url="http://localhost:8402",
            **more,
        )
        software = Software("officine-test", ECKey.generate_key("P-256"))
        with connect_sync(settings, "operator") as connection:
            keys = {"keys": [software.key.as_dict(private=False)]}
            kept_software.register_software(
                connection, software.client_id, "Officine, logiciel d'essai", keys
            )
            manage_access.register_provider(
                connection,
                provider.issuer,
                f"{provider.issuer}/jwks",
                for_tests=True,
                because="essai",
                by="nadia",
            )
        with serving(build(settings), listener):
            yield House(settings, database, provider, software)


@contextmanager
def listening_socket() -> Iterator[Any]:
    """Listen on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@contextmanager
def serving(app: Any, listener: Any) -> Iterator[None]:
    """Serve an application from a thread of its own until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        assert server.started, "the server did not start"
        yield
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def key_set_server() -> Iterator[tuple[Provider, http.server.ThreadingHTTPServer]]:
    """Publish the key set of a new provider over HTTP."""
    key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked += 1
            content = json.dumps({"keys": provider.published}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://localhost:{server.server_port}", key, [key.as_dict(private=False)])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider, server
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture(scope="module")
def pharmacist(house: House) -> Professional:
    return house.register("Claire Fontaine")


def said(answer: Answer) -> tuple[int, str, str]:
    """Give the status, OAuth's word and our code."""
    return answer.status, answer.body["error"], answer.body["code"]


def sessions_of(house: House, account_id: int) -> list[Any]:
    """Read the sessions of an account, the oldest first."""
    with connect_sync(house.settings, "owner") as connection:
        return connection.execute(
            "select token_digest, key_thumbprint, software_id, nonce_digest, extract(epoch from expires_at - opened_at)::int "
            "from access.sessions where account_id = %s order by session_id",
            (account_id,),
        ).fetchall()
