// The two passkey ceremonies, between the JSON that the server writes and the binary members that the browser wants (WebAuthn 5).

import { decode, encode } from "./base64url.js";

export async function createPasskey(publicKey) {
  const options = {
    ...publicKey,
    challenge: decode(publicKey.challenge),
    user: { ...publicKey.user, id: decode(publicKey.user.id) },
    excludeCredentials: (publicKey.excludeCredentials ?? []).map(described),
  };
  const credential = await navigator.credentials.create({ publicKey: options });
  const { response } = credential;
  return written(credential, {
    clientDataJSON: encode(response.clientDataJSON),
    attestationObject: encode(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

export async function usePasskey(publicKey, signal) {
  const options = {
    ...publicKey,
    challenge: decode(publicKey.challenge),
    allowCredentials: (publicKey.allowCredentials ?? []).map(described),
  };
  const credential = await navigator.credentials.get({ publicKey: options, signal });
  const { response } = credential;
  return written(credential, {
    clientDataJSON: encode(response.clientDataJSON),
    authenticatorData: encode(response.authenticatorData),
    signature: encode(response.signature),
    userHandle: response.userHandle ? encode(response.userHandle) : null,
  });
}

function described({ id, type, transports }) {
  return { id: decode(id), type, transports };
}

function written(credential, response) {
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}
