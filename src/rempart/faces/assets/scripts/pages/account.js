// One's own account: what it is, and a second passkey, which is the way back when the first one is lost.

import { addPasskey } from "../session/identity.js";
import { byId } from "../elements.js";
import { say } from "../wording.js";
import { onAccount, reasonOf, start, withSession } from "./frame.js";

async function another() {
  byId("done").textContent = "";
  byId("notice").textContent = say("passkey-waiting");
  try {
    await withSession(addPasskey);
    byId("notice").textContent = "";
    byId("done").textContent = say("passkey-added");
  } catch (error) {
    byId("notice").textContent = reasonOf(error);
  }
}

byId("another").addEventListener("click", another);
onAccount((account) => {
  byId("page").hidden = account === null;
  byId("account-name").textContent = account?.display_name ?? "";
  byId("account-profession").textContent = account?.profession_label ?? "";
  byId("account-place").textContent = account?.organisation ?? "";
});
await start();
