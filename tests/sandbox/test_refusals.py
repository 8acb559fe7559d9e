"""Each refusal that the page documents is met in the way that it says, and bears the code and the status that it says."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from rempart.domain.rights import Presence
from rempart.sandbox.client import Answer, ProofKey, ask
from rempart.sandbox.people import NOT_SERVED, named
from rempart.sandbox.professionals import AT_TWO_PLACES, FROZEN, PHARMACIST, PROFESSIONALS, STRUCK_OFF
from rempart.sandbox.provider_visit import name_professional
from rempart.sandbox.refusals import FHIR, PORTAL, REFUSALS, TOKEN, Refusal
from rempart.sandbox.software import (
    ASSERTION,
    GRANT,
    ID_TOKEN,
    Asked,
    Registration,
    eligibility_request,
    read_fhir,
)
from rempart.store.database import connect_sync
from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_people import asked_about
from tests.support.proofs import ClientKey

Trial = Callable[[Sandbox], Answer]

ALICE = asked_about(named("Alice"))


def identity_of(sandbox: Sandbox, rpps: str = PHARMACIST.rpps, software: Registration | None = None) -> str:
    registered = software or sandbox.register.main
    return name_professional(sandbox.settings.test_provider_url, registered.client_id, rpps)


def take_token(sandbox: Sandbox, *, proof: bool = True, **changes: Any) -> Answer:
    """Ask for a token; any parameter can be made wrong."""
    main, issuer = sandbox.register.main, sandbox.settings.identity_url
    url = f"{issuer}/oauth/token"
    form = {
        "grant_type": GRANT,
        "client_assertion_type": ASSERTION,
        "client_assertion": changes.get("client_assertion")
        or main.key.assertion(main.client_id, issuer, main.key_id),
        "subject_token_type": ID_TOKEN,
        "subject_token": changes.get("subject_token") or identity_of(sandbox),
    }
    return ask("POST", url, form=form, headers={"DPoP": main.key.proof("POST", url)} if proof else {})


def token_for(sandbox: Sandbox, rpps: str = PHARMACIST.rpps, place: str | None = None) -> str:
    software = sandbox.register.main.software(sandbox.settings)
    software.take_token(sandbox.settings.identity_url, identity_of(sandbox, rpps), place)
    return software.token


def send(
    sandbox: Sandbox,
    token: str,
    asked: Asked = ALICE,
    *,
    key: Any = None,
    headers: dict[str, str | None] | None = None,
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> Answer:
    """Send a question with a token; any header, any claim of the proof and its key can be made wrong."""
    url = f"{sandbox.settings.fhir_url}{FHIR.removeprefix('POST ')}"
    holder = ClientKey()
    holder.key = key or sandbox.register.main.key.key
    sent: dict[str, str | None] = dict(holder.headers("POST", url, token, **claims))
    if header is not None:
        sent["DPoP"] = holder.sign(
            {"jti": uuid4().hex, "htm": "POST", "htu": url, "iat": int(time.time())}, **header
        )
    sent |= {"Content-Type": "application/fhir+json"} | (headers or {})
    kept = {name: content for name, content in sent.items() if content is not None}
    return ask("POST", url, content=eligibility_request(asked), headers=kept)


def assertion_of(sandbox: Sandbox, *, life_s: int = 60, key: ECKey | None = None) -> str:
    main, now = sandbox.register.main, int(time.time())
    claims = {
        "iss": main.client_id, "sub": main.client_id, "aud": sandbox.settings.identity_url,
        "jti": uuid4().hex, "iat": now, "exp": now + life_s,
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": main.key_id}, claims, key or main.key.key)


def with_stranger_key(sandbox: Sandbox) -> Answer:
    return take_token(sandbox, client_assertion=assertion_of(sandbox, key=ECKey.generate_key("P-256")))


def twice_the_assertion(sandbox: Sandbox) -> Answer:
    assertion = assertion_of(sandbox)
    take_token(sandbox, client_assertion=assertion).must_be(200)
    return take_token(sandbox, client_assertion=assertion)


def with_own_issuer(sandbox: Sandbox) -> Answer:
    now, main = int(time.time()), sandbox.register.main
    claims = {
        "iss": "http://localhost:1", "aud": main.client_id, "sub": "x", "iat": now, "exp": now + 60,
        "preferred_username": f"8{PHARMACIST.rpps}",
    }  # fmt: skip
    forged = jwt.encode({"alg": "ES256"}, claims, ECKey.generate_key("P-256"))
    return take_token(sandbox, subject_token=forged)


def with_changed_signature(sandbox: Sandbox) -> Answer:
    signed, _, signature = identity_of(sandbox).rpartition(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    return take_token(sandbox, subject_token=f"{signed}.{changed}")


def twice_the_proof(sandbox: Sandbox) -> Answer:
    token, once = token_for(sandbox), uuid4().hex
    send(sandbox, token, jti=once).must_be(200)
    return send(sandbox, token, jti=once)


def proof_by_another_key_than_it_shows(sandbox: Sandbox) -> Answer:
    return send(sandbox, token_for(sandbox), header={"jwk": ClientKey().public_jwk})


def of_session(code: str) -> Trial:
    def send_the_token_that_was_kept(sandbox: Sandbox) -> Answer:
        owner = sandbox.register.revoked if code == "session-revoked" else sandbox.register.main
        return send(sandbox, sandbox.register.ahead.tokens[code], key=owner.key.key)

    return send_the_token_that_was_kept


def too_fast(sandbox: Sandbox) -> Answer:
    software = sandbox.shop().software
    with ThreadPoolExecutor(
        8
    ) as pool:  # one after the other, a busy machine would be slow enough to be let through
        answers = list(pool.map(lambda _: software.ask_rights(ALICE), range(120)))
    refused = next(answer for answer in answers if answer.status != 200)
    assert int(refused.headers["retry-after"]) > 0
    return refused


def four_glasses(sandbox: Sandbox) -> Answer:
    software = sandbox.shop().software
    asked = asked_about(named("Karim"), Presence.BREAK_GLASS)
    for _ in range(3):
        software.ask_rights(asked).must_be(200)
    return software.ask_rights(asked)


def forty_one_codes(sandbox: Sandbox) -> Answer:
    software = sandbox.shop().software
    asked = asked_about(named("Karim"), asked_for="code")
    for _ in range(40):
        while (
            answer := software.ask_rights(asked)
        ).status == 429:  # the software is new to this shop: half a budget
            time.sleep(int(answer.headers["retry-after"]))
        answer.must_be(200)
    return software.ask_rights(asked)


def another_body_under_the_same_key(sandbox: Sandbox) -> Answer:
    token, again = token_for(sandbox), {"Idempotency-Key": str(uuid4())}
    send(sandbox, token, headers=dict(again)).must_be(200)
    return send(sandbox, token, asked_about(named("Basile")), headers=dict(again))


def far_ahead(sandbox: Sandbox) -> Answer:
    url = f"{sandbox.settings.fhir_url}{FHIR.removeprefix('POST ')}"
    token, key = token_for(sandbox), sandbox.register.main.key
    request = eligibility_request(ALICE) | {"servicedDate": f"{sandbox.made_on.year + 2}-12-31"}
    headers = {"Authorization": f"DPoP {token}", "DPoP": key.proof("POST", url, token=token)}
    return ask("POST", url, content=request, headers=headers)


def at_the_portal(sandbox: Sandbox, token: str, key: ProofKey) -> Answer:
    url = f"{sandbox.settings.portal_url}{PORTAL.removeprefix('POST ')}"
    headers = {"Authorization": f"DPoP {token}", "DPoP": key.proof("POST", url, token=token)}
    form = {"amc_number": ALICE.amc_number, "nir": ALICE.nir, "birth_date": "12051985", "domain": "PHAR"}
    return ask("POST", url, content=form, headers=headers)


def with_a_used_nonce(sandbox: Sandbox) -> Answer:
    browser = sandbox.shop().browser
    form = {"amc_number": ALICE.amc_number, "nir": ALICE.nir, "birth_date": "12051985", "domain": "PHAR"}
    used = browser._nonce
    browser.ask_rights(form).must_be(200)
    browser._nonce = used
    return browser.ask_rights(form)


MEETINGS: dict[tuple[str, str, int], Trial] = {
    (TOKEN, "client-refused", 401): with_stranger_key,
    (TOKEN, "client-assertion-stale", 401): lambda sandbox: take_token(
        sandbox, client_assertion=assertion_of(sandbox, life_s=600)
    ),
    (TOKEN, "client-assertion-replayed", 401): twice_the_assertion,
    (TOKEN, "proof-missing", 400): lambda sandbox: take_token(sandbox, proof=False),
    (TOKEN, "subject-token-malformed", 400): lambda sandbox: take_token(sandbox, subject_token="Claire"),
    (TOKEN, "subject-token-issuer-unknown", 400): with_own_issuer,
    (TOKEN, "subject-token-signature-wrong", 400): with_changed_signature,
    (TOKEN, "subject-token-for-another", 400): lambda sandbox: take_token(
        sandbox, subject_token=identity_of(sandbox, software=sandbox.register.other)
    ),
    (TOKEN, "subject-not-admitted", 400): lambda sandbox: take_token(
        sandbox, subject_token=identity_of(sandbox, STRUCK_OFF.rpps)
    ),
    (TOKEN, "place-needed", 400): lambda sandbox: take_token(
        sandbox, subject_token=identity_of(sandbox, AT_TWO_PLACES[0].rpps)
    ),
    (FHIR, "token-missing", 401): lambda sandbox: send(sandbox, "x" * 43, headers={"Authorization": None}),
    (FHIR, "token-scheme-wrong", 401): lambda sandbox: send(
        sandbox, "x" * 43, headers={"Authorization": f"Bearer {token_for(sandbox)}"}
    ),
    (FHIR, "session-unknown", 401): lambda sandbox: send(sandbox, "x" * 43),
    (FHIR, "session-expired", 401): of_session("session-expired"),
    (FHIR, "session-revoked", 401): of_session("session-revoked"),
    (FHIR, "key-mismatch", 401): lambda sandbox: send(
        sandbox, token_for(sandbox), key=ECKey.generate_key("P-256")
    ),
    (FHIR, "proof-missing", 401): lambda sandbox: send(sandbox, token_for(sandbox), headers={"DPoP": None}),
    (FHIR, "proof-signature-wrong", 401): proof_by_another_key_than_it_shows,
    (FHIR, "proof-method-wrong", 401): lambda sandbox: send(sandbox, token_for(sandbox), htm="GET"),
    (FHIR, "proof-address-wrong", 401): lambda sandbox: send(
        sandbox, token_for(sandbox), htu=f"{sandbox.settings.fhir_url}/fhir/Claim/$submit"
    ),
    (FHIR, "proof-token-hash-wrong", 401): lambda sandbox: send(sandbox, token_for(sandbox), ath="x" * 43),
    (FHIR, "proof-stale", 401): lambda sandbox: send(sandbox, token_for(sandbox), iat=int(time.time()) - 120),
    (FHIR, "proof-ahead", 401): lambda sandbox: send(sandbox, token_for(sandbox), iat=int(time.time()) + 120),
    (FHIR, "proof-replayed", 401): twice_the_proof,
    (FHIR, "account-frozen", 403): of_session("account-frozen"),
    (FHIR, "professional-struck-off", 403): of_session("professional-struck-off"),
    (FHIR, "domain-outside-profession", 403): lambda sandbox: send(
        sandbox, token_for(sandbox), replace(ALICE, domain="OPTI")
    ),
    (FHIR, "care-date-out-of-range", 422): far_ahead,
    (FHIR, "insurer-not-served", 422): lambda sandbox: send(
        sandbox, token_for(sandbox), replace(ALICE, amc_number=NOT_SERVED)
    ),
    (FHIR, "contained", 403): lambda sandbox: send(sandbox, token_for(sandbox), asked_about(named("Zélie"))),
    (FHIR, "presence-required", 403): lambda sandbox: send(
        sandbox, token_for(sandbox), asked_about(named("Pauline"))
    ),
    (FHIR, "presence-required", 429): too_fast,
    (FHIR, "break-glass-exhausted", 429): four_glasses,
    (FHIR, "presence-requests-exhausted", 429): forty_one_codes,
    (FHIR, "idempotency-conflict", 409): another_body_under_the_same_key,
    (PORTAL, "face-not-allowed", 401): lambda sandbox: at_the_portal(
        sandbox, token_for(sandbox), sandbox.register.main.key
    ),
    (PORTAL, "nonce-diverged", 401): with_a_used_nonce,
}


def code_of(answer: Answer, at: str) -> str:
    return read_fhir(answer.content)[0] if at == FHIR else str(answer.content["code"])


def test_there_is_a_meeting_for_each_documented_refusal() -> None:
    documented = [(refusal.at, refusal.code, refusal.status) for refusal in REFUSALS]
    assert sorted(MEETINGS) == sorted(documented)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.code}-{refusal.status}")
def test_is_met_as_documented(sandbox: Sandbox, refusal: Refusal) -> None:
    answer = MEETINGS[refusal.at, refusal.code, refusal.status](sandbox)
    assert (answer.status, code_of(answer, refusal.at)) == (refusal.status, refusal.code), answer.content


def test_whoever_works_at_two_places_names_one_and_is_answered(sandbox: Sandbox) -> None:
    for place in AT_TWO_PLACES:
        token = token_for(sandbox, place.rpps, place.finess)
        send(sandbox, token, replace(ALICE, domain="AUXM")).must_be(200)


def test_the_frozen_professional_is_refused_with_a_new_token_too(sandbox: Sandbox) -> None:
    answer = send(sandbox, token_for(sandbox, FROZEN.rpps))
    assert (answer.status, code_of(answer, FHIR)) == (403, "account-frozen")
    assert sandbox.register.ahead.guesses == 12  # 12 ln(0.50 / 0.15) is past 13.8


def test_a_documented_professional_has_a_whole_budget_and_a_new_shop_half(sandbox: Sandbox) -> None:
    token_for(sandbox, PHARMACIST.rpps)
    known = sandbox.register.accounts[PHARMACIST.name]
    sandbox.shop()
    with connect_sync(sandbox.settings, "owner") as owner:
        told = owner.execute(
            "select a.account_id = %s, s.reduced_until > now() from access.new_devices as d"
            " join access.accounts as a using (account_id) join gate.account_state as s using (account_id) where d.label = %s",
            (known, sandbox.register.main.name),
        ).fetchall()
    assert told
    assert set(told) == {(False, True)}


def test_the_test_providers_page_lists_every_documented_professional(sandbox: Sandbox) -> None:
    query = urlencode(
        {
            "response_type": "code",
            "scope": "openid",
            "client_id": sandbox.register.main.client_id,
            "redirect_uri": "http://localhost/retour",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }
    )
    page = str(ask("GET", f"{sandbox.settings.test_provider_url}/authorize?{query}").must_be(200).content)
    for who in (*PROFESSIONALS, *AT_TWO_PLACES, FROZEN, STRUCK_OFF):
        assert f'value="{who.rpps}">{who.name}' in page
