/** What leaves by the outbox besides copies of orders: it is put where the core would have put it, and the rest is real. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine } from '../support/machine.js';
import { until } from '../support/until.js';

const DAY = 86_400_000;
const machine = new Machine();
/** @type {import('../support/deputy.js').Deputy} */
let ada;

/** Whoever takes requests: what came, and the status of each answer. @type {{ url: string, answers: number[], requests: Taken[] }} */
const hook = { url: '', answers: [], requests: [] };
/** @typedef {{ path?: string, headers: import('node:http').IncomingHttpHeaders, body: string }} Taken */
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  hook.requests.push({ path: request.url, headers: request.headers, body });
  response.writeHead(hook.answers[Math.min(hook.requests.length, hook.answers.length) - 1]).end('thanks');
});

before(async () => {
  await machine.start();
  ada = await machine.appoint();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  hook.url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
beforeEach(() => {
  hook.requests = [];
});
after(async () => {
  server.close();
  await machine.stop();
});

/** Changes the object's storage while nobody looks, and wakes the object. @param {() => void} change */
async function meanwhile(change) {
  await machine.crash();
  change();
  await machine.start();
  await ada.mcp.call('listMcpShopOrders');
}

/** A record as core/outbox.cpp makes it. @param {Record<string, string | number>} record */
function enqueue(record) {
  const columns = { expires_at: Date.now() + DAY, due_at: Date.now(), ...record };
  const names = Object.keys(columns);
  machine.alter(`INSERT INTO deliveries (${names}) VALUES (${names.map(() => '?')})`, ...Object.values(columns));
}

/** Headers as the core writes them: the count, then each name and value with its length; in base64url. @param {[string, string][]} headers */
function encode(headers) {
  const number = (/** @type {number} */ value) => Buffer.from(Uint32Array.of(value).buffer);
  const texts = headers.flat().map((text) => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]));
  return Buffer.concat([number(headers.length), ...texts]).toString('base64url');
}

const headers = encode([
  ['Content-Type', 'application/json'],
  ['Idempotency-Key', 'key-1'],
]);

/** @param {string} path */
const post = (path) => enqueue({ kind: 'post', target: hook.url + path, headers, content: '{"for":"you"}' });

test('a request that is not taken is repeated with growing pauses until it is, and not after that', async () => {
  hook.answers = [500, 500, 200];
  /** @type {number} */
  let started = 0;
  await meanwhile(() => {
    post('/notify');
    started = Date.now();
  });
  await until('three requests', () => hook.requests.length === 3);
  assert.ok(Date.now() - started >= 3000, 'the pauses are of one and two seconds');
  for (const { path, headers, body } of hook.requests) {
    assert.equal(path, '/notify');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['idempotency-key'], 'key-1');
    assert.equal(body, '{"for":"you"}');
  }
  await until('an empty outbox', () => machine.rows('deliveries') === 0);
  await sleep(5000);
  assert.equal(hook.requests.length, 3);
});

test('a request that is refused for good is not repeated: the log says where, and nothing else', async () => {
  hook.answers = [410];
  await meanwhile(() => post('/a-secret?token=1'));
  await until('an empty outbox', () => machine.rows('deliveries') === 0);
  assert.equal(hook.requests.length, 1);
  await until('a line', () => machine.logs.includes(`{"event":"delivery_refused","to":"${hook.url}","status":410,"tries":1}`));
  assert.ok(!machine.logs.includes('a-secret'));
  await sleep(1500);
  assert.equal(hook.requests.length, 1);
});

test('a copy is deleted', async () => {
  await ada.mcp.call('buyMcpShopItem', { company: 'Acme', mailingAddress: '1 Road', tshirtSize: 'M' });
  await until('the copy', () => machine.copies.size === 1);
  const [key] = machine.copies.keys();
  await meanwhile(() => enqueue({ kind: 'delete', target: 'ORDERS', key }));
  await until('no copy', () => machine.copies.size === 0);
  await until('an empty outbox', () => machine.rows('deliveries') === 0);
});

test('copies that an older version of this server had still to deliver are delivered', async () => {
  await meanwhile(() => {
    machine.alter(
      'CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value TEXT NOT NULL,' +
        ' expires_at INTEGER NOT NULL, due_at INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0)',
    );
    machine.alter("DELETE FROM settings WHERE name = 'tables_by'");
    machine.alter('INSERT INTO outbox (key, value, expires_at, due_at) VALUES (?, ?, ?, ?)', 'order:old:1', '{"id":"1"}', Date.now() + DAY, Date.now());
  });
  await until('the copy', () => machine.copies.has('order:old:1'));
  assert.deepEqual(machine.copies.get('order:old:1')?.order, { id: '1' });
  await until('an empty outbox', () => machine.rows('deliveries') === 0);
  assert.equal(machine.rows('outbox'), 0);
});
