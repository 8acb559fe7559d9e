"""A provider's keys are fetched when needed, kept for a while, and believed for an hour of its silence."""

import json
import time

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from rempart.adapters.provider_keys import fetch_key_set, is_allowed
from rempart.domain.errors.token_exchange import ProviderUnreachable
from rempart.limits import PROVIDER_KEYS_FRESH_S, PROVIDER_KEYS_RETRY_S, PROVIDER_KEYS_STALE_MAX_S
from rempart.security.assertions.provider_keys import ProviderKeys
from tests.support.identity import key_set_server

ADDRESS = "https://provider.example/jwks"


class Published:
    """What a provider publishes, how often it was asked, and a clock."""

    def __init__(self) -> None:
        self.keys = [key("first")]
        self.asked = 0
        self.now_s = 1_000_000.0
        self.is_silent = False
        self.provider_keys = ProviderKeys(self.fetch, lambda: self.now_s)

    def fetch(self, address: str) -> bytes:
        assert address == ADDRESS
        self.asked += 1
        if self.is_silent:
            raise ProviderUnreachable
        return json.dumps({"keys": [each.as_dict(private=False) for each in self.keys]}).encode()

    async def known(self, kid: str = "first") -> set[str | None]:
        """Give the identifiers of the keys for a token that names one of them."""
        token = jws.serialize_compact({"alg": "ES256", "kid": kid}, "{}", key(kid))
        return {each.kid for each in await self.provider_keys.keys_for(token, ADDRESS)}


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


async def test_keys_are_fetched_once_and_again_when_they_are_no_longer_fresh() -> None:
    published = Published()
    for _ in range(3):
        assert await published.known() == {"first"}
    assert published.asked == 1
    published.now_s += PROVIDER_KEYS_FRESH_S
    await published.known()
    assert published.asked == 2


async def test_a_new_key_is_found_before_the_old_ones_are_stale() -> None:
    published = Published()
    await published.known()
    published.keys.append(key("second"))
    published.now_s += PROVIDER_KEYS_RETRY_S
    assert await published.known("second") == {"first", "second"}


async def test_a_key_that_does_not_exist_is_not_asked_for_at_each_token() -> None:
    published = Published()
    await published.known()
    published.now_s += PROVIDER_KEYS_RETRY_S
    for _ in range(5):
        await published.known("never")
    assert published.asked == 2


async def test_a_key_that_the_provider_withdrew_is_forgotten() -> None:
    published = Published()
    await published.known()
    published.keys = [key("second")]
    published.now_s += PROVIDER_KEYS_FRESH_S
    assert await published.known() == {"second"}


async def test_a_silent_provider_is_believed_for_an_hour_and_no_longer() -> None:
    published = Published()
    await published.known()
    published.is_silent = True
    published.now_s += PROVIDER_KEYS_STALE_MAX_S
    assert await published.known() == {"first"}
    published.now_s += PROVIDER_KEYS_RETRY_S
    with pytest.raises(ProviderUnreachable):
        await published.known()


async def test_a_provider_never_heard_is_an_outage() -> None:
    published = Published()
    published.is_silent = True
    with pytest.raises(ProviderUnreachable):
        await published.known()


async def test_a_set_with_a_private_key_is_not_believed() -> None:
    published = Published()
    published.fetch = lambda _: json.dumps({"keys": [key("x").as_dict(private=True)]}).encode()  # type: ignore[method-assign]
    published.provider_keys = ProviderKeys(published.fetch, lambda: published.now_s)
    with pytest.raises(ProviderUnreachable):
        await published.known()


def test_keys_come_over_http_from_this_machine() -> None:
    with key_set_server() as (provider, _):
        assert b'"first"' in fetch_key_set(f"{provider.issuer}/jwks")
        assert provider.asked == 1


def test_a_server_that_is_not_there_is_an_outage() -> None:
    started_s = time.monotonic()
    with pytest.raises(ProviderUnreachable):
        fetch_key_set("http://localhost:1/jwks")
    assert time.monotonic() - started_s < 5


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://auth.example/jwks", True),
        ("http://localhost:8409/jwks", True),
        ("http://127.0.0.1:8409/jwks", True),
        ("http://auth.example/jwks", False),
        ("http://localhost.example/jwks", False),
        ("file:///etc/passwd", False),
        ("ftp://localhost/jwks", False),
        ("", False),
    ],
)
def test_keys_are_fetched_over_https_or_from_this_machine(address: str, allowed: bool) -> None:
    assert is_allowed(address) is allowed
    if not allowed:
        with pytest.raises(ProviderUnreachable):
            fetch_key_set(address)
