/** The shop's seven tools, with the names, arguments and texts of the original, and what it promised and did not do. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine } from '../support/machine.js';
import { everyRevision, message, resultOf, textOf } from '../support/mcp.js';

/** @typedef {import('../support/deputy.js').Deputy} Deputy */
/** @typedef {import('../support/mcp.js').ToolResult} ToolResult */

const SHIRT = { company: 'Acme', mailingAddress: '1 Road\nTown', tshirtSize: 'M' };

const machine = new Machine();
/** @type {Deputy} */
let ada;
/** @type {Deputy} */
let grace;
/** @type {Deputy} */
let alan;

before(async () => {
  await machine.start();
  ada = await machine.appoint();
  grace = await machine.appoint({ metadata: { client_name: 'Robot Butler' }, choices: { person: 'grace@example.com' } });
  alan = await machine.appoint({ choices: { person: 'alan@example.com' } });
});
after(() => machine.stop());

/** The JSON that a tool answers with, as text and as structure. There may be links after it. @param {ToolResult} result @returns {any} */
function dataOf(result) {
  assert.ok(!result.isError, textOf(result));
  assert.equal(result.content[0].type, 'text');
  for (const { type } of result.content.slice(1)) assert.equal(type, 'resource_link');
  const data = JSON.parse(result.content[0].text);
  if (result.structuredContent !== undefined) assert.deepEqual(result.structuredContent, data);
  return data;
}

/** What a tool refuses with. @param {ToolResult} result */
function refusalOf(result) {
  assert.equal(result.isError, true, textOf(result));
  assert.equal(result.structuredContent, undefined);
  return textOf(result);
}

/** @param {Deputy} deputy @param {object} [changes] */
const buy = (deputy, changes) => deputy.mcp.call('buyMcpShopItem', { ...SHIRT, ...changes });

/** @param {Deputy} deputy @param {object} [args] */
const list = async (deputy, args) => dataOf(await deputy.mcp.call('listMcpShopOrders', args));

/** WorkOS's id of a person. @param {string} email */
const idOf = (email) => machine.workos.users.find((user) => user.email === email)?.id;

describe('the tools', () => {
  test('each says what it takes, what it gives and what it does', async () => {
    const { tools } = resultOf(await ada.mcp.modern('tools/list'));
    const hints = (/** @type {any} */ { annotations: { title, ...rest } }) => rest;
    const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
    const buys = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
    const sets = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };
    /** @type {Record<string, [string[], string[], object]>} */
    const contract = {
      listMcpShopInventory: [[], [], reads],
      // None of them is required: whoever must fill in everything guesses. What is missing is asked for, or refused.
      buyMcpShopItem: [['company', 'mailingAddress', 'tshirtSize', 'item', 'quantity', 'idempotencyKey'], [], buys],
      listMcpShopOrders: [['limit', 'cursor'], [], reads],
      getUserInfo: [[], [], reads],
      setDemoMode: [['mode'], ['mode'], sets],
      clearDemoMode: [[], [], sets],
      prettyPlease: [[], [], sets],
    };
    assert.deepEqual(tools.map((/** @type {any} */ tool) => tool.name), Object.keys(contract));
    for (const tool of tools) {
      const [properties, required, expected] = contract[tool.name];
      assert.deepEqual(Object.keys(tool.inputSchema.properties), properties);
      assert.deepEqual(tool.inputSchema.required ?? [], required);
      assert.equal(tool.inputSchema.additionalProperties, false);
      for (const property of Object.values(tool.inputSchema.properties)) assert.ok(/** @type {any} */ (property).description);
      assert.deepEqual(hints(tool), expected, tool.name);
    }
    const { properties } = tools[1].inputSchema;
    for (const needed of ['company', 'mailingAddress', 'tshirtSize']) assert.match(properties[needed].description, /^Needed: /);
    assert.match(properties.company.description, /One line of text/, 'what the pattern wants, in words');
    assert.deepEqual(properties.tshirtSize.enum, ['S', 'M', 'L', 'XL', 'XXL']);
    assert.deepEqual(tools[4].inputSchema.properties.mode.enum, ['normal', 'banned']);
  });

  test('what they give is what their output schema says', async () => {
    const { tools } = resultOf(await grace.mcp.modern('tools/list'));
    await buy(grace);
    for (const [name, args] of /** @type {[string, object][]} */ ([['listMcpShopInventory', {}], ['buyMcpShopItem', SHIRT], ['listMcpShopOrders', { limit: 1 }], ['getUserInfo', {}]])) {
      const { outputSchema } = tools.find((/** @type {any} */ tool) => tool.name === name);
      conforms(dataOf(await grace.mcp.call(name, args)), outputSchema, name);
    }
  });

  test('listMcpShopInventory shows the free shirt, and what there is for money', async () => {
    assert.deepEqual(dataOf(await ada.mcp.call('listMcpShopInventory')), {
      title: 'mcp.shop inventory',
      products: [
        {
          label: 'MCP T-Shirt',
          description: 'A comfortable shirt featuring the MCP logo',
          sizes: ['S', 'M', 'L', 'XL', 'XXL'],
          price: 'Free with MCP Server',
          item: 'mcp-tshirt',
          minorUnits: 0,
          currency: 'EUR',
        },
        {
          label: 'MCP Long Sleeve',
          description: 'The same shirt with long sleeves, for server rooms',
          sizes: ['S', 'M', 'L', 'XL', 'XXL'],
          price: '19.00 EUR',
          item: 'mcp-longsleeve',
          minorUnits: 1900,
          currency: 'EUR',
        },
        {
          label: 'MCP Hoodie',
          description: 'A warm hoodie with the MCP logo on its back',
          sizes: ['S', 'M', 'L', 'XL', 'XXL'],
          price: '45.00 EUR',
          item: 'mcp-hoodie',
          minorUnits: 4500,
          currency: 'EUR',
        },
      ],
    });
  });

  test('buyMcpShopItem places an order in the name of the human', async () => {
    const before = Date.now();
    const { status, message: said, order } = dataOf(await buy(ada));
    assert.equal(status, 'success');
    assert.equal(said, 'Order placed successfully!');
    const { id, orderDate, ...rest } = order;
    assert.deepEqual(rest, { userId: idOf('ada@example.com'), email: 'ada@example.com', ...SHIRT, item: 'mcp-tshirt', quantity: 1, minorUnits: 0, currency: 'EUR', status: 'confirmed' });
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Date(orderDate).toISOString(), orderDate);
    assert.ok(new Date(orderDate).getTime() >= before && new Date(orderDate).getTime() <= Date.now());
  });

  test('listMcpShopOrders shows an order the moment it is placed, in every session and client of that person', async () => {
    const other = await machine.appoint();
    const session = await other.mcp.open('2025-03-26');
    for (let i = 0; i < 5; i++) {
      const { order } = dataOf(await buy(ada, { company: `Acme ${i}` }));
      const here = await list(ada);
      assert.equal(here.title, 'Your MCP Shop Orders');
      assert.equal(here.status, 'success');
      assert.deepEqual(here.orders[0], order);
      assert.deepEqual(dataOf(await session.call('listMcpShopOrders')).orders[0], order);
    }
  });

  test('getUserInfo is for people with the permission shop:admin, and shows no token', async () => {
    const { subject, ...rest } = dataOf(await grace.mcp.call('getUserInfo'));
    assert.equal(subject, idOf('grace@example.com'));
    assert.deepEqual(rest, {
      email: 'grace@example.com',
      name: 'Grace Hopper',
      permissions: ['shop:admin'],
      client: { id: grace.client.clientId, name: 'Robot Butler' },
    });
    assert.equal(refusalOf(await ada.mcp.call('getUserInfo')), "Sorry, bruh. You don't have these permissions.");
  });

  test('an order has a link to it, in the revisions that know links', async () => {
    for (const way of await everyRevision(ada.mcp)) {
      const { content } = await way.call('buyMcpShopItem', SHIRT);
      const { id } = JSON.parse(content[0].text).order;
      const link = { type: 'resource_link', uri: `shop://orders/${id}`, name: 'order', mimeType: 'application/json' };
      assert.deepEqual(content.slice(1), way.revision >= '2025-06-18' ? [link] : [], way.revision);
    }
  });

  test('nobody sees the orders of another person', async () => {
    const secret = 'The secret works of Alan';
    const { order } = dataOf(await buy(alan, { company: secret }));
    assert.deepEqual((await list(alan)).orders, [order]);
    for (const deputy of [ada, grace]) {
      const everything = JSON.stringify(await list(deputy, { limit: 200 }));
      assert.ok(!everything.includes(secret) && !everything.includes('alan@example.com'));
    }
  });
});

describe('arguments', () => {
  const line = 'One line of text, not blank, without control characters.';
  const lines = 'Text of one or more lines, not blank, without control characters.';
  /** @type {[string, object, string[]][]} */
  const wrong = [
    ['an empty company', { company: '' }, ['/company has 0 characters; it must have at least 1 character.']],
    ['a blank company', { company: ' \t ' }, ['/company is " \\t ";', line]],
    ['a company of blanks', { company: '\u00a0\u2003 ' }, ['/company is "\u00a0\u2003 ";', line]],
    ['a company that is too long', { company: 'x'.repeat(201) }, ['/company has 201 characters; it must have at most 200 characters.']],
    ['a company of a megabyte', { company: 'x'.repeat(900_000) }, ['/company has 900000 characters; it must have at most 200 characters.']],
    ['a company on two lines', { company: 'Acme\nInc' }, ['/company is "Acme\\nInc";', line]],
    ['a company with a bell in it', { company: 'Ac\u0007me' }, ['/company is "Ac\\u0007me";', line]],
    ['a company that is a number', { company: 7 }, ['/company is 7; it must be a string of 1 to 200 characters.']],
    ['a company that is null', { company: null }, ['/company is null; it must be a string of 1 to 200 characters.']],
    ['no company', { company: undefined }, ['/company is missing. Needed: the company that the person works for.']],
    ['an empty address', { mailingAddress: '' }, ['/mailingAddress has 0 characters; it must have at least 1 character.']],
    ['an address of empty lines', { mailingAddress: '\n \r\n' }, ['/mailingAddress is "\\n \\r\\n";', lines]],
    ['an address that is too long', { mailingAddress: '1 Road\n'.repeat(72) }, ['/mailingAddress has 504 characters; it must have at most 500 characters.']],
    ['an address that is an array', { mailingAddress: ['1 Road'] }, ['/mailingAddress is an array; it must be a string of 1 to 500 characters.']],
    ['no address', { mailingAddress: undefined }, ['/mailingAddress is missing. Needed: where the shirt is sent, the full postal address.']],
    ['an unknown size', { tshirtSize: 'XXXL' }, ['/tshirtSize is "XXXL"; it must be one of "S", "M", "L", "XL", "XXL".']],
    ['a size in other letters', { tshirtSize: 'm' }, ['/tshirtSize is "m"; it must be one of "S", "M", "L", "XL", "XXL".']],
    ['no size', { tshirtSize: undefined }, ['/tshirtSize is missing. Needed: the size of the T-shirt, one of S, M, L, XL, XXL.']],
    ['an argument that there is not', { color: 'red' }, ['/color is unknown; it must be left out, for what is known here is "company", "idempotencyKey", "item", "mailingAddress", "quantity", "tshirtSize".']],
    ['an empty idempotency key', { idempotencyKey: '' }, ['/idempotencyKey has 0 characters; it must have at least 1 character.']],
    ['an idempotency key that is too long', { idempotencyKey: 'k'.repeat(129) }, ['/idempotencyKey has 129 characters; it must have at most 128 characters.']],
  ];
  for (const [what, changes, why] of wrong) {
    test(`${what}: refused with what to give instead, and nothing is bought`, async () => {
      const { total } = await list(ada);
      const said = refusalOf(await buy(ada, changes));
      assert.ok(said.startsWith('The arguments of buyMcpShopItem are not valid:\n- '), said);
      assert.ok(said.includes(`- ${why[0]}`), said);
      for (const part of why) assert.ok(said.includes(part), said);
      assert.ok(said.length < 500, 'it does not repeat what was sent at length');
      assert.equal((await list(ada)).total, total);
    });
  }

  test('all that is wrong is said at once', async () => {
    const said = refusalOf(await ada.mcp.call('buyMcpShopItem', { company: '', size: 'M' }));
    for (const part of ['/company has 0 characters', '/size is unknown']) assert.ok(said.includes(part), said);
    const missing = refusalOf(await ada.mcp.call('buyMcpShopItem', { idempotencyKey: 'nothing else' }));
    for (const part of ['/company is missing', '/mailingAddress is missing', '/tshirtSize is missing', 'Nothing was bought.']) assert.ok(missing.includes(part), missing);
  });

  test('200 characters are 200 characters in any script, and texts come back as they were', async () => {
    const company = '👋🏽'.repeat(100);
    const mailingAddress = 'Straße 1 "Haus"\\\r\n東京都\n<b>&amp;</b>\n\u{1f3e0}';
    const { order } = dataOf(await buy(ada, { company, mailingAddress, tshirtSize: 'XXL' }));
    assert.equal(order.company, company);
    assert.equal(order.mailingAddress, mailingAddress);
    assert.deepEqual((await list(ada, { limit: 1 })).orders, [order]);
  });

  test('3 MB of argument and a million nested arrays do not even come in', async () => {
    const { total } = await list(ada);
    const huge = message('tools/call', { name: 'buyMcpShopItem', arguments: { ...SHIRT, company: 'x'.repeat(3_000_000) } });
    const deep = JSON.stringify(message('tools/call', { name: 'buyMcpShopItem', arguments: { ...SHIRT, company: 'HERE' } }));
    assert.ok(deep.includes('"HERE"'));
    const nested = deep.replace('"HERE"', '['.repeat(1_000_000) + ']'.repeat(1_000_000));
    for (const body of [huge, nested]) assert.equal((await ada.mcp.post(body)).status, 413);
    assert.equal((await list(ada)).total, total);
  });

  test('the tools that take nothing refuse what they are given', async () => {
    for (const name of ['listMcpShopInventory', 'getUserInfo', 'clearDemoMode', 'prettyPlease']) {
      assert.match(refusalOf(await grace.mcp.call(name, { x: 1 })), /\n- \/x is unknown; it must be left out\.$/);
    }
    assert.match(refusalOf(await ada.mcp.call('setDemoMode', { mode: 'free' })), /\/mode is "free"; it must be one of "normal", "banned"\./);
    assert.match(refusalOf(await ada.mcp.call('setDemoMode')), /\/mode is missing; it must be one of "normal", "banned"\./);
  });
});

describe('a purchase that is repeated', () => {
  const key = 'order-4711';

  test('with the same key is the same order, by any client of that person', async () => {
    const first = dataOf(await buy(ada, { idempotencyKey: key }));
    assert.equal(first.message, 'Order placed successfully!');
    const { total } = await list(ada);
    const other = await machine.appoint();
    for (const deputy of [ada, other]) {
      const again = dataOf(await buy(deputy, { idempotencyKey: key }));
      assert.deepEqual(again.order, first.order);
      assert.equal(again.status, 'success');
      assert.equal(again.message, 'This order was already placed; nothing new was bought.');
    }
    assert.equal((await list(ada)).total, total);
  });

  test('with the same key and other arguments is an error', async () => {
    const { total } = await list(ada);
    for (const changes of [{ company: 'Other' }, { mailingAddress: '2 Road' }, { tshirtSize: 'L' }]) {
      const said = refusalOf(await buy(ada, { ...changes, idempotencyKey: key }));
      assert.match(said, /^The idempotencyKey "order-4711" belongs to an earlier order with other arguments\. Nothing was bought\./);
    }
    assert.equal((await list(ada)).total, total);
  });

  test('with the same key by another person is their own', async () => {
    const mine = dataOf(await buy(ada, { idempotencyKey: key }));
    const theirs = dataOf(await buy(alan, { idempotencyKey: key }));
    assert.equal(theirs.message, 'Order placed successfully!');
    assert.notEqual(theirs.order.id, mine.order.id);
    assert.equal(theirs.order.email, 'alan@example.com');
  });

  test('ten times at once buys once', async () => {
    const { total } = await list(ada);
    const orders = await Promise.all(Array.from({ length: 10 }, async () => dataOf(await buy(ada, { idempotencyKey: 'at once' })).order));
    for (const order of orders) assert.deepEqual(order, orders[0]);
    assert.equal((await list(ada)).total, total + 1);
  });

  test('without a key buys again', async () => {
    const { total } = await list(ada);
    await buy(ada);
    await buy(ada);
    assert.equal((await list(ada)).total, total + 2);
  });
});

describe('1,100 orders', () => {
  /** Newest first. @type {string[]} */
  const ids = [];
  /** @type {Deputy} */
  let collector;

  before(async () => {
    // Alan has bought before: this is about all of his orders.
    collector = alan;
    const old = await list(collector, { limit: 200 });
    ids.push(...old.orders.map((/** @type {any} */ order) => order.id));
    const session = await collector.mcp.open('2025-03-26');
    while (ids.length < 1100) {
      const batch = Array.from({ length: Math.min(100, 1100 - ids.length) }, () => message('tools/call', { name: 'buyMcpShopItem', arguments: SHIRT }));
      const answer = await session.post(batch);
      for (const one of answer.json) ids.unshift(dataOf(one.result).order.id);
    }
  });

  for (const limit of [undefined, 200, 1, 7]) {
    test(`by pages of ${limit ?? 'the usual size'}: newest first, complete, none twice`, async () => {
      const most = limit === 1 ? 20 : Infinity; // 1,100 pages of one would only take longer
      const seen = [];
      /** @type {string | undefined} */
      let cursor;
      do {
        const page = await list(collector, { ...(limit && { limit }), ...(cursor && { cursor }) });
        assert.equal(page.total, 1100);
        assert.ok(page.orders.length <= (limit ?? 50));
        if (page.nextCursor) assert.equal(page.orders.length, limit ?? 50);
        seen.push(...page.orders.map((/** @type {any} */ order) => order.id));
        cursor = page.nextCursor;
      } while (cursor && seen.length < most);
      assert.deepEqual(seen, ids.slice(0, seen.length));
      if (most === Infinity) assert.equal(seen.length, 1100);
    });
  }

  test('orders that come in between do not move the pages that are still to come', async () => {
    const first = await list(collector, { limit: 3 });
    const { order } = dataOf(await buy(collector));
    const second = await list(collector, { limit: 3, cursor: first.nextCursor });
    const shown = [...first.orders, ...second.orders].map((one) => one.id);
    assert.deepEqual(shown, ids.slice(0, 6));
    ids.unshift(order.id);
  });

  test('a cursor that nobody gave and a limit out of bounds are refused', async () => {
    const { nextCursor } = await list(collector, { limit: 1 });
    for (const cursor of ['x', '', `${nextCursor}0x`, ` ${nextCursor}`, nextCursor.toUpperCase(), nextCursor.replace(/\d+/, '-1'), nextCursor.replace(/\d+/, '00$&')]) {
      refusalOf(await collector.mcp.call('listMcpShopOrders', { cursor }));
    }
    for (const limit of [0, -1, 201, 1.5, '10', null]) {
      assert.match(refusalOf(await collector.mcp.call('listMcpShopOrders', { limit })), /limit /);
    }
  });
});

describe('the ban', () => {
  const refusals = {
    buyMcpShopItem: 'ABSOLUTELY NOT. GO AWAY 👋',
    listMcpShopInventory: "You again, we're not letting you get a shirt after what happened at MCP Night.",
    listMcpShopOrders: 'You are banned from the shop, and that goes for its order book too.',
    getUserInfo: 'You are banned from the shop. We know who you are.',
  };

  /** @param {{ call(name: string, args?: object): Promise<ToolResult> }} way */
  async function assertBanned(way) {
    for (const [name, text] of Object.entries(refusals)) {
      assert.equal(refusalOf(await way.call(name, name === 'buyMcpShopItem' ? SHIRT : {})), text);
    }
  }
  /** @param {{ call(name: string, args?: object): Promise<ToolResult> }} way */
  async function assertServed(way) {
    dataOf(await way.call('listMcpShopInventory'));
    dataOf(await way.call('buyMcpShopItem', SHIRT));
    dataOf(await way.call('listMcpShopOrders'));
  }

  test('holds at once in every session and every client of that person, in those that come later, and for nobody else', async () => {
    const other = await machine.appoint();
    const [first, second] = [await ada.mcp.open('2025-03-26'), await ada.mcp.open('2025-11-25')];
    const { total } = await list(ada);
    assert.equal(textOf(await first.call('setDemoMode', { mode: 'banned' })), 'Demo mode set to banned.');
    for (const way of [first, second, ada.mcp, other.mcp, await other.mcp.open()]) await assertBanned(way);
    const later = await machine.appoint();
    await assertBanned(later.mcp);
    await assertServed(grace.mcp);
    const { tools } = resultOf(await later.mcp.modern('tools/list'));
    assert.equal(tools.length, 7, 'the tools stay listed');

    await machine.crash();
    await machine.start();
    for (const way of [first, ada.mcp, later.mcp]) await assertBanned(way);

    assert.equal(textOf(await later.mcp.call('clearDemoMode')), 'You are back to normal, dude.');
    assert.equal((await list(ada)).total, total, 'nothing was bought meanwhile');
    for (const way of [first, second, ada.mcp, other.mcp, later.mcp]) await assertServed(way);
  });

  /** @type {[string, object, string][]} */
  const ends = [
    ['clearDemoMode', {}, 'You are back to normal, dude.'],
    ['prettyPlease', {}, 'Fine, you can order since you said "pretty please".'],
    ['setDemoMode', { mode: 'normal' }, 'Demo mode set to normal.'],
  ];
  for (const [name, args, text] of ends) {
    test(`${name} lifts it, however often it was imposed`, async () => {
      for (let i = 0; i < 2; i++) await ada.mcp.call('setDemoMode', { mode: 'banned' });
      await assertBanned(ada.mcp);
      for (let i = 0; i < 2; i++) {
        const result = await ada.mcp.call(name, args);
        assert.ok(!result.isError);
        assert.equal(textOf(result), text);
        await assertServed(ada.mcp);
      }
    });
  }
});

/** The part of JSON Schema that the output schemas use. @param {any} value @param {any} schema @param {string} where */
function conforms(value, schema, where) {
  const known = ['type', 'properties', 'required', 'items'];
  for (const keyword of Object.keys(schema)) assert.ok(known.includes(keyword), `${where}: this test does not know ${keyword}`);
  /** @type {Record<string, (value: any) => boolean>} */
  const types = {
    object: (one) => typeof one === 'object' && one !== null && !Array.isArray(one),
    array: Array.isArray,
    string: (one) => typeof one === 'string',
    integer: Number.isInteger,
  };
  assert.ok(types[schema.type](value), `${where} is of type ${schema.type}`);
  for (const name of schema.required ?? []) assert.ok(name in value, `${where}.${name} is there`);
  for (const [name, property] of Object.entries(schema.properties ?? {})) if (name in value) conforms(value[name], property, `${where}.${name}`);
  if (schema.properties) for (const name of Object.keys(value)) assert.ok(name in schema.properties, `${where}.${name} is declared`);
  if (schema.items) for (const item of value) conforms(item, schema.items, `${where}[]`);
}
