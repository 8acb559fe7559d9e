// What all pages share: who is signed in, signing in in place, changing user, signing out.
//
// Signing in never leaves the page, so that what was typed stays; an act that found its session over goes on after it.

import { AnswerLost, SessionOver } from "../session/bound_fetch.js";
import { setByServer } from "../session/clock.js";
import { LEFT, Refused, onChange, signIn, signOut } from "../session/identity.js";
import { leave as leaveForPsc } from "../session/psc.js";
import { readSession } from "../session/vault.js";
import { byId } from "../elements.js";
import { say, sayCode } from "../wording.js";

const listeners = [];
const farewells = [];
let account = null;
let waiting = null; // {promise, resolve} while an act waits for somebody to sign in
let ceremony = null;

export function onAccount(act) {
  listeners.push(act);
  act(account);
}

// Act when somebody leaves for good: who signs out leaves no patient on the screen; who changes user does.
export function onLeaving(act) {
  farewells.push(act);
}

// Perform an act; where the session is over, let the person sign in and perform it again.
export async function withSession(act) {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof SessionOver)) throw error;
      show(null);
      await signedInAgain(error.code);
    }
  }
}

// Say in one sentence why something failed, for the codes that are no answer in themselves.
export function reasonOf(error) {
  if (error instanceof AnswerLost) return say("answer-lost");
  if (error instanceof Refused) {
    const { sentence, nextStep } = sayCode(error.code);
    return `${sentence} ${nextStep}`;
  }
  if (error.name === "NotAllowedError" || error.name === "AbortError") return say("passkey-cancelled");
  if (error.name === "InvalidStateError") return say("passkey-already-here");
  console.error(error.name);
  return say("unexpected");
}

export async function start() {
  byId("sign-in-act").addEventListener("click", beginSignIn);
  byId("psc-act")?.addEventListener("click", beginPsc); // only where Pro Santé Connect is connected
  byId("change-user").addEventListener("click", changeUser);
  byId("sign-out").addEventListener("click", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F2" || account === null) return;
    event.preventDefault();
    changeUser();
  });
  onChange(({ data }) => {
    if (data === LEFT) for (const act of farewells) act();
    return refresh();
  });
  await refresh();
  setByServer().catch(() => {}); // without it, this machine's own clock serves
}

async function refresh() {
  const session = await readSession();
  const alive = session && session.expiresAt > Date.now() && session.usedAt + session.idleMs > Date.now();
  show(alive ? session.account : null);
  if (!alive) openPanel();
}

function show(next) {
  account = next;
  byId("who").hidden = account === null;
  byId("who-name").textContent = account?.display_name ?? "";
  byId("who-place").textContent = account?.organisation ?? "";
  for (const link of document.querySelectorAll("[data-for-titulaire]")) {
    link.hidden = account?.may_enrol_staff !== true;
  }
  document.body.classList.toggle("signed-in", account !== null);
  for (const act of listeners) act(account);
  if (account === null) return;
  byId("sign-in").hidden = true;
  waiting?.resolve();
  waiting = null;
}

function signedInAgain(code) {
  openPanel(code);
  byId("sign-in-act").focus();
  if (waiting === null) {
    waiting = {};
    waiting.promise = new Promise((resolve) => {
      waiting.resolve = resolve;
    });
  }
  return waiting.promise;
}

function openPanel(code) {
  byId("sign-in").hidden = false;
  byId("sign-in-why").textContent = code ? whyOver(code) : "";
}

function whyOver(code) {
  if (code === "session-unknown") return say("sign-in-to-go-on");
  if (code === "proof-replayed") return say("answer-lost-sign-in");
  return `${sayCode(code).sentence} ${say("typing-kept")}`;
}

async function beginSignIn() {
  ceremony?.abort();
  const mine = new AbortController();
  ceremony = mine;
  openPanel();
  byId("sign-in-why").textContent = say("passkey-waiting");
  try {
    show(await signIn(mine.signal));
    if (document.activeElement === document.body || document.activeElement === byId("sign-in-act")) focusFirst();
  } catch (error) {
    if (ceremony !== mine) return; // a newer ceremony took its place
    byId("sign-in-why").textContent = reasonOf(error);
    byId("sign-in-act").focus();
  }
}

// This way leaves the page: what was typed is lost, and the browser asks before.
async function beginPsc() {
  ceremony?.abort();
  ceremony = null;
  byId("sign-in-why").textContent = say("psc-leaving");
  byId("psc-act").disabled = true;
  try {
    await leaveForPsc();
  } catch (error) {
    byId("sign-in-why").textContent = reasonOf(error);
  } finally {
    byId("psc-act").disabled = false;
  }
}

// Where a person goes on: the first field still empty.
function focusFirst() {
  const fields = [...document.querySelectorAll("[data-typed]")].filter((field) => field.checkVisibility());
  (fields.find((field) => field.value === "") ?? fields.at(-1))?.focus();
}

async function changeUser() {
  await signOut();
  show(null);
  await beginSignIn();
}

async function leave() {
  for (const act of farewells) act();
  await signOut({ forGood: true });
  show(null);
  openPanel();
  byId("sign-in-why").textContent = say("signed-out");
  byId("sign-in-act").focus();
}
