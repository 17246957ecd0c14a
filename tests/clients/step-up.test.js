/** A client that asked for less than it comes to need: it is told what, asks its human for that, and goes on. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startStack } from '../../dev/stack.js';
import { McpRemote } from '../support/clients/mcp-remote.js';
import { SdkClient } from '../support/clients/sdk-client.js';
import { OAuthClient } from '../support/oauth-client.js';

/** @typedef {import('../support/clients/agent.js').Agent} Agent */

const SHIRT = { company: 'Step-up Ltd', mailingAddress: '1 Stairs', tshirtSize: 'L' };
const BOTH = 'shop:read shop:buy';

/** @type {import('../../dev/stack.js').Stack} */
let stack;
let endpoint = '';
before(async () => {
  stack = await startStack();
  endpoint = `${stack.url}/mcp`;
});
after(() => stack?.stop());

/** mcp-remote asks for what the challenge of the server names; here the address that it opens says less, the first time. */
const lessAtFirst = (/** @type {import('../support/desktop.js').Desktop} */ desktop) => {
  desktop.rewrite = (url) => {
    url.searchParams.set('scope', 'shop:read');
    desktop.rewrite = () => {};
  };
};

/** @type {{ name: string, start: () => Promise<Agent> }[]} */
const CLIENTS = [
  { name: 'mcp-remote', start: () => McpRemote.start(endpoint, { prepare: lessAtFirst }) },
  {
    name: 'mcp-remote --protocol auto',
    start: () => McpRemote.start(endpoint, { parameters: ['--protocol', 'auto'], prepare: lessAtFirst }),
  },
  { name: 'the TypeScript client, legacy', start: () => SdkClient.start(endpoint, 'legacy', { scope: 'shop:read' }) },
  { name: 'the TypeScript client, auto', start: () => SdkClient.start(endpoint, 'auto', { scope: 'shop:read' }) },
];

/** @param {Agent} agent @param {(agent: Agent) => Promise<void>} story */
async function closing(agent, story) {
  try {
    await story(agent);
  } finally {
    await agent.close();
  }
}

/** @param {Agent} agent @returns {Promise<number>} */
async function orders(agent) {
  return (await agent.call('listMcpShopOrders')).json.total;
}

test('the challenge names all the scopes of the operation, those that the client has included', async () => {
  const client = await OAuthClient.register(stack.url);
  const code = await client.authorize({}, { scope: 'shop:read' });
  const { body: tokens } = await client.redeem(code);
  assert.equal(tokens.scope, 'shop:read');
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${tokens.access_token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': 'buyMcpShopItem',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'buyMcpShopItem',
        arguments: SHIRT,
        _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
      },
    }),
  });
  assert.equal(response.status, 403);
  const challenge = response.headers.get('WWW-Authenticate') ?? '';
  assert.match(challenge, /^Bearer /);
  assert.match(challenge, /error="insufficient_scope"/);
  assert.match(challenge, /scope="shop:read shop:buy"/);
  assert.match(challenge, new RegExp(`resource_metadata="${stack.url}/.well-known/oauth-protected-resource/mcp"`));
});

for (const { name, start } of CLIENTS) {
  describe(name, () => {
    test('asks for what it lacks, and then buys', () => start().then((agent) => closing(agent, async () => {
      assert.equal((await agent.credentials()).scope, 'shop:read');
      const before = await orders(agent);
      assert.equal(agent.human.opened.length, 1);

      const bought = await agent.call('buyMcpShopItem', SHIRT);
      assert.equal(bought.isError, false, bought.text);
      assert.equal(agent.human.opened.length, 2, 'the human is asked once more');
      assert.equal(agent.human.opened[1].searchParams.get('scope'), BOTH);
      assert.equal((await agent.credentials()).scope, BOTH);
      assert.equal(await orders(agent), before + 1);
      if (agent instanceof SdkClient) assert.equal(agent.reconnects, 0, 'in the session that it had');
    })));

    test('is refused where the human says no to more, and nothing is bought', () => start().then((agent) => closing(agent, async () => {
      const before = await orders(agent);
      agent.human.choices = { decision: 'deny' };
      await assert.rejects(agent.call('buyMcpShopItem', SHIRT));
      assert.equal(agent.human.opened.length, 2);
      assert.equal(await orders(agent), before, 'it goes on with what it had');
    })));

    test('is not sent to sign in again for what the human left out on purpose', () => start().then((agent) => closing(agent, async () => {
      const before = await orders(agent);
      agent.human.choices = { scopes: ['shop:read'] };
      const refused = await agent.call('buyMcpShopItem', SHIRT);
      assert.equal(refused.isError, true);
      assert.match(refused.text, /Your human was asked for shop:buy and did not allow it/);
      assert.equal(agent.human.opened.length, 2, 'asked once, and not over and over');
      assert.equal((await agent.call('buyMcpShopItem', SHIRT)).isError, true);
      assert.equal(agent.human.opened.length, 2);
      assert.equal(await orders(agent), before);
    })));
  });
}
