// Notice a scanner's burst wherever the focus is: keys a few milliseconds apart that together make the code of a card.
//
// A person may scan with the focus on the last answer, in the birth date or on a button. What the burst wrote into a field before it
// was recognised is taken back, so nothing that was typed is lost; the Enter or Tab with which a scanner ends its burst is
// swallowed, so it never asks a question by itself.

import { LONGEST, isKeyOfScanner, parseCardCode } from "./card_code.js";

const GAP_MAX_MS = 60; // between two keys of a scanner; a fast typist needs 80 and more
const END_MAX_MS = 300; // between the last digit and the key that ends the burst

export function watchScanner(onCard) {
  let burst = null;
  let endsUntil = 0;

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.timeStamp < endsUntil && (event.key === "Enter" || event.key === "Tab")) {
        endsUntil = 0;
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !isKeyOfScanner(event.key)) {
        if (event.key.length === 1 || event.key === "Enter") burst = null;
        return;
      }
      if (burst === null || event.timeStamp - burst.at > GAP_MAX_MS) burst = begun(event);
      burst.keys = (burst.keys + event.key).slice(-LONGEST);
      burst.at = event.timeStamp;
      const card = parseCardCode(burst.keys);
      if (card.defect) return;
      event.preventDefault();
      takeBack(burst);
      burst = null;
      endsUntil = event.timeStamp + END_MAX_MS;
      onCard(card);
    },
    { capture: true },
  );
}

function begun(event) {
  const field = event.target instanceof HTMLInputElement ? event.target : null;
  return { keys: "", at: 0, field, before: field?.value };
}

function takeBack({ field, before }) {
  if (field) field.value = before;
}
