// Show an answer: a sentence first, then the table, then the why; and take the focus there.

import { byId, element } from "../elements.js";
import { say, sayDomain, sayInstant } from "../wording.js";

const MARKS = { granted: "✓", pending: "…", negative: "–", refused: "!", outage: "!", bug: "!" };

export function showAnswer(answer, account) {
  const place = byId("answer");
  const sentence = element("h2", { id: "answer-sentence", tabIndex: -1 }, answer.sentence);
  place.replaceChildren(
    element(
      "article",
      { className: `answer ${answer.kind}`, "aria-labelledby": "answer-sentence" },
      element("span", { className: "mark", "aria-hidden": "true" }, MARKS[answer.kind] ?? "!"),
      sentence,
      aboutOf(answer),
      tableOf(answer, account),
      element("p", { className: "next-step" }, answer.next_step),
      newAccountOf(answer, account),
      linksOf(answer),
      evidenceOf(answer, account),
      whyOf(answer),
    ),
  );
  byId("answer-acts").hidden = false;
  byId("answer-hints").hidden = true;
  sentence.focus();
}

export function hideAnswer() {
  byId("answer").replaceChildren();
  byId("answer-acts").hidden = true;
  byId("answer-hints").hidden = false;
}

// Until when a new member of a staff needs a proof of presence, in words; null when he is not new.
export function sayNewAccount(account) {
  const until = account?.new_until ? new Date(account.new_until) : null;
  return until && until > Date.now() ? say("account-new", { when: sayInstant(until) }) : null;
}

function newAccountOf({ code }, account) {
  const said = code === "presence-required" ? sayNewAccount(account) : null;
  return said && element("p", { className: "next-step" }, said);
}

function aboutOf({ about }) {
  return about ? element("p", { className: "about" }, about) : null;
}

// Where else to go, when what one asked at is closed.
function linksOf({ links }) {
  if (!links?.length) return null;
  const items = links.map(({ label, address }) => element("li", {}, element("a", { href: address }, label)));
  return element("ul", { className: "elsewhere" }, ...items);
}

// The domains that are none of this profession's business stay out of its sight.
function tableOf({ coverages }, account) {
  if (!coverages?.length) return null;
  const heads = ["coverage", "until", "domains"].map((name) =>
    element("th", { scope: "col", role: "columnheader" }, say(`column-${name}`)),
  );
  const named = (domains) => domains.filter((code) => account.domains.includes(code)).map(sayDomain).join(", ");
  const rows = coverages.map(({ label, until, domains }) =>
    element(
      "tr",
      { role: "row" },
      element("th", { scope: "row", role: "rowheader" }, label),
      element("td", { role: "cell", "data-head": say("column-until") }, until),
      element("td", { role: "cell", "data-head": say("column-domains") }, named(domains)),
    ),
  );
  return element(
    "table",
    { role: "table" }, // said outright: on a narrow screen the rows are laid out as blocks, and browsers then forget it
    element("caption", { className: "spoken" }, say("coverages")),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)),
    element("tbody", { role: "rowgroup" }, ...rows),
  );
}

function evidenceOf(answer, account) {
  if (!answer.trace) return null;
  const lines = [
    ["engagement", answer.engagement],
    ["trace", answer.trace],
    ["repeat-of", answer.repeat_of],
    ["presence", answer.presence],
    ["data-as-of", answer.data_as_of],
    ["asked", say("asked-by", { when: sayInstant(new Date()), who: account?.display_name ?? "" })],
  ].filter(([, content]) => content);
  return element(
    "div",
    { className: "evidence" },
    element(
      "dl",
      {},
      ...lines.map(([name, content]) =>
        element("div", {}, element("dt", {}, say(`evidence-${name}`)), element("dd", { className: name }, content)),
      ),
    ),
    element("p", { className: "visible-to-insured" }, say("visible-to-insured")),
  );
}

// What only a sandbox tells: why this answer and no other.
function whyOf({ why }) {
  if (!why) return null;
  const lines = Object.entries(why).map(([name, content]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, content === null ? "–" : JSON.stringify(content))),
  );
  return element("details", { className: "sandbox" }, element("summary", {}, say("why")), element("dl", {}, ...lines));
}
