/**
 * A local stand-in for WorkOS AuthKit, so that the server runs on a laptop without an account.
 *
 * WorkOS's own emulator does the work: authorization codes with PKCE, sessions, refresh tokens, the user API. A small
 * server in front of it adds the six things that the hosted service has and the emulator lacks:
 *   - a page where a person is chosen (the emulator signs in the first one at once),
 *   - the person's organization in the session, and with it their permissions,
 *   - impersonation: the `act` claim of a session that an administrator opened as somebody else,
 *   - people who stay the same: the emulator makes up new user ids at every start, but what they own belongs to ids,
 *   - webhooks signed over a time in milliseconds: the emulator's is in seconds,
 *   - audit log events as WorkOS documents them, each Idempotency-Key once: the emulator takes another format, and shows
 *     nobody what it took. GET /audit_logs/events does here, for whoever wants to look.
 * The third and the fourth change what an access token says, so the front signs these tokens and serves the key set itself.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator } from 'workos/emulate';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { PEOPLE } from './people.js';
import { signInPage } from './sign-in-page.js';

/**
 * @typedef {import('./people.js').Person} Person
 *
 * @typedef {object} WorkOS
 * @property {string} url where the Worker finds the API (WORKOS_API_URL)
 * @property {string} issuer the `iss` of access tokens (WORKOS_ISSUER)
 * @property {string} clientId
 * @property {string} apiKey
 * @property {(Person & { id: string })[]} users
 * @property {string} organizationId of the one organization (WORKOS_ORGANIZATION_ID)
 * @property {AuditLogEvent[]} auditLog what the emulator took, oldest first
 * @property {string} webhookSecret signs the webhooks (WORKOS_WEBHOOK_SECRET)
 * @property {(url: string) => void} tell sends the webhooks there, from now on
 * @property {() => Promise<void>} close
 *
 * @typedef {{ id: string, key: string | undefined, organization_id: string, event: any }} AuditLogEvent `id`: the emulator's; `key`: Idempotency-Key
 */

const CLIENT_ID = 'client_local';
const ORGANIZATION = 'Local';
const ADMIN_ROLE = 'admin';
/** The permission of administrators, which tools may ask for (getUserInfo does). */
const ADMIN_PERMISSION = 'shop:admin';
/** What the Worker wants to hear of. */
const EVENTS = ['user.deleted', 'session.revoked'];
/** An id of a person or an organization, anywhere in a text. */
const ID = /(?:user|org)_[0-9A-Z]{26}/g;

/** Requests that are kept for sign-ins that have begun. */
const ALLOWANCE_KEPT = 100;

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
      organizations: [{ name: ORGANIZATION }],
      permissions: [{ slug: ADMIN_PERMISSION, name: 'Administer' }],
      roles: [{ slug: ADMIN_ROLE, name: 'Administrator', permissions: [ADMIN_PERMISSION] }],
    },
  });
  Object.assign(globalThis, { Request, Response });
  /** What the emulator still answers to those without a key, until when: it takes a thousand requests a minute. */
  let allowance = { left: Infinity, renewed: 0 };
  const people = new People(await listAll(emulator, '/user_management/users'), await listAll(emulator, '/organizations'));
  const organizationOf = await joinOrganization(emulator, users.filter((person) => person.admin));
  const tokens = await createSigner();
  /** @type {Map<string, string>} who impersonates, by the code or refresh token that carries the session on */
  const impersonators = new Map();

  /** @type {AuditLogEvent[]} */
  const auditLog = [];
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
  const webhookSecret = randomBytes(32).toString('hex');
  /** @type {string | undefined} */
  let listener;
  await fetch(`${emulator.url}/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ endpoint_url: `${url}/webhooks`, events: EVENTS }),
  });

  /** @param {import('node:http').IncomingMessage} request @returns {Promise<Response>} */
  async function answer(request) {
    const target = new URL(request.url ?? '/', url);
    const { pathname } = target;
    if (pathname.startsWith('/sso/jwks/') || pathname.startsWith('/user_management/sessions/jwks/')) {
      return Response.json(tokens.keySet);
    }
    if (pathname === '/webhooks') return passOn(await bodyOf(request));
    if (pathname === '/user_management/authorize') return authorize(target, request);
    if (pathname === '/user_management/authenticate') return authenticate(target, request);
    if (pathname === '/audit_logs/events') return request.method === 'GET' ? Response.json(auditLog) : log(target, request);
    return forward(target, request, await bodyOf(request));
  }

  /** @param {URL} target @param {import('node:http').IncomingMessage} request */
  async function authorize(target, request) {
    const { searchParams } = target;
    // Without a good redirect_uri there is nothing to choose or to cancel: let the emulator say what is wrong.
    if (!searchParams.has('login_hint') && isLocal(searchParams.get('redirect_uri'))) {
      return signInPage(target, users);
    }
    // Who is before the sign-in can wait; who is in the middle of it finds something left.
    while (allowance.left < ALLOWANCE_KEPT && Date.now() < allowance.renewed) await sleep(allowance.renewed - Date.now());
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
      ...(session.organization_id && { org_id: session.organization_id }),
      ...(impersonator && { act: { sub: impersonator } }),
    });
    return Response.json(session);
  }

  /** An audit log event: what WorkOS documents goes in, what the emulator takes goes on. @param {URL} target @param {import('node:http').IncomingMessage} request */
  async function log(target, request) {
    if (request.headers.authorization !== `Bearer ${emulator.apiKey}`) return Response.json({ message: 'Unauthorized' }, { status: 401 });
    const asked = JSON.parse((await bodyOf(request)).toString());
    const errors = faultsOf(asked);
    if (errors.length > 0) return Response.json({ message: 'Invalid Audit Log event.', code: 'invalid_audit_log_event', errors }, { status: 400 });
    const { organization_id, event } = asked;
    if (organization_id !== lastingId('org', ORGANIZATION)) {
      return Response.json({ message: `Organization not found: '${organization_id}'.` }, { status: 400 });
    }
    const key = request.headers['idempotency-key']?.toString();
    if (!key || !auditLog.some((known) => known.key === key)) {
      const { action, version, context, ...same } = event;
      const translated = { ...same, organization_id, action: { name: action, type: 'C', id: action } };
      const reply = await forward(target, request, JSON.stringify(translated));
      if (!reply.ok) return reply;
      auditLog.push({ ...(await reply.json()), key, organization_id, event });
    }
    return Response.json({ success: true });
  }

  /** An event of the emulator, as the hosted service would send it. @param {Buffer} event */
  async function passOn(event) {
    if (!listener) return new Response(null, { status: 204 });
    const body = people.outward(event.toString());
    const time = Date.now();
    const digest = createHmac('sha256', webhookSecret).update(`${time}.${body}`).digest('hex');
    const headers = { 'content-type': 'application/json', 'workos-signature': `t=${time}, v1=${digest}` };
    return new Response(null, { status: (await fetch(listener, { method: 'POST', headers, body })).status });
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
    const [left, renewed] = ['remaining', 'reset'].map((name) => Number(reply.headers.get(`x-ratelimit-${name}`)));
    if (renewed && !headers.authorization) allowance = { left, renewed: renewed * 1000 };
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
    users: users.map((person) => ({ ...person, id: lastingId('user', person.email) })),
    organizationId: lastingId('org', ORGANIZATION),
    auditLog,
    webhookSecret,
    tell(to) {
      listener = to;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await emulator.close();
    },
  };
}

/** The same person has the same id at every start, and so has the organization. @param {'user' | 'org'} kind @param {string} name */
function lastingId(kind, name) {
  return `${kind}_01${createHash('sha256').update(name).digest('hex').slice(0, 24).toUpperCase()}`;
}

/** What of an audit log event is not as WorkOS documents it, in its words. @param {any} asked */
function faultsOf(asked) {
  const { event } = asked;
  const isText = (/** @type {any} */ value) => typeof value === 'string' && value !== '';
  const isThing = (/** @type {any} */ thing) => isText(thing?.id) && isText(thing?.type);
  const good = {
    '/organization_id': isText(asked.organization_id),
    '/event/action': isText(event?.action),
    '/event/occurred_at': isText(event?.occurred_at) && !Number.isNaN(Date.parse(event.occurred_at)) && new Date(event.occurred_at).toISOString() === event.occurred_at,
    '/event/actor': isThing(event?.actor),
    '/event/targets': Array.isArray(event?.targets) && event.targets.length > 0 && event.targets.every(isThing),
    '/event/context': isText(event?.context?.location),
    '/event/metadata': Object.entries(event?.metadata ?? {}).every(([name, value]) => /^[\w-]{1,40}$/.test(name) && isText(value) && value.length <= 500),
  };
  return Object.entries(good).flatMap(([instancePath, is]) => (is ? [] : [{ instancePath }]));
}

/** Translates ids between the emulator and the outside. Ids are long and unique, so plain text can be searched. */
class People {
  /** @param {any[]} users as the emulator lists them @param {any[]} organizations */
  constructor(users, organizations) {
    const ids = [
      ...users.map((user) => ({ inside: user.id, outside: lastingId('user', user.email) })),
      ...organizations.map(({ id, name }) => ({ inside: id, outside: lastingId('org', name) })),
    ];
    this.insides = new Map(ids.map(({ inside, outside }) => [outside, inside]));
    this.outsides = new Map(ids.map(({ inside, outside }) => [inside, outside]));
  }
  /** @param {string} text */
  inward(text) {
    return text.replaceAll(ID, (id) => this.insides.get(id) ?? id);
  }
  /** @param {string} text */
  outward(text) {
    return text.replaceAll(ID, (id) => this.outsides.get(id) ?? id);
  }
}

/** All that there is, page by page. @param {{ url: string, apiKey: string }} emulator @param {string} path @returns {Promise<any[]>} */
async function listAll({ url, apiKey }, path) {
  const all = [];
  for (let after = ''; ; ) {
    const reply = await fetch(`${url}${path}?limit=100${after && `&after=${after}`}`, { headers: { authorization: `Bearer ${apiKey}` } });
    const page = /** @type {{ data: any[], list_metadata: { after: string | null } }} */ (await reply.json());
    all.push(...page.data);
    if (!page.list_metadata.after) return all;
    after = page.list_metadata.after;
  }
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
