/** Real clients at the shop: each signs in with its own registration, and what one does the others see. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startStack } from '../../dev/stack.js';
import { Inspector } from '../support/clients/inspector.js';
import { McpRemote } from '../support/clients/mcp-remote.js';
import { SdkClient } from '../support/clients/sdk-client.js';

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
];
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
      assert.match(refused.text, /company has only blanks/);
    });
  });
}

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
    for (const client of CLIENTS) assert.deepEqual(await companies(await agentOf(client)), expected, client.name);
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
      assert.equal(ended.human.opened.length, openedBefore + 1, 'the human was asked to sign in');
      assert.equal((await buy(working, `After ${one.name}`)).json.status, 'success');
      const refresh = new URLSearchParams({ grant_type: 'refresh_token', client_id, refresh_token });
      const refreshed = await fetch(`${stack.url}/token`, { method: 'POST', body: refresh });
      assert.equal((await refreshed.json()).error, 'invalid_grant', 'the refresh token has ended too');

      ended.human.choices = {};
      if (ended instanceof McpRemote) await ended.restart(); // it asks no second time after a refusal
      assert.equal((await companies(ended))[0], `After ${one.name}`, 'a new sign-in makes it work again');
      assert.equal(ended.human.opened.length, openedBefore + 2);
    });
  }
});
