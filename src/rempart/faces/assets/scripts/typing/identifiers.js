// What can be said of a typed number before anybody is asked: the same defects, in the same order, as domain/identifiers.py and
// domain/birth_dates.py. The server checks again; this only spares a person the wait.

const MONTH = /^(?:0[1-9]|1[0-2]|20|3[0-9]|4[0-2]|[5-9][0-9])$/;
const PLACE =
  /^(?:(?:0[1-9]|[1-8][0-9]|9[0-69]|2[AB])(?:00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})|9[78][0-9](?:0[1-9]|[1-9][0-9]))$/;
const CHARACTERS = /^[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{6}(?:[0-9]{2})?$/;
const FICTITIOUS = "555555";
const YEAR_MIN = 1880;
const YEAR_MAX = 2099;

export function compactNir(typed) {
  return typed.replace(/\s/g, "").toUpperCase();
}

export function nirDefect(compact) {
  if (compact.length !== 13 && compact.length !== 15) return "nir-length";
  if (!CHARACTERS.test(compact)) return "nir-character";
  if (compact.length === 13) return "nir-key-missing";
  if (!/[1-8]/.test(compact[0])) return "nir-sex-digit";
  if (compact.slice(1, 7) === FICTITIOUS) return "nir-fictitious";
  if (!MONTH.test(compact.slice(3, 5))) return "nir-month";
  if (!PLACE.test(compact.slice(5, 10))) return "nir-place";
  if (compact.slice(10, 13) === "000") return "nir-order";
  return Number(compact.slice(13)) === nirKey(compact.slice(0, 13)) ? null : "nir-key";
}

function nirKey(number) {
  const digits = number.replace("2A", "19").replace("2B", "18");
  return 97 - Number(BigInt(digits) % 97n);
}

// In groups as on a Vitale card: 2 95 10 99 126 111 93.
export function spacedNir(compact) {
  const ends = [1, 3, 5, 7, 10, 13, 15];
  return ends.map((end, place) => compact.slice(ends[place - 1] ?? 0, end)).filter(Boolean).join(" ");
}

export function normalAmcNumber(typed) {
  const compact = typed.replace(/\s/g, "");
  if (compact.length < 8 || compact.length > 10) return { defect: "amc-number-length" };
  if (!/^[0-9]+$/.test(compact)) return { defect: "amc-number-character" };
  if (/^0+$/.test(compact)) return { defect: "amc-number-zero" };
  return { text: compact.padStart(10, "0") };
}

// Day first, as people say it, with or without separators. Lunar and incomplete dates are dates too.
export function birthDateDefect(typed) {
  const digits = compactDate(typed);
  if (digits.length !== 8) return "birth-date-length";
  if (!/^[0-9]+$/.test(digits)) return "birth-date-character";
  const year = Number(digits.slice(4));
  if (year < YEAR_MIN || year > YEAR_MAX) return "birth-date-year";
  return isAfter(typed, dayAfter(new Date())) ? "birth-date-ahead" : null; // where the server is, it may be tomorrow
}

// Whether a birth comes after a day; of a lunar or incomplete date only the year can be compared.
export function isAfter(typed, day) {
  const year = Number(compactDate(typed).slice(4));
  if (year !== day.getFullYear()) return year > day.getFullYear();
  const born = calendarDate(typed);
  return born !== null && born > day;
}

function dayAfter(day) {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1);
}

export function compactDate(typed) {
  return typed.replace(/[/.\-\s]/g, "");
}

// The calendar's date of eight digits, day first; null for a lunar or incomplete one.
export function calendarDate(typed) {
  const digits = compactDate(typed);
  const [day, month, year] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].map(Number);
  const date = new Date(year, month - 1, day);
  return digits.length === 8 && date.getDate() === day && date.getMonth() === month - 1 ? date : null;
}

// As a calendar date goes to the server: 2026-11-22.
export function isoDate(date) {
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day}`;
}

// As people write it: 22/11/2026.
export function slashedDate(date) {
  return isoDate(date).split("-").reverse().join("/");
}
