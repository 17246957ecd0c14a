/** The way from the Worker to a person's object: what comes together goes together, and nobody waits for another's effects. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { MAX_TICKETS, Tickets } from '../../shim/tickets.js';
import { Machine } from '../support/machine.js';
import { message, modernHeaders, modernMessage, textOf } from '../support/mcp.js';
import { TodoMachine } from '../support/todo-machine.js';
import { until } from '../support/until.js';

/** As in shim/hop.js. */
const MAX_SHARED = 32;
const MAX_SHARED_BYTES = 1024 * 1024;
/** As in shim/principal.js. */
const MAX_ANSWERED_BYTES = 4 * 1024 * 1024;

/** @param {import('../support/mcp.js').Endpoint} mcp @param {number} count @param {string} [padding] */
const atOnce = (mcp, count, padding) => Promise.all(Array.from({ length: count }, () => mcp.modern('tools/call', { name: 'listMcpShopInventory', _meta: { padding } })));

describe('requests of one person', () => {
  const machine = new Machine({ levers: true });
  /** @type {import('../support/deputy.js').Deputy} */
  let ada;
  before(async () => {
    await machine.start();
    ada = await machine.appoint();
  });
  after(() => machine.stop());

  /** @returns {Promise<{ requests: number, bytes: number, later: number }[]>} */
  const hops = async () => (await machine.pull({})).hops;
  /** @param {{ requests: number }[]} of */
  const largest = (of) => Math.max(...of.map(({ requests }) => requests));

  test('that come together share their hops, and each gets its own answer', async () => {
    await ada.mcp.modern('tools/list');
    await machine.pull({ hops: [] });
    const requests = Array.from({ length: 60 }, () => modernMessage('tools/call', { name: 'listMcpShopInventory' }));
    const answers = await Promise.all(requests.map((request) => ada.mcp.post(request, modernHeaders(request))));
    assert.deepEqual(answers.map(({ json }) => json.id), requests.map(({ id }) => id));
    assert.equal(new Set(answers.map(({ json }) => JSON.stringify(json.result._meta))).size, 60, 'with the receipt of its own entry');
    const taken = await hops();
    assert.equal(taken.reduce((sum, { requests }) => sum + requests, 0), 60);
    assert.ok(taken.length < 60, `${taken.length} hops`);
  });

  test('one after the other have a hop each', async () => {
    await machine.pull({ hops: [] });
    for (let i = 0; i < 3; i++) await ada.mcp.modern('tools/list');
    assert.deepEqual((await hops()).map(({ requests }) => requests), [1, 1, 1]);
  });

  test('that come while a hop is away share the next, which leaves when that is home', async () => {
    await machine.pull({ hops: [], holdAnswers: true, shortestTimer: 60_000, requests: 0 });
    const asked = [ada.mcp.modern('tools/list')];
    await until('one is away', async () => (await hops()).length === 1);
    for (let count = 2; count <= 6; count++) {
      asked.push(ada.mcp.modern('tools/list'));
      await until('one more has come', async () => (await machine.pull({})).requests === count);
    }
    await machine.pull({ holdAnswers: false, shortestTimer: 0 });
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
    assert.deepEqual((await hops()).map(({ requests }) => requests), [1, 5]);
  });

  test('wait for the hop before theirs for a moment only', async () => {
    await machine.pull({ hops: [], holdAnswers: true });
    const asked = [ada.mcp.modern('tools/list')];
    await until('one is away', async () => (await hops()).length === 1);
    asked.push(ada.mcp.modern('tools/list'));
    await until('the other is, too', async () => (await hops()).length === 2);
    await machine.pull({ holdAnswers: false });
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
  });

  test(`are at most ${MAX_SHARED} to a hop`, async () => {
    await machine.pull({ hops: [] });
    for (const { status } of await atOnce(ada.mcp, 300)) assert.equal(status, 200);
    assert.equal(largest(await hops()), MAX_SHARED);
  });

  test(`are at most ${MAX_SHARED_BYTES} bytes to a hop, or one`, async () => {
    await machine.pull({ hops: [] });
    for (const { status } of await atOnce(ada.mcp, 24, 'x'.repeat(300_000))) assert.equal(status, 200);
    for (const { status } of await atOnce(ada.mcp, 4, 'x'.repeat(1_000_000))) assert.equal(status, 200);
    const taken = await hops();
    assert.equal(largest(taken), 3);
    for (const { requests, bytes } of taken) assert.ok(requests === 1 || bytes <= MAX_SHARED_BYTES, `${requests} with ${bytes} bytes`);
  });

  test(`whose answers are more than ${MAX_ANSWERED_BYTES} bytes get them one by one`, async () => {
    const session = await ada.mcp.open('2025-03-26');
    const lists = Array.from({ length: 40 }, () => Array.from({ length: 100 }, () => message('tools/list')));
    await machine.pull({ hops: [] });
    const answers = await Promise.all(lists.map((list) => session.post(list)));
    for (const [at, { json }] of answers.entries()) assert.deepEqual(json.map((/** @type {any} */ { id }) => id), lists[at].map(({ id }) => id));
    const taken = (await hops()).filter(({ later }) => later > 0);
    assert.ok(taken.length > 0, 'of one hop some were fetched later');
    for (const { requests, later } of taken) assert.ok((requests - later) * answers[0].text.length <= MAX_ANSWERED_BYTES);
  });

  test('are answered also where the object must ask about the token first', async () => {
    const deputies = [];
    for (let i = 0; i < 6; i++) deputies.push(await machine.appoint());
    await machine.crash();
    await machine.start();
    const answers = (await Promise.all(deputies.map(({ mcp }) => atOnce(mcp, 5)))).flat();
    assert.deepEqual(answers.map(({ status }) => status), Array(30).fill(200));
    assert.ok((await hops()).some(({ later }) => later > 0), 'some of them were fetched later');
  });

  test('do not wait for good for a hop that another took', async () => {
    await machine.pull({ holdAnswers: true, longestTimer: 300 });
    const asked = Array.from({ length: 30 }, () => ada.mcp.modern('tools/list'));
    const first = await Promise.race(asked);
    await machine.pull({ holdAnswers: false, longestTimer: 0 });
    assert.equal(first.status, 500);
    assert.equal(first.json.error.message, 'Internal error: it may have been done, or not; look before you ask again.');
    assert.ok((await Promise.all(asked)).some(({ status }) => status === 200), 'who took one waits for it');
  });

  test('share nothing but the way: whose token does not stand is refused, and nobody else', async () => {
    const other = await machine.appoint();
    assert.equal((await other.client.revoke(other.accessToken)).status, 200);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? other : ada).mcp.modern('tools/list')));
    assert.deepEqual(answers.map(({ status }) => status), Array.from({ length: 40 }, (_, i) => (i % 2 ? 401 : 200)));
  });
});

describe('a call that waits for something outside', () => {
  const machine = new TodoMachine({ people: 1 });
  before(() => machine.start());
  afterEach(() => {
    machine.api.before = undefined;
  });
  after(() => machine.stop());

  test('keeps nobody waiting who came with it', async () => {
    const { mcp } = await machine.appoint();
    await mcp.call('get_my_todo_list');
    let asked = 0;
    const { promise: released, resolve: release } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    machine.api.before = () => {
      asked += 1;
      return released;
    };
    const slow = Array.from({ length: 10 }, () => mcp.call('get_my_todo_list'));
    const quick = await Promise.all(Array.from({ length: 10 }, () => mcp.modern('tools/list')));
    for (const { status } of quick) assert.equal(status, 200);
    await until('all of the slow ones have asked', () => asked === 10);
    release();
    for (const result of await Promise.all(slow)) assert.ok(!result.isError, textOf(result));
  });
});

describe('in a runtime that has optimised its code', () => {
  const machine = new Machine();
  before(async () => {
    process.env.MINIFLARE_WORKERD_V8_FLAGS = '--invocation-count-for-turbofan=20';
    await machine.start();
  });
  after(async () => {
    delete process.env.MINIFLARE_WORKERD_V8_FLAGS;
    await machine.stop();
  });

  test('each goes on as itself, whoever took the hop', async () => {
    const { mcp } = await machine.appoint();
    for (let i = 0; i < 60; i++) {
      for (const { status } of await atOnce(mcp, 32)) assert.equal(status, 200);
    }
  });
});

describe('tickets', () => {
  const answer = Promise.resolve(new Uint8Array([1]));

  test('are good once', async () => {
    const tickets = new Tickets();
    const ticket = tickets.give(answer);
    assert.deepEqual(await tickets.redeem(ticket), new Uint8Array([1]));
    assert.throws(() => tickets.redeem(ticket), /no such ticket/);
  });

  test('are good at nobody else', () => {
    const [object, another] = [new Tickets(), new Tickets()];
    const ticket = object.give(answer);
    another.give(answer);
    assert.throws(() => another.redeem(ticket), /no such ticket/);
  });

  test(`are kept until there are ${MAX_TICKETS} newer ones`, async () => {
    const tickets = new Tickets();
    const [first, second] = [tickets.give(answer), tickets.give(answer)];
    for (let i = 0; i < MAX_TICKETS - 1; i++) tickets.give(answer);
    assert.throws(() => tickets.redeem(first), /no such ticket/);
    assert.deepEqual(await tickets.redeem(second), new Uint8Array([1]));
  });
});
