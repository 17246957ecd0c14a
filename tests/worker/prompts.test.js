/** What a person picks to begin with, and what is offered while they type. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine } from '../support/machine.js';
import { META, MODERN, codeOf, everyRevision, resultOf, textOf } from '../support/mcp.js';

/** @typedef {import('../support/deputy.js').Deputy} Deputy */
/** @typedef {import('../support/mcp.js').Way} Way */

const SHIRT = { company: 'Acme', mailingAddress: '1 Road\nTown', tshirtSize: 'M' };
const SIZES = ['S', 'M', 'L', 'XL', 'XXL'];
const INVALID_PARAMS = -32602;
const FORBIDDEN = 403;
const FORMS = { elicitation: {} };

const machine = new Machine();
/** @type {Deputy} */
let ada;
/** @type {Deputy} */
let alan;

before(async () => {
  await machine.start();
  ada = await machine.appoint();
  alan = await machine.appoint({ choices: { person: 'alan@example.com' } });
});
after(() => machine.stop());

/** @param {Way} way @param {string} name @param {object} [args] */
const get = async (way, name, args) => resultOf(await way.request('prompts/get', { name, ...(args && { arguments: args }) }));

/** @param {any} result @returns {string} */
const said = (result) => result.messages[0].content.text;

/** What is offered. @param {Way} way @param {object} ref @param {string} name @param {string} value @returns {Promise<any>} */
const complete = async (way, ref, name, value) =>
  resultOf(await way.request('completion/complete', { ref, argument: { name, value } })).completion;

describe('prompts', () => {
  test('are listed as the revision knows them', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      const { prompts } = resultOf(await way.request('prompts/list'));
      assert.deepEqual(prompts.map((/** @type {any} */ { name }) => name), ['order_tshirt', 'review_orders']);
      assert.deepEqual(prompts[0].arguments.map((/** @type {any} */ { name, required }) => [name, required]), [['size', false], ['company', false], ['mailingAddress', false]]);
      for (const prompt of prompts) {
        assert.ok(prompt.description);
        assert.equal('title' in prompt, way.revision >= '2025-06-18');
        assert.equal('icons' in prompt, way.revision >= '2025-11-25');
      }
    }
  });

  test('order_tshirt: says what is decided and what is not, and shows the inventory', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      const result = await get(way, 'order_tshirt', { size: 'xl', company: 'Acme' });
      assert.equal(result.messages.length, 2);
      for (const { role } of result.messages) assert.equal(role, 'user');
      assert.match(said(result), /\n- size: XL\n- company: Acme\n\nNot decided yet: mailing address\. Do not guess\. Ask me for it first\./);
      assert.match(said(result), /buyMcpShopItem/);
      const { type, resource } = result.messages[1].content;
      assert.equal(type, 'resource');
      assert.equal(resource.uri, 'shop://inventory');
      assert.deepEqual(JSON.parse(resource.text), JSON.parse(textOf(await way.call('listMcpShopInventory'))));
    }
  });

  test('order_tshirt: where the client can show a form, the agent leaves the asking to the shop', async () => {
    for (const way of await everyRevision(ada.mcp, FORMS)) {
      const _meta = way.revision === MODERN ? { [META.capabilities]: FORMS } : undefined;
      const result = resultOf(await way.request('prompts/get', { name: 'order_tshirt', ...(_meta && { _meta }) }));
      assert.match(said(result), /Not decided yet: size, company, mailing address\. Do not guess\. Leave it out of the call: the shop then asks me/);
    }
  });

  test('order_tshirt: nothing is open where all is given; what a client leaves empty is not given', async () => {
    const all = await get(ada.mcp.way, 'order_tshirt', { size: 'S', company: 'Acme', mailingAddress: '1 Road' });
    assert.doesNotMatch(said(all), /Not decided/);
    assert.match(said(all), /- mailing address: 1 Road\n/);
    const none = await get(ada.mcp.way, 'order_tshirt', { size: '', company: '', mailingAddress: '' });
    assert.match(said(none), /Not decided yet: size, company, mailing address/);
  });

  test('review_orders: brings the orders along', async () => {
    const { structuredContent } = await ada.mcp.call('buyMcpShopItem', SHIRT);
    for (const way of await everyRevision(ada.mcp)) {
      const { messages } = await get(way, 'review_orders');
      assert.match(messages[0].content.text, /Order nothing/);
      assert.equal(messages[1].content.resource.uri, 'shop://orders');
      assert.deepEqual(JSON.parse(messages[1].content.resource.text).orders[0], structuredContent.order);
    }
    const theirs = await get(alan.mcp.way, 'review_orders');
    assert.deepEqual(JSON.parse(theirs.messages[1].content.resource.text).orders, [], 'and nobody else’s');
  });

  test('what does not fit is an error that says what would', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      for (const size of ['X', 'huge', ' M']) {
        const answer = await way.request('prompts/get', { name: 'order_tshirt', arguments: { size } });
        assert.equal(codeOf(answer), INVALID_PARAMS);
        assert.equal(answer.json.error.message, `Invalid params: there is no size ${JSON.stringify(size)}; the sizes are S, M, L, XL, XXL.`);
      }
      assert.equal(codeOf(await way.request('prompts/get', { name: 'order_tshirt', arguments: { size: 7 } })), INVALID_PARAMS);
      assert.equal(codeOf(await way.request('prompts/get', { name: 'order_everything' })), INVALID_PARAMS);
      assert.equal(codeOf(await way.request('prompts/get', {})), INVALID_PARAMS);
    }
  });
});

describe('completion', () => {
  const size = { type: 'ref/prompt', name: 'order_tshirt' };
  const order = { type: 'ref/resource', uri: 'shop://orders/{id}' };

  test('of a size: those that begin so, in any case', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      assert.deepEqual(await complete(way, size, 'size', ''), { values: SIZES, total: 5, hasMore: false });
      assert.deepEqual((await complete(way, size, 'size', 'x')).values, ['XL', 'XXL']);
      assert.deepEqual((await complete(way, size, 'size', 'Z')).values, []);
      assert.deepEqual((await complete(way, size, 'company', '')).values, []);
      assert.deepEqual((await complete(way, { type: 'ref/prompt', name: 'review_orders' }, 'x', '')).values, []);
    }
  });

  test('of an order: its person’s newest that begin so, a hundred at most', async () => {
    const grace = await machine.appoint({ choices: { person: 'grace@example.com' } });
    /** @type {string[]} */
    const ids = [];
    for (let i = 0; i < 3; i++) ids.unshift((await grace.mcp.call('buyMcpShopItem', SHIRT)).structuredContent.order.id);
    for (const way of await everyRevision(grace.mcp)) {
      assert.deepEqual(await complete(way, order, 'id', ''), { values: ids, total: 3, hasMore: false });
      assert.deepEqual((await complete(way, order, 'id', ids[1])).values, [ids[1]]);
      assert.deepEqual((await complete(way, order, 'id', ids[1].slice(0, -1))).values, [ids[1]]);
      for (const none of ['zzz', '%', '_', `${ids[1]}0`, "' OR 1=1 --"]) assert.deepEqual((await complete(way, order, 'id', none)).values, []);
    }
    for (let i = 3; i < 101; i++) ids.unshift((await grace.mcp.call('buyMcpShopItem', SHIRT)).structuredContent.order.id);
    assert.deepEqual(await complete(grace.mcp.way, order, 'id', ''), { values: ids.slice(0, 100), hasMore: true });
    assert.ok(!(await complete(ada.mcp.way, order, 'id', '')).values.includes(ids[0]), 'nobody else’s');
  });

  test('of what there is not is an error', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      for (const ref of [{ type: 'ref/prompt', name: 'x' }, { type: 'ref/resource', uri: 'shop://x/{id}' }, { type: 'ref/tool', name: 'buyMcpShopItem' }, undefined]) {
        const answer = await way.request('completion/complete', { ref, argument: { name: 'id', value: '' } });
        assert.equal(codeOf(answer), INVALID_PARAMS);
      }
      assert.equal(codeOf(await way.request('completion/complete', { ref: size })), INVALID_PARAMS);
    }
  });
});

describe('authority', () => {
  test('a ban is one for prompts too', async () => {
    const ways = await everyRevision(ada.mcp);
    await ada.mcp.call('setDemoMode', { mode: 'banned' });
    for (const way of ways) {
      for (const name of ['order_tshirt', 'review_orders']) {
        const answer = await way.request('prompts/get', { name });
        assert.equal(codeOf(answer), FORBIDDEN);
        assert.equal(answer.json.error.message, 'You are banned from the shop.');
      }
      assert.equal(resultOf(await way.request('prompts/list')).prompts.length, 2, 'they stay listed');
    }
    await ada.mcp.call('prettyPlease');
    for (const way of ways) await get(way, 'order_tshirt');
  });

  test('with shop:read alone one can review; what leads to a purchase is asked for, or was not allowed', async () => {
    const reader = await machine.appoint({ asks: { scope: 'shop:read' } });
    const neverAsked = await reader.mcp.modern('prompts/get', { name: 'order_tshirt' });
    assert.equal(neverAsked.status, 403);
    assert.match(neverAsked.header('WWW-Authenticate') ?? '', /error="insufficient_scope".*scope="shop:read shop:buy"/);
    await get(reader.mcp.way, 'review_orders');
    assert.deepEqual((await complete(reader.mcp.way, { type: 'ref/prompt', name: 'order_tshirt' }, 'size', '')).values, []);

    const declined = await machine.appoint({ choices: { scopes: ['shop:read'] } });
    for (const way of await everyRevision(declined.mcp)) {
      assert.deepEqual(resultOf(await way.request('prompts/list')).prompts.map((/** @type {any} */ { name }) => name), ['review_orders']);
      assert.equal(codeOf(await way.request('prompts/get', { name: 'order_tshirt' })), FORBIDDEN);
    }
  });
});
