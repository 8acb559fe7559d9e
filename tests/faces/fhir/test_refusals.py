"""What the gate does not answer, and what never reaches it: status, challenge, code, and the receipt where there is one."""

import http.client
import json
import os
import signal
import socket
import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from rempart.domain.rights import Outcome
from rempart.faces.fhir import systems
from rempart.faces.fhir.outcomes import ROWS_OF_OUTCOMES
from rempart.limits import REQUEST_BODY_MAX_BYTES
from tests.faces.fhir.conftest import Answer, Desk, judge, make_keys
from tests.faces.fhir.requests import NADIA, question, spoilt, with_extension
from tests.support.platform import processes
from tests.support.proofs import ClientKey
from tests.support.world import Account


def refused(desk: Desk, answer: Answer, status: int, outcome: Outcome) -> None:
    """Check a refusal of the gate, its receipt and its form."""
    judge(answer)
    assert answer.place == ROWS_OF_OUTCOMES[outcome].place
    assert (answer.status, answer.code) == (status, outcome.code)
    assert answer.trace is not None
    assert desk.receipt(answer.trace)["outcome"] == outcome.number


def challenge(answer: Answer) -> str:
    return answer.headers["www-authenticate"]


def test_an_insurer_that_is_not_served_is_told_as_such(desk: Desk) -> None:
    answer = desk.ask(question(NADIA, "9999999999"))
    refused(desk, answer, 422, Outcome.INSURER_NOT_SERVED)
    assert desk.receipt(answer.trace or "")["subject"] == 0


async def test_an_insurer_may_ask_for_presence(desk: Desk) -> None:
    careful = desk.world.insurer(required_presence=3)
    await make_keys(desk.running.settings, careful.amc)
    refused(desk, desk.ask(question(NADIA, careful.amc)), 403, Outcome.PRESENCE_REQUIRED)


def test_questions_that_come_too_fast_may_wait_or_show_a_card(desk: Desk) -> None:
    desk.world.set_state(desk.software.account, next_free_s=time.time() + 3600)
    answer = desk.ask(question(NADIA, desk.insurer.amc))
    refused(desk, answer, 429, Outcome.PRESENCE_REQUIRED)
    interval_ms = desk.world.one(
        "select rate_interval_ms from access.profession_rules where profession_id = %s",
        desk.software.account.profession_id,
    )
    assert int(answer.headers["retry-after"]) == -(-interval_ms // 1000), "never more than one turn"


def test_the_fourth_broken_glass_of_a_day_is_refused(desk: Desk) -> None:
    asked = with_extension(question(NADIA, desk.insurer.amc), systems.BREAK_GLASS, valueCode="newborn")
    codes = [desk.ask(asked).code for _ in range(3)]
    assert codes == ["open"] * 3
    refused(desk, desk.ask(asked), 429, Outcome.BREAK_GLASS_EXHAUSTED)


def test_a_contained_profession_is_refused(desk: Desk) -> None:
    desk.world.contain("account", desk.software.account.account_id, 2)
    refused(desk, desk.ask(question(NADIA, desk.insurer.amc)), 403, Outcome.CONTAINED)


def test_a_frozen_account_is_refused(desk: Desk) -> None:
    desk.world.set_state(desk.software.account, standing=2)
    refused(desk, desk.ask(question(NADIA, desk.insurer.amc)), 403, Outcome.ACCOUNT_FROZEN)


def test_a_professional_struck_off_is_refused(desk: Desk) -> None:
    desk.world.do(
        "update access.professionals set struck_off_at = now() where professional_id = %s",
        desk.software.account.professional_id,
    )
    answer = desk.ask(question(NADIA, desk.insurer.amc))
    judge(answer)
    assert answer.code in {Outcome.PROFESSIONAL_STRUCK_OFF.code, Outcome.SESSION_REVOKED.code}
    assert answer.status in {401, 403}


def test_a_domain_outside_the_profession_is_refused(desk: Desk) -> None:
    answer = desk.ask(question(NADIA, desk.insurer.amc, "OPTI"))
    refused(desk, answer, 403, Outcome.DOMAIN_OUTSIDE_PROFESSION)


@pytest.mark.parametrize("days", [-823, 368])
def test_a_date_of_care_too_far_away_is_refused(desk: Desk, days: int) -> None:
    day = desk.world.today() + timedelta(days=days)
    answer = desk.ask(spoilt(question(NADIA, desk.insurer.amc), "servicedDate", day.isoformat()))
    refused(desk, answer, 422, Outcome.CARE_DATE_OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("expires_at = now() - interval '1 second'", Outcome.SESSION_EXPIRED),
        ("revoked_at = now()", Outcome.SESSION_REVOKED),
        ("idle_s = 1, last_used_at = now() - interval '1 hour'", Outcome.SESSION_IDLE),
    ],
)
def test_a_session_that_is_over_opens_nothing(desk: Desk, change: str, outcome: Outcome) -> None:
    desk.world.do(
        f"update access.sessions set {change} where token_digest = %s",
        desk.software.session.token,
    )
    answer = desk.ask(question(NADIA, desk.insurer.amc))
    refused(desk, answer, 401, outcome)
    assert 'error="invalid_token"' in challenge(answer)


def test_a_token_that_nobody_was_given_opens_nothing_and_leaves_no_receipt(desk: Desk) -> None:
    software = desk.open_software()
    software.token = "A" * 43
    receipts = desk.receipts()
    answer = desk.ask(question(NADIA, desk.insurer.amc), software)
    judge(answer)
    assert (answer.status, answer.code, answer.trace) == (401, "session-unknown", None)
    assert desk.receipts() == receipts


def test_a_token_with_another_key_opens_nothing(desk: Desk) -> None:
    software = desk.open_software()
    software.key = ClientKey()
    refused(desk, desk.ask(question(NADIA, desk.insurer.amc), software), 401, Outcome.KEY_MISMATCH)


def test_a_proof_serves_once(desk: Desk) -> None:
    body = json.dumps(question(NADIA, desk.insurer.amc)).encode()
    headers = desk.software.key.headers("POST", desk.url, desk.software.token)
    assert desk.send(body, headers=headers).code == "open"
    answer = desk.send(body, headers=headers)
    refused(desk, answer, 401, Outcome.PROOF_REPLAYED)
    assert 'error="invalid_dpop_proof"' in challenge(answer)


def test_a_browsers_session_is_not_good_here(desk: Desk) -> None:
    account: Account = desk.software.account
    browser = desk.world.browser_session(account)
    desk.world.do(
        "update access.sessions set token_digest = %s, key_thumbprint = %s where token_digest = %s",
        b"\1" * 32, b"\2" * 32, desk.software.session.token,
    )  # fmt: skip
    desk.world.do(
        "update access.sessions set token_digest = %s, key_thumbprint = %s where token_digest = %s",
        desk.software.session.token, desk.software.session.thumbprint, browser.token,
    )  # fmt: skip
    refused(desk, desk.ask(question(NADIA, desk.insurer.amc)), 401, Outcome.FACE_NOT_ALLOWED)


def test_without_a_token_the_challenge_names_no_error(desk: Desk) -> None:
    answer = desk.send(b"{}", headers={"Authorization": "", "DPoP": ""})
    judge(answer)
    assert (answer.status, answer.code) == (401, "token-missing")
    assert challenge(answer).startswith('DPoP algs="ES256 ')
    assert "error=" not in challenge(answer)
    assert f'resource_metadata="{desk.running.settings.fhir_url}/.well-known' in challenge(answer)


@pytest.mark.parametrize(
    ("headers", "claims", "code", "error"),
    [
        ({"Authorization": "Bearer abc"}, {}, "token-scheme-wrong", "invalid_token"),
        ({"Authorization": "DPoP abc"}, {}, "token-malformed", "invalid_token"),
        ({"DPoP": ""}, {}, "proof-missing", "invalid_dpop_proof"),
        ({"DPoP": "a.b.c"}, {}, "proof-malformed", "invalid_dpop_proof"),
        ({}, {"htm": "GET"}, "proof-method-wrong", "invalid_dpop_proof"),
        ({}, {"htu": "https://ailleurs.example/fhir"}, "proof-address-wrong", "invalid_dpop_proof"),
        ({}, {"ath": "x"}, "proof-token-hash-wrong", "invalid_dpop_proof"),
        ({}, {"iat": 1}, "proof-stale", "invalid_dpop_proof"),
        ({}, {"iat": 4_000_000_000}, "proof-ahead", "invalid_dpop_proof"),
    ],
)
def test_a_request_that_proves_nothing_is_not_read(
    desk: Desk, headers: dict[str, str], claims: dict[str, object], code: str, error: str
) -> None:
    answer = desk.send(b"not even JSON", headers=headers, **claims)
    judge(answer)
    assert (answer.status, answer.code) == (401, code)
    assert f'error="{error}"' in challenge(answer)


def test_every_outcome_that_is_no_answer_has_a_status() -> None:
    no_answers = {outcome for outcome in Outcome if outcome.number >= 20} - {
        Outcome.ADMITTED,
        Outcome.PRESENCE_ASKED,
    }
    assert set(ROWS_OF_OUTCOMES) == no_answers
    assert all(row.place for row in ROWS_OF_OUTCOMES.values())


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Content-Type": "application/fhir+xml"}, b"<a/>", 415, "body-type-refused"),
        ({"Content-Type": ""}, b"{}", 415, "body-type-refused"),
        ({"Content-Type": "application/fhir+json; fhirVersion=3.0"}, b"{}", 415, "body-type-refused"),
        ({"Content-Type": "application/json; charset=latin-1"}, b"{}", 415, "body-encoding-refused"),
        ({"Content-Encoding": "gzip"}, b"{}", 415, "body-encoding-refused"),
        ({"Accept": "application/fhir+xml"}, b"{}", 406, "answer-type-refused"),
        ({}, b"", 400, "body-missing"),
        ({}, b" " * (REQUEST_BODY_MAX_BYTES + 1), 413, "body-too-large"),
        ({"Idempotency-Key": "é"}, b"{}", 400, "idempotency-key-malformed"),
        ({"Idempotency-Key": "k" * 256}, b"{}", 400, "idempotency-key-malformed"),
    ],
)
def test_each_wrong_envelope_has_its_own_status(
    desk: Desk, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    answer = desk.send(body, headers=headers)
    judge(answer)
    assert (answer.status, answer.code) == (status, code)


def test_a_body_without_an_announced_length_is_bounded_too(desk: Desk) -> None:
    def pieces() -> object:
        for _ in range(REQUEST_BODY_MAX_BYTES // 8192 + 2):
            yield b" " * 8192

    answer = desk.send(pieces())  # type: ignore[arg-type]  # http.client sends an iterator in chunks
    assert (answer.status, answer.code) == (413, "body-too-large")


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/fhir+json; charset=UTF-8", "application/fhir+json; fhirVersion=4.0"],
)
def test_both_forms_of_json_are_read_and_written(desk: Desk, kind: str) -> None:
    body = json.dumps(question(NADIA, desk.insurer.amc)).encode()
    answer = desk.send(body, headers={"Content-Type": kind, "Accept": kind.partition(";")[0]})
    assert answer.headers["content-type"] == kind.partition(";")[0]
    assert answer.code == "open"


def test_the_dollar_of_the_address_may_be_encoded(desk: Desk) -> None:
    body = json.dumps(question(NADIA, desk.insurer.amc)).encode()
    path = "/fhir/CoverageEligibilityRequest/%24submit"
    assert desk.send(body, path=path, htu=desk.url.replace("$", "%24")).code == "open"


@pytest.mark.parametrize(
    ("path", "status", "code"), [("/fhir/Patient/1", 404, "path-unknown"), ("/", 404, "path-unknown")]
)
def test_an_unknown_address_is_an_operation_outcome(desk: Desk, path: str, status: int, code: str) -> None:
    answer = desk.exchange("GET", path, None, {})
    judge(answer)
    assert (answer.status, answer.code) == (status, code)


def test_what_is_no_http_is_an_operation_outcome(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(desk.url).port), timeout=10) as caller:
        caller.sendall(b"GET /fhir/metadata HTTP/1.1\r\nthis is no header\r\n\r\n")
        heard = http.client.HTTPResponse(caller)
        heard.begin()
        answer = Answer(heard.status, {name.lower(): text for name, text in heard.getheaders()}, heard.read())
    judge(answer)
    assert (answer.status, answer.code) == (400, "request-malformed")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "QUERY"])
def test_the_operation_takes_a_post_only(desk: Desk, method: str) -> None:
    answer = desk.send(b"", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")
    if method != "HEAD":
        judge(answer)


def test_options_say_what_may_be_asked(desk: Desk) -> None:
    answer = desk.exchange("OPTIONS", "/fhir/metadata", None, {})
    assert (answer.status, answer.headers["allow"], answer.body) == (204, "GET, HEAD, OPTIONS", b"")


def test_a_keyring_that_does_not_answer_is_an_outage_and_never_a_yes(desk: Desk) -> None:
    (keyring,) = desk.running.process_ids["keyring"]
    receipts = desk.receipts()
    os.kill(keyring, signal.SIGSTOP)
    try:
        answer = desk.ask(question(NADIA, desk.insurer.amc))
    finally:
        os.kill(keyring, signal.SIGCONT)
    judge(answer)
    assert (answer.status, answer.code) == (503, "keyring-unreachable")
    assert int(answer.headers["retry-after"]) > 0
    assert desk.receipts() == receipts
    assert desk.ask(question(NADIA, desk.insurer.amc)).code == "open"


def test_a_bug_gives_an_incident_number_and_nothing_else(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    with processes(desk.running.settings, "fhir", REMPART_FHIR_WORKERS="1") as logged_here:
        desk.world.do("alter function gate.ask rename to out_of_order")
        try:
            answer = replace(desk, running=logged_here).ask(question(NADIA, desk.insurer.amc))
        finally:
            desk.world.do("alter function gate.out_of_order rename to ask")
    judge(answer)
    assert (answer.status, answer.code, answer.trace) == (500, "bug", None)
    incident = answer.extension("incident")
    logged = capfd.readouterr().err
    assert incident in logged
    for told in (answer.body.decode(), logged):
        for part in (NADIA.nir, "Traceback", "1985-05-17", desk.software.token):
            assert part not in told
    assert "gate" not in answer.body.decode()
