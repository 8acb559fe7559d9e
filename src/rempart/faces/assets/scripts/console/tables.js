// Rows of a table; on a narrow screen the heads are out of sight and each cell says its own.

import { byId, element } from "../elements.js";

// Fill a table with rows of cells, each a text or a list of nodes; say so where there is nothing.
export function fill(table, rows, nothing) {
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  table.tBodies[0].replaceChildren(...rows.map((cells) => rowOf(cells, heads)));
  const word = nothing && byId(nothing.id);
  if (!word) return;
  table.hidden = rows.length === 0;
  word.hidden = rows.length > 0;
  word.textContent = nothing.text;
}

function rowOf(cells, heads) {
  const made = cells.map((content, place) => {
    const parts = Array.isArray(content) ? content : [content];
    if (place === 0) return element("th", { scope: "row", role: "rowheader" }, ...parts);
    const isAct = parts[0]?.tagName === "BUTTON" || heads[place] === "Action";
    return element("td", { role: "cell", className: isAct ? "act" : "", "data-head": isAct ? "" : heads[place] }, ...parts);
  });
  return element("tr", { role: "row" }, ...made);
}

// Change a text only where it differs: what did not change is not read again, and no focus is lost.
export function put(id, text) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text;
}

// The address of an account: its number follows the number sign, and no server sees it.
export function accountLink(accountId, text) {
  return element("a", { href: `/account#${accountId}` }, text);
}
