// Read the code of a card as a scanner types it; undo a wrong keyboard layout. The format is that of domain/card_code.py, and
// tests/data/card_codes.json holds the two together. Gives {amcNumber, nir, birthRank, secret}, or {defect: code}.

import { nirDefect, normalAmcNumber } from "./identifiers.js";

const VERSION = "71";
const BASE_32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_LENGTH_MIN = 16;
const SECRET_LENGTH_MAX = 32;
const SECRET_AT = 31;
const CORSICA_AT = 6;
const LETTERS_OF_CORSICA = ["", "A", "B"];

const LAYOUTS = [
  "à&é\"'(-è_ç", // scanner set to a US keyboard, machine to a French one
  "à&é\"'(§è!ç", // the same on a Belgian or a Mac's French keyboard
  ")!@#$%^&*(", // scanner set to a French keyboard, machine to a US one
  ')!"£$%^&*(', // the same on a British machine
];

export const SHORTEST = SECRET_AT + digitsOfSecret(SECRET_LENGTH_MIN) + 2;
export const LONGEST = SECRET_AT + digitsOfSecret(SECRET_LENGTH_MAX) + 2;

export function isKeyOfScanner(key) {
  return key.length === 1 && (/[0-9]/.test(key) || LAYOUTS.some((layout) => layout.includes(key)));
}

export function parseCardCode(typed) {
  const digits = digitsOfBurst(typed.replace(/\s/g, ""));
  if (digits === null) return { defect: "card-code-character" };
  if (!digits.startsWith(VERSION)) return { defect: "card-code-version" };
  const length = Number(digits.slice(SECRET_AT - 2, SECRET_AT));
  if (!(SECRET_LENGTH_MIN <= length && length <= SECRET_LENGTH_MAX)) return { defect: "card-code-length" };
  if (digits.length !== SECRET_AT + digitsOfSecret(length) + 2) return { defect: "card-code-length" };
  if (BigInt(digits) % 97n !== 1n) return { defect: "card-code-check" };
  return checked(digits, length);
}

function checked(digits, length) {
  const amcNumber = normalAmcNumber(digits.slice(2, 12));
  if (amcNumber.defect) return amcNumber;
  const letter = LETTERS_OF_CORSICA[Number(digits[12])];
  if (letter === undefined) return { defect: "card-code-character" };
  const written = digits.slice(13, 28);
  const nir = letter ? written.slice(0, CORSICA_AT) + letter + written.slice(CORSICA_AT + 1) : written;
  const defect = nirDefect(nir);
  if (defect) return { defect };
  const birthRank = Number(digits[28]);
  if (birthRank === 0) return { defect: "birth-rank" };
  const secret = secretOf(BigInt(digits.slice(SECRET_AT, -2)), length);
  return secret === null ? { defect: "card-secret-form" } : { amcNumber: amcNumber.text, nir, birthRank, secret };
}

function digitsOfBurst(typed) {
  if (/^[0-9]*$/.test(typed)) return typed;
  for (const layout of LAYOUTS) {
    if ([...typed].every((key) => layout.includes(key))) {
      return Array.from(typed, (key) => layout.indexOf(key)).join("");
    }
  }
  return null;
}

function secretOf(number, length) {
  let rest = number;
  let text = "";
  for (let place = 0; place < length; place += 1) {
    text = BASE_32[Number(rest % 32n)] + text;
    rest /= 32n;
  }
  return rest === 0n ? text : null;
}

function digitsOfSecret(length) {
  return String(32n ** BigInt(length) - 1n).length;
}
