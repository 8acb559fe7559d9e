// DPoP (RFC 9449): a key pair that stays in this browser, and a signed proof for each request.

import { encode, encodeJson } from "./base64url.js";
import { seconds } from "./clock.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

export function makeKeyPair() {
  return crypto.subtle.generateKey(CURVE, false, ["sign"]);
}

export async function makeProof(keyPair, method, url, { token, nonce } = {}) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keyPair.publicKey);
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } };
  const claims = {
    jti: encode(crypto.getRandomValues(new Uint8Array(18))),
    htm: method,
    htu: url,
    iat: seconds(),
  };
  if (token) claims.ath = encode(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
  if (nonce) claims.nonce = nonce;
  const signed = `${encodeJson(header)}.${encodeJson(claims)}`;
  const signature = await crypto.subtle.sign(SIGNATURE, keyPair.privateKey, new TextEncoder().encode(signed));
  return `${signed}.${encode(signature)}`;
}
