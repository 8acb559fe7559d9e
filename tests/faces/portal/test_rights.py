"""`POST /api/rights` before the gate: each thing that is wrong has its code, its place and its status; nothing is echoed."""

import json
import secrets
from typing import Any

import pytest
import structlog

from rempart.domain.errors.database import DatabaseUnreachable
from rempart.faces.pages.problems import tell
from rempart.faces.wording import Language
from rempart.settings import Settings
from tests.support.calling import Reply, type_of_call
from tests.support.proofs import ClientKey

NIR = "295109912611193"
QUESTION = {"amc_number": "0990000018", "nir": NIR, "birth_date": "14061985", "domain": "OPTI"}
KEY = ClientKey()
TOKEN = "a" * 43


async def ask(
    call: type_of_call, settings: Settings, question: Any = None, *, body: bytes | None = None, **headers: str
) -> Reply:
    """Send a question under a good proof."""
    bound = KEY.headers("POST", f"{settings.portal_url}/api/rights", TOKEN)
    kept = (
        {"Content-Type": "application/json"}
        | bound
        | {name.replace("_", "-"): text for name, text in headers.items()}
    )
    return await call("POST", "/api/rights", kept, json.dumps(question).encode() if body is None else body)


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"nir": "295109912611199"}, "nir-key", "nir"),
        ({"nir": "2951099126111"}, "nir-key-missing", "nir"),
        ({"amc_number": "1"}, "amc-number-length", "amc_number"),
        ({"birth_date": "1406"}, "birth-date-length", "birth_date"),
        ({"birth_date": "14061785"}, "birth-date-year", "birth_date"),
        ({"birth_date": "01012099"}, "birth-date-ahead", "birth_date"),
        ({"birth_date": "50132099"}, "birth-date-ahead", "birth_date"),
        ({"care_date": "1985-06-13"}, "care-before-birth", "care_date"),
        ({"birth_date": "30131988", "care_date": "1987-12-31"}, "care-before-birth", "care_date"),
        ({"birth_rank": 0}, "birth-rank", "birth_rank"),
        ({"birth_rank": "2"}, "body-malformed", "birth_rank"),
        ({"domain": "ASTRO"}, "body-malformed", "domain"),
        ({"care_date": "2026-02-30"}, "body-malformed", "care_date"),
        ({"card_secret": "court"}, "card-secret-form", "card_secret"),
        ({"break_glass": "curious"}, "body-malformed", "break_glass"),
        ({"name": "Martin"}, "body-malformed", ""),
    ],
)
async def test_what_is_wrong_has_its_code_and_its_place(
    call: type_of_call, settings: Settings, change: dict[str, Any], code: str, place: str
) -> None:
    reply = await ask(call, settings, QUESTION | change)
    told = json.loads(reply.body)
    assert reply.status == 422
    assert (told["code"], told.get("place", "")) == (code, place)
    assert told["kind"] == "refused"
    assert told["sentence"]
    assert told["next_step"]
    for typed in change.values():
        assert len(str(typed)) < 4 or str(typed) not in reply.text
    assert NIR not in reply.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"nir": "\xff"}', b"null", b'{"nir": 1}'])
async def test_a_body_that_is_no_question_is_refused(
    call: type_of_call, settings: Settings, body: bytes
) -> None:
    reply = await ask(call, settings, body=body)
    assert reply.status == 422
    assert json.loads(reply.body)["code"] == "body-malformed"


async def test_a_body_without_end_is_refused_while_it_is_read(call: type_of_call, settings: Settings) -> None:
    reply = await ask(call, settings, body=b" " * 70_000)
    assert reply.status == 413
    assert json.loads(reply.body)["code"] == "body-oversize"


async def test_a_form_of_a_browser_is_not_a_question(call: type_of_call, settings: Settings) -> None:
    reply = await ask(call, settings, QUESTION, Content_Type="application/x-www-form-urlencoded")
    assert reply.status == 415


async def test_a_key_of_repetition_is_a_uuid_or_nothing(call: type_of_call, settings: Settings) -> None:
    reply = await ask(call, settings, QUESTION, Idempotency_Key="again")
    assert (reply.status, json.loads(reply.body)["place"]) == (422, "Idempotency-Key")


async def test_nobody_is_asked_about_without_a_token_and_a_proof(
    call: type_of_call, settings: Settings
) -> None:
    bare = await call(
        "POST", "/api/rights", {"Content-Type": "application/json"}, json.dumps(QUESTION).encode()
    )
    assert bare.status == 401
    assert json.loads(bare.body)["code"] == "token-missing"
    assert bare.headers["www-authenticate"].startswith("DPoP")
    elsewhere = KEY.headers("POST", f"{settings.identity_url}/browser/sign-out", TOKEN)
    stolen = await call("POST", "/api/rights", elsewhere, b"{}")
    assert (stolen.status, json.loads(stolen.body)["code"]) == (401, "proof-address-wrong")
    other = KEY.headers("POST", f"{settings.portal_url}/api/rights", secrets.token_urlsafe(32))
    swapped = await call("POST", "/api/rights", other | {"Authorization": f"DPoP {TOKEN}"}, b"{}")
    assert (swapped.status, json.loads(swapped.body)["code"]) == (401, "proof-token-hash-wrong")


def test_an_unforeseen_error_gives_a_reference_and_nothing_else() -> None:
    with structlog.testing.capture_logs() as logged:
        reply = tell(ValueError(NIR), Language.FRENCH, str)
    told = json.loads(reply.body)
    assert reply.status_code == 500
    assert told["code"] == "bug"
    assert told["reference"] in told["next_step"]
    assert logged == [
        {
            "event": "bug",
            "log_level": "error",
            "reference": told["reference"],
            "error": "ValueError",
            "code": "bug",
        }
    ]
    assert NIR.encode() not in reply.body


def test_an_outage_says_when_to_come_back() -> None:
    reply = tell(DatabaseUnreachable(), Language.ENGLISH, str)
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "2"
    assert json.loads(reply.body)["kind"] == "outage"


@pytest.mark.parametrize(("accepted", "sentence"), [("fr", "Le NIR n’a pas"), ("en-GB, fr;q=0.5", "The NIR")])
async def test_a_refusal_is_said_in_the_readers_language(
    call: type_of_call, settings: Settings, accepted: str, sentence: str
) -> None:
    reply = await ask(call, settings, QUESTION | {"nir": "1"}, Accept_Language=accepted)
    assert json.loads(reply.body)["sentence"].startswith(sentence)
