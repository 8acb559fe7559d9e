// Notice a scanner's burst wherever the focus is: keys close together whose last ones make the code of a card, check digits
// included, which nobody types by chance.
//
// A person may scan with the focus on the last answer, in the birth date or on a button. What the burst wrote into a field before it
// was recognised is taken back, so nothing that was typed is lost; the Enter or Tab with which a scanner ends its burst is
// swallowed, so it never asks a question by itself.

import { LONGEST, SHORTEST, isKeyOfScanner, parseCardCode } from "./card_code.js";

const GAP_MAX_MS = 500; // between two keys of a burst; the slowest wireless scanners take a tenth of it
const END_MAX_MS = 500; // between the last digit and the key that ends the burst

export function watchScanner(onCard) {
  let strokes = []; // {key, at, field, before}: the last keys, each with what stood in the field before it
  let endsUntil = 0;

  function swallowEnd(event) {
    if (event.timeStamp > endsUntil || (event.key !== "Enter" && event.key !== "Tab")) return false;
    endsUntil = 0;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  function onKey(event) {
    if (swallowEnd(event) || event.ctrlKey || event.metaKey || event.altKey || event.key === "Shift") return;
    if (!isKeyOfScanner(event.key) || event.timeStamp - (strokes.at(-1)?.at ?? 0) > GAP_MAX_MS) strokes = [];
    if (!isKeyOfScanner(event.key)) return;
    const field = event.target instanceof HTMLInputElement ? event.target : null;
    strokes = [...strokes, { key: event.key, at: event.timeStamp, field, before: field?.value }].slice(-LONGEST);
    const { card, first } = cardAtEnd(strokes);
    if (!card) return;
    event.preventDefault();
    if (first.field) first.field.value = first.before;
    strokes = [];
    endsUntil = event.timeStamp + END_MAX_MS;
    onCard(card);
  }

  document.addEventListener("keydown", onKey, { capture: true });
}

function cardAtEnd(strokes) {
  const keys = strokes.map(({ key }) => key);
  for (let start = 0; start <= keys.length - SHORTEST; start += 1) {
    const card = parseCardCode(keys.slice(start).join(""));
    if (!card.defect) return { card, first: strokes[start] };
  }
  return {};
}
