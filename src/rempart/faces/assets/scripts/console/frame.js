// What all pages of the console share: who is signed in, the shortcuts, the search.

import { byId, element } from "../elements.js";
import { AnswerLost, Refused, SessionOver, ask, read, readSession, signIn, signOut } from "./session.js";
import { figure, label, say, sayCode } from "./say.js";
import { accountLink, put } from "./tables.js";

const WANTED_EVERY_MS = 10_000;
const TITLE = document.title;
let isIn = false;
let enter = () => {};

// What was typed cannot be sent as it stands; its message says why.
export class NotSound extends Error {}

// Begin: show the page to who is signed in, now or later.
export async function start(onEnter) {
  enter = onEnter;
  byId("sign-in-act").addEventListener("click", begin);
  byId("sign-out").addEventListener("click", leave);
  byId("search").addEventListener("submit", search);
  document.addEventListener("keydown", shortcut);
  const session = await readSession();
  const isAlive = session && session.expiresAt > Date.now() && session.usedAt + session.idleMs > Date.now();
  await show(isAlive ? session.operator : null);
  await lookForWanted();
}

// What waits for a signature stands in the title and in the navigation of every page: a tab that nobody looks at says it too.
export function showWanted(count) {
  const text = count > 1 ? say("wanted", { count: figure(count) }) : say("wanted-one");
  put("wanted", count ? text : "");
  byId("wanted").hidden = !count;
  const title = count ? `(${figure(count)}) ${TITLE}` : TITLE;
  if (document.title !== title) document.title = title;
}

async function lookForWanted() {
  try {
    if (isIn) showWanted((await withSession(() => read("/api/waiting"))).waiting);
  } catch (error) {
    if (!(error instanceof SessionOver)) console.warn(error.name); // the figure stays as it was; what is done by hand says what is wrong
  }
  setTimeout(lookForWanted, WANTED_EVERY_MS);
}

export async function withSession(act) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SessionOver) {
      byId("act").close();
      await show(null, sayCode(error.code));
    }
    throw error;
  }
}

export function reasonOf(error) {
  if (error instanceof SessionOver) return sayCode(error.code);
  if (error instanceof NotSound) return error.message;
  if (error instanceof AnswerLost) return say("answer-lost");
  if (error instanceof Refused) return error.sentence;
  if (error.name === "NotAllowedError" || error.name === "AbortError") return say("passkey-cancelled");
  if (error.name === "InvalidStateError") return say("passkey-already-here");
  console.error(error.name);
  return say("unexpected");
}

// Perform what a page does by itself or for somebody, and say why where it fails.
export async function attempt(act) {
  try {
    await withSession(act);
    byId("notice").textContent = "";
  } catch (error) {
    if (!(error instanceof SessionOver)) byId("notice").textContent = reasonOf(error);
  }
}

async function show(operator, why = "") {
  isIn = operator !== null;
  document.body.classList.toggle("signed-in", isIn);
  if (!isIn) showWanted(0);
  byId("who").hidden = operator === null;
  byId("who-name").textContent = operator?.name ?? "";
  byId("who-role").textContent = operator ? label("roles", operator.role) : "";
  byId("sign-in").hidden = operator !== null;
  byId("sign-in-why").textContent = why;
  byId("found").hidden = true;
  if (operator === null) byId("sign-in-act").focus();
  await enter(operator);
}

async function begin() {
  byId("sign-in-why").textContent = say("passkey-waiting");
  try {
    const operator = await signIn();
    if ([document.body, byId("sign-in-act")].includes(document.activeElement)) byId("main").focus();
    await show(operator);
  } catch (error) {
    byId("sign-in-why").textContent = reasonOf(error);
    byId("sign-in-act").focus();
  }
}

async function leave() {
  await signOut();
  await show(null, say("signed-out"));
}

// Function keys: they type nothing, so that they may work wherever the focus is.
function shortcut(event) {
  const there = document.querySelector(`[data-shortcut="${event.key}"]`);
  if (!there?.checkVisibility() || byId("act").open || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (there.tagName === "INPUT") there.select();
  else there.click();
}

async function search(event) {
  event.preventDefault();
  const text = byId("search-text").value.trim();
  if (!text) return;
  await attempt(async () => {
    const { accounts } = await ask("/api/search", { text });
    byId("found-list").replaceChildren(...accounts.map(lineOf));
    const count = accounts.length;
    byId("found-title").textContent = count > 1 ? say("found", { count }) : say(count ? "found-one" : "nothing-found");
    byId("found").hidden = false;
    (byId("found-list").querySelector("a") ?? byId("found-title")).focus();
  });
}

function lineOf({ account_id: number, name, place, finess, profession, standing, revoked_at: revokedAt }) {
  const state = revokedAt ? "closed" : standing;
  const link = accountLink(number, name);
  return element("li", {}, link, ` ${profession}, ${place}, FINESS ${finess} `, badge(state));
}

export function badge(standing) {
  return element("span", { className: `badge ${standing}` }, label("standings", standing));
}
