// Accept an invitation: read its code from the address's fragment, say whom it is for, register a passkey.

import { acceptInvitation, readInvitation } from "../session/identity.js";
import { byId } from "../elements.js";
import { say, sayInstant } from "../wording.js";
import { onAccount, reasonOf, start } from "./frame.js";

const form = byId("invitation");
let code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
history.replaceState(null, "", location.pathname); // the code is worth an account: it does not stay in the history

async function showInvitation() {
  byId("notice").textContent = "";
  try {
    const invitation = await readInvitation(code);
    byId("invited-name").textContent = invitation.display_name;
    byId("invited-as").textContent = invitation.profession_label;
    byId("invited-at").textContent = invitation.organisation;
    byId("invited-until").textContent = sayInstant(new Date(invitation.expires_at));
    byId("code-step").hidden = true;
    byId("accept-step").hidden = false;
    byId("accept").focus();
  } catch (error) {
    byId("code-step").hidden = false;
    byId("notice").textContent = reasonOf(error);
    byId("code").focus();
  }
}

async function accept() {
  byId("accept").disabled = true;
  byId("notice").textContent = say("passkey-waiting");
  try {
    await acceptInvitation(code);
    location.replace(byId("brand").href);
  } catch (error) {
    byId("notice").textContent = reasonOf(error);
    byId("accept").disabled = false;
    byId("accept").focus();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  code = byId("code").value.trim();
  if (code) showInvitation();
});
byId("accept").addEventListener("click", accept);
onAccount(() => {
  byId("sign-in").hidden = true;
});
await start();
byId("sign-in").hidden = true; // an invitation is how somebody without a passkey begins
if (code) await showInvitation();
else {
  byId("code-step").hidden = false;
  byId("code").focus();
}
