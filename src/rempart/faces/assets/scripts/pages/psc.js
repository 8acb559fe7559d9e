// Back from Pro Santé Connect: take the code out of the address, show it to the server, go on to the page that one left.

import { AnswerLost } from "../session/bound_fetch.js";
import { choosePlace, comeBack, pageBefore, takeReturned } from "../session/psc.js";
import { byId, element } from "../elements.js";
import { say, sayCode } from "../wording.js";
import { onAccount, reasonOf, start } from "./frame.js";

const returned = takeReturned(); // before anything else can fail, or be seen

async function perform(act) {
  byId("notice").textContent = "";
  byId("places").hidden = true;
  byId("under-way").textContent = say("psc-verifying");
  try {
    const answer = await act();
    if (answer.places) askWhere(answer);
    else location.replace(pageBefore(byId("brand").href));
  } catch (error) {
    giveUp(error instanceof AnswerLost ? reasonOfSilence() : reasonOf(error), error.code);
  }
}

function reasonOfSilence() {
  const { sentence, nextStep } = sayCode("psc-unreachable");
  return `${sentence} ${nextStep}`;
}

function askWhere({ choice, places }) {
  byId("under-way").textContent = "";
  byId("place-acts").replaceChildren(
    ...places.map((place) => {
      const button = element("button", { type: "button", className: "primary" }, say("psc-place", place));
      button.addEventListener("click", () => perform(() => choosePlace(choice, place.finess)));
      return button;
    }),
  );
  byId("places").hidden = false;
  byId("places-title").focus();
}

function giveUp(reason, code) {
  byId("under-way").textContent = "";
  byId("notice").textContent = reason;
  byId("join").hidden = code !== "psc-not-affiliated";
  byId("again").hidden = false;
}

onAccount(() => {
  byId("sign-in").hidden = true;
});
await start();
byId("sign-in").hidden = true; // this page is the middle of a sign-in
if (returned.code && returned.state) await perform(() => comeBack(returned));
else giveUp(say(returned.error ? "psc-cancelled" : "psc-nothing"));
