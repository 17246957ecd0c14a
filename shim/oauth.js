// The OAuth provider, bound to the core: its operations as effects, and its storage inside the principal's object.

import { AuthorizationError, authorizationErrorRedirect, OAuthAuthorizationServer, OAuthError } from '@cloudflare/workers-oauth-provider';
import { coreOf } from './core.js';

/** @typedef {import('./steps.js').World} World */
/** @typedef {import('./steps.js').Result} Result */

/** One authorization server for each issuer (in development localhost and 127.0.0.1 are two). @type {Map<string, OAuthAuthorizationServer<Env>>} */
const servers = new Map();

/** @param {string} issuer @param {Env} env */
export function serverOf(issuer, env) {
  let server = servers.get(issuer);
  if (!server) {
    server = new OAuthAuthorizationServer({
      issuer,
      resources: [`${issuer}/mcp`],
      authorizeEndpoint: `${issuer}/authorize`,
      tokenEndpoint: `${issuer}/token`,
      clientRegistrationEndpoint: `${issuer}/register`,
      scopesSupported: coreOf(env).scopes,
      clientIdMetadataDocumentEnabled: true,
      onError: ({ status, code, internal }) => console.warn(`oauth ${status} ${code} ${internal.category} ${internal.reason}`),
    });
    servers.set(issuer, server);
  }
  return server;
}

/**
 * The operations that the core asks for. Each gives a JSON value; `cookies` in it are for the browser.
 * @type {Record<string, (oauth: import('@cloudflare/workers-oauth-provider').OAuthHelpers, args: any, world: World, issuer: string) => Promise<object>>}
 */
const operations = {
  async parse_authorization(oauth, { url }) {
    const request = await oauth.parseAuthRequest(new Request(url));
    const client = await oauth.describeConsent(request);
    const { clientName: name, clientDomain: domain, redirectHost: host, redirectIsLoopback: loopback } = client;
    return { request, client: { name, domain, host, loopback } };
  },
  async error_redirect(_oauth, { request, code, description }) {
    return { redirect_to: authorizationErrorRedirect(request, code, description) };
  },
  async begin_consent(oauth, { request }) {
    const { handle, headers } = await oauth.beginConsent(request);
    return { handle, cookies: headers.getSetCookie() };
  },
  async approve_consent(oauth, { handle, scope }, { request }) {
    const approved = await oauth.approveConsent(/** @type {Request} */ (request), handle, { scope });
    return { request: approved.request, cookies: approved.headers.getSetCookie() };
  },
  async deny_consent(oauth, { handle }, { request }) {
    const denied = await oauth.denyConsent(/** @type {Request} */ (request), handle);
    return { redirect_to: denied.redirectTo, cookies: denied.headers.getSetCookie() };
  },
  async begin_upstream(oauth, { request, data }) {
    const { state, headers } = await oauth.beginUpstream(request, { data });
    return { state, cookies: headers.getSetCookie() };
  },
  async finish_upstream(oauth, _args, { request }) {
    const finished = await oauth.finishUpstream(/** @type {Request} */ (request));
    return { request: finished.request, data: finished.data, cookies: finished.headers.getSetCookie() };
  },
  async complete_authorization(oauth, { request, user_id, scope, metadata }) {
    const { redirectTo } = await oauth.completeAuthorization({ request, userId: user_id, scope, metadata, props: {} });
    return { redirect_to: redirectTo };
  },
  async validate_token(_oauth, { token, resource }, { env }, issuer) {
    const valid = await serverOf(issuer, env).validateToken(resource, token, env);
    return valid ? { audience: valid.audience, expires_at: valid.expiresAt, scope: valid.scope } : {};
  },
};

/** @param {string} operation @param {string} issuer @param {any} args @param {World} world @returns {Promise<Result>} */
export async function performOAuth(operation, issuer, args, world) {
  try {
    const answer = await operations[operation](serverOf(issuer, world.env).getOAuthApi(world.env), args, world, issuer);
    return { ok: true, bytes: JSON.stringify(answer) };
  } catch (error) {
    const known = error instanceof AuthorizationError || error instanceof OAuthError;
    if (!known) console.error(`oauth ${operation} failed`, error);
    return {
      ok: false,
      bytes: JSON.stringify({
        code: known ? error.code : 'server_error',
        description: known ? error.description : 'The authorization server could not do that',
        redirect_to: error instanceof AuthorizationError ? error.redirectTo : undefined,
      }),
    };
  }
}

/** Keys that belong to a principal; the others (clients, transactions of the sign-in) stay in KV. @param {string} key */
const ofPrincipal = (key) => key.startsWith('grant:') || key.startsWith('token:');

/**
 * The KV namespace that the provider sees inside an object: grants and tokens in the object's own storage.
 * @param {(call: object) => Promise<any>} vault asks the core
 * @param {KVNamespace} kv
 * @returns {KVNamespace}
 */
export function vaultNamespace(vault, kv) {
  /** @param {object} call */
  const ask = async (call) => {
    const answer = await vault(call);
    if (answer.error) throw new OAuthError(answer.error, { description: answer.description });
    return answer;
  };
  const namespace = {
    /** @param {string} key @param {any} [options] */
    async get(key, options) {
      if (!ofPrincipal(key)) return kv.get(key, options);
      const { value } = await ask({ operation: 'get', key });
      return value !== null && options?.type === 'json' ? JSON.parse(value) : value;
    },
    /** @param {string} key @param {string} value @param {KVNamespacePutOptions} [options] */
    async put(key, value, options = {}) {
      if (!ofPrincipal(key)) return kv.put(key, value, options);
      const { expiration, expirationTtl, metadata } = options;
      await ask({ operation: 'put', key, value, expires_at: expiration, expires_in: expirationTtl, metadata });
    },
    /** @param {string} key */
    async delete(key) {
      if (!ofPrincipal(key)) return kv.delete(key);
      await ask({ operation: 'delete', key });
    },
    /** @param {KVNamespaceListOptions} [options] */
    async list(options = {}) {
      if (!ofPrincipal(options.prefix ?? '')) return kv.list(options);
      const { keys } = await ask({ operation: 'list', prefix: options.prefix });
      return { keys, list_complete: true, cacheStatus: null };
    },
  };
  return /** @type {KVNamespace} */ (/** @type {unknown} */ (namespace));
}
