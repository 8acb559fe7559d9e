// One act: its parts, then the sentence that the server wrote of it, then the key that signs this sentence.

import { byId, element } from "../elements.js";
import { beginAct, performAct } from "./session.js";
import { say, sayPopulation } from "./say.js";
import { NotSound, reasonOf, withSession } from "./frame.js";

const dialog = byId("act");
const form = byId("act-form");
let asked = null; // {parts, make, after}
let begun = null; // {sentence, publicKey}

// Ask for an act's parts; `make` composes it from what was typed, `after` is called when it is done.
export function propose({ title, parts, make, after, professions = [] }) {
  asked = { make, after };
  begun = null;
  byId("act-title").textContent = title;
  byId("act-defect").textContent = "";
  form.reset();
  const populations = ["", "software", "insurer", "insured", ...professions.map(({ code }) => code)];
  byId("act-population").replaceChildren(
    ...populations.map((code) => element("option", { value: code }, sayPopulation(code, professions))),
  );
  for (const field of form.querySelectorAll("[data-part]")) field.hidden = !parts.includes(field.dataset.part);
  showStep(false);
  dialog.showModal();
  if (parts.length === 0) goOn();
  else form.querySelector("[data-part]:not([hidden]) :is(input, select, textarea)").focus();
}

export function typed(name) {
  return byId(`act-${name}`).value.trim();
}

export function numberTyped(name) {
  const text = typed(name).replace(",", ".");
  return text === "" ? null : Number(text);
}

// An instant of this machine's own time zone, ahead of now; null where nothing was typed.
export function instantTyped(name) {
  const text = typed(name);
  if (text === "") return null;
  const instant = new Date(text);
  if (!(instant > new Date())) throw new NotSound(say("news-past"));
  return instant.toISOString();
}

function showStep(isToSign) {
  byId("act-fields").hidden = isToSign;
  byId("act-to-sign").hidden = !isToSign;
  byId("act-to-sign-hint").hidden = !isToSign;
  byId("act-go").replaceChildren(isToSign ? say("sign") : "Continuer", " ", element("kbd", {}, "Entrée"));
}

async function goOn() {
  byId("act-defect").textContent = "";
  byId("act-go").disabled = true;
  try {
    if (begun === null) await begin();
    else await sign();
  } catch (error) {
    byId("act-defect").textContent = reasonOf(error);
    if (begun !== null && error.code) showStep(false); // its challenge is used up: the act begins again
    if (error.code) begun = null;
  } finally {
    byId("act-go").disabled = false;
    if (dialog.open && begun !== null) byId("act-go").focus();
  }
}

async function begin() {
  begun = await withSession(() => beginAct(asked.make()));
  byId("act-to-sign").textContent = begun.sentence;
  showStep(true);
}

async function sign() {
  const { verdict, sentence } = await withSession(() => performAct(begun.publicKey));
  await asked.after(); // first: whoever reads that it is done sees it done
  dialog.close();
  byId("done").textContent = say(verdict, { sentence });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  goOn();
});
byId("act-cancel").addEventListener("click", () => dialog.close());
