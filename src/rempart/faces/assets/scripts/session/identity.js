// What the portal asks of the identity process: invitations, sessions, passkeys, staff (docs/reference/identity.md).

import { AnswerLost, alone, boundFetch } from "./bound_fetch.js";
import { createPasskey, usePasskey } from "./passkey.js";
import { makeKeyPair, makeProof } from "./proof.js";
import { setByServer } from "./clock.js";
import { forgetSession, keepSession, readSession } from "./vault.js";

const ADDRESS = document.querySelector('meta[name="rempart-identity"]').content;
const PATIENCE_MS = 10_000;
const CLOCK_REFUSALS = new Set(["proof-stale", "proof-ahead"]);
export const LEFT = "left"; // somebody signed out for good: nobody takes over what is on the screens
const changes = new BroadcastChannel("rempart-session");

export class Refused extends Error {
  constructor(code, status) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

// Call back when another tab signed in, out, or as somebody else.
export function onChange(act) {
  changes.addEventListener("message", act);
}

export function readInvitation(code) {
  return send("/browser/invitation", { code });
}

export async function acceptInvitation(code) {
  const { publicKey } = await send("/browser/passkeys/options", { code });
  const credential = await createPasskey(publicKey);
  return openSession(await makeKeyPair(), "/browser/passkeys", { code, credential });
}

export async function signIn(signal) {
  const keyPair = await makeKeyPair();
  const { publicKey } = await prove(keyPair, "/browser/sign-in/options", {});
  const credential = await usePasskey(publicKey, signal);
  return openSession(keyPair, "/browser/sign-in", { credential });
}

// End the session here at once, and there if the server hears us; without the key, nobody can use what it still has open.
export async function signOut({ forGood = false } = {}) {
  const url = `${ADDRESS}/browser/sign-out`;
  const farewell = await alone(async () => {
    const session = await readSession();
    await forgetSession();
    if (!session) return null;
    const { keyPair, token, nonce } = session;
    return { Authorization: `DPoP ${token}`, DPoP: await makeProof(keyPair, "POST", url, { token, nonce }) };
  });
  changes.postMessage(forGood ? LEFT : "signed-out");
  if (farewell) fetch(url, { method: "POST", headers: farewell, keepalive: true, credentials: "omit" }).catch(() => {});
}

export async function addPasskey() {
  const { publicKey } = await sendBound("/browser/passkeys/another/options", "POST", {});
  const credential = await createPasskey(publicKey);
  return sendBound("/browser/passkeys/another", "POST", { credential });
}

export async function listStaff() {
  return sendBound("/browser/staff", "GET");
}

export function inviteStaff(displayName) {
  return sendBound("/browser/staff", "POST", { display_name: displayName });
}

export function revokeStaff(accountId) {
  return sendBound(`/browser/staff/${encodeURIComponent(accountId)}`, "DELETE");
}

async function openSession(keyPair, path, body) {
  return keepOpened(keyPair, await prove(keyPair, path, body));
}

// Send a request that carries a proof and no token: one that opens a session, or leads to one.
export function prove(keyPair, path, body, patienceMs = PATIENCE_MS) {
  return retriedOnWrongClock(async () =>
    send(path, body, { DPoP: await makeProof(keyPair, "POST", `${ADDRESS}${path}`) }, patienceMs),
  );
}

// Keep a session that was opened for a key; give its account.
export async function keepOpened(keyPair, opened) {
  const now = Date.now();
  await alone(() =>
    keepSession({
      keyPair,
      token: opened.access_token,
      nonce: opened.nonce,
      account: opened.account,
      openedAt: now,
      usedAt: now,
      expiresAt: now + opened.expires_in * 1000,
      idleMs: opened.idle_s * 1000,
    }),
  );
  changes.postMessage("signed-in");
  return opened.account;
}

async function retriedOnWrongClock(act) {
  try {
    return await act();
  } catch (error) {
    if (!CLOCK_REFUSALS.has(error.code)) throw error;
    await setByServer();
    return act();
  }
}

async function send(path, body, headers = {}, patienceMs = PATIENCE_MS) {
  let answer;
  try {
    answer = await fetch(`${ADDRESS}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang, ...headers },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch {
    throw new AnswerLost();
  }
  return contentOf(answer);
}

export async function sendBound(path, method, body) {
  return contentOf(await boundFetch(`${ADDRESS}${path}`, { method, body }));
}

async function contentOf(answer) {
  const content = answer.status === 204 ? null : await answer.json().catch(() => ({ code: "bug" }));
  if (!answer.ok) throw new Refused(content?.code ?? "bug", answer.status);
  return content;
}
