// The sentences of a page, which the server wrote into it in the reader's language; a script holds none of its own.

const LOCALE = document.documentElement.lang === "en" ? "en-GB" : "fr-FR"; // day before month in both
const { texts, codes, domains } = JSON.parse(document.getElementById("wording").textContent);

// Say a text of the page, its {name} filled in.
export function say(name, parts = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_, part) => parts[part] ?? "");
}

// Say what a code of the server means: a sentence, and what to do.
export function sayCode(code) {
  const [sentence, nextStep] = codes[code] ?? codes.bug;
  return { sentence, nextStep };
}

export function sayInstant(instant) {
  const form = { dateStyle: "long", timeStyle: "short" };
  return new Intl.DateTimeFormat(LOCALE, form).format(instant);
}

export function sayDay(date) {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "long" }).format(date);
}

export function sayDomain(code) {
  return domains[code] ?? code;
}
