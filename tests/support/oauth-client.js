/** An OAuth client that does everything itself, so that a test can do each step right or wrong. */
import { createHash, randomBytes } from 'node:crypto';
import { signIn } from './human.js';

const REDIRECT = 'http://127.0.0.1:9999/callback';

/** Registrations are limited by address (Cloudflare's edge says which, in a header): each client here has its own. */
let clients = 0;
export const ownAddress = () => `10.0.${++clients >> 8}.${clients & 255}`;

export class OAuthClient {
  /** @param {string} issuer @param {string} clientId @param {string} redirectUri */
  constructor(issuer, clientId, redirectUri) {
    this.issuer = issuer;
    this.clientId = clientId;
    this.redirectUri = redirectUri;
    this.verifier = randomBytes(32).toString('base64url');
  }

  /** Dynamic client registration (RFC 7591). @param {string} issuer @param {object} [metadata] */
  static async register(issuer, metadata = {}) {
    const response = await fetch(`${issuer}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': ownAddress() },
      body: JSON.stringify({ client_name: 'Test Client', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', ...metadata }),
    });
    if (response.status !== 201) throw new Error(`registration: ${response.status} ${await response.text()}`);
    const { client_id, redirect_uris } = /** @type {any} */ (await response.json());
    return new OAuthClient(issuer, client_id, redirect_uris[0]);
  }

  /** @param {Record<string, string | undefined>} [changes] parameters to set, or with undefined to leave out */
  authorizeUrl(changes = {}) {
    const url = new URL(`${this.issuer}/authorize`);
    const parameters = {
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      scope: 'shop:read shop:buy',
      state: 'the-state',
      resource: `${this.issuer}/mcp`,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  /** @param {import('./human.js').Choices} [choices] @param {Record<string, string | undefined>} [changes] */
  async authorize(choices, changes) {
    const { redirect, page } = await signIn(this.authorizeUrl(changes), choices);
    const code = redirect?.searchParams.get('code');
    if (!code) throw new Error(`no code: ${redirect ?? `${page.status} ${page.text}`}`);
    return code;
  }

  /** @param {Record<string, string>} parameters */
  async token(parameters) {
    const response = await fetch(`${this.issuer}/token`, { method: 'POST', body: new URLSearchParams({ client_id: this.clientId, ...parameters }) });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : {}, headers: response.headers };
  }

  /** @param {string} code */
  redeem(code) {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: this.redirectUri, code_verifier: this.verifier });
  }

  /** @param {string} refreshToken */
  refresh(refreshToken) {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  /** RFC 7009. @param {string} token */
  revoke(token) {
    return this.token({ token });
  }

  /** Registers, signs in and redeems: an access token and a refresh token. @param {string} issuer @param {import('./human.js').Choices} [choices] */
  static async signedIn(issuer, choices) {
    const client = await OAuthClient.register(issuer);
    const { status, body } = await client.redeem(await client.authorize(choices));
    if (status !== 200) throw new Error(`token: ${status} ${JSON.stringify(body)}`);
    return { client, accessToken: /** @type {string} */ (body.access_token), refreshToken: /** @type {string} */ (body.refresh_token) };
  }
}
