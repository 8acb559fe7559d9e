// What is contained, from when to when and by whom; who waits for a second operator; what the public is told; who may act here.

import { byId, element } from "../elements.js";
import { ask } from "./session.js";
import { figure, label, say, sayAt, sayPopulation, sayUntil } from "./say.js";
import { accountLink, fill } from "./tables.js";
import { attempt, showWanted, start } from "./frame.js";
import { instantTyped, numberTyped, propose, typed } from "./signing.js";

const LISTS = { "in-force": "in_force", past: "past", convicted: "convicted", releases: "releases" }; // those that an attack makes long come in pages
const pages = { in_force: 1, past: 1, convicted: 1, releases: 1 };
let seen = null;

async function look() {
  seen = await ask("/api/containments", pages);
  showWanted(seen.waiting);
  for (const [id, name] of Object.entries(LISTS)) showPage(id, name);
  fill(byId("in-force"), seen.in_force.rows.map(inForceOf), { id: "no-in-force", text: say("nothing-contained") });
  fill(byId("releases"), seen.releases.rows.map(askedOf), { id: "no-releases", text: say("no-release-asked") });
  fill(byId("past"), seen.past.rows.map(pastOf), { id: "no-past", text: say("nothing-was-contained") });
  fill(byId("proposals"), seen.proposals.map(proposalOf), { id: "no-proposals", text: say("no-proposal") });
  fill(byId("settled"), seen.settled.map(settledOf), { id: "no-settled", text: say("no-settled") });
  fill(byId("convicted"), seen.convicted.rows.map(convictedOf), { id: "no-convicted", text: say("nobody-in-conviction") });
  fill(byId("messages"), seen.messages.map(messageOf), { id: "no-messages", text: say("no-message") });
  fill(byId("acts"), seen.acts.map((one) => [sayAt(one.done_at), one.operator, one.sentence]), { id: "no-acts", text: say("no-act") });
  fill(byId("operators"), seen.operators.map(operatorOf));
  byId("operators").hidden = false;
}

// Say how many there are in all, and which of them are shown.
function showPage(id, name) {
  const { lines, page, most, rows } = seen[name];
  pages[name] = page;
  byId(`${id}-count`).textContent = lines ? figure(lines) : "";
  byId(`${id}-pages`).hidden = lines <= most;
  const first = (page - 1) * most + 1;
  const last = first + rows.length - 1;
  byId(`${id}-shown`).textContent = say("lines", { first: figure(first), last: figure(last), count: figure(lines) });
  byId(`${id}-before`).disabled = page === 1;
  byId(`${id}-next`).disabled = last >= lines;
}

async function turn(id, step) {
  pages[LISTS[id]] += step;
  await attempt(look);
  if (document.activeElement.disabled || document.activeElement === document.body) byId(`${id}-title`).focus();
}

function inForceOf(one) {
  const asked = one.asked_by ? [element("br"), say("release-asked", { who: one.asked_by, why: one.release_because })] : [];
  const last = one.is_mine ? [say("mine")] : [releaseOf(one)];
  return [String(one.containment_id), one.known_as, modeOf(one), sayAt(one.since), [`${one.decided_by}\u00a0: ${one.because}`, ...asked], last];
}

function modeOf({ mode, ends_at: end, is_by_waves: isByWaves }) {
  const how = label("modes", mode);
  return end ? `${how}, ${say(isByWaves ? "waves" : "until", { time: sayUntil(end) })}` : how;
}

const askedOf = (one) => [
  one.account_id ? [accountLink(one.account_id, one.known_as)] : one.known_as,
  `${one.asked_by}\u00a0: ${one.because}`,
  sayAt(one.asked_at),
  [one.is_mine ? say("mine") : releaseOf(one)],
];

const pastOf = (one) => [
  String(one.containment_id),
  one.known_as,
  label("modes", one.mode),
  sayAt(one.since),
  sayAt(one.ends_at),
  `${one.decided_by}\u00a0: ${one.because}`,
];

const convictedOf = (one) => [
  [accountLink(one.account_id, one.name)],
  one.finess,
  one.signal,
  label("modes", one.measure),
  sayAt(one.convicted_at),
];

function messageOf(one) {
  const act = one.ended_at
    ? ""
    : button(say("end-message"), one.sentence, () =>
        propose({ title: say("end-message"), parts: [], make: () => ({ kind: "end", message_id: one.message_id }), after }),
      );
  const population = sayPopulation(one.population, seen.professions);
  const news = one.next_news_at && !one.ended_at ? [element("br"), say("next-news", { time: sayUntil(one.next_news_at) })] : [];
  return [[one.sentence, ...news], population, `${sayAt(one.published_at)}, ${one.published_by}`, sayAt(one.ended_at), [act]];
}

function operatorOf(one) {
  const key = one.has_key ? say("key", { fingerprint: one.fingerprint }) : say("no-key");
  const state = one.is_waiting && one.has_key ? `${key}, ${say("waiting")}` : key;
  const acts = [];
  if (!one.is_me) acts.push(button(say("dismiss"), one.name, () => dismissed(one)));
  return [one.name, label("roles", one.role), state, sayAt(one.last_used_at), one.is_me ? [say("me")] : acts];
}

function dismissed({ operator_id: which, name }) {
  propose({
    title: `${say("dismiss")}\u00a0: ${name}`,
    parts: ["because"],
    make: () => ({ kind: "dismiss", operator_id: which, because: typed("because") }),
    after,
  });
}

function proposalOf(one) {
  const number = say("proposal", { number: one.proposal_id });
  const about = one.about ?? number;
  const change = one.about ? changeOf(one) : [say("not-possible")];
  const none = one.dropped_by ? say("signature-dropped", { who: one.dropped_by }) : say("signatures-none");
  const signed = one.first_by ? say("signatures-one", { who: one.first_by }) : none;
  const acts = [];
  if (one.is_possible && !one.is_mine)
    acts.push(button(say(one.first_by ? "apply-proposal" : "sign-proposal"), about, () => decided("sign", one)), " ");
  acts.push(button(say("refuse-proposal"), about, () => decided("refuse", one)));
  const state = one.is_possible ? (one.is_mine ? say("signed-by-me") : signed) : say("not-possible");
  return [[`${number}. `, ...change], `${one.asked_by}\u00a0: ${one.because}`, sayAt(one.asked_at), state, acts];
}

const changeOf = ({ about, was, becomes }) => [
  element("strong", {}, about),
  element("dl", { className: "change" }, ...pair("now", was), ...pair("then", becomes)),
];

// What is long scrolls in its place, and the keyboard has to get there.
const pair = (name, text) => [element("dt", {}, say(name)), element("dd", text.length > 400 ? { tabIndex: 0 } : {}, text)];

const settledOf = (one) => [
  one.change ?? "",
  `${one.asked_by}\u00a0: ${one.because}`,
  say(`settled-${one.closed_as}`, { who: one.closed_by }),
  sayAt(one.closed_at),
];

function decided(kind, { proposal_id: which }) {
  propose({
    title: `${say(`${kind}-proposal`)}\u00a0: ${say("proposal", { number: which }).toLowerCase()}`,
    parts: ["because"],
    make: () => ({ kind, proposal_id: which, because: typed("because") }),
    after,
  });
}

// The first person says over how long they come back; a conviction is released by the number of its account.
function releaseOf(one) {
  const what = one.account_id ? { account_id: one.account_id } : { containment_id: one.containment_id };
  return button(say(one.asked_by ? "agree-release" : "ask-release"), one.known_as, () =>
    propose({
      title: say("release-of", { what: one.known_as }),
      parts: one.asked_by ? ["because"] : ["waves", "because"],
      make: () => ({
        kind: "release",
        ...what,
        because: typed("because"),
        waves_s: numberTyped("waves") === null ? null : Math.round(numberTyped("waves") * 60),
      }),
      after,
    }),
  );
}

function button(text, about, act) {
  const made = element("button", { type: "button", className: "quiet" }, text);
  made.setAttribute("aria-label", `${text}\u00a0: ${about}`);
  made.addEventListener("click", act);
  return made;
}

const after = () => attempt(look);

byId("contain").addEventListener("click", () =>
  propose({
    title: say("contain"),
    parts: ["scope", "named", "mode", "hours", "because"],
    make: () => ({
      kind: "contain",
      scope: typed("scope"),
      named: typed("named"),
      mode: typed("mode"),
      because: typed("because"),
      hours: numberTyped("hours"),
    }),
    after,
  }),
);
byId("publish").addEventListener("click", () =>
  propose({
    title: "Publier un message",
    parts: ["population", "sentence", "news"],
    make: () => ({ kind: "publish", population: typed("population"), sentence: typed("sentence"), next_news_at: instantTyped("news") }),
    after,
    professions: seen.professions,
  }),
);
for (const id of Object.keys(LISTS)) {
  byId(`${id}-before`).addEventListener("click", () => turn(id, -1));
  byId(`${id}-next`).addEventListener("click", () => turn(id, 1));
}
await start((operator) => (operator === null ? undefined : attempt(look)));
