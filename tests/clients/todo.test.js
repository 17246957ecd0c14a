/** Real clients at the to-do list: each registers at the issuer by itself, signs its human in there, and works the list. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Inspector } from '../support/clients/inspector.js';
import { McpRemote } from '../support/clients/mcp-remote.js';
import { SdkClient } from '../support/clients/sdk-client.js';
import { signInAtIssuer } from '../support/issuer-client.js';
import { SCOPE, TodoMachine } from '../support/todo-machine.js';

/** @typedef {import('../support/clients/agent.js').Agent} Agent */

const TOOLS = ['create_new_todo', 'delete_todo', 'get_my_todo_list', 'peek_api_token', 'toggle_todo_status', 'who_am_I'];

const machine = new TodoMachine({ dev: true, people: 10 });
before(() => machine.start());
after(() => machine.stop());

/** A desktop whose human signs in at the issuer. @param {string} person */
const desktopOf = (person) => (/** @type {import('../support/desktop.js').Desktop} */ desktop) => {
  desktop.signIn = signInAtIssuer;
  desktop.choices = { person };
};

/** @param {string} person @param {'legacy' | 'auto'} mode */
function sdkClient(person, mode) {
  const browse = async (/** @type {URL} */ url) => {
    const { redirect, page } = await signInAtIssuer(url.href, { person });
    if (!redirect) throw new Error(`the sign-in ended on a page: ${page.status} ${page.text}`);
    return redirect;
  };
  return SdkClient.start(machine.endpoint, mode, { human: { browse } });
}

/** @type {{ name: string, start: (person: string) => Promise<Agent> }[]} */
const CLIENTS = [
  { name: 'mcp-remote', start: (person) => McpRemote.start(machine.endpoint, { prepare: desktopOf(person) }) },
  { name: 'mcp-remote --protocol auto', start: (person) => McpRemote.start(machine.endpoint, { parameters: ['--protocol', 'auto'], prepare: desktopOf(person) }) },
  { name: 'the TypeScript client, legacy', start: (person) => sdkClient(person, 'legacy') },
  { name: 'the TypeScript client, auto', start: (person) => sdkClient(person, 'auto') },
  { name: 'the inspector, legacy', start: (person) => Inspector.start(machine.endpoint, 'legacy', { prepare: desktopOf(person) }) },
  { name: 'the inspector, modern', start: (person) => Inspector.start(machine.endpoint, 'modern', { prepare: desktopOf(person) }) },
];

/** @type {Set<string>} */
const clientIds = new Set();

for (const { name, start } of CLIENTS) {
  describe(name, () => {
    let person = '';
    /** @type {Agent} */
    let agent;
    /** @type {import('../support/authority-page.js').AuthorityPage} */
    let page;
    let grant = '';
    before(async () => {
      person = machine.somebody();
      agent = await start(person);
    });
    after(() => agent?.close());

    test('registers at the issuer and signs its human in there, once', async () => {
      const { client_id } = await agent.credentials();
      assert.ok(!clientIds.has(client_id), 'with a registration of its own');
      clientIds.add(client_id);
      assert.equal(agent.human.opened.length, 1);
      const asked = agent.human.opened[0];
      assert.equal(asked.origin, machine.issuer.url);
      assert.equal(asked.searchParams.get('client_id'), client_id);
      assert.equal(asked.searchParams.get('resource'), machine.endpoint);
      assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
      // Some ask for refresh tokens besides, where the issuer offers that.
      const scopes = (asked.searchParams.get('scope') ?? '').split(' ').filter((scope) => scope !== 'offline_access');
      assert.deepEqual(scopes.sort(), SCOPE.split(' ').sort());

      const { claims } = (await agent.call('who_am_I')).json;
      assert.deepEqual([claims.sub, claims.client_id, claims.aud], [person.split('@')[0], client_id, machine.endpoint]);
    });

    test('lists the tools, and reads', async () => {
      assert.deepEqual((await agent.tools()).sort(), TOOLS);
      assert.deepEqual((await agent.call('get_my_todo_list')).json, { todos: [] });
      const { claims } = (await agent.call('peek_api_token')).json;
      assert.deepEqual([claims.sub, claims.aud, claims.act.sub], [person.split('@')[0], machine.api.url, machine.issuer.clientId]);
    });

    test('is told where its human can allow more, and then keeps the list', async () => {
      const refused = await agent.call('create_new_todo', { text: 'milk' });
      assert.equal(refused.isError, true);
      assert.ok(refused.text.includes(`${machine.url}/authority`), refused.text);

      page = await machine.page(person);
      grant = await page.allow('keep');
      const added = await agent.call('create_new_todo', { text: 'milk' });
      assert.equal(added.isError, false, added.text);
      assert.deepEqual(added.result.structuredContent, added.json);
      const [{ id }] = added.json.todos;
      const done = await agent.call('toggle_todo_status', { todoId: id, completed: true });
      assert.deepEqual(done.json, { todos: [{ id, text: 'milk', completed: true }] });

      const asked = await agent.call('delete_todo', { todoId: id });
      assert.equal(asked.isError, true);
      const [approval] = (await page.state()).approvals;
      assert.ok(asked.text.includes(`${machine.url}/authority/approvals/${approval.id}`), asked.text);
      await page.do({ do: 'approve', id: approval.id });
      assert.deepEqual((await agent.call('delete_todo', { todoId: id })).json, { todos: [] });
    });

    test('is shut out by its human, asks for no sign-in, and comes back when they say so', async () => {
      await page.do({ do: 'revoke', grant });
      const openedBefore = agent.human.opened.length;
      const outcome = await agent.call('get_my_todo_list').then(({ isError, text }) => (isError ? text : undefined), (error) => String(error));
      assert.match(outcome ?? 'it worked', /403|ended this authority/);
      assert.equal(agent.human.opened.length, openedBefore, 'a new sign-in would help nobody');

      await page.do({ do: 'allow_again', grant });
      if (agent instanceof McpRemote) await agent.restart(); // its session has ended with the deputy
      assert.deepEqual((await agent.call('get_my_todo_list')).json, { todos: [] });
      assert.equal(agent.human.opened.length, openedBefore);
    });
  });
}
