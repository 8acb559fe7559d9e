// The portal's question: the form, and with it the domain of care, another day than today, a reason for asking without a card.

import { birthDateDefect, calendarDate, isAfter, isoDate, slashedDate } from "../typing/identifiers.js";
import { byId, element } from "../elements.js";
import { sayDomain } from "../wording.js";
import { sayNewAccount } from "./answer.js";
import { clearSaid } from "./fields.js";
import { fields, openForm } from "./question.js";

const domain = byId("domain");
const careDate = byId("care-date");
const breakGlass = byId("break-glass");
const standingGiven = byId("standing-given");
const standingList = byId("standing-list");

let shownToday = ""; // what the field of the date of care says when nobody changed it

function showToday() {
  shownToday = slashedDate(new Date());
  careDate.value = shownToday;
}

// A window that stayed open over the night still shows the day before, which nobody chose.
function followToday() {
  if (careDate.value === shownToday) showToday();
}

function forget(account) {
  breakGlass.value = "";
  standingGiven.checked = false;
  standingList.value = "";
  byId("standing").open = false;
  showToday();
  if (account) domain.value = account.default_domain;
  byId("without-card").open = false;
}

function complete(question) {
  question.domain = domain.value;
  const day = careDate.value && isoDate(calendarDate(careDate.value));
  if (day && day !== isoDate(new Date())) question.care_date = day;
  if (!question.card_secret && breakGlass.value) question.break_glass = breakGlass.value;
  if (standingGiven.checked && !question.asked_for) question.standing_list = standingList.value.trim();
}

function defects() {
  return [[careDate, defectOfCareDate()]];
}

function defectOfCareDate() {
  if (!careDate.value) return null;
  const day = calendarDate(careDate.value);
  if (!day) return "care-date-impossible";
  const born = fields.birth_date.value;
  return !birthDateDefect(born) && isAfter(born, day) ? "care-before-birth" : null;
}

function answered(answer) {
  if (answer.code === "presence-required") byId("without-card").open = true;
  breakGlass.value = ""; // a reason counts for one question
}

function welcome(account) {
  byId("new-account").textContent = sayNewAccount(account) ?? "";
  const kept = domain.value;
  domain.replaceChildren(...account.domains.map((code) => element("option", { value: code }, sayDomain(code))));
  domain.value = account.domains.includes(kept) ? kept : account.default_domain;
}

careDate.addEventListener("input", () => clearSaid(careDate));
addEventListener("focus", followToday);
showToday();
const added = { domain, care_date: careDate, break_glass: breakGlass, standing_list: standingList };
await openForm({ fields: added, forget, prepare: followToday, complete, defects, answered, welcome });
