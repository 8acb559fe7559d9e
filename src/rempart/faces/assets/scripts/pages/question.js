// One form, one answer: a card scanned, a birth date, Enter. The counter has nothing else; the portal adds fields to it.
//
// Never: keep anything about a patient beyond the next one, put it in an address, or write it to storage.

import { AnswerLost, boundFetch } from "../session/bound_fetch.js";
import { parseCardCode } from "../typing/card_code.js";
import {
  birthDateDefect,
  calendarDate,
  compactDate,
  compactNir,
  nirDefect,
  normalAmcNumber,
  spacedNir,
} from "../typing/identifiers.js";
import { watchScanner } from "../typing/scanner.js";
import { byId } from "../elements.js";
import { say, sayDay } from "../wording.js";
import { hideAnswer, showAnswer } from "./answer.js";
import { clearDefect, clearSaid, sayDefect, sayRemark } from "./fields.js";
import { onAccount, onLeaving, reasonOf, start, withSession } from "./frame.js";

const form = byId("question");
export const fields = {
  nir: byId("card"),
  amc_number: byId("amc-number"),
  birth_date: byId("birth-date"),
  birth_rank: byId("birth-rank"),
  one_time_code: byId("one-time-code"),
};

// What a page adds: its own fields, and what it does at each turn of the form.
let page = {
  fields: {},
  forget() {},
  prepare() {},
  complete(question) {
    question.domain = account.default_domain;
  },
  defects: () => [],
  answered() {},
  welcome() {},
};

let account = null;
let card = null; // the card scanned for this patient, its secret included
let asked = null; // {body, key}: the question on its way, so that asking it again after a loss costs nothing
let askedFor = null; // "code" or "approval": what the patient is to be asked for, by this question
let asking = null; // the question whose answer is awaited; another patient takes the page away from it

// A card begins the next patient, unless it completes a question that is being typed for the same one.
function takeCard(scanned) {
  const typed = compactNir(fields.nir.value);
  if (byId("answer").hasChildNodes() || (typed !== "" && typed !== scanned.nir)) nextPatient();
  card = scanned;
  for (const field of [fields.nir, fields.amc_number]) clearSaid(field);
  fields.nir.value = spacedNir(scanned.nir);
  fields.amc_number.value = scanned.amcNumber;
  fields.birth_rank.value = String(scanned.birthRank);
  byId("twins").open = scanned.birthRank !== 1;
  sayRemark(fields.nir, say("card-read"));
  (fields.birth_date.value ? byId("ask") : fields.birth_date).focus();
}

function cardStillHolds() {
  return (
    card !== null &&
    card.nir === compactNir(fields.nir.value) &&
    card.amcNumber === normalAmcNumber(fields.amc_number.value).text &&
    card.birthRank === Number(fields.birth_rank.value)
  );
}

function nextPatient() {
  card = null;
  asked = null;
  endAsking();
  for (const field of allFields()) clearSaid(field);
  for (const field of [fields.nir, fields.amc_number, fields.birth_date, fields.one_time_code]) field.value = "";
  byId("ask-person").open = false;
  fields.birth_rank.value = "1";
  byId("twins").open = false;
  page.forget(account);
  byId("notice").textContent = "";
  hideAnswer();
  fields.nir.focus();
}

function allFields() {
  return [...Object.values(fields), ...Object.values(page.fields)];
}

function readQuestion() {
  const question = {
    amc_number: normalAmcNumber(fields.amc_number.value).text ?? fields.amc_number.value,
    nir: compactNir(fields.nir.value),
    birth_date: compactDate(fields.birth_date.value),
    birth_rank: Number(fields.birth_rank.value),
  };
  if (cardStillHolds()) question.card_secret = card.secret;
  if (askedFor) question.asked_for = askedFor;
  else if (fields.one_time_code.value) question.one_time_code = fields.one_time_code.value.replaceAll(/\s/g, "");
  page.complete(question);
  return question;
}

function defectOfCard(typed) {
  const compact = compactNir(typed);
  return compact.length > 20 ? parseCardCode(typed).defect : nirDefect(compact);
}

function defectOfCode(typed) {
  return askedFor || typed === "" || /^(\s*\d){8}\s*$/.test(typed) ? null : "one-time-code-form";
}

function findDefects() {
  const found = [
    [fields.nir, fields.nir.value ? defectOfCard(fields.nir.value) : "nir-missing"],
    [fields.amc_number, fields.amc_number.value ? normalAmcNumber(fields.amc_number.value).defect : "amc-number-missing"],
    [fields.birth_date, fields.birth_date.value ? birthDateDefect(fields.birth_date.value) : "birth-date-missing"],
    [fields.one_time_code, defectOfCode(fields.one_time_code.value)],
    ...page.defects(),
  ];
  return found.filter(([, defect]) => defect);
}

async function ask(forWhat = null) {
  if (asking) return;
  askedFor = forWhat;
  page.prepare();
  byId("notice").textContent = "";
  for (const field of allFields()) clearDefect(field);
  const defects = findDefects();
  for (const [field, defect] of defects) sayDefect(field, defect);
  if (defects.length > 0) {
    defects[0][0].focus();
    return;
  }
  await askAboutPatient(readQuestion());
}

// An answer that comes when the next patient is at the counter is shown to nobody: it would stand beside somebody else's number.
async function askAboutPatient(question) {
  const body = JSON.stringify(question);
  if (asked?.body !== body) asked = { body, key: crypto.randomUUID() };
  const mine = asked;
  asking = mine;
  form.setAttribute("aria-busy", "true");
  hideAnswer();
  try {
    const reply = await withSession(() => send(question, mine));
    const answer = await reply.json();
    if (asking !== mine) return;
    if (reply.status < 500) asked = null; // answered: asking again is a new question
    showReply(answer);
  } catch (error) {
    if (asking !== mine) return;
    byId("notice").textContent = reasonOf(error);
    if (!(error instanceof AnswerLost)) asked = null;
  } finally {
    if (asking === mine) endAsking();
  }
}

async function send(question, mine) {
  if (asking !== mine) throw new DOMException("the patient left before somebody signed in again", "AbortError");
  return boundFetch("/api/rights", { method: "POST", body: question, idempotencyKey: mine.key });
}

function endAsking() {
  asking = null;
  form.removeAttribute("aria-busy");
}

function showReply(answer) {
  const field = { ...fields, ...page.fields, card: fields.nir, card_secret: fields.nir }[answer.place];
  if (field) {
    if (answer.trace) showAnswer(answer, account); // the gate refused it, and the receipt has a number
    else hideAnswer();
    sayDefect(field, answer.code);
    field.closest("details")?.setAttribute("open", "");
    field.focus();
    return;
  }
  page.answered(answer);
  if (answer.code === "presence-required") byId("ask-person").open = true;
  fields.one_time_code.value = ""; // a code serves once
  showAnswer(answer, account);
  if (answer.code === "presence-asked" && askedFor === "code") {
    byId("ask-person").open = true;
    fields.one_time_code.focus();
  }
}

function watchCardField() {
  const field = fields.nir;
  field.addEventListener("input", () => {
    clearSaid(field);
    const scanned = compactNir(field.value).length > 20 ? parseCardCode(field.value) : null;
    if (scanned && !scanned.defect) {
      field.value = "";
      takeCard(scanned); // a slow scanner, or a code pasted
    } else if (compactNir(field.value).length === 15) {
      const defect = nirDefect(compactNir(field.value));
      if (defect) sayDefect(field, defect);
      else sayRemark(field, say(cardStillHolds() ? "card-read" : "nir-right"));
    } else if (card !== null) {
      sayRemark(field, say("card-left"));
    }
  });
  field.addEventListener("blur", () => {
    if (field.value && defectOfCard(field.value)) sayDefect(field, defectOfCard(field.value));
    else if (field.value) field.value = spacedNir(compactNir(field.value));
  });
}

function watchBirthDate() {
  const field = fields.birth_date;
  field.addEventListener("input", () => {
    clearSaid(field);
    if (compactDate(field.value).length !== 8) return;
    const defect = birthDateDefect(field.value);
    const date = calendarDate(field.value);
    if (defect) sayDefect(field, defect);
    else sayRemark(field, date ? sayDay(date) : say("birth-date-lunar"));
  });
}

function watchAmcNumber() {
  const field = fields.amc_number;
  field.addEventListener("input", () => clearSaid(field));
  field.addEventListener("blur", () => {
    if (!field.value) return;
    const { text, defect } = normalAmcNumber(field.value);
    if (defect) sayDefect(field, defect);
    else field.value = text;
  });
}

function showAccount(next) {
  account = next;
  if (!account) return;
  byId("counter").hidden = false; // and it stays, with what is typed in it, when the session ends
  page.welcome(account);
}

function watchPage() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  byId("send-code").addEventListener("click", () => ask("code"));
  byId("ask-approval").addEventListener("click", () => ask("approval"));
  fields.one_time_code.addEventListener("input", () => clearSaid(fields.one_time_code));
  for (const button of document.querySelectorAll("[data-next-patient]")) button.addEventListener("click", nextPatient);
  byId("print").addEventListener("click", () => print());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) nextPatient();
  });
  addEventListener("beforeunload", (event) => {
    const isUnanswered = fields.nir.value !== "" && !byId("answer").hasChildNodes();
    if (isUnanswered) event.preventDefault(); // typed input is never lost without asking
  });
}

// Open the form, with what a page adds to it.
export async function openForm(additions = {}) {
  page = { ...page, ...additions };
  watchPage();
  watchCardField();
  watchBirthDate();
  watchAmcNumber();
  watchScanner(takeCard);
  onAccount(showAccount);
  onLeaving(nextPatient);
  await start();
  if (account) fields.nir.focus();
}
