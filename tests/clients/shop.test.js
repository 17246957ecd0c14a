/** Real clients at the shop: each signs in with its own registration, and what one does the others see. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startStack } from '../../dev/stack.js';
import { Inspector } from '../support/clients/inspector.js';
import { McpRemote } from '../support/clients/mcp-remote.js';
import { Mcporter } from '../support/clients/mcporter.js';
import { SdkClient } from '../support/clients/sdk-client.js';
import { until } from '../support/until.js';

/** @typedef {import('../support/clients/agent.js').Agent} Agent */

const GO_AWAY = 'ABSOLUTELY NOT. GO AWAY 👋';
const TOOLS = [
  'buyMcpShopItem',
  'clearDemoMode',
  'getUserInfo',
  'listMcpShopInventory',
  'listMcpShopOrders',
  'prettyPlease',
  'setDemoMode',
];

/** @type {import('../../dev/stack.js').Stack} */
let stack;
let endpoint = '';
before(async () => {
  stack = await startStack();
  endpoint = `${stack.url}/mcp`;
});
after(() => stack?.stop());

/** @type {{ name: string, start: () => Promise<Agent> }[]} */
const CLIENTS = [
  { name: 'mcp-remote', start: () => McpRemote.start(endpoint) },
  { name: 'mcp-remote --protocol auto', start: () => McpRemote.start(endpoint, { parameters: ['--protocol', 'auto'] }) },
  { name: 'the TypeScript client, legacy', start: () => SdkClient.start(endpoint, 'legacy') },
  { name: 'the TypeScript client, auto', start: () => SdkClient.start(endpoint, 'auto') },
  { name: 'the inspector, legacy', start: () => Inspector.start(endpoint, 'legacy') },
  { name: 'the inspector, modern', start: () => Inspector.start(endpoint, 'modern') },
  { name: 'mcporter', start: () => Mcporter.start(endpoint) },
];
/** Those that can ask their human, complete what is typed, and follow a resource. The others are programs for one call. */
const STAYS = new Set(CLIENTS.map(({ name }) => name).filter((name) => /mcp-remote|TypeScript/.test(name)));
const PAIRS = CLIENTS.map((one, i) => ({ one, other: CLIENTS[(i + 1) % CLIENTS.length] }));

/** The clients that have signed in: each does it once, when it is first needed. @type {Map<string, Promise<Agent>>} */
const signedIn = new Map();
after(async () => {
  for (const agent of await Promise.allSettled(signedIn.values())) {
    if (agent.status === 'fulfilled') await agent.value.close();
  }
});

/** @param {(typeof CLIENTS)[number]} client @returns {Promise<Agent>} */
function agentOf({ name, start }) {
  const agent = signedIn.get(name) ?? start();
  signedIn.set(name, agent);
  return agent;
}

/** @param {Agent} agent @param {string} company */
function buy(agent, company) {
  return agent.call('buyMcpShopItem', { company, mailingAddress: '12 Marylebone Road\nLondon', tshirtSize: 'M' });
}

/** @param {Agent} agent */
async function companies(agent) {
  const { orders } = (await agent.call('listMcpShopOrders', { limit: 200 })).json;
  return orders.map((/** @type {any} */ order) => order.company);
}

for (const client of CLIENTS) {
  describe(client.name, () => {
    test('signs in with a registration of its own, and knows where it is', async () => {
      const agent = await agentOf(client);
      const { client_id, scope } = await agent.credentials();
      assert.equal(agent.human.opened.length, 1, 'the human is asked once');
      const asked = agent.human.opened[0].searchParams;
      assert.equal(asked.get('client_id'), client_id);
      assert.equal(asked.get('resource'), endpoint);
      assert.equal(asked.get('code_challenge_method'), 'S256');
      assert.equal(asked.get('scope'), 'shop:read shop:buy');
      assert.equal(scope, 'shop:read shop:buy');

      for (const other of await Promise.all(signedIn.values())) {
        if (other !== agent) assert.notEqual((await other.credentials()).client_id, client_id);
      }
    });

    test('lists the tools', async () => {
      const agent = await agentOf(client);
      assert.deepEqual((await agent.tools()).sort(), TOOLS);
    });

    test('buys a shirt and sees the order', async () => {
      const agent = await agentOf(client);
      const company = `Bought by ${client.name}`;
      const bought = await buy(agent, company);
      assert.equal(bought.isError, false, bought.text);
      assert.equal(bought.json.status, 'success');
      assert.deepEqual(bought.result.structuredContent, bought.json);

      const { orders } = (await agent.call('listMcpShopOrders')).json;
      assert.deepEqual(orders[0], bought.json.order, 'the newest order comes first');
      assert.equal(orders[0].company, company);
      assert.equal(orders[0].email, 'ada@example.com');
    });

    test('is told by a tool what is wrong with an argument', async () => {
      const refused = await buy(await agentOf(client), ' ');
      assert.equal(refused.isError, true);
      assert.match(refused.text, /\/company is " "; .*One line of text, not blank, without control characters\./);
    });

    test('reads the resources', async () => {
      const agent = await agentOf(client);
      assert.deepEqual(await agent.resources(), ['shop://inventory', 'shop://orders']);
      assert.deepEqual(await agent.read('shop://inventory'), (await agent.call('listMcpShopInventory')).json);
      const { order } = (await buy(agent, `Read by ${client.name}`)).json;
      assert.deepEqual((await agent.read('shop://orders')).orders[0], order);
      assert.deepEqual(await agent.read(`shop://orders/${order.id}`), order);
      await assert.rejects(agent.read('shop://orders/nothing'), /Resource not found/);
    });

    test('is asked for what an order lacks, or told', async () => {
      const agent = await agentOf(client);
      const { human } = agent;
      /** @type {any[]} */
      const forms = [];
      human.fill = (form) => {
        forms.push(form);
        return { action: 'accept', content: { mailingAddress: '1 Form Street', tshirtSize: 'XXL' } };
      };
      const company = `Asked by ${client.name}`;
      const bought = await agent.call('buyMcpShopItem', { company });
      if (!STAYS.has(client.name)) {
        assert.equal(bought.isError, true);
        assert.match(bought.text, /\/mailingAddress is missing.*\n.*\/tshirtSize is missing/);
        assert.equal(forms.length, 0);
        return;
      }
      assert.equal(bought.isError, false, bought.text);
      assert.deepEqual(Object.keys(forms[0].requestedSchema.properties), ['mailingAddress', 'tshirtSize']);
      const { mailingAddress, tshirtSize } = bought.json.order;
      assert.deepEqual({ mailingAddress, tshirtSize }, { mailingAddress: '1 Form Street', tshirtSize: 'XXL' });
      assert.equal(forms.length, 1);

      human.fill = () => ({ action: 'decline' });
      const declined = await agent.call('buyMcpShopItem', { company });
      assert.equal(declined.isError, true);
      assert.match(declined.text, /Your human declined/);
      assert.equal((await companies(agent)).filter((/** @type {string} */ one) => one === company).length, 1);
    });
  });
}

describe('prompts, as far as a client has them', () => {
  for (const client of CLIENTS.filter(({ name }) => name !== 'mcporter')) {
    test(client.name, async () => {
      const agent = await agentOf(client);
      const messages = await agent.prompt?.('order_tshirt', { size: 'L', company: 'Acme' });
      assert.match(messages?.[0].content.text, /- size: L\n- company: Acme\n\nNot decided yet: mailing address\. Do not guess\./);
      const words = STAYS.has(client.name) ? /Leave it out of the call: the shop then asks me/ : /Ask me for it first/;
      assert.match(messages?.[0].content.text, words);
      const review = await agent.prompt?.('review_orders');
      assert.deepEqual(JSON.parse(review?.[1].content.resource.text), await agent.read('shop://orders'));
      await assert.rejects(/** @type {any} */ (agent).prompt('order_tshirt', { size: 'huge' }), /the sizes are S, M, L, XL, XXL/);
    });
  }
});

describe('completion, as far as a client has it', () => {
  for (const client of CLIENTS.filter(({ name }) => STAYS.has(name))) {
    test(client.name, async () => {
      const agent = await agentOf(client);
      assert.deepEqual(await agent.complete?.({ type: 'ref/prompt', name: 'order_tshirt' }, 'size', 'x'), ['XL', 'XXL']);
      const { orders } = await agent.read('shop://orders');
      const ids = await agent.complete?.({ type: 'ref/resource', uri: 'shop://orders/{id}' }, 'id', '');
      assert.deepEqual(ids?.slice(0, orders.length), orders.map((/** @type {any} */ { id }) => id).slice(0, 100));
    });
  }
});

describe('news of an order, as far as a client can follow', () => {
  for (const { one, other } of PAIRS.filter(({ one: { name } }) => STAYS.has(name))) {
    test(`of ${other.name} reaches ${one.name}`, async () => {
      const [following, buying] = [await agentOf(one), await agentOf(other)];
      if (!following.follow) throw new Error('it cannot follow');
      const { updates, end } = await following.follow('shop://orders');
      let order;
      // `mcp-remote --protocol auto` says yes before it has asked the server: what happens until then it does not hear.
      const news = await until('news of an order', async () => {
        ({ order } = (await buy(buying, `Heard by ${one.name}`)).json);
        return updates.next(2000);
      });
      assert.equal(news, 'shop://orders');
      assert.deepEqual((await following.read('shop://orders')).orders[0], order);
      await end();
    });
  }
});

describe('in both eras', () => {
  test('a client that looks for the newest protocol finds it, and one that does not speaks the old one', async () => {
    const [legacy, auto] = [await agentOf(CLIENTS[2]), await agentOf(CLIENTS[3])];
    assert.equal(/** @type {SdkClient} */ (legacy).protocolVersion, '2025-11-25');
    assert.equal(/** @type {SdkClient} */ (auto).protocolVersion, '2026-07-28');
    const [remote, remoteAuto] = [await agentOf(CLIENTS[0]), await agentOf(CLIENTS[1])];
    assert.doesNotMatch(/** @type {McpRemote} */ (remote).log(), /2026-07-28/);
    assert.match(/** @type {McpRemote} */ (remoteAuto).log(), /Remote server speaks MCP 2026-07-28/);
  });

  test('all of them see the orders of all', async () => {
    const expected = CLIENTS.map(({ name }) => `Bought by ${name}`).reverse();
    for (const client of CLIENTS) {
      const seen = await companies(await agentOf(client));
      assert.deepEqual(seen.filter((/** @type {string} */ company) => company.startsWith('Bought by')), expected, client.name);
    }
  });
});

describe('a ban', () => {
  for (const { one, other } of PAIRS) {
    test(`by ${one.name} holds at once for ${other.name}`, async () => {
      const [banning, buying] = [await agentOf(one), await agentOf(other)];
      await banning.call('setDemoMode', { mode: 'banned' });
      const refused = await buy(buying, 'Banned');
      assert.equal(refused.text, GO_AWAY);
      assert.equal(refused.isError, true);

      await banning.call('clearDemoMode');
      const bought = await buy(buying, 'Back to normal');
      assert.equal(bought.json.status, 'success');
      const all = await companies(buying);
      assert.equal(all[0], 'Back to normal');
      assert.equal(all.includes('Banned'), false);
    });
  }

  test('is nobody else’s', async () => {
    const ada = await agentOf(CLIENTS[3]);
    const alan = await SdkClient.start(endpoint, 'auto', { person: 'alan@example.com' });
    try {
      await ada.call('setDemoMode', { mode: 'banned' });
      assert.equal((await buy(alan, 'Bombe Ltd')).json.order.email, 'alan@example.com');
      assert.deepEqual(await companies(alan), ['Bombe Ltd'], 'and he sees his own orders only');
    } finally {
      await ada.call('clearDemoMode');
      await alan.close();
    }
  });
});

describe('the end of a grant', () => {
  for (const { one, other } of PAIRS) {
    test(`of ${one.name} wants a new sign-in of it, and ${other.name} works on`, async () => {
      const [ended, working] = [await agentOf(one), await agentOf(other)];
      const { client_id, access_token, refresh_token = '' } = await ended.credentials();
      const revoked = await fetch(`${stack.url}/token`, { method: 'POST', body: new URLSearchParams({ client_id, token: access_token }) });
      assert.equal(revoked.status, 200, 'RFC 7009, 2.2');

      const openedBefore = ended.human.opened.length;
      ended.human.choices = { start: 'cancel' };
      await assert.rejects(companies(ended));
      // Once, or twice: a client may try to open its stream again in the same moment.
      const asked = ended.human.opened.length;
      assert.ok(asked > openedBefore, 'the human was asked to sign in');
      assert.equal((await buy(working, `After ${one.name}`)).json.status, 'success');
      const refresh = new URLSearchParams({ grant_type: 'refresh_token', client_id, refresh_token });
      const refreshed = await fetch(`${stack.url}/token`, { method: 'POST', body: refresh });
      assert.equal((await refreshed.json()).error, 'invalid_grant', 'the refresh token has ended too');

      ended.human.choices = {};
      if (ended instanceof McpRemote) await ended.restart(); // it asks no second time after a refusal
      assert.equal((await companies(ended))[0], `After ${one.name}`, 'a new sign-in makes it work again');
      assert.ok(ended.human.opened.length > asked, 'after the human was asked again');
    });
  }
});
