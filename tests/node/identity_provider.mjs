// npm's certified oidc-provider, dressed as Pro Santé Connect: the subject token of the tests comes from software that is not ours.
// Reads {client_id, jwks, redirect_uri, professionals: {login: claims}} on its first line; prints {issuer, jwks_uri}; ends with its input.

import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { client_id, jwks, redirect_uri, professionals } = JSON.parse((await lines.next()).value);

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://localhost:${server.address().port}`;

const claims = ['preferred_username', 'SubjectNameID', 'SubjectRefPro', 'SubjectRole', 'given_name', 'family_name'];
const provider = new Provider(issuer, {
  clients: [
    {
      client_id,
      jwks,
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
    },
    {
      client_id: 'another-software',
      jwks,
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
    },
  ],
  claims: { openid: ['sub', ...claims] },
  conformIdTokenClaims: false, // Pro Santé Connect writes them in the identity token
  clientAuthMethods: ['private_key_jwt'],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ['a key of a test'] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, login) => professionals[login] && { accountId: login, claims: () => ({ sub: login, ...professionals[login] }) },
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    return answer(request, response);
  }
  const { params } = await provider.interactionDetails(request, response);
  return provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
});

process.stdout.write(`${JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` })}\n`);
await lines.next();
process.exit(0);
