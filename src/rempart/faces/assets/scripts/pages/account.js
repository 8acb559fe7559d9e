// One's own account: its passkeys, of which a second is the way back when the first is lost, and the addresses that are told of it.

import {
  addContact, addPasskey, confirmContact, listContacts, listPasskeys, removeContact, revokePasskey,
} from "../session/account.js";
import { byId, element } from "../elements.js";
import { say, sayInstant } from "../wording.js";
import { listenForGuarantors, showGuarantors } from "./guarantors.js";
import { onAccount, reasonOf, start, withSession } from "./frame.js";

const confirmation = byId("confirm");
let account = null;
let removing = null; // what the open question is about
let waiting = null; // the address whose code is asked for

function headOf(table, place) {
  return byId(table).tHead.rows[0].cells[place].textContent;
}

function cell(table, place, content) {
  return element("td", { role: "cell", "data-head": headOf(table, place) }, content);
}

function removal(label, spoken, question) {
  const button = element("button", { type: "button", className: "quiet" }, label);
  button.setAttribute("aria-label", spoken);
  button.addEventListener("click", () => ask(question));
  return element("td", { role: "cell", className: "act" }, button);
}

function rowOfPasskey(passkey) {
  const kind = say(`label-${passkey.label}`);
  const created = sayInstant(new Date(passkey.created_at));
  const used = passkey.last_used_at ? sayInstant(new Date(passkey.last_used_at)) : say("never-used");
  const last = passkey.is_in_use
    ? element("td", { role: "cell", className: "act" }, say("in-use"))
    : removal(say("remove"), say("remove-passkey", { when: created }), {
        title: say("remove-passkey-question", { when: created }),
        why: say("remove-passkey-why"),
        act: () => revokePasskey(passkey.credential_id),
        done: say("passkey-removed"),
        home: "passkeys-title",
      });
  return element(
    "tr",
    { role: "row" },
    element("th", { scope: "row", role: "rowheader" }, kind),
    cell("passkeys-table", 1, created),
    cell("passkeys-table", 2, used),
    last,
  );
}

function rowOfContact(contact) {
  const { address } = contact;
  return element(
    "tr",
    { role: "row" },
    element("th", { scope: "row", role: "rowheader" }, address),
    cell("contacts-table", 1, say(contact.is_confirmed ? "contact-told" : "contact-waiting")),
    removal(say("remove"), say("remove-contact", { address }), {
      title: say("remove-contact-question", { address }),
      why: say("remove-contact-why"),
      act: () => removeContact(contact.contact_id),
      done: say("contact-removed"),
      home: "contacts-title",
    }),
  );
}

async function show() {
  const passkeys = await withSession(listPasskeys);
  byId("passkeys").replaceChildren(...passkeys.map(rowOfPasskey));
  byId("passkeys-table").hidden = passkeys.length === 0;
  const contacts = await withSession(listContacts);
  byId("contacts").replaceChildren(...contacts.map(rowOfContact));
  byId("contacts-table").hidden = contacts.length === 0;
  byId("nobody").hidden = contacts.some((contact) => contact.is_confirmed);
  waiting = contacts.findLast((contact) => !contact.is_confirmed) ?? null;
  byId("confirm-contact").hidden = waiting === null;
  byId("code-address").textContent = waiting?.address ?? "";
  await showGuarantors(account, perform, ask);
}

// Perform an act, say what came of it under the title of what it concerns, and show the account as it is now.
async function perform(home, act, done, meanwhile = "") {
  byId(home).after(byId("notice"), byId("done"));
  byId("done").textContent = "";
  byId("notice").textContent = meanwhile;
  try {
    await withSession(act);
    await show();
    byId("notice").textContent = "";
    byId("done").textContent = done;
    return true;
  } catch (error) {
    byId("notice").textContent = reasonOf(error);
    return false;
  }
}

function ask(question) {
  removing = question;
  byId("confirm-title").textContent = question.title;
  byId("confirm-why").textContent = question.why;
  confirmation.returnValue = ""; // by the standard, Escape would leave the answer to the question before
  confirmation.showModal();
}

confirmation.addEventListener("close", async () => {
  if (confirmation.returnValue !== "remove" || removing === null) return;
  const { act, done, home } = removing;
  removing = null;
  if (await perform(home, act, done)) byId(home).focus(); // the button that was pressed is gone
});
byId("another").addEventListener("click", () => perform("passkeys-title", addPasskey, say("passkey-added"), say("passkey-waiting")));
byId("add-contact").addEventListener("submit", async (event) => {
  event.preventDefault();
  const address = byId("address").value.trim();
  if (!address || !(await perform("contacts-title", () => addContact(address), say("code-sent", { address })))) return;
  byId("add-contact").reset();
  byId("code").focus();
});
byId("confirm-contact").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = byId("code").value.trim();
  if (!code || waiting === null) return;
  const { contact_id: contactId, address } = waiting;
  const done = say("contact-confirmed", { address });
  const isDone = await perform("contacts-title", () => confirmContact(contactId, code), done);
  byId("confirm-contact").reset();
  byId(isDone ? "contacts-title" : "code").focus();
});
onAccount((next) => {
  const isOther = next !== null && next.display_name !== account?.display_name;
  account = next;
  byId("page").hidden = next === null;
  byId("account-name").textContent = next?.display_name ?? "";
  byId("account-profession").textContent = next?.profession_label ?? "";
  byId("account-place").textContent = next?.organisation ?? "";
  byId("handed-back").hidden = true;
  if (isOther) show().catch((error) => { byId("notice").textContent = reasonOf(error); });
});
listenForGuarantors(perform);
await start();
