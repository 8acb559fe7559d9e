// npm's certified oidc-provider, dressed as Pro Santé Connect, for the sign-in of people: a page on which one chooses who one is.
// Prints {issuer} at once; reads {client_id, secret, jwks, redirect_uris, people: {login: {claims, fault}}} on its first line each
// further line adds people; prints {heard} after each. Ends with its input.
//
// A fault makes it lie, as no provider of this quality does by itself: the identity token is signed anew, by its own key, with
// other claims; or userinfo speaks of somebody else.

import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

console.info = console.error; // the provider's notices; standard output is for what we answer
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://localhost:${server.address().port}`;
process.stdout.write(`${JSON.stringify({ issuer })}\n`);

const told = JSON.parse((await lines.next()).value);
const people = told.people;
const signing = { ...newKey(), use: 'sig', alg: 'RS256', kid: 'one' };

const claims = ['SubjectNameID', 'preferred_username', 'SubjectRefPro', 'SubjectRole', 'given_name', 'family_name'];
const shared = { redirect_uris: told.redirect_uris, response_types: ['code'], grant_types: ['authorization_code'] };
const byKey = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: told.jwks };
const provider = new Provider(issuer, {
  clients: [
    { ...shared, client_id: told.client_id, ...(told.jwks ? byKey : { client_secret: told.secret, token_endpoint_auth_method: 'client_secret_basic' }) },
  ],
  jwks: { keys: [signing] },
  scopes: ['openid', 'scope_all'],
  claims: { openid: ['sub'], scope_all: claims, acr: null },
  acrValues: ['eidas1'],
  pkce: { required: () => true },
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ['a key of a test'] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, login) => people[login] && { accountId: login, claims: () => ({ sub: login, ...people[login].claims }) },
  async loadExistingGrant(context) {
    const { client, session } = context.oidc;
    const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid scope_all');
    await grant.save();
    return grant;
  },
});

const OTHER_CLAIMS = {
  'wrong-audience': () => ({ aud: 'another-software' }),
  expired: () => ({ iat: Math.floor(Date.now() / 1000) - 900, exp: Math.floor(Date.now() / 1000) - 300 }),
  'nonce-replayed': () => ({ nonce: 'the nonce of another sign-in' }),
  'other-issuer': () => ({ iss: 'https://elsewhere.example' }),
  'level-too-low': () => ({ acr: '0' }),
};

provider.use(async (context, next) => {
  await next();
  const { route, account } = context.oidc ?? {};
  const fault = people[account?.accountId]?.fault;
  if (!fault || context.status !== 200) return;
  if (route === 'userinfo' && fault === 'other-subject') context.body = { ...context.body, sub: 'somebody-else' };
  if (route !== 'token') return;
  const written = JSON.parse(Buffer.from(context.body.id_token.split('.')[1], 'base64url'));
  if (OTHER_CLAIMS[fault]) context.body = { ...context.body, id_token: signAnew({ ...written, ...OTHER_CLAIMS[fault]() }, signing) };
  if (fault === 'signature-wrong') context.body = { ...context.body, id_token: signAnew(written, newKey()) };
});

function newKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
}

function signAnew(payload, key) {
  const signed = [{ alg: 'RS256', kid: 'one', typ: 'JWT' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), createPrivateKey({ key, format: 'jwk' })).toString('base64url')}`;
}

const answer = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  if (request.method === 'GET') return choose(response);
  let form = '';
  for await (const chunk of request) form += chunk;
  const login = new URLSearchParams(form).get('login');
  const result = login === 'nobody'
    ? { error: 'access_denied' }
    : { login: { accountId: login, acr: 'eidas1', remember: false } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
});

function choose(response) {
  const buttons = [...Object.keys(people), 'nobody'].map((login) => `<button name="login" value="${login}">${login}</button>`);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>Pro Santé Connect d'essai</title><form method="post">${buttons.join('')}</form>`);
}

const heard = () => process.stdout.write(`${JSON.stringify({ heard: true })}\n`);
heard();
for await (const line of lines) {
  Object.assign(people, JSON.parse(line));
  heard();
}
process.exit(0);
