/** The shop as resources: read, listed and followed, in every revision. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine } from '../support/machine.js';
import { META, MODERN, codeOf, everyRevision, resultOf, textOf } from '../support/mcp.js';

/** @typedef {import('../support/deputy.js').Deputy} Deputy */
/** @typedef {import('../support/mcp.js').Way} Way */
/** @typedef {import('../support/events.js').EventStream} EventStream */

const SHIRT = { company: 'Acme', mailingAddress: '1 Road\nTown', tshirtSize: 'M' };
const ORDERS = 'shop://orders';
const NOT_FOUND = -32002;
const INVALID_PARAMS = -32602;
const FORBIDDEN = 403;
const UPDATED = 'notifications/resources/updated';

const machine = new Machine();
/** @type {Deputy} */
let ada;
/** Ada too, by another client. @type {Deputy} */
let adasOther;
/** @type {Deputy} */
let alan;
/** @type {EventStream[]} */
const streams = [];

before(async () => {
  await machine.start();
  ada = await machine.appoint();
  adasOther = await machine.appoint();
  alan = await machine.appoint({ choices: { person: 'alan@example.com' } });
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
after(() => machine.stop());

/** @param {Deputy} deputy @param {object} [changes] @returns {Promise<any>} the order */
async function buy(deputy, changes) {
  const result = await deputy.mcp.call('buyMcpShopItem', { ...SHIRT, ...changes });
  assert.ok(!result.isError, textOf(result));
  return result.structuredContent.order;
}

/** What a resource holds. @param {Way} way @param {string} uri */
async function read(way, uri) {
  const { contents } = resultOf(await way.request('resources/read', { uri }));
  assert.equal(contents.length, 1);
  const { text, ...rest } = contents[0];
  assert.deepEqual(rest, { uri, mimeType: 'application/json' });
  return JSON.parse(text);
}

/** Closed after the test. @param {Promise<EventStream>} opening */
async function opened(opening) {
  const stream = await opening;
  assert.equal(stream.status, 200);
  streams.push(stream);
  return stream;
}

/** That nothing comes. @param {EventStream} stream */
async function assertQuiet(stream) {
  await sleep(400);
  assert.deepEqual(stream.pending.filter(({ json }) => json), []);
}

test('they are listed as the revision knows them', async () => {
  for (const way of await everyRevision(ada.mcp)) {
    const { resources, ...rest } = resultOf(await way.request('resources/list'));
    const { resourceTemplates } = resultOf(await way.request('resources/templates/list'));
    assert.deepEqual(resources.map((/** @type {any} */ { uri, name }) => [uri, name]), [['shop://inventory', 'inventory'], [ORDERS, 'orders']]);
    assert.deepEqual(resourceTemplates.map((/** @type {any} */ { uriTemplate, name }) => [uriTemplate, name]), [['shop://orders/{id}', 'order']]);
    for (const one of [...resources, ...resourceTemplates]) {
      assert.equal(one.mimeType, 'application/json');
      assert.ok(one.description);
      assert.deepEqual(one.annotations.audience, ['user', 'assistant']);
      assert.equal('title' in one, way.revision >= '2025-06-18', way.revision);
      assert.equal('icons' in one, way.revision >= '2025-11-25', way.revision);
      for (const { src, mimeType, sizes } of one.icons ?? []) {
        assert.match(src, /^data:image\/svg\+xml;base64,[\w+/]+=*$/);
        assert.match(atob(src.split(',')[1]), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 32 32"><path .*<\/svg>$/);
        assert.deepEqual([mimeType, sizes], ['image/svg+xml', ['any']]);
      }
    }
    assert.equal(rest.cacheScope, way.revision === MODERN ? 'private' : undefined);
  }
});

describe('reading', () => {
  test('the inventory is what the tool lists', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      assert.deepEqual(await read(way, 'shop://inventory'), JSON.parse(textOf(await way.call('listMcpShopInventory'))));
    }
  });

  test('the orders are what the tool lists, and each is there by its id', async () => {
    const order = await buy(ada);
    for (const way of await everyRevision(ada.mcp)) {
      const orders = await read(way, ORDERS);
      assert.deepEqual(orders, JSON.parse(textOf(await way.call('listMcpShopOrders'))));
      assert.deepEqual(orders.orders[0], order);
      assert.deepEqual(await read(way, `${ORDERS}/${order.id}`), order);
    }
  });

  test('the newest fifty are there, and where the others are', async () => {
    const collector = await machine.appoint({ choices: { person: 'grace@example.com' } });
    assert.deepEqual(await read(collector.mcp.way, ORDERS), { title: 'Your MCP Shop Orders', status: 'success', orders: [], total: 0 });
    for (let i = 0; i < 51; i++) await buy(collector, { company: `Acme ${i}` });
    const { orders, total, nextCursor } = await read(collector.mcp.way, ORDERS);
    assert.deepEqual(orders.map((/** @type {any} */ { company }) => company), Array.from({ length: 50 }, (_, i) => `Acme ${50 - i}`));
    assert.equal(total, 51);
    const rest = await collector.mcp.call('listMcpShopOrders', { cursor: nextCursor });
    assert.deepEqual(rest.structuredContent.orders.map((/** @type {any} */ { company }) => company), ['Acme 0']);
  });

  test('says how long it may be kept: what changes, not at all', async () => {
    const { _meta, contents, ...inventory } = resultOf(await ada.mcp.modern('resources/read', { uri: 'shop://inventory' }));
    assert.deepEqual(inventory, { resultType: 'complete', ttlMs: 300_000, cacheScope: 'private' });
    assert.equal(_meta[META.server].name, 'mcp-shop');
    for (const uri of [ORDERS, `${ORDERS}/${(await buy(ada)).id}`]) {
      assert.equal(resultOf(await ada.mcp.modern('resources/read', { uri })).ttlMs, 0);
    }
  });

  test('what there is not, and what is another person’s, is not found', async () => {
    const { id } = await buy(alan);
    const unknown = [`${ORDERS}/${id}`, `${ORDERS}/x`, `${ORDERS}/%00`, `${ORDERS}/`, `${ORDERS}/a/b`, 'shop://order', 'shop://', 'file:///etc/passwd', `${ORDERS}?id=1`];
    for (const way of await everyRevision(ada.mcp)) {
      for (const uri of unknown) {
        const answer = await way.request('resources/read', { uri });
        assert.equal(codeOf(answer), way.revision === MODERN ? INVALID_PARAMS : NOT_FOUND, `${way.revision} ${uri}`);
        assert.deepEqual(answer.json.error.data, { uri });
      }
      assert.equal(codeOf(await way.request('resources/read', {})), INVALID_PARAMS);
    }
    assert.equal((await read(alan.mcp.way, `${ORDERS}/${id}`)).id, id);
  });
});

describe('following', () => {
  for (const revision of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    test(`${revision}: a session hears on its stream of the order of another client, until it no longer wants to`, async () => {
      const session = await ada.mcp.open(revision);
      const stream = await opened(session.stream());
      await buy(adasOther);
      await assertQuiet(stream);

      assert.deepEqual(resultOf(await session.request('resources/subscribe', { uri: ORDERS })), {});
      const order = await buy(adasOther);
      assert.deepEqual(await stream.message(), { jsonrpc: '2.0', method: UPDATED, params: { uri: ORDERS } });
      assert.deepEqual((await read(session, ORDERS)).orders[0], order);

      await buy(alan);
      await assertQuiet(stream);
      assert.deepEqual(resultOf(await session.request('resources/unsubscribe', { uri: ORDERS })), {});
      await buy(adasOther);
      await assertQuiet(stream);
    });
  }

  test(`${MODERN}: subscriptions/listen says what it follows, and brings the order of another client`, async () => {
    const stream = await opened(ada.mcp.listen({ resourceSubscriptions: [ORDERS, 'shop://nothing'], promptsListChanged: true }));
    const { method, params } = await stream.message();
    assert.equal(method, 'notifications/subscriptions/acknowledged');
    assert.deepEqual(params.notifications, { promptsListChanged: true, resourceSubscriptions: [ORDERS] });
    const { 'io.modelcontextprotocol/subscriptionId': id } = params._meta;
    assert.equal(typeof id, 'number');

    const session = await adasOther.mcp.open('2025-03-26');
    await session.call('buyMcpShopItem', SHIRT);
    const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
    assert.deepEqual(await stream.message(), { jsonrpc: '2.0', method: UPDATED, params: { uri: ORDERS, _meta } });
    await buy(alan);
    await assertQuiet(stream);
  });

  test('nobody hears of a purchase that was none: a repeated key, a refusal, a reader', async () => {
    const session = await ada.mcp.open();
    await session.request('resources/subscribe', { uri: ORDERS });
    await buy(adasOther, { idempotencyKey: 'heard of once' });
    const streamsOfBoth = [await opened(session.stream()), await opened(ada.mcp.listen({ resourceSubscriptions: [ORDERS] }))];
    await streamsOfBoth[1].message();

    await buy(adasOther, { idempotencyKey: 'heard of once' });
    await adasOther.mcp.call('buyMcpShopItem', { ...SHIRT, tshirtSize: 'L', idempotencyKey: 'heard of once' });
    await adasOther.mcp.call('buyMcpShopItem', { ...SHIRT, tshirtSize: 'XXXXL' });
    await read(adasOther.mcp.way, ORDERS);
    for (const stream of streamsOfBoth) await assertQuiet(stream);
  });

  test('what there is not cannot be followed, one order can', async () => {
    const session = await ada.mcp.open();
    for (const uri of ['shop://nothing', 'file:///etc/passwd', '']) {
      assert.equal(codeOf(await session.request('resources/subscribe', { uri })), NOT_FOUND);
    }
    assert.equal(codeOf(await session.request('resources/subscribe', {})), INVALID_PARAMS);
    assert.deepEqual(resultOf(await session.request('resources/subscribe', { uri: `${ORDERS}/${(await buy(ada)).id}` })), {});
  });
});

describe('authority', () => {
  test('a ban is one for resources too, and what is followed stays followed', async () => {
    const session = await ada.mcp.open();
    const stream = await opened(session.stream());
    await session.request('resources/subscribe', { uri: ORDERS });
    const { id } = await buy(ada);
    await stream.message();
    await adasOther.mcp.call('setDemoMode', { mode: 'banned' });
    for (const way of [...(await everyRevision(ada.mcp)), session]) {
      for (const uri of ['shop://inventory', ORDERS, `${ORDERS}/${id}`]) {
        const answer = await way.request('resources/read', { uri });
        assert.equal(codeOf(answer), FORBIDDEN, `${way.revision} ${uri}`);
        assert.equal(answer.json.error.message, 'You are banned from the shop.');
      }
      assert.equal(resultOf(await way.request('resources/list')).resources.length, 2, 'they stay listed');
      const completion = { ref: { type: 'ref/resource', uri: `${ORDERS}/{id}` }, argument: { name: 'id', value: '' } };
      assert.deepEqual(resultOf(await way.request('completion/complete', completion)).completion.values, [], 'no way around it');
    }
    await adasOther.mcp.call('clearDemoMode');
    await read(session, ORDERS);
    await buy(adasOther);
    assert.equal((await stream.message()).method, UPDATED);
  });

  test('a client that may only read can read and follow, and is told what buying needs', async () => {
    const reader = await machine.appoint({ asks: { scope: 'shop:read' } });
    const order = await buy(ada);
    assert.deepEqual((await read(reader.mcp.way, ORDERS)).orders[0], order);
    const stream = await opened(reader.mcp.listen({ resourceSubscriptions: [ORDERS] }));
    assert.deepEqual((await stream.message()).params.notifications, { resourceSubscriptions: [ORDERS] });
    await buy(ada);
    assert.equal((await stream.message()).method, UPDATED);
    const refused = await reader.mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: SHIRT });
    assert.equal(refused.status, 403);
    assert.match(refused.header('WWW-Authenticate') ?? '', /error="insufficient_scope".*scope="shop:read shop:buy"/);
  });

  test('a client that may only buy neither reads nor hears of what others buy', async () => {
    const buyer = await machine.appoint({ asks: { scope: 'shop:buy' } });
    const refused = await buyer.mcp.modern('resources/read', { uri: ORDERS });
    assert.equal(refused.status, 403);
    assert.match(refused.header('WWW-Authenticate') ?? '', /scope="shop:buy shop:read"/);
    const completion = { ref: { type: 'ref/resource', uri: `${ORDERS}/{id}` }, argument: { name: 'id', value: '' } };
    assert.deepEqual(resultOf(await buyer.mcp.modern('completion/complete', completion)).completion.values, []);
    const stream = await opened(buyer.mcp.listen({ resourceSubscriptions: [ORDERS], toolsListChanged: true }));
    assert.deepEqual((await stream.message()).params.notifications, { toolsListChanged: true });
    const session = await buyer.mcp.open();
    assert.equal(codeOf(await session.request('resources/subscribe', { uri: ORDERS })), FORBIDDEN);
    await buy(ada);
    await assertQuiet(stream);
  });

  test('what the human did not allow is not in the lists', async () => {
    const buyer = await machine.appoint({ choices: { scopes: ['shop:buy'] } });
    for (const way of await everyRevision(buyer.mcp)) {
      assert.deepEqual(resultOf(await way.request('resources/list')).resources, []);
      assert.deepEqual(resultOf(await way.request('resources/templates/list')).resourceTemplates, []);
      const answer = await way.request('resources/read', { uri: ORDERS });
      assert.equal(answer.status, 200, 'asking anew would not help');
      assert.equal(codeOf(answer), FORBIDDEN);
      assert.match(answer.json.error.message, /did not allow/);
    }
  });
});
