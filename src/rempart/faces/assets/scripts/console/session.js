// What the console asks of its own process: invitations, sessions, what happens, acts. Nothing here speaks to anybody else.

import { AnswerLost, SessionOver, alone, boundFetch } from "../session/bound_fetch.js";
import { setByServer } from "../session/clock.js";
import { createPasskey, usePasskey } from "../session/passkey.js";
import { makeKeyPair, makeProof } from "../session/proof.js";
import { forgetSession, keepSession, readSession } from "../session/vault.js";

const PATIENCE_MS = 10_000;
const CLOCK_REFUSALS = new Set(["proof-stale", "proof-ahead"]);

export { AnswerLost, SessionOver, readSession };

export class Refused extends Error {
  constructor({ code = "bug", sentence = "", reference = "" }) {
    super(code);
    this.code = code;
    this.sentence = reference ? `${sentence} (${reference})` : sentence;
  }
}

export const readInvitation = (code) => send("/api/invitation", { code });

export async function enrol(code) {
  const { publicKey } = await send("/api/passkeys/options", { code });
  await send("/api/passkeys", { code, credential: await createPasskey(publicKey) });
}

export async function signIn() {
  const keyPair = await makeKeyPair();
  const { publicKey } = await prove(keyPair, "/api/sign-in/options", {});
  const credential = await usePasskey(publicKey);
  const opened = await prove(keyPair, "/api/sign-in", { credential });
  const now = Date.now();
  const { access_token: token, nonce, operator, expires_in: lifeS, idle_s: idleS } = opened;
  await alone(() =>
    keepSession({ settles: true, keyPair, token, nonce, operator, usedAt: now, expiresAt: now + lifeS * 1000, idleMs: idleS * 1000 }),
  );
  return operator;
}

export async function signOut() {
  await boundFetch("/api/sign-out", { method: "POST", body: {} }).catch(() => {});
  await alone(forgetSession);
}

export const read = async (path) => contentOf(await boundFetch(path));
export const ask = async (path, body) => contentOf(await boundFetch(path, { method: "POST", body }));

// Have an act's sentence written; what is signed afterwards is that sentence.
export const beginAct = (act) => ask("/api/acts/options", act);

export async function performAct(publicKey) {
  const body = { credential: await usePasskey(publicKey) };
  return contentOf(await boundFetch("/api/acts", { method: "POST", body, isOnce: true }));
}

// Send a request that carries a proof and no token yet; where this machine's clock is wrong, set it by the server's and try again.
async function prove(keyPair, path, body) {
  const proven = async () => send(path, body, { DPoP: await makeProof(keyPair, "POST", `${location.origin}${path}`) });
  try {
    return await proven();
  } catch (error) {
    if (!CLOCK_REFUSALS.has(error.code)) throw error;
    await setByServer();
    return proven();
  }
}

async function send(path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new AnswerLost();
  }
  return contentOf(answer);
}

async function contentOf(answer) {
  const content = answer.status === 204 ? null : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(content ?? {});
  return content;
}
