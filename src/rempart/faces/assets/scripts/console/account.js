// One account: who, what it asked, what convicted it and why, what is open; and what to do about it.

import { byId, element } from "../elements.js";
import { ask } from "./session.js";
import { figure, label, say, sayAt, sayUntil } from "./say.js";
import { fill } from "./tables.js";
import { attempt, badge, start } from "./frame.js";
import { numberTyped, propose, typed } from "./signing.js";

let account = null;
const PAGE = 200; // as console.account gives
let page = {}; // up to which instant, and after which trace in the list
let later = []; // the pages that led to this one

const number = () => Number(location.hash.slice(1)) || 0;

async function look() {
  account = await ask(`/api/accounts/${number()}`, page);
  byId("page").hidden = false;
  byId("account-name").textContent = account.name;
  showStanding();
  showIdentity();
  showScores();
  byId("convictions").replaceChildren(...account.convictions.map(convictionOf));
  if (account.convictions.length === 0) byId("convictions").append(element("p", { className: "hint" }, say("no-conviction")));
  fill(byId("contained"), account.contained.map(containmentOf), { id: "no-contained", text: say("nothing-contained") });
  fill(byId("sessions"), account.sessions.map(sessionOf), { id: "no-session", text: say("no-session") });
  byId("questions-title").textContent = say("questions-between", { from: sayAt(account.from), until: sayAt(account.until) });
  byId("later").disabled = later.length === 0;
  fill(byId("questions"), account.questions.map(questionOf), { id: "no-question", text: say("no-question") });
}

function showStanding() {
  const { standing, standing_since: since, stepped_up_devices: devices } = account;
  byId("standing").className = `badge ${standing}`;
  byId("standing").textContent = label("standings", standing);
  byId("standing-since").textContent = [since && sayAt(since), devices && say(`of-${devices}-devices`)].filter(Boolean).join(", ");
  const isConvicted = standing === "frozen" || standing === "stepped-up";
  const asked = account.releases.find((one) => one.containment_id === null);
  byId("release").hidden = !isConvicted || asked?.is_mine === true;
  byId("release").textContent = say(asked ? "agree-release" : "ask-release");
  showAsked(asked);
}

function showAsked(asked) {
  byId("asked").hidden = !asked;
  if (!asked) return;
  const said = say("release-asked", { who: asked.asked_by, why: asked.because });
  byId("asked").textContent = asked.is_mine ? `${said} ${say("mine")}` : said;
}

function showIdentity() {
  const { name, professional, rpps, profession, place, finess, kind, holder, people_today: today, people_per_day: most } = account;
  const facts = {
    Compte: `${account.account_id}${kind === "professional" ? "" : `, ${holder ? say("of-holder", { name: holder }) : place}`}`,
    Professionnel: professional && professional !== name ? professional : null,
    RPPS: rpps,
    Profession: profession,
    Établissement: place,
    FINESS: finess,
    "Personnes aujourd’hui": `${figure(today)} sur ${figure(most)}`,
    "Demi-budget jusqu’au": account.reduced_until && sayUntil(account.reduced_until),
    Fermé: account.revoked_at && sayAt(account.revoked_at),
    Radié: account.struck_off_at && sayAt(account.struck_off_at),
  };
  const lines = Object.entries(facts).filter(([, content]) => content);
  byId("identity").replaceChildren(
    ...lines.map(([head, content]) => element("div", {}, element("dt", {}, head), element("dd", {}, String(content)))),
  );
}

function showScores() {
  const rows = account.scores.map(({ label: signal, score, threshold }) => {
    const bar = element("span", { className: score >= threshold ? "score reached" : "score", "aria-hidden": "true" });
    bar.style.width = `${Math.min(100, (100 * score) / threshold)}%`;
    return [[signal, bar], figure(score), figure(threshold)];
  });
  fill(byId("scores"), rows);
}

function convictionOf(one) {
  const title = say("conviction", { measure: label("modes", one.measure), time: sayAt(one.convicted_at), signal: one.label });
  const value = one.score === null ? say("value-none") : say("value", { score: figure(one.score), threshold: figure(one.threshold) });
  const spoke = one.answers.filter((answer) => answer.spoke).length;
  const by = one.software ? say("by-software", { software: one.software }) : say("by-browser");
  const answers = one.planted_in
    ? say("canary-answer", { by, trace: one.trace })
    : say("answers", { count: one.answers.length, spoke, by, time: sayAt(one.since), trace: one.trace });
  const table = byId("questions").cloneNode(true);
  for (const attribute of ["id", "aria-labelledby"]) table.removeAttribute(attribute);
  table.setAttribute("aria-label", title);
  table.hidden = false;
  fill(table, one.answers.map(questionOf));
  return element(
    "section",
    { className: "conviction" },
    element("h3", {}, title),
    one.planted_in ? element("p", {}, say("planted-in", { list: one.planted_in })) : null,
    element("p", {}, `${value} ${answers}`),
    one.is_of_newcomers ? element("p", {}, say("newcomers")) : null,
    one.is_of_new_devices ? element("p", {}, say("new-devices")) : null,
    element("details", {}, element("summary", {}, one.answers.length === 1 ? "La réponse" : `Les ${one.answers.length} réponses`), table),
  );
}

function containmentOf({ containment_id: which, known_as: what, mode, since, decided_by: who, because }) {
  const asked = account.releases.find((one) => one.containment_id === which);
  const act = element("button", { type: "button", className: "quiet" }, say(asked ? "agree-release" : "ask-release"));
  act.setAttribute("aria-label", `${act.textContent}\u00a0: ${what}`);
  act.addEventListener("click", () => release({ containment_id: which }, what));
  const last = asked?.is_mine ? [say("mine")] : [act];
  return [String(which), what, label("modes", mode), sayAt(since), `${who}\u00a0: ${because}`, last];
}

const sessionOf = ({ software, face, opened_at: opened, last_used_at: used }) => [
  software ?? label("faces", face),
  sayAt(opened),
  sayAt(used),
];

const questionOf = ({ at, face, outcome, presence, against, trace, is_repeat: isRepeat, spoke }) => [
  sayAt(at),
  face,
  isRepeat ? `${outcome} (${say("repeat")})` : outcome,
  presence,
  [element("span", { className: spoke ? "spoke" : "" }, against.join(", ") || "–")],
  trace,
];

function release(what, name) {
  propose({
    title: say("release-of", { what: name }),
    parts: ["waves", "because"],
    make: () => ({ kind: "release", ...what, because: typed("because"), waves_s: minutes("waves") }),
    after: () => attempt(look),
  });
}

const minutes = (name) => (numberTyped(name) === null ? null : Math.round(numberTyped(name) * 60));

byId("contain").addEventListener("click", () =>
  propose({
    title: `${say("contain")} ${account.name}`,
    parts: ["mode", "hours", "because"],
    make: () => ({
      kind: "contain",
      scope: "account",
      named: String(account.account_id),
      mode: typed("mode"),
      because: typed("because"),
      hours: numberTyped("hours"),
    }),
    after: () => attempt(look),
  }),
);
byId("release").addEventListener("click", () => release({ account_id: account.account_id }, account.name));
// The page after this one: from the last that is shown where a page is full, else the 24 hours before.
function earlier() {
  const last = account.questions.at(-1);
  if (account.questions.length === PAGE) return { until: last.at, after: last.trace };
  return { until: account.from };
}

async function turnTo(next, before) {
  page = next;
  later = before;
  await attempt(look);
  if (document.activeElement.disabled || document.activeElement === document.body) byId("questions-title").focus();
}

byId("before").addEventListener("click", () => turnTo(earlier(), [...later, page]));
byId("later").addEventListener("click", () => turnTo(later.at(-1), later.slice(0, -1)));
byId("go-to").addEventListener("submit", (event) => {
  event.preventDefault();
  const instant = new Date(byId("go-until").value);
  if (!Number.isNaN(instant.getTime())) turnTo({ until: new Date(instant.getTime() + 59_999).toISOString() }, [...later, page]);
});
addEventListener("hashchange", () => {
  page = {};
  later = [];
  byId("found").hidden = true;
  attempt(look);
});
await start((operator) => {
  byId("page").hidden = true;
  return operator === null ? undefined : attempt(look);
});
