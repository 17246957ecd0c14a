/** Hostile neighbours: bodies without end, bodies that trickle, floods of calls and of registrations. They get a refusal, others their answers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, beginToAsk } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { Endpoint, MODERN, modernHeaders, modernMessage } from '../support/mcp.js';
import { OAuthClient, ownAddress } from '../support/oauth-client.js';
import { TodoMachine } from '../support/todo-machine.js';
import { until } from '../support/until.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
/** Fewer than a deployment allows, which it takes a fast machine to reach. */
const CALLS = 100;
/** As wrangler.toml has them. */
const REGISTRATIONS = 20;

/** As it ships: `wrangler dev` keeps bodies back, and lets nobody answer before the whole of one has come. */
const shop = new Machine({ callLimit: CALLS, people: 2 });
const todo = new TodoMachine({ callLimit: CALLS, people: 4 });
/** @type {import('../support/deputy.js').Deputy} */
let ada;
/** @type {import('../support/deputy.js').Deputy} */
let mallory;
/** Mallory's other client. @type {import('../support/deputy.js').Deputy} */
let butler;

before(async () => {
  await Promise.all([shop.start(), todo.start()]);
  ada = await shop.appoint();
  mallory = await shop.appoint({ choices: { person: 'alan@example.com' } });
  butler = await shop.appoint({ choices: { person: 'alan@example.com' } });
});
after(() => Promise.all([shop.stop(), todo.stop()]));

/** A call by a deputy. @param {{ mcp: Endpoint }} deputy */
const call = async ({ mcp }) => (await mcp.modern('tools/list')).status;

/** Others are served, in every era, as long as something goes on. @param {() => boolean} over */
async function serveOthers(over) {
  const other = await shop.appoint();
  const session = await other.mcp.open('2025-06-18');
  for (let served = 0; !over() || served < 5; served++) {
    // The limit is for them too.
    if (served > CALLS / 4) await sleep(50);
    else for (const status of [await call(other), (await session.request('ping')).status]) assert.equal(status, 200);
  }
}

const JSON_CALL = { 'Content-Type': 'application/json', Accept: 'application/json' };
const bearer = (/** @type {{ accessToken: string }} */ { accessToken }) => ({ Authorization: `Bearer ${accessToken}` });

describe('huge bodies', () => {
  const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
  /** Addresses that take a body, the most that each takes, and what it needs. @type {[string, number, () => Record<string, string>][]} */
  const takers = [
    ['/mcp', MEBIBYTE, () => ({ ...JSON_CALL, ...bearer(mallory) })],
    ['/token', 16 * KIBIBYTE, () => FORM],
    ['/register', 16 * KIBIBYTE, () => ({ ...JSON_CALL, 'CF-Connecting-IP': ownAddress() })],
    ['/authorize', 16 * KIBIBYTE, () => ({ ...FORM, Origin: shop.url })],
    ['/consent', 16 * KIBIBYTE, () => ({ ...FORM, Origin: shop.url })],
    ['/authority/act', 64 * KIBIBYTE, () => ({ ...JSON_CALL, Origin: shop.url })],
    ['/webhooks/workos', 256 * KIBIBYTE, () => JSON_CALL],
  ];
  for (const [path, limit, headers] of takers) {
    test(`${path}: one that announces too much is refused before any of it has come`, async () => {
      for (const length of [limit + 1, 2 ** 31, 2 ** 40]) {
        const asked = beginToAsk(shop.url + path, { ...headers(), 'Content-Length': String(length) });
        assert.equal((await asked.answered).status, 413, `${length}`);
        asked.close();
      }
      assert.equal(await call(ada), 200);
    });
  }

  for (const [path, limit, headers] of takers.filter(([path]) => path !== '/authority/act')) {
    test(`${path}: one without an announced end is refused with the first byte beyond its limit`, async () => {
      const asked = beginToAsk(shop.url + path, { ...headers(), 'Transfer-Encoding': 'chunked' });
      for (let left = limit + 1; left > 0; left -= 16 * KIBIBYTE) await asked.write(' '.repeat(Math.min(left, 16 * KIBIBYTE)));
      // Its end never comes.
      assert.equal((await asked.answered).status, 413);
      asked.close();
      assert.equal(await call(ada), 200);
    });
  }
});

test('bodies that trickle hold up nobody: not others, not other clients of the same person', async () => {
  const request = modernMessage('tools/list');
  const body = JSON.stringify(request);
  const headers = { ...JSON_CALL, ...bearer(mallory), 'MCP-Protocol-Version': MODERN, 'Mcp-Method': 'tools/list' };
  assert.deepEqual(modernHeaders(request)['Mcp-Method'], headers['Mcp-Method']);
  const slow = Array.from({ length: 100 }, (_, index) => beginToAsk(`${shop.url}/mcp`, { ...headers, ...(index % 2 ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) }) }));
  const forms = Array.from({ length: 100 }, () => beginToAsk(`${shop.url}/token`, { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '1000' }));
  let at = 0;
  for (; at < 20; at++) {
    await Promise.all([...slow.map((each) => each.write(body[at])), ...forms.map((each) => each.write('x'))]);
    assert.equal(await call(ada), 200);
    assert.equal(await call(butler), 200);
    assert.equal((await ada.client.token({ grant_type: 'refresh_token', refresh_token: 'x:y:z' })).status, 400);
  }
  for (const each of [...slow.slice(10), ...forms]) each.close();
  await Promise.all(slow.slice(0, 10).map((each) => each.write(body.slice(at))));
  for (const each of slow.slice(0, 10)) each.end();
  for (const each of slow.slice(0, 10)) assert.equal((await each.answered).status, 200, 'slow is not wrong');
  assert.equal(await call(ada), 200);
});

describe('a flood of calls by one token', () => {
  const asShop = (/** @type {string} */ person) => shop.appoint({ choices: { person } });
  const asTodo = (/** @type {string} */ person) => todo.appoint({ person });
  for (const [name, appoint] of /** @type {const} */ ([['the shop', asShop], ['the to-do list', asTodo]])) {
    test(`${name}: so many calls a minute are answered, the next is told to wait, and nobody else is`, async () => {
      const flood = await appoint('alan@example.com');
      const bystanders = [await appoint('ada@example.com'), await appoint('alan@example.com')];
      let [answered, refused] = [0, 0];
      const pour = async () => {
        // A window may end in between, so that twice as many go through.
        while (refused < 20 && answered <= 2 * CALLS) {
          const answer = await flood.mcp.modern('tools/list', {}, { Origin: 'http://localhost:6274' });
          assert.equal(answer.header('Access-Control-Allow-Origin'), 'http://localhost:6274', 'its page may read why');
          if (answer.status === 200) answered++;
          else {
            refused++;
            assert.equal(answer.status, 429, answer.text);
            assert.match(answer.header('Retry-After') ?? '', /^([1-9]|[1-5]\d|60)$/, 'seconds until the next minute');
            assert.match(answer.header('Cache-Control') ?? '', /no-store/);
          }
        }
      };
      const pouring = Promise.all(Array.from({ length: 8 }, pour));
      for (let served = 0; served < 10; served++) {
        for (const bystander of bystanders) assert.equal(await call(bystander), 200);
      }
      await pouring;
      assert.ok(answered >= CALLS && answered <= 2 * CALLS, `${answered} were answered`);
      assert.ok(refused >= 20, `${refused} were refused`);
      for (const bystander of bystanders) assert.equal(await call(bystander), 200);
    });
  }

  test('the limit is of a deputy, not of its token: a new one does not begin anew', async () => {
    let { client, refreshToken, mcp } = await asShop('person2@example.com');
    // The window may end just between the two, but not each time.
    for (let round = 0; round < 3; round++) {
      await until('the limit is reached', async () => (await call({ mcp })) === 429);
      const { status, body } = await client.refresh(refreshToken);
      assert.equal(status, 200, 'what is no call is not counted');
      refreshToken = body.refresh_token;
      mcp = new Endpoint(`${shop.url}/mcp`, body.access_token);
      if ((await call({ mcp })) === 429) return;
    }
    assert.fail('each new token may call again');
  });
});

describe('registrations without end', () => {
  const registration = JSON.stringify({ client_name: 'x', redirect_uris: ['https://app.example/callback'], token_endpoint_auth_method: 'none' });
  /** @param {number} count @param {(index: number) => string} address */
  async function registerAll(count, address) {
    /** @type {Map<number, number>} */
    const outcomes = new Map();
    let next = 0;
    const work = async () => {
      for (let index; (index = next++) < count; ) {
        const answer = await ask(`${shop.url}/register`, { headers: { ...JSON_CALL, 'CF-Connecting-IP': address(index) }, body: registration });
        outcomes.set(answer.status, (outcomes.get(answer.status) ?? 0) + 1);
        if (answer.status === 429) assert.equal(answer.header('Retry-After'), '60');
      }
    };
    let over = false;
    const all = Promise.all(Array.from({ length: 8 }, work)).finally(() => (over = true));
    await Promise.all([all, serveOthers(() => over)]);
    return outcomes;
  }

  test('from one address: a few are taken, the others told to wait, and people call as before', async () => {
    const outcomes = await registerAll(200, () => '192.0.2.7');
    const taken = outcomes.get(201) ?? 0;
    assert.ok(taken >= REGISTRATIONS && taken <= 2 * REGISTRATIONS, `${taken} were taken`);
    assert.equal(outcomes.get(429), 200 - taken);
  });

  test('from as many addresses: all are taken, nobody is dropped for them, and people call as before', async () => {
    const before = await OAuthClient.register(shop.url);
    const objects = shop.objects.length;
    const outcomes = await registerAll(1000, (index) => `198.51.${index >> 8}.${index & 255}`);
    assert.deepEqual([...outcomes], [[201, 1000]]);
    assert.equal((await before.redeem(await before.authorize())).status, 200);
    assert.equal((await ada.client.refresh(ada.refreshToken)).status, 200);
    assert.equal(shop.objects.length, objects, 'a registration makes no object');
  });
});
