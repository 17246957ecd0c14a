/** oidc-provider, set up to look from outside as PingFederate does. */
import { Provider, errors } from 'oidc-provider';
import { PAGE_HEADERS } from '../page.js';
import { PARAMETERS, REPEATABLE, TOKEN_EXCHANGE, actor, exchanged, readExchange } from './exchange.js';
import { privateJwk } from './keys.js';
import { errorPage } from './pages.js';

export const PATHS = {
  authorization: '/as/authorization.oauth2',
  token: '/as/token.oauth2',
  registration: '/as/clients.oauth2',
  introspection: '/as/introspect.oauth2',
  revocation: '/as/revoke_token.oauth2',
  jwks: '/pf/JWKS',
  signIn: '/sign-in',
};

const IDENTITY_SCOPES = ['openid', 'profile', 'email'];
const API_SCOPES = ['todo_api:read', 'todo_api:write'];
/** All that a token for the MCP server can have. */
export const SCOPES = [...IDENTITY_SCOPES, ...API_SCOPES];

/**
 * @typedef {import('./keys.js').Claims} Claims
 *
 * @typedef {object} Setup
 * @property {string} issuer
 * @property {import('./keys.js').SigningKey[]} keys the first one signs
 * @property {import('./store.js').Store} store
 * @property {string[]} cookieKeys
 * @property {Required<import('../issuer.js').McpServer>} mcpServer
 * @property {{ audience: string }} api
 * @property {import('../issuer.js').Account[]} people
 * @property {{ access: number, exchanged: number }} lifetimes in seconds
 * @property {typeof fetch | undefined} fetchClientDocument how client ID metadata documents are fetched, where they are allowed
 * @property {(claims: Claims, grantId?: string) => void} remember hears of each access token
 * @property {(token: string) => Promise<Claims | undefined>} live
 * @property {(claims: Claims) => Promise<string>} issue
 * @property {(message: string) => void} log
 */

/** @param {Setup} setup */
export function createProvider(setup) {
  const { issuer, keys, store, mcpServer, api, people, lifetimes, remember, log } = setup;
  /** @type {Provider} */
  const provider = new Provider(issuer, {
    adapter: store.adapter,
    jwks: { keys: keys.map(privateJwk) },
    cookies: { keys: setup.cookieKeys, names: { session: 'issuer_session', interaction: 'issuer_interaction', resume: 'issuer_resume' } },
    routes: PATHS,
    interactions: { url: (_ctx, interaction) => `${PATHS.signIn}/${interaction.uid}` },

    scopes: [...IDENTITY_SCOPES, 'offline_access', ...API_SCOPES],
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'family_name'], email: ['email', 'email_verified'], auth_time: null, iss: null, sid: null },
    findAccount(_ctx, sub) {
      const account = people.find((person) => person.sub === sub);
      return account && { accountId: sub, claims: async () => claimsOf(account) };
    },

    clients: [
      {
        client_id: mcpServer.clientId,
        client_secret: mcpServer.clientSecret,
        client_name: 'The MCP server',
        redirect_uris: mcpServer.redirectUris,
        response_types: mcpServer.redirectUris.length > 0 ? ['code'] : [],
        grant_types: ['authorization_code', TOKEN_EXCHANGE],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: IDENTITY_SCOPES.join(' '),
        require_auth_time: true,
      },
    ],
    clientDefaults: { id_token_signed_response_alg: keys[0].alg },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    enabledJWA: { idTokenSigningAlgValues: [keys[0].alg] },
    clientBasedCORS: () => true,
    // Whoever registers is a native application, whatever it says: that is to redirect to https, to a scheme of its own, or
    // to this computer on any port (RFC 8252, 7.3). And nobody registers for token exchange. The provider asks about fields
    // that it does not know itself, so one is named; nothing is done with it.
    extraClientMetadata: {
      properties: ['software_id'],
      validator(_ctx, _name, _value, metadata) {
        if (metadata.client_id === mcpServer.clientId) return;
        metadata.application_type = 'native';
        if (Array.isArray(metadata.grant_types)) metadata.grant_types = metadata.grant_types.filter((type) => type !== TOKEN_EXCHANGE);
      },
    },

    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      registration: { enabled: true, issueRegistrationAccessToken: false },
      clientIdMetadataDocument: { enabled: setup.fetchClientDocument !== undefined, ack: 'draft-02' },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' || ownedBy(client, token) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => ownedBy(client, token) },
      resourceIndicators: {
        enabled: true,
        // Who names no resource gets a token for the MCP server, as with PingFederate's default access token manager.
        defaultResource: (_ctx, client, granted) => granted ?? (client.clientId === mcpServer.clientId ? undefined : mcpServer.identifiers[0]),
        getResourceServerInfo(_ctx, resource) {
          // `new URL('https://host').href`, which some clients send, ends with a slash.
          const audience = mcpServer.identifiers.find((identifier) => identifier === resource || `${identifier}/` === resource);
          if (!audience) throw new errors.InvalidTarget('no token is issued for this resource');
          return { audience, scope: SCOPES.join(' '), accessTokenFormat: 'jwt' };
        },
      },
    },
    fetch: setup.fetchClientDocument,
    formats: {
      customizers: {
        jwt(_ctx, token, { payload }) {
          const account = people.find((person) => person.sub === payload.sub);
          if (account) Object.assign(payload, shownTo(String(payload.scope).split(' '), account));
          remember(payload, 'grantId' in token ? token.grantId : undefined);
        },
      },
    },

    // As PingFederate does: refresh tokens for every client that can use them, good for longer than the browser's session.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: () => true,
    expiresWithSession: () => false,
    async loadExistingGrant(ctx) {
      const { client, account, session, result } = ctx.oidc;
      if (client?.clientId === mcpServer.clientId) {
        // Nobody is asked whether the server may know who signs in to it.
        const grant = new provider.Grant({ accountId: account?.accountId, clientId: client.clientId });
        grant.addOIDCScope(IDENTITY_SCOPES.join(' '));
        await grant.save();
        return grant;
      }
      const grantId = result?.consent?.grantId ?? session?.grantIdFor(client?.clientId ?? '');
      return grantId ? provider.Grant.find(grantId) : undefined;
    },
    ttl: {
      AccessToken: lifetimes.access,
      AuthorizationCode: 60,
      Grant: 30 * 24 * 3600,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 30 * 24 * 3600,
      Session: 24 * 3600,
    },
    renderError(ctx, out) {
      ctx.set(PAGE_HEADERS);
      ctx.body = errorPage(String(out.error_description ?? out.error));
    },
  });

  provider.registerGrantType(
    TOKEN_EXCHANGE,
    async (ctx) => {
      const { client, params } = ctx.oidc;
      // The provider takes the secret from the body as well.
      if (!/^Basic /i.test(ctx.get('Authorization'))) throw new errors.InvalidClientAuth('the secret belongs in the header');
      const known = { identifiers: mcpServer.identifiers, audience: api.audience, scopes: API_SCOPES, live: setup.live };
      const { subject, scopes } = await readExchange(params ?? {}, known);
      const clientId = client?.clientId ?? '';
      const token = await setup.issue({
        sub: subject.sub,
        aud: api.audience,
        client_id: clientId,
        scope: scopes.join(' '),
        act: actor(subject, clientId),
        lifetime: lifetimes.exchanged,
      });
      ctx.body = exchanged({ token, lifetime: lifetimes.exchanged, scopes });
    },
    PARAMETERS,
    REPEATABLE,
  );
  provider.on('grant.error', (ctx, error) => {
    // A client that asks for a grant type that it is not registered for: RFC 6749, 5.2, has an error of its own.
    if (error.error_description === 'requested grant type is not allowed for this client') ctx.body = { .../** @type {object} */ (ctx.body), error: 'unauthorized_client' };
  });
  provider.on('server_error', (_ctx, error) => log(`failed: ${error.stack}`));
  provider.onerror = (error) => log(`failed: ${error.stack}`); // else Koa writes to the console
  return provider;
}

/** @param {import('../issuer.js').Account} account */
function claimsOf({ sub, email, firstName, lastName }) {
  return { sub, name: `${firstName} ${lastName}`, given_name: firstName, family_name: lastName, email, email_verified: true };
}

/** What an access token tells of a person. @param {string[]} scopes @param {import('../issuer.js').Account} account */
export function shownTo(scopes, account) {
  const { name, email } = claimsOf(account);
  return { ...(scopes.includes('profile') && { name }), ...(scopes.includes('email') && { email }) };
}

/** @param {{ clientId: string }} client @param {{ clientId?: string }} token */
function ownedBy(client, token) {
  return client.clientId === token.clientId;
}
