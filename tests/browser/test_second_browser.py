"""What an infostealer carries off to a second browser: cookies, everything that pages can read, what an authenticator signed.

The whole copied profile is in test_session.py. In January 2024 one login, used elsewhere, read the pages of millions.
"""

import json
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.support.counter import Counter, Window

VAULT = """
async () => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("rempart", 1);
    request.onsuccess = () => resolve(request.result);
  });
  const session = await new Promise((resolve) => {
    const request = database.transaction("session").objectStore("session").get("current");
    request.onsuccess = () => resolve(request.result);
  });
  const exported = await crypto.subtle.exportKey("jwk", session.keyPair.privateKey).catch((error) => error.name);
  const { keyPair, ...read } = session;
  return { ...read, exported, storage: { ...localStorage, ...sessionStorage } };
}
"""
"""All that a script on the page can read: the session but its private key."""

PLANT = """
async (stolen) => {
  const keyPair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("rempart", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("session");
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = database.transaction("session", "readwrite");
  transaction.objectStore("session").put({ ...stolen, keyPair }, "current");
  await new Promise((resolve) => { transaction.oncomplete = resolve; });
  database.close();
}
"""
"""Put it into another browser, with a key of that one's own."""


@pytest.fixture
def owner(counter: Counter) -> Window:
    """Sign an optician in."""
    opened = counter.window()
    opened.accept(counter.titulaire("Claire Fontaine"))
    return opened


def test_there_is_no_cookie_to_steal(counter: Counter, owner: Window) -> None:
    owner.ask_about(counter.patients["Nadia"])
    assert owner.context.cookies() == []
    assert owner.page.evaluate("document.cookie") == ""


def test_everything_that_a_page_can_read_opens_nothing_in_a_second_browser(
    counter: Counter, owner: Window
) -> None:
    stolen = owner.page.evaluate(VAULT)
    assert stolen["token"]
    assert stolen.pop("exported") == "InvalidAccessError", "the key stays in the browser"
    assert stolen.pop("storage") == {}

    thief = counter.window()
    thief.page.goto(counter.url)
    thief.page.evaluate(PLANT, stolen)
    thief.page.goto(counter.url)
    patient = counter.patients["Nadia"]
    thief.page.fill("#card", patient.nir)
    thief.page.fill("#amc-number", patient.amc)
    thief.page.fill("#birth-date", patient.birth_date)
    thief.press("Enter")
    thief.page.locator("#sign-in").wait_for()
    assert thief.page.locator("#answer-sentence").count() == 0
    refused = counter.world.one("select count(*) from evidence.receipts where outcome = 44")
    assert refused >= 1, "the attempt left a receipt"

    assert owner.ask_about(patient).startswith("Droits ouverts"), "its owner works on"


def test_what_an_authenticator_signed_opens_nothing_in_a_second_browser(
    counter: Counter, owner: Window
) -> None:
    """Read on its way by whatever reads the page, and sent first from elsewhere."""
    person = counter.titulaire("Karim Haddad")
    victim = counter.window()
    victim.accept(person)
    victim.page.get_by_role("button", name="Se déconnecter").click()
    taken: list[dict[str, Any]] = []

    def take(route: Route) -> None:
        taken.append(
            {"body": json.loads(route.request.post_data or "{}"), "proof": route.request.headers["dpop"]}
        )
        route.abort()

    identity = counter.running.settings.identity_url
    victim.page.route(f"{identity}/browser/sign-in", take)
    victim.page.locator("#sign-in-act").click()
    victim.page.get_by_text("Pas de réponse").first.wait_for()
    assert taken, "the assertion was signed and caught"

    send = """
    async ([address, body, proof, own]) => {
      const { makeKeyPair, makeProof } = await import(own);
      const made = proof ?? (await makeProof(await makeKeyPair(), "POST", address));
      const headers = { "Content-Type": "application/json", DPoP: made };
      const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit" });
      return [answer.status, (await answer.json()).code ?? ""];
    }
    """
    proofs = owner.page.evaluate(
        "[...document.scripts].map((script) => script.src).find((src) => src.includes('/pages/'))"
    ).replace("pages/rights.js", "session/proof.js")
    address = f"{identity}/browser/sign-in"
    with_a_key_of_his_own = owner.page.evaluate(send, [address, taken[0]["body"], None, proofs])
    assert with_a_key_of_his_own == [403, "passkey-refused"]
    with_the_victims_proof = owner.page.evaluate(send, [address, taken[0]["body"], taken[0]["proof"], proofs])
    assert with_the_victims_proof[0] == 403, (
        "the challenge is used up; and this session's key would not be his"
    )
