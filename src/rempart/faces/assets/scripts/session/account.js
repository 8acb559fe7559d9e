// What the account page asks of the identity process: passkeys and the addresses that are told (docs/reference/identity.md).

import { sendBound } from "./identity.js";
import { usePasskey } from "./passkey.js";

export { addPasskey } from "./identity.js";

export async function listPasskeys() {
  return (await sendBound("/browser/passkeys", "GET")).passkeys;
}

export function revokePasskey(credentialId) {
  return sendBound(`/browser/passkeys/${encodeURIComponent(credentialId)}`, "DELETE");
}

export async function listContacts() {
  return (await sendBound("/browser/contacts", "GET")).contacts;
}

export function addContact(address) {
  return sendBound("/browser/contacts", "POST", { address });
}

export function confirmContact(contactId, code) {
  return sendBound(`/browser/contacts/${contactId}/code`, "POST", { code });
}

export function removeContact(contactId) {
  return sendBound(`/browser/contacts/${contactId}`, "DELETE");
}

export function listCircle() {
  return sendBound("/browser/recovery", "GET");
}

export function nameGuarantor(accountId) {
  return sendBound("/browser/recovery/guarantors", "POST", { account_id: accountId });
}

export function removeGuarantor(accountId) {
  return sendBound(`/browser/recovery/guarantors/${accountId}`, "DELETE");
}

// Vouch for somebody with one's own passkey, and bring the code to hand over.
export async function giveBack(accountId) {
  const { publicKey } = await sendBound("/browser/recovery/options", "POST", {});
  const credential = await usePasskey(publicKey);
  return sendBound("/browser/recovery", "POST", { account_id: accountId, credential });
}
