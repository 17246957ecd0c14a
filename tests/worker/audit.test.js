/** Where the trail goes besides the page: WorkOS, the archive, nowhere any more; and who is told that a human is asked. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkChain, readTrail } from '../../scripts/audit-verify.js';
import { AuthorityPage } from '../support/authority-page.js';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { textOf } from '../support/mcp.js';
import { until } from '../support/until.js';

const VERIFY = fileURLToPath(new URL('../../scripts/audit-verify.js', import.meta.url));
const ADDRESS = '1 Analytical Road, London';
const ORDER = { company: 'Difference Engines', mailingAddress: ADDRESS, tshirtSize: 'M' };

/** What came to NOTIFY_URL, and with which status each is answered. @type {{ url: string, answers: number[], requests: Taken[] }} */
const hook = { url: '', answers: [], requests: [] };
/** @typedef {{ path?: string, headers: import('node:http').IncomingHttpHeaders, body: any }} Taken */
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  hook.requests.push({ path: request.url, headers: request.headers, body: JSON.parse(body) });
  response.writeHead(hook.answers.shift() ?? 204).end();
});

/** @type {Machine} */
let machine;
/** @type {import('../support/deputy.js').Deputy} */
let ada;
/** @type {AuthorityPage} */
let page;
let grant = '';

before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  hook.url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  machine = new Machine({ levers: true, vars: { NOTIFY_URL: `${hook.url}/wake-me?for=approvals` } });
  await machine.start();
  ada = await machine.appoint({ choices: { bounds: { preset: 'spend' } } });
  grant = ada.accessToken.split(':')[1];
  page = await AuthorityPage.open(machine.url);
});
after(async () => {
  server.close();
  await machine?.stop();
});

/** Runs the command that a human would run on an exported file. @param {string} trail */
function verify(trail) {
  const directory = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
  try {
    writeFileSync(join(directory, 'audit.ndjson'), trail);
    return execFileSync(process.execPath, [VERIFY, join(directory, 'audit.ndjson')], { encoding: 'utf8' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('WorkOS Audit Logs', () => {
  test('every entry of the trail is copied there once, with digests and names alone', async () => {
    assert.ok(!(await ada.mcp.call('buyMcpShopItem', ORDER)).isError);
    const { about, lines } = readTrail(await page.export());
    const entries = checkChain(lines);
    assert.deepEqual(entries.map(({ kind }) => kind), ['grant', 'call']);
    const log = machine.workos.auditLog;
    await until('both entries', () => log.length >= entries.length);
    await until('an empty outbox', () => machine.rows('deliveries') === 0);
    assert.equal(log.length, entries.length);
    for (const [index, entry] of entries.entries()) {
      const copy = log.find(({ key }) => key === `${about.principal}:${entry.seq}`);
      assert.ok(copy?.id, 'the emulator took it');
      assert.equal(copy.organization_id, machine.workos.organizationId);
      const { action, occurred_at, actor, targets, metadata } = copy.event;
      assert.equal(action, `deputy.${entry.kind}`);
      assert.equal(occurred_at, new Date(/** @type {number} */ (entry.at)).toISOString());
      assert.deepEqual(targets, [{ id: about.principal, type: 'principal' }, { id: grant, type: 'deputy' }]);
      assert.equal(metadata.hash, lines[index].hash);
      if (entry.kind === 'call') assert.deepEqual(actor, { id: grant, type: 'deputy' });
    }
    assert.equal(log[1].event.metadata.tool, 'buyMcpShopItem');
    assert.equal(log[1].event.metadata.arguments_digest, entries[1].arguments);
    const all = JSON.stringify(log);
    for (const secret of [ADDRESS, ORDER.company, 'ada@example.com', 'Lovelace', ada.accessToken, machine.workos.apiKey]) assert.ok(!all.includes(secret), secret);
  });

  test('the API key lies in no storage', async () => {
    for (let i = 0; i < 3; i++) await ada.mcp.call('listMcpShopOrders');
    assert.deepEqual(machine.filesWith(machine.workos.apiKey), []);
    assert.notDeepEqual(machine.filesWith('audit_logs/events'), [], 'the files are those in which the outbox is');
  });

  test('what was on its way when the power went arrives after it', async () => {
    const log = machine.workos.auditLog;
    const copied = log.length;
    await ada.mcp.call('buyMcpShopItem', ORDER);
    await machine.crash();
    await machine.start();
    await page.state(); // wakes the object
    await until('the copy', () => log.length > copied);
    await until('an empty outbox', () => machine.rows('deliveries') === 0);
    const { head } = (await page.state()).audit;
    assert.deepEqual(log.map(({ event }) => Number(event.metadata.seq)).sort((a, b) => a - b), Array.from({ length: head.seq }, (_, i) => i + 1));
  });

  test('the stand-in takes what WorkOS documents and nothing else, and each key once', async () => {
    const { url, apiKey, auditLog, organizationId } = machine.workos;
    const { organization_id, event } = auditLog[0];
    const send = async (/** @type {object} */ body, key = 'one', authorization = `Bearer ${apiKey}`) =>
      (await ask(`${url}/audit_logs/events`, { headers: { authorization, 'idempotency-key': key, 'content-type': 'application/json' }, body: JSON.stringify(body) })).status;
    const before = auditLog.length;
    assert.equal(organization_id, organizationId);
    assert.equal(await send({ organization_id, event }), 200);
    assert.equal(await send({ organization_id, event }), 200);
    assert.equal(auditLog.length, before + 1);
    auditLog.pop();
    assert.equal(await send({ organization_id, event }, 'two', 'Bearer sk_other'), 401);
    assert.equal(await send({ organization_id: 'org_other', event }, 'two'), 400);
    const wrong = [{ action: { name: 'x' } }, { occurred_at: 'today' }, { actor: {} }, { targets: [] }, { context: {} }, { metadata: { seq: 1 } }];
    for (const change of wrong) assert.equal(await send({ organization_id, event: { ...event, ...change } }, 'two'), 400, JSON.stringify(change));
    assert.equal(auditLog.length, before);
  });
});

describe('NOTIFY_URL', () => {
  test('is called when a human is asked, until it answers, with nothing that is theirs', async () => {
    hook.answers = [500];
    const asked = Date.now();
    const answer = await ada.mcp.call('buyMcpShopItem', { ...ORDER, item: 'mcp-hoodie' });
    assert.ok(answer.isError, textOf(answer));
    await until('two requests', () => hook.requests.length === 2);
    const [approval] = (await page.state()).approvals;
    assert.equal(approval.state, 'waiting');
    for (const { path, headers, body } of hook.requests) {
      assert.equal(path, '/wake-me?for=approvals');
      assert.equal(headers['idempotency-key'], approval.id);
      assert.match(headers['content-type'] ?? '', /^application\/json/);
      assert.equal(headers.authorization, undefined);
      const { client, title, ...rest } = body;
      assert.ok(client && title);
      assert.deepEqual(rest, { event: 'approval.requested', page: `${machine.url}/authority/approvals/${approval.id}`, expires_at: approval.expires_at });
      assert.ok(body.expires_at > asked + 14 * 60_000);
      assert.ok(!JSON.stringify(body).includes(ADDRESS));
    }
    // The same question is the same call.
    await ada.mcp.call('buyMcpShopItem', { ...ORDER, item: 'mcp-hoodie' });
    await sleep(1500);
    assert.equal(hook.requests.length, 2);
  });
});

describe('the archive', () => {
  const OTHER = 'a-former-deputy';

  /** Entries as the core would have written them, in turn of Ada's deputy and of another. @param {{ seq: number, hash: string }} head @param {string} principal @param {number} count */
  function entriesAfter(head, principal, count) {
    const sha256 = (/** @type {string} */ text) => createHash('sha256').update(text).digest('base64url');
    const rows = [];
    let { seq, hash } = head;
    for (let i = 0; i < count; i++) {
      const of = i % 2 ? OTHER : grant;
      const [args, salt, at] = [JSON.stringify({ address: `${ADDRESS} ${i}` }), `salt ${i}`, Date.now()];
      const entry = JSON.stringify({ arguments: sha256(salt + args), at, grant: of, kind: 'call', prev: hash, principal, result: 'done', seq: ++seq });
      hash = sha256(entry);
      rows.push({ seq, at, grant_id: of, kind: 'call', entry, hash, arguments: args, salt });
    }
    return rows;
  }

  /** @param {string} kind */
  const kept = (kind) => [...machine.archive.keys()].filter((key) => key.startsWith(`${kind}:`));
  /** @param {string} text */
  const count = (text, what = '"salt":') => text.split(what).length - 1;

  test('the oldest of a long trail go there, once all of them are written, and the export has them all', async () => {
    const { about } = readTrail(await page.export());
    const { head } = (await page.state()).audit;
    await until('an empty outbox', () => machine.rows('deliveries') === 0);
    await machine.crash();
    const columns = ['seq', 'at', 'grant_id', 'kind', 'entry', 'hash', 'arguments', 'salt'];
    machine.alter(
      `INSERT INTO audit (${columns}) SELECT ${columns.map((column) => `value ->> '${column}'`)} FROM json_each(?)`,
      JSON.stringify(entriesAfter(head, about.principal, 2000 - head.seq)),
    );
    await machine.start();
    assert.equal(machine.rows('audit'), 2000);
    await machine.pull({ lostParts: 1 });
    await ada.mcp.call('listMcpShopOrders');
    await until('a shorter trail', () => machine.rows('audit') < 2000);
    assert.ok(machine.logs.includes('KV PUT failed'), 'the first try did not succeed');
    assert.equal(machine.rows('audit'), 1001);

    const part = `${about.principal}:1-1000`;
    assert.deepEqual(kept('audit'), [`audit:${part}`]);
    assert.deepEqual(kept('audit-arguments').sort(), [`audit-arguments:${part}:${OTHER}`, `audit-arguments:${part}:${grant}`].sort());
    assert.ok(!machine.archive.get(`audit:${part}`)?.includes(ADDRESS));

    const trail = await page.export();
    assert.equal(checkChain(readTrail(trail).lines).length, 2001);
    assert.match(verify(trail), /2001 entries, 1 to 2001.*\n[^]*signed at .*entry 2001[^]*The trail holds\./);
    assert.ok(count(trail) > 1980);

    const oldest = (await page.get('/audit?before=1003')).json;
    assert.deepEqual(oldest.entries.map((/** @type {any} */ { seq }) => seq), [1002, 1001]);
    assert.equal(oldest.more, false);
    assert.equal(oldest.archived, true, 'it says that there is more, elsewhere');
  });

  test('what is erased of one deputy is gone there too, and the rest is not', async () => {
    const before = count(await page.export());
    await page.do({ do: 'erase', grant });
    await until('one value less', () => kept('audit-arguments').length === 1);
    assert.ok(kept('audit-arguments')[0].endsWith(OTHER));
    const trail = await page.export();
    assert.ok(Math.abs(count(trail) - before / 2) < 20);
    assert.match(verify(trail), /The trail holds\./);
    const [entry] = await page.entries('?limit=1');
    assert.equal(entry.kind, 'erasure');
    assert.equal(entry.raw.grant, grant);
    assert.ok(entry.raw.details.arguments > 980);
    assert.ok(machine.copies.size > 0);
  });

  test('what is erased of all is nowhere any more, nor are company and address of the orders', async () => {
    await page.do({ do: 'erase' });
    await until('no copies', () => kept('audit-arguments').length === 0 && machine.copies.size === 0);
    const trail = await page.export();
    assert.equal(count(trail), 0);
    assert.match(verify(trail), /The trail holds\./);
    const [entry] = await page.entries('?limit=1');
    assert.equal(entry.raw.details.records, 2);
    assert.match(entry.text, /^The details of \d+ entries were erased, and those of 2 records\.$/);
    const { orders } = (await ada.mcp.call('listMcpShopOrders')).structuredContent;
    assert.equal(orders.length, 2);
    for (const { company, mailingAddress, tshirtSize, item } of orders) {
      assert.deepEqual([company, mailingAddress, tshirtSize, item], ['', '', 'M', 'mcp-tshirt']);
    }
    await until('an empty outbox', () => machine.rows('deliveries') === 0);
    // What waits for the human still says what it is about.
    assert.equal(machine.rows(`approvals WHERE what LIKE '%${ADDRESS}%'`), machine.rows("approvals WHERE state = 'waiting'"));
  });
});
