// The server's time: a workstation's clock may be minutes wrong, and a proof dated by it would be refused.

let lead = 0; // milliseconds by which this machine is ahead

export async function setByServer() {
  const left = Date.now();
  const answer = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(5000) });
  const told = Date.parse(answer.headers.get("Date") ?? "");
  const back = Date.now();
  // The Date header has no fraction: half a second is its middle.
  if (Number.isFinite(told)) lead = (left + back) / 2 - (told + 500);
}

export function seconds() {
  // Two seconds of doubt are nothing to a workstation that is right; correcting them would only add noise.
  const correction = Math.abs(lead) > 2000 ? lead : 0;
  return Math.floor((Date.now() - correction) / 1000);
}
