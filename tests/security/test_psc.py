"""What is asked of Pro Santé Connect, and what is read in its answers: the parts that need no provider."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from rempart.domain.errors.accounts import PscPracticeMissing, PscUnreachable
from rempart.domain.notices.devices import UNKNOWN, device_label
from rempart.security.psc.client import PscClient, read_client
from rempart.security.psc.discovery import Discovery
from rempart.security.psc.practice import read_practitioner
from rempart.settings import read_settings
from tests.support.psc import practising

ISSUER = "https://psc.example/realm"
RPPS = "10005173140"

CONNECTED = {"REMPART_PSC_ISSUER": ISSUER, "REMPART_PSC_CLIENT_ID": "rempart"}

SIGNS_IN_A_CLOSED_HOUSE = """
import sys
from joserfc.jwk import ECKey, RSAKey
from rempart.security.psc.client import PscClient
keys = [ECKey.generate_key("P-256"), RSAKey.generate_key(2048)]
before = set(sys.modules)
for key in keys:
    PscClient("https://psc.example", "rempart", key=key).token_request(("private_key_jwt",), 0)
print(sorted(set(sys.modules) - before))
"""


def document(**more: Any) -> bytes:
    written = {
        "issuer": ISSUER,
        "authorization_endpoint": "https://wallet.example/auth",
        "token_endpoint": f"{ISSUER}/token",
        "userinfo_endpoint": f"{ISSUER}/userinfo",
        "jwks_uri": f"{ISSUER}/certs",
    }
    return json.dumps(written | more).encode()


class Provider:
    """A provider that answers with a document, or not at all; and a clock."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer, self.asked, self.now_s = answer, 0, 1_000.0
        self.discovery = Discovery(
            ISSUER, self.fetch, lambda address: address.startswith("https://"), lambda: self.now_s
        )

    async def fetch(self, address: str) -> bytes:
        assert address == f"{ISSUER}/.well-known/openid-configuration"
        self.asked += 1
        if self.answer is None:
            raise PscUnreachable
        return self.answer


async def test_the_document_is_kept_and_outlives_an_hour_of_silence() -> None:
    provider = Provider(document())
    for _ in range(3):
        assert (await provider.discovery.metadata()).token_endpoint == f"{ISSUER}/token"
    assert provider.asked == 1
    provider.answer = None
    provider.now_s += 3_000
    assert (await provider.discovery.metadata()).issuer == ISSUER
    provider.now_s += 700
    with pytest.raises(PscUnreachable):
        await provider.discovery.metadata()


async def test_a_provider_that_is_down_is_not_asked_by_each_of_those_who_wait() -> None:
    provider = Provider(None)
    for _ in range(20):
        with pytest.raises(PscUnreachable):
            await provider.discovery.metadata()
    assert provider.asked == 1
    provider.answer = document()
    provider.now_s += 6
    assert await provider.discovery.metadata()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://psc.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 4},
    ],
)
async def test_a_document_is_not_believed_with(wrong: dict[str, Any]) -> None:
    with pytest.raises(PscUnreachable):
        await Provider(document(**wrong)).discovery.metadata()


def test_a_key_is_preferred_to_a_secret_and_neither_is_shown_where_it_is_not_taken() -> None:
    keyed = PscClient(ISSUER, "rempart", key=ECKey.generate_key("P-256"))
    secret = PscClient(ISSUER, "rem part", "a:b%c")
    shown = keyed.token_request(("client_secret_basic", "private_key_jwt"), 0)
    assert shown is not None
    assert set(shown[1]) == {"client_assertion", "client_assertion_type"}
    shown = secret.token_request(("client_secret_basic",), 0)
    assert shown == ({"Authorization": "Basic cmVtK3BhcnQ6YSUzQWIlMjVj"}, {})
    assert secret.token_request(("private_key_jwt", "client_secret_post"), 0) is None
    assert keyed.token_request(("client_secret_basic",), 0) is None
    assert "a:b%c" not in repr(secret)


def test_signing_needs_nothing_that_was_not_there_before_the_drop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGNS_IN_A_CLOSED_HOUSE],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", [ECKey, RSAKey])
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_a_private_key_is_read_in_either_form(tmp_path: Path, kind: Any, form: str) -> None:
    key = kind.generate_key("P-256" if kind is ECKey else 2048)
    path = tmp_path / "key"
    path.write_bytes(
        key.as_pem(private=True) if form == "pem" else json.dumps(key.as_dict(private=True)).encode()
    )
    client = read_client(read_settings(CONNECTED | {"REMPART_PSC_KEY_FILE": str(path)}))
    assert client is not None
    assert client.token_request(("private_key_jwt",), 0) is not None


@pytest.mark.parametrize("content", ["", "not a key", "public", "symmetric", "another curve"])
def test_a_file_without_a_private_key_stops_the_start(tmp_path: Path, content: str) -> None:
    made = {
        "public": json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
        "another curve": json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        "symmetric": json.dumps(OctKey.generate_key(256).as_dict(private=True)),
    }
    path = tmp_path / "key"
    path.write_text(made.get(content, content))
    with pytest.raises(SystemExit, match="REMPART_PSC_KEY_FILE"):
        read_client(read_settings(CONNECTED | {"REMPART_PSC_KEY_FILE": str(path)}))


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"REMPART_PSC_CLIENT_ID": ""}, "REMPART_PSC_CLIENT_ID"),
        ({}, "one of REMPART_PSC_SECRET_FILE"),
        ({"REMPART_PSC_SECRET_FILE": "/a", "REMPART_PSC_KEY_FILE": "/b"}, "one of REMPART_PSC_SECRET_FILE"),
    ],
)
def test_half_a_connection_is_refused(more: dict[str, str], because: str) -> None:
    with pytest.raises(SystemExit, match=because):
        read_settings(CONNECTED | more)


def test_only_a_sandbox_is_connected_without_being_told() -> None:
    assert read_client(read_settings({})) is None
    sandbox = read_client(read_settings({"REMPART_ENVIRONMENT": "sandbox"}))
    assert sandbox is not None
    assert sandbox.issuer == "http://localhost:8409"


def test_who_practises_is_read_with_every_place_that_is_named() -> None:
    claims = practising(RPPS, "21", "750712184")
    claims["SubjectRefPro"]["exercices"].append(
        {
            "codeProfession": "10",
            "activities": [
                {"numeroFinessSite": None, "numeroFinessetablissementJuridique": " 2a0000154 "},
                {"ancienIdentifiantDeLaStructure": "1750000358"},
            ],
        }
    )
    found = read_practitioner(json.dumps(claims).encode())
    assert found.rpps == RPPS
    assert [(one.profession_code, one.places) for one in found.exercises] == [
        ("21", frozenset({"750712184"})),
        ("10", frozenset({"2A0000154", "750000358"})),
    ]


def test_one_activity_without_a_place_leaves_the_place_open() -> None:
    (exercise,) = read_practitioner(json.dumps(practising(RPPS, "21", "750712184", "")).encode()).exercises
    assert exercise.places is None
    assert exercise.is_at("750000358")


@pytest.mark.parametrize(
    "userinfo", [b"", b"[]", b"{}", b'{"SubjectNameID": 8}', b'{"SubjectNameID": "0759301234"}']
)
def test_who_is_nobody_practises_nowhere(userinfo: bytes) -> None:
    with pytest.raises(PscPracticeMissing):
        read_practitioner(userinfo)


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Chrome, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "Safari, iPhone",
        ),
        ("", UNKNOWN),
        ("<script>", UNKNOWN),
    ],
)
def test_a_browser_has_a_name_that_tells_no_two_machines_apart(user_agent: str, label: str) -> None:
    assert device_label(user_agent) == label
