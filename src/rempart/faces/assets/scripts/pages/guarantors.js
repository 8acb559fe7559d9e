// The part of the account page about coming back: who vouches for this account, for whom it may vouch, and the code handed over.

import { giveBack, listCircle, nameGuarantor, removeGuarantor } from "../session/account.js";
import { byId, element } from "../elements.js";
import { say, sayInstant } from "../wording.js";
import { withSession } from "./frame.js";

const HOME = "back-title";

// Show who vouches for whom; `perform` and `ask` are those of the page.
export async function showGuarantors(account, perform, ask) {
  const { guarantors, candidates, wards } = await withSession(listCircle);
  byId("guarantors").replaceChildren(...guarantors.map((guarantor) => rowOfGuarantor(guarantor, ask)));
  byId("guarantors-table").hidden = guarantors.length === 0;
  byId("candidate").replaceChildren(
    ...candidates.map((person) => element("option", { value: String(person.account_id) }, person.display_name)),
  );
  byId("name-guarantor").hidden = candidates.length === 0;
  byId("nobody-there").hidden = guarantors.length > 0 || candidates.length > 0 || !account?.may_enrol_staff;
  byId("wards").replaceChildren(...wards.map((ward) => rowOfWard(ward, perform)));
  byId("wards-part").hidden = wards.length === 0;
}

export function listenForGuarantors(perform) {
  byId("name-guarantor").addEventListener("submit", (event) => {
    event.preventDefault();
    perform(HOME, () => nameGuarantor(Number(byId("candidate").value)), say("guarantor-named"));
  });
  byId("copy-back").addEventListener("click", async () => {
    await navigator.clipboard.writeText(byId("back-link").value);
    byId("back-copied").textContent = say("copied");
  });
}

function rowOfGuarantor({ account_id: accountId, display_name: name, vouches_from: from }, ask) {
  const isReady = new Date(from) <= new Date();
  const button = element("button", { type: "button", className: "quiet" }, say("remove"));
  button.setAttribute("aria-label", say("remove-contact", { address: name }));
  button.addEventListener("click", () =>
    ask({
      title: say("remove-contact-question", { address: name }),
      why: say("remove-guarantor-why"),
      act: () => removeGuarantor(accountId),
      done: say("guarantor-removed"),
      home: HOME,
    }),
  );
  const state = isReady ? say("guarantor-ready") : say("guarantor-from", { when: sayInstant(new Date(from)) });
  return row(name, element("td", { role: "cell", "data-head": headOf("guarantors-table", 1) }, state), button);
}

function rowOfWard({ account_id: accountId, display_name: name }, perform) {
  const button = element("button", { type: "button", className: "quiet" }, say("give-back"));
  button.setAttribute("aria-label", say("give-back-to", { name }));
  button.addEventListener("click", async () => {
    let handed = null;
    const act = async () => {
      handed = await giveBack(accountId);
    };
    if (await perform(HOME, act, say("given-back"), say("passkey-waiting"))) show(handed);
  });
  return row(name, null, button);
}

function row(name, state, button) {
  return element(
    "tr",
    { role: "row" },
    element("th", { scope: "row", role: "rowheader" }, name),
    state,
    element("td", { role: "cell", className: "act" }, button),
  );
}

function show(handed) {
  byId("back-name").textContent = handed.display_name;
  byId("back-link").value = handed.link;
  byId("back-code").textContent = handed.code;
  byId("back-from").textContent = sayInstant(new Date(handed.opens_at));
  byId("back-until").textContent = sayInstant(new Date(handed.expires_at));
  byId("back-copied").textContent = "";
  byId("handed-back").hidden = false;
  byId("handed-back-title").focus();
}

function headOf(table, place) {
  return byId(table).tHead.rows[0].cells[place].textContent;
}
