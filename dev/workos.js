/**
 * A local stand-in for WorkOS AuthKit, so that the server runs on a laptop without an account.
 *
 * WorkOS's own emulator does the work: authorization codes with PKCE, sessions, refresh tokens, the user API. A small
 * server in front of it adds the four things that the hosted AuthKit has and the emulator lacks:
 *   - a page where a person is chosen (the emulator signs in the first one at once),
 *   - the person's organization in the session, and with it their permissions,
 *   - impersonation: the `act` claim of a session that an administrator opened as somebody else,
 *   - people who stay the same: the emulator makes up new user ids at every start, but what they own belongs to ids.
 * The last two change what an access token says, so the front signs these tokens and serves the key set itself.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createEmulator } from 'workos/emulate';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { signInPage } from './sign-in-page.js';

/**
 * @typedef {object} Person
 * @property {string} email
 * @property {string} firstName
 * @property {string} lastName
 * @property {boolean} [admin] whether their role has the permission of administrators
 *
 * @typedef {object} WorkOS
 * @property {string} url where the Worker finds the API (WORKOS_API_URL)
 * @property {string} issuer the `iss` of access tokens (WORKOS_ISSUER)
 * @property {string} clientId
 * @property {string} apiKey
 * @property {(Person & { id: string })[]} users
 * @property {() => Promise<void>} close
 */

/** @type {Person[]} */
export const PEOPLE = [
  { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' },
  { email: 'grace@example.com', firstName: 'Grace', lastName: 'Hopper', admin: true },
  { email: 'alan@example.com', firstName: 'Alan', lastName: 'Turing' },
];

const CLIENT_ID = 'client_local';
const ADMIN_ROLE = 'admin';
/** The permission of administrators, which tools may ask for (getUserInfo does). */
const ADMIN_PERMISSION = 'shop:admin';

/**
 * @param {{ port?: number, users?: Person[] }} [options] port 0 (the default) takes any free port
 * @returns {Promise<WorkOS>}
 */
export async function startWorkOS({ port = 0, users = PEOPLE } = {}) {
  // The emulator's HTTP server puts classes of its own into the place of these two. What `fetch` gives is no instance of
  // them, and a program that asks (the MCP client in the tests does) is misled.
  const { Request, Response } = globalThis;
  const emulator = await createEmulator({
    port: 0,
    seed: {
      users: users.map((person) => ({
        email: person.email,
        first_name: person.firstName,
        last_name: person.lastName,
        email_verified: true,
      })),
      organizations: [{ name: 'Local' }],
      permissions: [{ slug: ADMIN_PERMISSION, name: 'Administer' }],
      roles: [{ slug: ADMIN_ROLE, name: 'Administrator', permissions: [ADMIN_PERMISSION] }],
    },
  });
  Object.assign(globalThis, { Request, Response });
  const people = new People(await listAll(emulator, '/user_management/users'));
  const organizationOf = await joinOrganization(emulator, users.filter((person) => person.admin));
  const tokens = await createSigner();
  /** @type {Map<string, string>} who impersonates, by the code or refresh token that carries the session on */
  const impersonators = new Map();

  const server = createServer((request, response) => {
    answer(request).then(
      (reply) => send(reply, response),
      (error) => send(new Response(`The WorkOS stand-in failed: ${error.stack}`, { status: 500 }), response),
    );
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${address.port}`;

  /** @param {import('node:http').IncomingMessage} request @returns {Promise<Response>} */
  async function answer(request) {
    const target = new URL(request.url ?? '/', url);
    const { pathname } = target;
    if (pathname.startsWith('/sso/jwks/') || pathname.startsWith('/user_management/sessions/jwks/')) {
      return Response.json(tokens.keySet);
    }
    if (pathname === '/user_management/authorize') return authorize(target, request);
    if (pathname === '/user_management/authenticate') return authenticate(target, request);
    return forward(target, request, await bodyOf(request));
  }

  /** @param {URL} target @param {import('node:http').IncomingMessage} request */
  async function authorize(target, request) {
    const { searchParams } = target;
    // Without a good redirect_uri there is nothing to choose or to cancel: let the emulator say what is wrong.
    if (!searchParams.has('login_hint') && isLocal(searchParams.get('redirect_uri'))) {
      return signInPage(target, users);
    }
    const reply = await forward(target, request);
    const impersonator = searchParams.get('impersonator');
    const location = reply.headers.get('location');
    const code = location && new URL(location).searchParams.get('code');
    if (impersonator && code) impersonators.set(code, impersonator);
    return reply;
  }

  /** @param {URL} target @param {import('node:http').IncomingMessage} request */
  async function authenticate(target, request) {
    const body = await bodyOf(request);
    const reply = await forward(target, request, body);
    if (!reply.ok) return reply;

    const asked = JSON.parse(body.toString());
    let session = await reply.json();
    const organization = organizationOf(session.user.email);
    if (organization && !session.organization_id) {
      const switched = JSON.stringify({
        client_id: asked.client_id,
        client_secret: asked.client_secret,
        grant_type: 'refresh_token',
        refresh_token: session.refresh_token,
        organization_id: organization,
      });
      const { authentication_method } = session;
      session = { ...(await (await forward(target, request, switched)).json()), authentication_method };
    }

    const impersonator = impersonators.get(asked.code ?? asked.refresh_token);
    if (impersonator) {
      impersonators.set(session.refresh_token, impersonator);
      session.impersonator = { email: impersonator, reason: 'Local test of impersonation' };
    }
    session.access_token = await tokens.sign(session.access_token, {
      iss: url,
      sub: session.user.id,
      ...(impersonator && { act: { sub: impersonator } }),
    });
    return Response.json(session);
  }

  /**
   * Passes a request on to the emulator, with the lasting user ids outside and the emulator's own inside.
   * @param {URL} target
   * @param {import('node:http').IncomingMessage} request
   * @param {string | Buffer} [body]
   */
  async function forward(target, request, body) {
    /** @type {Record<string, string>} */
    const headers = {};
    for (const name of ['authorization', 'content-type', 'user-agent']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const reply = await fetch(people.inward(emulator.url + target.pathname + target.search), {
      method: request.method,
      headers,
      body: body?.length ? people.inward(body.toString()) : undefined,
      redirect: 'manual',
    });
    const passed = new Headers();
    for (const name of ['content-type', 'location']) {
      const value = reply.headers.get(name);
      if (value) passed.set(name, value);
    }
    const text = reply.status === 204 ? null : people.outward(await reply.text());
    return new Response(text, { status: reply.status, headers: passed });
  }

  return {
    url,
    issuer: url,
    clientId: CLIENT_ID,
    apiKey: emulator.apiKey,
    users: users.map((person) => ({ ...person, id: lastingId(person.email) })),
    async close() {
      server.close();
      server.closeAllConnections();
      await emulator.close();
    },
  };
}

/** The same person has the same id at every start. @param {string} email */
function lastingId(email) {
  return `user_01${createHash('sha256').update(email).digest('hex').slice(0, 24).toUpperCase()}`;
}

/** Translates user ids between the emulator and the outside. Ids are long and unique, so plain text can be searched. */
class People {
  /** @param {any[]} users as the emulator lists them */
  constructor(users) {
    this.ids = users.map((user) => ({ inside: user.id, outside: lastingId(user.email) }));
  }
  /** @param {string} text */
  inward(text) {
    return this.ids.reduce((result, { inside, outside }) => result.replaceAll(outside, inside), text);
  }
  /** @param {string} text */
  outward(text) {
    return this.ids.reduce((result, { inside, outside }) => result.replaceAll(inside, outside), text);
  }
}

/** @param {{ url: string, apiKey: string }} emulator @param {string} path @returns {Promise<any[]>} */
async function listAll({ url, apiKey }, path) {
  const reply = await fetch(`${url}${path}?limit=100`, { headers: { authorization: `Bearer ${apiKey}` } });
  return /** @type {{ data: any[] }} */ (await reply.json()).data;
}

/**
 * Makes the administrators members of the one organization. The emulator's seed cannot say this, for it names members
 * by ids that do not exist yet.
 * @param {{ url: string, apiKey: string }} emulator
 * @param {Person[]} admins
 * @returns {Promise<(email: string) => string | undefined>} the organization of a person, if they are in one
 */
async function joinOrganization(emulator, admins) {
  const [organization] = await listAll(emulator, '/organizations');
  const users = await listAll(emulator, '/user_management/users');
  for (const { email } of admins) {
    await fetch(`${emulator.url}/user_management/organization_memberships`, {
      method: 'POST',
      headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        organization_id: organization.id,
        user_id: users.find((user) => user.email === email).id,
        role_slug: ADMIN_ROLE,
      }),
    });
  }
  return (email) => (admins.some((admin) => admin.email === email) ? organization.id : undefined);
}

async function createSigner() {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const kid = `local_${Date.now()}`;
  return {
    keySet: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] },
    /**
     * The same token with some claims changed, signed anew.
     * @param {string} token
     * @param {Record<string, unknown>} changes
     */
    sign: (token, changes) =>
      new SignJWT({ ...decodeJwt(token), ...changes })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
        .sign(privateKey),
  };
}

/** @param {string | null} redirectUri */
function isLocal(redirectUri) {
  if (!redirectUri || !URL.canParse(redirectUri)) return false;
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(redirectUri).hostname);
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param {Response} reply @param {import('node:http').ServerResponse} response */
async function send(reply, response) {
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  response.end(Buffer.from(await reply.arrayBuffer()));
}
