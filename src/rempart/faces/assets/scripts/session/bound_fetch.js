// Send a request bound to this browser's key and to the chain of nonces.
//
// One request at a time, over all tabs: each proof needs the nonce that the answer before it brought. A request whose answer was
// lost is sent again with the very same proof: if it had arrived, the server says so and takes no second one; if not, it passes.

import { setByServer } from "./clock.js";
import { makeProof } from "./proof.js";
import { forgetSession, keepSession, readSession } from "./vault.js";

const LOCK = "rempart-session";
const PATIENCE_MS = 10_000;
const PROOF_LIFE_MS = 50_000; // the server takes proofs for 60 seconds
const CLOCK_REFUSALS = new Set(["proof-stale", "proof-ahead"]);

export class SessionOver extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export class AnswerLost extends Error {}

export function boundFetch(address, { method = "GET", body, language, idempotencyKey, isOnce = false } = {}) {
  const url = new URL(address, location.origin).href;
  const headers = { "Accept-Language": language ?? document.documentElement.lang };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  const request = { url, method, headers, body: body === undefined ? undefined : JSON.stringify(body), isOnce };
  return navigator.locks.request(LOCK, () => sendInTurn(request));
}

// Let nothing else use the chain meanwhile: opening and closing a session change it.
export function alone(act) {
  return navigator.locks.request(LOCK, act);
}

async function sendInTurn(request) {
  const session = await readSession();
  if (!session) throw new SessionOver("session-unknown");
  if (session.settles) await settle(session, request);
  let answer = await sendOnce(session, request);
  if (answer.status === 401 && CLOCK_REFUSALS.has(await codeOf(answer))) {
    await setByServer(); // refused before anything was used up: set the clock and sign a new proof
    answer = await sendOnce(session, request);
  }
  if (answer.status === 401 && session.settles && answer.headers.has("DPoP-Nonce")) {
    if (request.isOnce) throw new AnswerLost(); // it was done, or refused: nobody knows here, and it is not done twice
    answer = await sendOnce(session, request);
  }
  if (answer.status === 401) {
    await forgetSession();
    throw new SessionOver(await codeOf(answer));
  }
  return answer;
}

// Where a page was left while its question was under way, the next page sends that proof again, with nothing in it: if it had arrived,
// the answer is a refusal that brings the next nonce; if not, it is used up now. Only a face that says so gives that nonce (`settles`).
async function settle(session, { method, url }) {
  const { pending } = session;
  if (!pending || (pending.method === method && pending.url === url)) return;
  if (Date.now() - pending.madeAt < PROOF_LIFE_MS) await sendOnce(session, { ...pending, headers: {} });
  if (!session.pending) return;
  await forgetSession();
  throw new SessionOver("proof-replayed");
}

async function sendOnce(session, request) {
  const proof = await proofFor(session, request);
  const answer = await sendTwice(session, request, proof);
  const nonce = answer.headers.get("DPoP-Nonce");
  // An outage without a nonce leaves in doubt whether the proof was taken: the same one goes again, which is safe either way.
  if (nonce || answer.status < 500) session.pending = undefined;
  session.nonce = nonce ?? session.nonce;
  session.usedAt = Date.now();
  await keepSession(session);
  return answer;
}

async function proofFor(session, { method, url }) {
  const pending = session.pending;
  const fits = pending && pending.method === method && pending.url === url;
  if (fits && Date.now() - pending.madeAt < PROOF_LIFE_MS) return pending.proof;
  const { token, nonce, keyPair } = session;
  const proof = await makeProof(keyPair, method, url, { token, nonce });
  session.pending = { proof, method, url, madeAt: Date.now() };
  await keepSession(session); // so that a tab closed in between does not lose which proof is on its way
  return proof;
}

async function sendTwice(session, { url, method, headers, body }, proof) {
  const bound = { ...headers, Authorization: `DPoP ${session.token}`, DPoP: proof };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetch(url, {
        method,
        headers: bound,
        body,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      if (attempt === 2) throw new AnswerLost();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

async function codeOf(answer) {
  try {
    return (await answer.clone().json()).code ?? "session-unknown";
  } catch {
    return "session-unknown";
  }
}
