// Accept an invitation to the console: its code comes in the address's fragment, and does not stay there.

import { byId } from "../elements.js";
import { AnswerLost, Refused, enrol, readInvitation } from "./session.js";
import { label, say, sayCode, sayUntil } from "./say.js";

const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
history.replaceState(null, "", location.pathname);
let invitation = null;

function tell(error) {
  if (error instanceof Refused) return error.sentence;
  if (error instanceof AnswerLost) return say("answer-lost");
  return say(error.name === "InvalidStateError" ? "passkey-already-here" : "passkey-cancelled");
}

async function show() {
  invitation = await readInvitation(code);
  byId("invited-name").textContent = invitation.name;
  byId("invited-role").textContent = label("roles", invitation.role);
  byId("invited-until").textContent = sayUntil(invitation.expires_at);
  byId("accept-step").hidden = false;
  byId("accept").focus();
}

async function accept() {
  byId("accept").disabled = true;
  byId("notice").textContent = "";
  try {
    await enrol(code);
    byId("accept-step").hidden = true;
    byId("done").textContent = say(invitation.needs_approval ? "enrolled-waiting" : "enrolled");
    byId("go-on").hidden = false;
    byId("go-on").querySelector("a").focus();
  } catch (error) {
    byId("notice").textContent = tell(error);
    byId("accept").disabled = false;
    byId("accept").focus();
  }
}

byId("accept").addEventListener("click", accept);
if (code) {
  try {
    await show();
  } catch (error) {
    byId("notice").textContent = tell(error);
  }
} else byId("notice").textContent = sayCode("invitation-unknown");
