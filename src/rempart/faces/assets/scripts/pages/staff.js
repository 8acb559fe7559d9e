// A titulaire's staff: invite somebody by name, hand over the link, see who is there, take the access back.

import { inviteStaff, listStaff, revokeStaff } from "../session/identity.js";
import { byId, element } from "../elements.js";
import { say, sayCode, sayInstant } from "../wording.js";
import { onAccount, reasonOf, start, withSession } from "./frame.js";

const form = byId("invite");
const confirmation = byId("confirm");
let account = null;
let leaving = null; // whom the open question is about

function rowOf(member) {
  const revoke = element("button", { type: "button", className: "quiet" }, say("revoke"));
  revoke.setAttribute("aria-label", say("revoke-name", { name: member.display_name }));
  revoke.addEventListener("click", () => askToRevoke(member));
  const seen = member.last_used_at ? sayInstant(new Date(member.last_used_at)) : say("never-used");
  return element(
    "tr",
    { role: "row" },
    element("th", { scope: "row", role: "rowheader" }, member.display_name),
    element("td", { role: "cell", "data-head": headOf(1) }, say(`state-${member.state}`)),
    element("td", { role: "cell", "data-head": headOf(2) }, seen),
    element("td", { role: "cell", className: "act" }, revoke),
  );
}

// On a narrow screen the heads are out of sight, and each cell says its own.
function headOf(place) {
  return byId("staff-table").tHead.rows[0].cells[place].textContent;
}

async function showStaff() {
  const { staff, enrolment } = await withSession(listStaff);
  showWhetherOpen(enrolment);
  byId("staff").replaceChildren(...staff.map(rowOf));
  byId("staff-table").hidden = staff.length === 0;
  byId("nobody").hidden = staff.length > 0;
}

// What holds enrolment up is said before anybody types a name.
function showWhetherOpen({ refusal, opens_at: opensAt }) {
  const from = opensAt ? say("enrols-from", { when: sayInstant(new Date(opensAt)) }) : "";
  const { sentence, nextStep } = refusal ? sayCode(refusal) : {};
  byId("held").textContent = refusal ? `${sentence} ${from || nextStep}` : "";
  form.hidden = refusal !== null;
}

async function perform(act) {
  byId("notice").textContent = "";
  try {
    await act();
  } catch (error) {
    byId("notice").textContent = reasonOf(error);
  }
}

async function invite() {
  const name = byId("display-name").value.trim();
  if (!name) return;
  const invitation = await withSession(() => inviteStaff(name));
  byId("handed-name").textContent = invitation.display_name;
  byId("handed-link").value = invitation.link;
  byId("handed-code").textContent = invitation.code;
  byId("handed-until").textContent = sayInstant(new Date(invitation.expires_at));
  byId("handed").hidden = false;
  form.reset();
  byId("handed-title").focus();
  await showStaff();
}

function askToRevoke(member) {
  leaving = member;
  byId("confirm-title").textContent = say("revoke-question", { name: member.display_name });
  confirmation.returnValue = ""; // by the standard, Escape would leave the answer to the question before
  confirmation.showModal();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  perform(invite);
});
confirmation.addEventListener("close", () => {
  if (confirmation.returnValue !== "revoke" || leaving === null) return;
  const { account_id: accountId, display_name: name } = leaving;
  leaving = null;
  perform(async () => {
    await withSession(() => revokeStaff(accountId));
    await showStaff();
    byId("done").textContent = say("revoked", { name });
    byId("display-name").focus();
  });
});
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("handed-link").value);
  byId("copied").textContent = say("copied");
});
onAccount((next) => {
  const isOther = next?.display_name !== account?.display_name;
  account = next;
  byId("not-titulaire").hidden = next === null || next.may_enrol_staff;
  byId("page").hidden = next?.may_enrol_staff !== true;
  if (next?.may_enrol_staff && isOther) perform(showStaff);
});
await start();
