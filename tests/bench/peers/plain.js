/**
 * C: our own architecture in plain JavaScript: one object for each person, tokens that the Worker checks by their MAC, orders
 * that wait together committed together, copies to KV by an outbox and an alarm. No SDK, no OAuth library, no audit trail,
 * no limits, no schema validation, and a sign-in that would take anybody: what is left of our gain when the design is taken out.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { DurableObject } from 'cloudflare:workers';
import { INVENTORY, TOOLS, USUAL_PAGE, listed, newOrder, placed, toolResult } from './shop.js';

/** @typedef {{ PERSONS: DurableObjectNamespace<Person>, ORDERS: KVNamespace }} Bindings */

const SECRET = 'a-secret-of-the-benchmark-and-of-nothing-else';
const HOUR = 60 * 60 * 1000;
const COPIES_AT_A_TIME = 100;

// ---- Tokens and sign-in ----

/** @param {object} claims */
function sign(claims) {
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

/** @param {string | null | undefined} signed @returns {any} */
function verify(signed) {
  const [text, mac = ''] = signed?.split('.') ?? [''];
  const given = Buffer.from(mac, 'base64url');
  const right = createHmac('sha256', SECRET).update(text ?? '').digest();
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const claims = JSON.parse(Buffer.from(text, 'base64url').toString());
  return claims.expires > Date.now() ? claims : undefined;
}

/** @param {URL} url */
function authorize({ searchParams: asked }) {
  const code = sign({ user: asked.get('login_hint'), challenge: asked.get('code_challenge'), expires: Date.now() + HOUR });
  const back = new URL(asked.get('redirect_uri') ?? '');
  back.searchParams.set('code', code);
  back.searchParams.set('state', asked.get('state') ?? '');
  return new Response(null, { status: 302, headers: { Location: back.href } });
}

/** @param {Request} request */
async function token(request) {
  const form = new URLSearchParams(await request.text());
  const claims = verify(form.get('code'));
  const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
  if (claims?.challenge !== challenge) return Response.json({ error: 'invalid_grant' }, { status: 400 });
  return Response.json({ access_token: sign({ user: claims.user, expires: Date.now() + HOUR }), token_type: 'bearer', expires_in: 3600 });
}

/** @param {Request} request */
async function register(request) {
  const metadata = /** @type {object} */ (await request.json());
  return Response.json({ ...metadata, client_id: randomBytes(16).toString('hex') }, { status: 201 });
}

// ---- The protocol ----

const text = { type: 'string' };
const INPUTS = {
  listMcpShopInventory: { type: 'object', properties: {} },
  buyMcpShopItem: { type: 'object', properties: { company: text, mailingAddress: text, tshirtSize: text, item: text, quantity: { type: 'integer' } }, required: ['company', 'mailingAddress', 'tshirtSize'] },
  listMcpShopOrders: { type: 'object', properties: { limit: { type: 'integer' } } },
};
const LIST = { tools: Object.entries(TOOLS).map(([name, tool]) => ({ name, ...tool, inputSchema: INPUTS[/** @type {keyof typeof INPUTS} */ (name)] })) };
const SERVER = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'mcp-shop', version: '1.0.0' } };

export default {
  /** @param {Request} request @param {Bindings} env */
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === '/authorize') return authorize(url);
    if (url.pathname === '/token') return token(request);
    if (url.pathname === '/register') return register(request);
    const claims = verify(request.headers.get('Authorization')?.slice('Bearer '.length));
    if (!claims) return new Response(null, { status: 401 });
    const body = await request.text();
    const { id, method, params } = JSON.parse(body);
    switch (method) {
      case 'initialize':
        return Response.json({ jsonrpc: '2.0', id, result: SERVER });
      case 'notifications/initialized':
        return new Response(null, { status: 202 });
      case 'tools/list':
        return Response.json({ jsonrpc: '2.0', id, result: LIST });
      case 'tools/call':
        return env.PERSONS.getByName(claims.user).fetch('http://person/', { method: 'POST', headers: { user: claims.user }, body: JSON.stringify({ id, params }) });
      default:
        return Response.json({ jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${method}` } });
    }
  },
};

// ---- A person's object ----

/** @extends {DurableObject<Bindings>} */
export class Person extends DurableObject {
  /** @type {(() => void)[]} */
  #waiting = [];
  #alarm = false;

  /** @param {DurableObjectState} ctx @param {Bindings} env */
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS orders (seq INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL)');
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, document TEXT NOT NULL)');
  }

  /** @param {Request} request */
  async fetch(request) {
    const { id, params } = /** @type {any} */ (await request.json());
    const result = await this.#call(request.headers.get('user') ?? '', params);
    return Response.json({ jsonrpc: '2.0', id, result: toolResult(result) });
  }

  /** @param {string} userId @param {{ name: string, arguments: any }} params */
  async #call(userId, { name, arguments: given }) {
    const { sql } = this.ctx.storage;
    if (name === 'listMcpShopInventory') {
      sql.exec('SELECT 1 FROM orders LIMIT 1').toArray();
      return INVENTORY;
    }
    if (name === 'listMcpShopOrders') {
      const documents = sql.exec('SELECT document FROM orders ORDER BY seq DESC LIMIT ?', given.limit ?? USUAL_PAGE).toArray();
      const total = Number(sql.exec('SELECT count(*) AS total FROM orders').one().total);
      return listed(documents.map(({ document }) => JSON.parse(String(document))), total);
    }
    const order = newOrder(userId, given);
    await this.#commit(() => {
      const document = JSON.stringify(order);
      sql.exec('INSERT INTO orders (document) VALUES (?)', document);
      sql.exec('INSERT INTO outbox (key, document) VALUES (?, ?)', `order:${userId}:${order.id}`, document);
    });
    return placed(order);
  }

  /** Together with those that wait at the same time. @param {() => void} write @returns {Promise<void>} */
  #commit(write) {
    return new Promise((resolve) => {
      const all = this.#waiting;
      if (all.push(() => (write(), resolve())) > 1) return;
      setTimeout(() => {
        this.#waiting = [];
        this.ctx.storage.transactionSync(() => all.forEach((one) => one()));
        if (!this.#alarm) this.ctx.storage.setAlarm(Date.now());
        this.#alarm = true;
      }, 0);
    });
  }

  async alarm() {
    this.#alarm = false;
    const { sql } = this.ctx.storage;
    for (;;) {
      const rows = sql.exec('SELECT seq, key, document FROM outbox ORDER BY seq LIMIT ?', COPIES_AT_A_TIME).toArray();
      const last = rows.at(-1);
      if (!last) return;
      await Promise.all(rows.map(({ key, document }) => this.env.ORDERS.put(String(key), String(document), { expirationTtl: 30 * 24 * 60 * 60 })));
      sql.exec('DELETE FROM outbox WHERE seq <= ?', last.seq);
    }
  }
}
