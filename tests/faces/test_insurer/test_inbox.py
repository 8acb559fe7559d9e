"""The test insurer exists in a sandbox alone, believes what is signed, and does what its page is told."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rempart.domain.errors.trials import SandboxOnly
from rempart.faces.test_insurer.app import WEBHOOK, build
from rempart.operations.trials.reached import FILE_NAME, Reached, publish_reached
from rempart.security.webhooks import headers_of, signed_content, written_key
from tests.support.calling import Reply, caller_of, type_of_call
from tests.support.database import Database

KEY = Ed25519PrivateKey.generate()
ALICE = "a1" * 16
FLAWS = ("unsigned", "another body", "another id", "old", "ahead", "another key", "half a signature")


@dataclass
class Client:
    """The test insurer, called as a server would call it."""

    call: type_of_call

    async def get(self, path: str) -> Reply:
        return await self.call("GET", path)

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> Reply:
        return await self.call("POST", path, headers, body)

    async def decide(self, **form: str) -> int:
        return (await self.post("/answers", urlencode(form).encode())).status

    async def listed(self) -> list[Any]:
        return list(json.loads((await self.get("/messages")).body)["messages"])

    async def say(self, kind: str, message_id: str = "ask-1", **about: Any) -> Any:
        told = {"person": ALICE, "place": "Pharmacie", "trace": "T", **about}
        body = json.dumps({"type": kind, "data": told}).encode()
        return json.loads((await self.post(WEBHOOK, body, signed(message_id, int(time.time()), body))).body)


def signed(message_id: str, at_s: int, body: bytes, key: Ed25519PrivateKey = KEY) -> dict[str, str]:
    return headers_of(message_id, at_s, key.sign(signed_content(message_id, at_s, body)))


@pytest.fixture
def client(database: Database, tmp_path: Path) -> Client:
    settings = replace(database.settings_as("sandbox"), runtime=tmp_path)
    publish_reached(
        settings, Reached(written_key(KEY.public_key().public_bytes_raw()), {ALICE: "Alice <Martin>"})
    )
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o644
    return Client(caller_of(build(settings)))


def test_it_exists_in_a_sandbox_alone(database: Database) -> None:
    with pytest.raises(SandboxOnly):
        build(database.settings_as("production"))
    with pytest.raises(SandboxOnly):
        build(replace(database.settings, environment="sandbox"))


@pytest.mark.parametrize("flaw", FLAWS)
async def test_what_is_not_signed_now_by_the_platform_is_refused(client: Client, flaw: str) -> None:
    body = b'{"type": "presence.code", "data": {}}'
    at_s = int(time.time()) + {"old": -301, "ahead": 310}.get(flaw, 0)
    headers = signed("m", at_s, body, Ed25519PrivateKey.generate() if flaw == "another key" else KEY)
    if flaw == "unsigned":
        headers = {}
    elif flaw == "another id":
        headers["webhook-id"] = "n"
    elif flaw == "half a signature":
        headers["webhook-signature"] = headers["webhook-signature"][:40]
    sent = body + b" " if flaw == "another body" else body
    assert (await client.post(WEBHOOK, sent, headers)).status == 401


async def test_one_good_signature_among_others_is_enough(client: Client) -> None:
    body = json.dumps({"type": "presence.approval", "data": {"person": ALICE}}).encode()
    headers = signed("m", int(time.time()), body)
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"
    assert (await client.post(WEBHOOK, body, headers)).status == 200


async def test_a_code_is_shown_to_whom_it_is_for(client: Client) -> None:
    assert await client.say("presence.code", code="12345678") == {"state": "sent", "by": "app"}
    page = await client.get("/")
    assert "1234 5678" in page.text
    assert "Alice &lt;Martin&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("state", ["approved", "refused"])
async def test_somebody_decides_once(client: Client, state: str) -> None:
    for _ in range(2):
        assert (await client.say("presence.approval"))["state"] == "pending"
    assert "Accepter" in (await client.get("/")).text
    assert await client.decide(message="ask-1", state=state) == 303
    assert (await client.say("presence.approval"))["state"] == state
    assert await client.decide(message="ask-1", state="approved") == 409
    assert "Accepter" not in (await client.get("/")).text
    assert len(await client.listed()) == 1


@pytest.mark.parametrize(
    "form", [{"message": "ask-1", "state": "told"}, {"message": "other", "state": "approved"}, {}]
)
async def test_nothing_else_is_decided(client: Client, form: dict[str, str]) -> None:
    await client.say("presence.approval")
    assert await client.decide(**form) == 409


async def test_who_is_not_its_own_cannot_be_reached(client: Client) -> None:
    assert await client.say("presence.code", person="b2" * 16) == {"state": "undeliverable"}
    assert await client.listed() == []


async def test_notices_are_shown_with_what_they_say(client: Client) -> None:
    await client.say("notice.break-glass", "tell-1", reason="card-forgotten")
    await client.say("notice.standing", "tell-2", ends_on="2027-11-22", list="")
    page = (await client.get("/")).text
    assert "carte oubliée" in page
    assert "jusqu’au 21 novembre 2027" in page
    assert await client.say("notice.other", "tell-3") == {"error": "type"}
