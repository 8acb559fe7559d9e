// The words of the console, which the server wrote into the page; times and figures as the French write them.

const words = JSON.parse(document.getElementById("wording").textContent);
const AT = new Intl.DateTimeFormat("fr-FR", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const UNTIL = new Intl.DateTimeFormat("fr-FR", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const CLOCK = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit" });
const FIGURE = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 1 });

export function say(name, parts = {}) {
  return words.texts[name].replace(/\{(\w+)\}/g, (_, part) => parts[part] ?? "");
}

export const sayCode = (code) => words.codes[code] ?? words.codes.bug;
export const label = (kind, code) => words[kind][code] ?? String(code);
export const figure = (number) => FIGURE.format(number);
export const sayAt = (instant) => (instant ? AT.format(new Date(instant)) : "–");
export const sayUntil = (instant) => UNTIL.format(new Date(instant));
export const sayClock = (instant) => CLOCK.format(new Date(instant));
export const sayPopulation = (code, professions = []) =>
  code === null || code === ""
    ? say("everybody")
    : (words.texts[code] ?? professions.find((one) => one.code === code)?.label ?? code);
