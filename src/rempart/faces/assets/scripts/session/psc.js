// Sign in by Pro Santé Connect: leave with the address that the server gives, come back with a code.
//
// The key that proves the request that leaves proves the one that comes back: an address brought here from another browser opens
// nothing. It stays in this browser from one sign-in to the next, so that a browser that was seen is recognised.

import { keepOpened, prove } from "./identity.js";
import { makeKeyPair } from "./proof.js";
import { keepDeviceKey, readDeviceKey } from "./vault.js";

const PATIENCE_MS = 25_000; // behind one request the server asks Pro Santé Connect four things, for 5 seconds each at most
const FROM = "rempart-psc-from"; // of this tab alone: the page to which one goes back

export async function leave() {
  const asked = { language: document.documentElement.lang };
  const { address } = await prove(await deviceKey(), "/browser/psc", asked, PATIENCE_MS);
  sessionStorage.setItem(FROM, location.pathname);
  location.assign(address);
}

// What came back, taken out of the address at once: it stays neither on the screen nor in the history.
export function takeReturned() {
  const parts = new URLSearchParams(location.hash.length > 1 ? location.hash.slice(1) : location.search);
  history.replaceState(null, "", location.pathname);
  return Object.fromEntries([...parts].filter(([name]) => ["code", "state", "iss", "error"].includes(name)));
}

// Open the session, or give {choice, places} where one has several.
export async function comeBack({ code, state, iss }) {
  const shown = iss ? { code, state, iss } : { code, state };
  return keepIfOpened(await prove(await deviceKey(), "/browser/psc/return", shown, PATIENCE_MS));
}

export async function choosePlace(choice, finess) {
  return keepIfOpened(await prove(await deviceKey(), "/browser/psc/place", { choice, finess }));
}

export function pageBefore(home) {
  const path = sessionStorage.getItem(FROM) ?? home;
  sessionStorage.removeItem(FROM);
  return path;
}

async function keepIfOpened(answer) {
  if (answer.access_token) await keepOpened(await deviceKey(), answer);
  return answer;
}

async function deviceKey() {
  const known = await readDeviceKey();
  if (known) return known;
  const made = await makeKeyPair();
  await keepDeviceKey(made);
  return made;
}
