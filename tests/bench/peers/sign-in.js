/**
 * The OAuth provider around a peer, as its documents say, with its state in KV. Whoever the client names in `login_hint` is
 * signed in: no page, no identity provider.
 */
import { OAuthProvider } from '@cloudflare/workers-oauth-provider';
import { env } from 'cloudflare:workers';

const { PUBLIC_URL } = /** @type {{ PUBLIC_URL: string }} */ (/** @type {unknown} */ (env));

const page = {
  /** @param {Request} request @param {any} bindings */
  async fetch(request, bindings) {
    const url = new URL(request.url);
    if (url.pathname !== '/authorize') return new Response(null, { status: 404 });
    const oauth = /** @type {import('@cloudflare/workers-oauth-provider').OAuthHelpers} */ (bindings.OAUTH_PROVIDER);
    const asked = await oauth.parseAuthRequest(request);
    const userId = url.searchParams.get('login_hint') ?? '';
    const { redirectTo } = await oauth.completeAuthorization({ request: asked, userId, scope: asked.scope, metadata: {}, props: { userId } });
    return new Response(null, { status: 302, headers: { Location: redirectTo } });
  },
};

/** @param {any} apiHandler */
export const behindOAuth = (apiHandler) =>
  new OAuthProvider({
    apiRoute: '/mcp',
    apiHandler,
    defaultHandler: page,
    authorizeEndpoint: '/authorize',
    tokenEndpoint: '/token',
    clientRegistrationEndpoint: '/register',
    scopesSupported: ['shop:read', 'shop:buy'],
    resourceMetadata: { resource: `${PUBLIC_URL}/mcp`, authorization_servers: [PUBLIC_URL] },
  });
