// npm's fhir-kit-client and openid-client, unmodified, from nothing but the address of the FHIR server: find where tokens are given,
// get one, ask a rights question. Reads {base_url, client_id, private_key, subject_token, questions} in JSON; prints what it got.

import { readFileSync } from 'node:fs';
import { Client } from 'fhir-kit-client';
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'openid-client';

const asked = JSON.parse(readFileSync(0, 'utf8'));

// Where are tokens given? The FHIR server says so in its CapabilityStatement and in its SMART configuration.
const visitor = new Client({ baseUrl: asked.base_url });
const statement = await visitor.capabilityStatement();
const { tokenUrl } = await visitor.smartAuthMetadata();

// A token for the identity of a professional, bound to a fresh key.
const assertionKey = await crypto.subtle.importKey('jwk', asked.private_key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
const server = await oauth.discovery(new URL(tokenUrl.origin), asked.client_id, undefined, oauth.PrivateKeyJwt(assertionKey), {
  execute: [oauth.allowInsecureRequests], // this machine only
});
const proofKey = await generateKeyPair('ES256', { extractable: true });
const tokens = await oauth.genericGrantRequest(
  server,
  'urn:ietf:params:oauth:grant-type:token-exchange',
  { subject_token: asked.subject_token, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
  { DPoP: oauth.getDPoPHandle(server, proofKey) },
);

// fhir-kit-client asks; its request signer adds the token and a fresh proof, which is what it is for.
const jwk = await exportJWK(proofKey.publicKey);
const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(tokens.access_token));
const ath = Buffer.from(digest).toString('base64url');

async function sign(url, request) {
  const proof = await new SignJWT({ jti: crypto.randomUUID(), htm: request.method.toUpperCase(), htu: url, ath })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .setIssuedAt()
    .sign(proofKey.privateKey);
  request.headers.set('Authorization', `DPoP ${tokens.access_token}`);
  request.headers.set('DPoP', proof);
}

const software = new Client({ baseUrl: asked.base_url, requestSigner: sign });
const answers = [];
for (const input of asked.questions) {
  try {
    const resource = await software.operation({ name: 'submit', resourceType: 'CoverageEligibilityRequest', input });
    answers.push({ status: 200, resource });
  } catch (refusal) {
    answers.push({ status: refusal.response.status, resource: refusal.response.data });
  }
}
process.stdout.write(
  JSON.stringify({ statement, token_url: tokenUrl.href, thumbprint: await calculateJwkThumbprint(jwk), answers }),
);
