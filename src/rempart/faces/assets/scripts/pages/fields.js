// One field with its label, hint, remark and defect: what is wrong stands under it, is read with it, and marks it.

import { byId } from "../elements.js";
import { sayCode } from "../wording.js";

export function sayDefect(field, code) {
  const { sentence, nextStep } = sayCode(code);
  place(field, "defect", `${sentence} ${nextStep}`);
  field.setAttribute("aria-invalid", "true");
}

export function sayRemark(field, text) {
  place(field, "remark", text);
}

export function clearSaid(field) {
  clearDefect(field);
  place(field, "remark", "");
}

export function clearDefect(field) {
  place(field, "defect", "");
  field.removeAttribute("aria-invalid");
}

function place(field, kind, text) {
  const line = byId(`${field.id}-${kind}`);
  if (line) line.textContent = text;
}
