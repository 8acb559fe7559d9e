// The live view: asked again every two seconds; charts three times a minute. A new conviction is said aloud, once.

import { byId, element } from "../elements.js";
import { read } from "./session.js";
import { figure, say, sayAt, sayClock } from "./say.js";
import { accountLink, fill, put } from "./tables.js";
import { draw } from "./chart.js";
import { attempt, badge, showWanted, start } from "./frame.js";

const EVERY_MS = 2_000;
const CHARTS_EVERY_MS = 20_000;
let isIn = false;
let chartsAt = 0;
let lastSeen = null; // the latest conviction that was shown
let shown = "";

function showFigures(seen) {
  for (const name of ["asked", "granted", "negative", "refused"]) put(name, figure(seen.minute[name]));
  put("frozen", figure(seen.standing.frozen));
  put("stepped-up", figure(seen.standing.stepped_up));
  put("contained", figure(seen.contained));
  put("waiting", figure(seen.waiting));
  showWanted(seen.waiting);
  put("updated", say("updated", { time: sayAt(seen.at) }));
  fill(byId("refusals"), seen.refusals.map((one) => [one.label, figure(one.count)]), { id: "no-refusal", text: say("no-refusal") });
}

function showAlarms(convictions) {
  const state = JSON.stringify(convictions);
  if (state === shown) return; // a link that has the focus stays where it is
  shown = state;
  fill(byId("alarms"), convictions.map(rowOf), { id: "no-alarm", text: say("nobody-convicted") });
  const latest = convictions[0];
  if (lastSeen !== null && latest && latest.conviction_id > lastSeen) {
    const said = say("new-alarm", { name: latest.name, signal: latest.signal.toLowerCase() });
    byId("alarm").replaceChildren(said, " ", accountLink(latest.account_id, say("open-account", { name: latest.name })));
    byId("alarm").querySelector("a").focus();
  }
  lastSeen = latest?.conviction_id ?? 0;
}

function rowOf({ convicted_at: at, account_id: number, name, place, signal, standing }) {
  return [sayAt(at), [accountLink(number, name)], place, signal, [badge(standing)]];
}

function showChart(name, { chart, rows }) {
  const total = (kind) => rows.reduce((sum, row) => sum + row[kind], 0);
  const described = say("chart", {
    from: sayClock(rows.at(-1).at),
    to: sayClock(rows[0].at),
    asked: figure(total("asked")),
    refused: figure(total("refused")),
  });
  draw(byId(`${name}-chart`), chart, described);
  const cells = rows.map((row) => [sayClock(row.at), ...["asked", "granted", "negative", "refused"].map((kind) => figure(row[kind]))]);
  fill(byId(`${name}-table`), cells);
}

async function look() {
  if (Date.now() - chartsAt > CHARTS_EVERY_MS) {
    const counts = await read("/api/counts");
    chartsAt = Date.now();
    for (const name of ["hour", "day"]) showChart(name, counts[name]);
  }
  const seen = await read("/api/live");
  showFigures(seen);
  showAlarms(seen.convictions);
}

async function lookAgain() {
  if (isIn && !document.hidden) await attempt(look);
  setTimeout(lookAgain, EVERY_MS);
}

await start((operator) => {
  isIn = operator !== null;
  if (!isIn) put("updated", say("paused"));
  return isIn ? attempt(look) : undefined;
});
setTimeout(lookAgain, EVERY_MS);
