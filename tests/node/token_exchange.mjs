// npm's openid-client, unmodified: signs a professional in, exchanges the identity token at Rempart, asks a protected resource.
// Reads {provider, rempart, client_id, private_key, redirect_uri, login, resource} in JSON; prints what it got at each step.

import { readFileSync } from 'node:fs';
import * as client from 'openid-client';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const key = await crypto.subtle.importKey('jwk', asked.private_key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
const options = { execute: [client.allowInsecureRequests] }; // this machine only

function discover(server) {
  return client.discovery(new URL(server), asked.client_id, undefined, client.PrivateKeyJwt(key), options);
}

// A browser without a window: follows the provider's redirections, keeps its cookies, stops at the software's own address.
async function signIn(address) {
  const cookies = new Map();
  for (let step = 0; step < 10; step += 1) {
    const answer = await fetch(address, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, content]) => `${name}=${content}`).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name, content] = line.split(';')[0].split('=');
      cookies.set(name, content);
    }
    if (!answer.headers.has('location')) {
      throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
    }
    address = new URL(answer.headers.get('location'), address);
    if (address.href.startsWith(asked.redirect_uri)) {
      return address;
    }
  }
  throw new Error('the provider redirects without end');
}

const provider = await discover(asked.provider);
const verifier = client.randomPKCECodeVerifier();
const authorization = client.buildAuthorizationUrl(provider, {
  redirect_uri: asked.redirect_uri,
  scope: 'openid',
  login_hint: asked.login,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});
const signedIn = await client.authorizationCodeGrant(provider, await signIn(authorization), { pkceCodeVerifier: verifier });

const rempart = await discover(asked.rempart);
const proof = client.getDPoPHandle(rempart, await client.randomDPoPKeyPair('ES256'));
const tokens = await client.genericGrantRequest(
  rempart,
  'urn:ietf:params:oauth:grant-type:token-exchange',
  {
    subject_token: signedIn.id_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  },
  { DPoP: proof },
);
const answers = [];
for (let turn = 0; turn < 2; turn += 1) {
  const answer = await client.fetchProtectedResource(
    rempart,
    tokens.access_token,
    new URL(asked.resource),
    asked.method ?? 'GET',
    asked.body === undefined ? undefined : JSON.stringify(asked.body),
    new Headers(asked.headers ?? {}),
    { DPoP: proof },
  );
  answers.push({ status: answer.status, body: await answer.json() });
}
process.stdout.write(JSON.stringify({ id_token: signedIn.id_token, tokens, answers }));
