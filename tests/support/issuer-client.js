/** An OAuth client at the stand-in for PingFederate, and the human in front of its pages. */
import { createHash, randomBytes } from 'node:crypto';
import { Browser } from './human.js';

const REDIRECT = 'http://127.0.0.1:9999/callback';

/**
 * @typedef {object} Decisions
 * @property {string} [person] whose e-mail address to choose; Ada's unless told; 'cancel' cancels there
 * @property {'allow' | 'deny'} [decision]
 * @property {(page: import('./human.js').Page) => void} [see] is shown each page with something to choose
 */

/**
 * Walks an authorization request to its end.
 * @param {string} url
 * @param {Decisions} [decisions]
 * @param {Browser} [browser]
 * @returns {Promise<{ redirect?: URL, page: import('./human.js').Page }>} where the client gets its answer, or the page that it ended on
 */
export async function signInAtIssuer(url, { person = 'ada@example.com', decision = 'allow', see = () => {} } = {}, browser = new Browser()) {
  let page = await browser.open(url);
  for (let steps = 0; steps < 20; steps++) {
    const location = page.response.headers.get('Location');
    if (location) {
      const next = new URL(location, page.url);
      if (next.origin !== new URL(url).origin) return { redirect: next, page };
      page = await browser.open(next.href);
      continue;
    }
    if (!page.html.includes('<form')) return { page };
    see(page);
    const choosing = page.html.includes('name="person"');
    /** @type {Record<string, string>} */
    const button = !choosing ? { decision } : person === 'cancel' ? { decision: 'deny' } : { person };
    page = await browser.press(page, button);
  }
  throw new Error('the sign-in does not come to an end');
}

export class IssuerClient {
  verifier = randomBytes(32).toString('base64url');

  /** @param {string} issuer @param {{ client_id: string, client_secret?: string, redirect_uris?: string[] }} registration @param {string} resource */
  constructor(issuer, { client_id, client_secret, redirect_uris = [] }, resource) {
    this.issuer = issuer;
    this.clientId = client_id;
    this.secret = client_secret;
    this.redirectUri = redirect_uris[0];
    this.resource = resource;
  }

  /** Dynamic client registration (RFC 7591). @param {string} issuer @param {string} resource @param {object} [metadata] */
  static async register(issuer, resource, metadata = {}) {
    const { status, body } = await register(issuer, metadata);
    if (status !== 201) throw new Error(`registration: ${status} ${JSON.stringify(body)}`);
    return new IssuerClient(issuer, body, resource);
  }

  /** Registers, signs in and redeems. @param {string} issuer @param {string} resource @param {Decisions} [decisions] @param {Record<string, string | undefined>} [changes] */
  static async signedIn(issuer, resource, decisions, changes) {
    const client = await IssuerClient.register(issuer, resource);
    const { status, body } = await client.redeem(await client.authorize(decisions, changes));
    if (status !== 200) throw new Error(`token: ${status} ${JSON.stringify(body)}`);
    return { client, accessToken: /** @type {string} */ (body.access_token), refreshToken: /** @type {string} */ (body.refresh_token), body };
  }

  /** @param {Record<string, string | undefined>} [changes] parameters to set, or with undefined to leave out */
  authorizeUrl(changes = {}) {
    const url = new URL(`${this.issuer}/as/authorization.oauth2`);
    const parameters = {
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      scope: 'openid profile email todo_api:read todo_api:write',
      state: 'the-state',
      resource: this.resource,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  /** @param {Decisions} [decisions] @param {Record<string, string | undefined>} [changes] @param {Browser} [browser] */
  async authorize(decisions, changes, browser) {
    const { redirect, page } = await signInAtIssuer(this.authorizeUrl(changes), decisions, browser);
    const code = redirect?.searchParams.get('code');
    if (!code) throw new Error(`no code: ${redirect ?? `${page.status} ${page.text}`}`);
    return code;
  }

  /** To any endpoint that takes forms. @param {string} path @param {Record<string, string | string[]>} parameters */
  async post(path, parameters) {
    const body = new URLSearchParams(this.secret ? {} : { client_id: this.clientId });
    for (const [name, values] of Object.entries(parameters)) for (const value of [values].flat()) body.append(name, value);
    /** @type {Record<string, string>} */
    const headers = this.secret ? { Authorization: `Basic ${btoa(`${encodeURIComponent(this.clientId)}:${encodeURIComponent(this.secret)}`)}` } : {};
    return answerOf(await fetch(`${this.issuer}${path}`, { method: 'POST', headers, body }));
  }

  /** @param {Record<string, string | string[]>} parameters */
  token(parameters) {
    return this.post('/as/token.oauth2', parameters);
  }

  /** @param {string} code @param {Record<string, string>} [changes] */
  redeem(code, changes) {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: this.redirectUri, code_verifier: this.verifier, ...changes });
  }

  /** @param {string} refreshToken @param {Record<string, string>} [changes] */
  refresh(refreshToken, changes) {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...changes });
  }
}

/** @param {string} issuer @param {object} [metadata] */
export async function register(issuer, metadata = {}) {
  const whole = {
    client_name: 'Test Client',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...metadata,
  };
  const headers = { 'Content-Type': 'application/json' };
  return answerOf(await fetch(`${issuer}/as/clients.oauth2`, { method: 'POST', headers, body: JSON.stringify(whole) }));
}

/** @param {Response} response */
async function answerOf(response) {
  const text = await response.text();
  return { status: response.status, body: /** @type {any} */ (text.startsWith('{') ? JSON.parse(text) : text), headers: response.headers };
}
