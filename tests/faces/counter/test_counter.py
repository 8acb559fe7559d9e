"""The counter: one page, one question about a card, and nothing else, at an address of its own."""

import json
import re
from typing import Any

import pytest
from starlette.applications import Starlette

from rempart.faces.counter.app import build
from rempart.settings import Settings, read_settings
from tests.support.calling import caller_of, type_of_call
from tests.support.proofs import ClientKey

QUESTION = {"amc_number": "0990000018", "nir": "295109912611193", "birth_date": "14061985", "domain": "OPTI"}


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Give the settings of a platform that was set up with nothing but defaults."""
    return read_settings({"REMPART_HOME": "/tmp/rempart-nowhere"})


@pytest.fixture
def call(settings: Settings) -> type_of_call:
    """Send one request to the counter."""
    return caller_of(build(settings))


def test_there_is_one_page_in_two_languages_and_one_question(settings: Settings) -> None:
    counter: Starlette = build(settings)
    paths = {getattr(route, "path", "") for route in counter.routes}
    assert {path for path in paths if not path.startswith("/assets/")} == {
        "/",
        "/en/",
        "/health",
        "/api/rights",
    }


async def test_the_page_has_one_form_and_leads_nowhere_but_to_the_status_page(
    call: type_of_call, settings: Settings
) -> None:
    page = await call("GET", "/")
    assert page.text.count("<form") == 1
    followed = re.findall(r'<a [^>]*href="([^"#]+)"', page.text)
    assert set(followed) == {"/", "/en/", settings.status_url}
    assert page.headers["content-security-policy"].count(settings.identity_url) == 1
    assert settings.portal_url not in page.headers["content-security-policy"]


@pytest.mark.parametrize("change", [{"break_glass": "card-forgotten"}, {"care_date": "2026-11-01"}])
async def test_what_only_the_portal_asks_is_not_asked_here(
    call: type_of_call, settings: Settings, change: dict[str, Any]
) -> None:
    bound = ClientKey().headers("POST", f"{settings.counter_url}/api/rights", "a" * 43)
    body = json.dumps(QUESTION | change).encode()
    reply = await call("POST", "/api/rights", {"Content-Type": "application/json"} | bound, body)
    assert (reply.status, json.loads(reply.body)["code"]) == (422, "body-malformed")


async def test_a_proof_made_for_the_portal_is_none_here(call: type_of_call, settings: Settings) -> None:
    bound = ClientKey().headers("POST", f"{settings.portal_url}/api/rights", "a" * 43)
    body = json.dumps(QUESTION).encode()
    reply = await call("POST", "/api/rights", {"Content-Type": "application/json"} | bound, body)
    assert (reply.status, json.loads(reply.body)["code"]) == (401, "proof-address-wrong")
