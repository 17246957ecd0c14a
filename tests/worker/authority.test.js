/** The whole of the authority through HTTP: bounds, refusals, approvals, pauses, revocations, and the trail of it all. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compactVerify, importJWK } from 'jose';
import { AuthorityPage } from '../support/authority-page.js';
import { EventStream } from '../support/events.js';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { META, codeOf, resultOf, textOf } from '../support/mcp.js';
import { until } from '../support/until.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const RECEIPT = 'mcp.shop/receipt';
const ORDER = { company: 'ACME', mailingAddress: '1 Road, Town', tshirtSize: 'L' };
const HOODIE = { ...ORDER, item: 'mcp-hoodie' };
/** What a human chooses on the consent page: ten orders and 100 EUR a week, asked above 20. */
const BOUNDS = {
  preset: 'custom',
  'limit.calls.minute': '100000',
  'limit.orders.week': '10',
  'limit.items.week': '20',
  'limit.EUR.week': '100',
  'ask.EUR': '20',
};

const machine = new Machine({ levers: true, people: 40 });
before(() => machine.start());
after(() => machine.stop());

let people = 0;
/** Somebody whom no other test knows, with a deputy in these bounds, and their page. @param {Record<string, string>} [bounds] */
async function somebody(bounds = BOUNDS) {
  const person = `person${++people}@example.com`;
  const deputy = await machine.appoint({ choices: { person, bounds: { tool: 'buyMcpShopItem', ...bounds } } });
  const page = await AuthorityPage.open(machine.url, { person });
  const grant = deputy.accessToken.split(':')[1];
  const buy = (/** @type {object} */ order = ORDER) => deputy.mcp.call('buyMcpShopItem', order);
  return { person, deputy, page, grant, buy };
}

/** @param {string} jws @returns {Promise<any>} what is signed, once the published key has verified it */
async function verified(jws) {
  const { keys } = (await ask(`${machine.url}/.well-known/jwks.json`)).json;
  const { payload } = await compactVerify(jws, ({ kid }) => importJWK(keys.find((/** @type {any} */ key) => key.kid === kid), 'EdDSA'));
  return JSON.parse(new TextDecoder().decode(payload));
}

test('every entry names the module that decided, and the deployment says which one runs', async () => {
  const { page, buy } = await somebody();
  await buy();
  const { wasm_sha256: runs, name, version } = (await ask(`${machine.url}/.well-known/mcp-deputy.json`)).json;
  assert.equal(runs, createHash('sha256').update(readFileSync(join(PROJECT, 'build/wasm/deputy.wasm'))).digest('hex'));
  assert.ok(name && version);
  const entries = await page.entries();
  assert.ok(entries.length > 1);
  for (const { raw } of entries) assert.equal(raw.wasm, runs);
});

describe('bounds', () => {
  test('a preset allows what it says, and no more', async () => {
    const { deputy, page, buy } = await somebody({ preset: 'free' });
    for (let i = 0; i < 3; i++) assert.ok(!(await buy()).isError);
    const fourth = await buy();
    assert.ok(fourth.isError);
    assert.match(textOf(fourth), /at most 3 orders in any 7 days, and no orders are left\. There is more from 20.*They can change that at http:\/\/localhost:\d+\/authority\./);
    assert.match(textOf(await buy(HOODIE)), /Your human allows you at most 3|has allowed you 0\.00 EUR/);
    const [shown] = (await page.state()).deputies;
    assert.equal(shown.sentence.split(' It ends on')[0], 'It may look at the inventory, and order shirts for you. At most 60 calls a minute, 3 orders in any 7 days and 3 items in any 7 days. No EUR.'.replace('the inventory,', 'the inventory and at your orders,'));
    assert.deepEqual(shown.use.find((/** @type {any} */ { measure }) => measure === 'orders').used, 3);
    assert.equal(deputy.tokens.scope, 'shop:read shop:buy');
  });

  test('looking only: the tool is offered again by a step-up, not by trying', async () => {
    const { deputy } = await somebody({ preset: 'look' });
    const { tools } = resultOf(await deputy.mcp.modern('tools/list'));
    assert.ok(!tools.some((/** @type {any} */ { name }) => name === 'buyMcpShopItem'), 'what the human declined is not listed');
    const refused = await deputy.mcp.call('buyMcpShopItem', ORDER);
    assert.ok(refused.isError);
    assert.match(textOf(refused), /was asked for shop:buy and did not allow it/);
  });

  test('200 purchases at the same time against a limit of 10: exactly 10', async () => {
    const { buy, page } = await somebody();
    const results = await Promise.all(Array.from({ length: 200 }, () => buy()));
    assert.equal(results.filter(({ isError }) => !isError).length, 10);
    assert.equal((await page.state()).deputies[0].use.find((/** @type {any} */ { measure }) => measure === 'orders').used, 10);
  });

  test('a new token, a new session and a new grant of the same client have what is left, not more', async () => {
    const { person, deputy, buy } = await somebody();
    for (let i = 0; i < 9; i++) await buy();
    const again = await machine.appoint({ client: deputy.client, choices: { person, bounds: { tool: 'buyMcpShopItem', ...BOUNDS } } });
    assert.ok(!(await again.mcp.call('buyMcpShopItem', ORDER)).isError);
    const session = await again.mcp.open('2025-11-25');
    assert.ok((await session.call('buyMcpShopItem', ORDER)).isError);
    assert.equal((await deputy.mcp.modern('tools/list')).status, 401, 'the replaced grant is dead');
  });

  test('calls have a limit of their own, by the minute', async () => {
    const { deputy } = await somebody({ preset: 'custom', tool: 'listMcpShopInventory', 'limit.calls.minute': '3' });
    await machine.pull({ clock: 60_000 - (Date.now() % 60_000) + 1000 });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await deputy.mcp.call('listMcpShopInventory'));
    assert.deepEqual(answers.map(({ isError }) => Boolean(isError)), [false, false, false, true, true]);
    assert.match(textOf(answers[4]), /at most 3 calls a minute, and no calls are left/);
    await machine.pull({ clock: 0 });
  });

  test('changed on the page, they count from the next call', async () => {
    const { page, grant, buy } = await somebody({ preset: 'free' });
    const limits = [{ measure: 'calls', most: 60, per: 'minute' }, { measure: 'orders', most: 1, per: 'day' }, { measure: 'items', most: 5, per: 'day' }];
    const { sentence } = await page.do({ do: 'bounds', grant, bounds: { tools: null, limits, ask_above: [], expires_at: null, until_sign_out: false } });
    assert.match(sentence, /1 order in any 24 hours/);
    assert.ok(!(await buy()).isError);
    assert.ok((await buy()).isError);
    const refused = await page.act({ do: 'bounds', grant, bounds: { tools: null, limits: [{ measure: 'hats', most: 1, per: 'day' }] } });
    assert.equal(refused.status, 400);
    assert.equal(refused.json.error.message, 'limits cannot be about "hats"');
  });

  test('a ceiling holds for all deputies together', async () => {
    const { person, page, buy } = await somebody();
    const second = await machine.appoint({ choices: { person, bounds: { tool: 'buyMcpShopItem', ...BOUNDS } } });
    await page.do({ do: 'ceilings', limits: [{ measure: 'orders', most: 2, per: 'week' }] });
    assert.ok(!(await buy()).isError);
    assert.ok(!(await second.mcp.call('buyMcpShopItem', ORDER)).isError);
    assert.match(textOf(await buy()), /allows all of their deputies together at most 2 orders in any 7 days/);
  });

  test('its time over, a grant is dead, and says so in the trail', async () => {
    const { deputy, page, grant } = await somebody({ ...BOUNDS, expires: '1h' });
    await machine.pull({ clock: 3_600_000 });
    assert.equal((await deputy.mcp.modern('tools/list')).status, 401);
    await machine.pull({ clock: 0 });
    await until('the trail says that it has expired', async () => (await page.entries()).some((entry) => entry.kind === 'revocation' && entry.grant === grant));
  });
});

describe('approval', () => {
  const able = { _meta: { [META.capabilities]: { elicitation: { url: {} } } } };

  test('the modern era: a question by URL, and the call goes through once the human has said yes', async () => {
    const { deputy, page } = await somebody();
    const asked = resultOf(await deputy.mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: HOODIE, ...able }));
    assert.equal(asked.resultType, 'input_required');
    const [[key, question]] = Object.entries(asked.inputRequests);
    assert.equal(question.params.mode, 'url');
    const id = new URL(question.params.url).pathname.split('/').at(-1);
    const [waiting] = (await page.state()).approvals;
    assert.equal(waiting.id, id);
    assert.deepEqual(waiting.what.slice(0, 2), [['Item', '1 × MCP Hoodie, size L'], ['Price', '45.00 EUR']]);

    const answered = deputy.mcp.modern('tools/call', {
      name: 'buyMcpShopItem', arguments: HOODIE, ...able, requestState: asked.requestState, inputResponses: { [key]: { action: 'accept' } },
    });
    await page.do({ do: 'approve', id });
    const done = resultOf(await answered);
    assert.equal(done.structuredContent?.status, 'success', JSON.stringify(done));
    assert.equal((await page.state()).approvals[0].state, 'used');
  });

  test('2025-11-25: error -32042, and a retry after the yes goes through', async () => {
    const { deputy, page } = await somebody();
    const session = await deputy.mcp.open('2025-11-25', { elicitation: { url: {} } });
    const refused = await session.request('tools/call', { name: 'buyMcpShopItem', arguments: HOODIE });
    assert.equal(codeOf(refused), -32042);
    const { elicitationId } = refused.json.error.data.elicitations[0];
    await page.do({ do: 'approve', id: elicitationId });
    assert.ok(!(await session.call('buyMcpShopItem', HOODIE)).isError);
    assert.equal((await session.request('tools/call', { name: 'buyMcpShopItem', arguments: HOODIE })).json.error.code, -32042, 'the yes works once');
  });

  test('other clients are told the page, and 200 retries at the same time buy once', async () => {
    const { page, buy } = await somebody();
    const refused = await buy(HOODIE);
    assert.ok(refused.isError);
    const url = /http:\/\/localhost:\d+\/authority\/approvals\/(\S+?)[.,]? /.exec(`${textOf(refused)} `);
    assert.ok(url, textOf(refused));
    await page.do({ do: 'approve', id: url[1] });
    const results = await Promise.all(Array.from({ length: 200 }, () => buy(HOODIE)));
    assert.equal(results.filter(({ isError }) => !isError).length, 1);
  });

  test('a changed order asks anew, and a no is a no', async () => {
    const { page, buy } = await somebody();
    await buy(HOODIE);
    const [first] = (await page.state()).approvals;
    await page.do({ do: 'approve', id: first.id });
    assert.ok((await buy({ ...HOODIE, mailingAddress: '2 Road, Town' })).isError);
    const second = (await page.state()).approvals.find((/** @type {any} */ { state }) => state === 'waiting');
    await page.do({ do: 'refuse', id: second.id });
    assert.match(textOf(await buy({ ...HOODIE, mailingAddress: '2 Road, Town' })), /asked for exactly this and said no/);
    assert.equal((await page.act({ do: 'approve', id: second.id })).status, 409, 'an answer is final');
  });

  test('it is nobody else\'s to give', async () => {
    const { buy } = await somebody();
    const other = await somebody();
    const url = /approvals\/([\w-]+)/.exec(textOf(await buy(HOODIE)));
    assert.equal((await other.page.act({ do: 'approve', id: url?.[1] })).status, 409);
  });
});

describe('pause and revocation', () => {
  test('paused, a deputy stands still; resumed, it goes on', async () => {
    const { page, grant, buy } = await somebody();
    await page.do({ do: 'pause', grant });
    assert.match(textOf(await buy()), /paused/);
    assert.equal((await page.state()).deputies[0].state, 'paused');
    await page.do({ do: 'resume', grant });
    assert.ok(!(await buy()).isError);
    await page.do({ do: 'pause' });
    assert.match(textOf(await buy()), /paused/);
    await page.do({ do: 'resume' });
    assert.ok(!(await buy()).isError);
  });

  test('what the human paused, the demo tools do not resume', async () => {
    const { page, deputy, buy } = await somebody({ ...BOUNDS, tool: 'buyMcpShopItem' });
    await page.do({ do: 'pause' });
    await deputy.mcp.call('prettyPlease');
    assert.match(textOf(await buy()), /paused/);
  });

  test('revoked: tokens, refresh tokens, sessions and streams are dead, and the receipt is signed', async () => {
    const { page, grant, deputy } = await somebody();
    const session = await deputy.mcp.open('2025-11-25');
    const stream = await session.stream();
    const { receipt, in_flight } = await page.do({ do: 'revoke', grant });
    const signed = await verified(receipt);
    assert.equal(signed.grant, grant);
    assert.equal(signed.reason, 'human');
    assert.equal(in_flight, 0);
    const answer = await deputy.mcp.modern('tools/list');
    assert.equal(answer.status, 401);
    assert.match(answer.header('WWW-Authenticate') ?? '', /resource_metadata=/);
    assert.equal((await session.request('tools/list')).status, 401);
    assert.equal((await deputy.client.refresh(deputy.refreshToken)).status, 400);
    await stream.rest();
    assert.equal((await page.act({ do: 'revoke', grant })).status, 404, 'it has ended already');
    const entry = (await page.entries()).find(({ kind }) => kind === 'revocation');
    assert.equal(entry.seq, signed.seq);
    assert.equal(entry.hash, signed.hash);
  });

  test('all at once', async () => {
    const { person, page, deputy } = await somebody();
    const second = await machine.appoint({ choices: { person, bounds: { preset: 'look' } } });
    assert.equal((await page.do({ do: 'revoke_all' })).receipts.length, 2);
    for (const { mcp } of [deputy, second]) assert.equal((await mcp.modern('tools/list')).status, 401);
  });
});

describe('the trail', () => {
  test('each result has a signed receipt of its entry', async () => {
    const { buy, page } = await somebody();
    const result = /** @type {any} */ (await buy());
    const receipt = await verified(result._meta[RECEIPT]);
    const [entry] = await page.entries();
    assert.equal(receipt.seq, entry.seq);
    assert.equal(receipt.hash, entry.hash);
    assert.equal(entry.raw.decision.reason, 'allowed');
    assert.deepEqual(entry.arguments, ORDER);
  });

  test('exported, it is verified; changed or cut off, it is found out', async () => {
    const { page, grant, buy } = await somebody();
    for (let i = 0; i < 3; i++) await buy();
    await buy(HOODIE);
    await page.do({ do: 'pause', grant });
    const last = /** @type {any} */ (await buy())._meta[RECEIPT];
    const text = await page.export();
    const directory = mkdtempSync(join(tmpdir(), 'trail-'));
    const verify = (/** @type {string} */ trail, /** @type {string[]} */ ...options) => {
      const file = join(directory, 'trail.ndjson');
      writeFileSync(file, trail);
      try {
        return execFileSync(process.execPath, ['scripts/audit-verify.js', file, '--keys', `${machine.url}/.well-known/jwks.json`, ...options], { cwd: PROJECT, encoding: 'utf8' });
      } catch (error) {
        return String(/** @type {any} */ (error).stdout) + String(/** @type {any} */ (error).stderr);
      }
    };
    const whole = verify(text, '--receipt', last);
    assert.match(whole, /every hash and the chain hold/);
    assert.match(whole, /[4-9] decisions made again, all the same/);
    assert.match(whole, /The trail holds\./);

    const lines = text.split('\n');
    assert.match(verify([...lines.slice(0, -2), ''].join('\n')), /The end is missing/);
    assert.match(verify([lines[0], ...lines.slice(2)].join('\n')), /does not hold|begins after it|not in the file/);
    assert.match(verify(text.replace('\\"result\\":\\"done\\"', '\\"result\\":\\"gone\\"')), /Entry \d+ does not hold: its text was changed/);
  });

  test('details can be erased, and the chain holds', async () => {
    const { page, buy } = await somebody();
    await buy();
    assert.ok((await page.entries()).some((entry) => entry.arguments));
    await page.do({ do: 'erase' });
    assert.ok(!(await page.entries()).some((entry) => entry.arguments));
    assert.doesNotMatch(await page.export(), /1 Road, Town/);
  });

  test('denials of one kind are one entry', async () => {
    const { page, grant, buy } = await somebody();
    await page.do({ do: 'pause', grant });
    for (let i = 0; i < 20; i++) await buy();
    assert.equal((await page.entries()).filter(({ outcome }) => outcome === 'denied').length, 1);
  });
});

describe('the page', () => {
  test('it hears at once of what happens', async () => {
    const { page, buy } = await somebody();
    const stream = await EventStream.open(`${page.url}/authority/events`, { headers: { Cookie: page.cookie } });
    assert.equal(stream.status, 200);
    await buy();
    assert.equal((await stream.next()).data, '{}');
    stream.close();
  });

  test('nothing is done without the csrf token, from elsewhere, or signed out', async () => {
    const { page, grant, deputy } = await somebody();
    assert.equal((await page.act({ do: 'revoke', grant }, { 'X-CSRF': 'wrong' })).status, 403);
    assert.equal((await page.act({ do: 'revoke', grant }, { 'X-CSRF': undefined })).status, 403);
    assert.equal((await page.act({ do: 'revoke', grant }, { Origin: 'https://evil.example' })).status, 403);
    assert.equal((await page.act({ do: 'revoke', grant }, { Origin: undefined })).status, 403);
    assert.equal((await page.act({ do: 'revoke', grant }, { Cookie: undefined })).status, 401);
    assert.equal((await deputy.mcp.modern('tools/list')).status, 200, 'it still stands');
  });

  test('somebody else\'s deputies are nobody\'s business', async () => {
    const { page, grant } = await somebody();
    const other = await somebody();
    assert.equal((await other.page.act({ do: 'revoke', grant })).status, 404);
    assert.equal((await page.state()).deputies[0].state, 'active');
  });

  test('approving takes a fresh sign-in, revoking does not', async () => {
    const { page, grant, buy } = await somebody();
    await buy(HOODIE);
    const [{ id }] = (await page.state()).approvals;
    await machine.pull({ clock: 10 * 60_000 + 1000 });
    const stale = await page.act({ do: 'approve', id });
    assert.equal(stale.status, 403);
    assert.equal(stale.json.error.code, 'sign_in_again');
    await page.do({ do: 'revoke', grant });
    await machine.pull({ clock: 0 });
  });
});
