/** The to-do list in a real browser: the sign-in at the issuer, and the page of a human whose client is at work. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, ON_A_PHONE, Visitor } from '../support/chromium.js';
import { SdkClient } from '../support/clients/sdk-client.js';
import { TodoMachine } from '../support/todo-machine.js';

/** @typedef {import('playwright-core').Page} Page */

/** What the client calls itself, and where it says that it listens: it takes the answer from the browser itself. */
const NAME = 'typescript-application';
const NOBODY = 'http://127.0.0.1:33418';

const machine = new TodoMachine({ dev: true, people: 4 });
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  await machine.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await machine.stop();
});

/** @param {Page} page at the issuer @param {string} person */
const choose = (page, person) => page.getByRole('button', { name: new RegExp(`(^|\\s)${person}`) }).click();

/** Somebody with a browser and a client: both sign in at the issuer. @param {(me: { visitor: Visitor, page: Page, client: SdkClient, button: (name: string) => Promise<void> }) => Promise<void>} story @param {import('playwright-core').BrowserContextOptions} [options] */
async function being(story, options) {
  const person = machine.somebody();
  await Visitor.arrive(browser, [machine.url, machine.issuer.url, NOBODY], async (visitor) => {
    const { context, page } = visitor;
    await context.route(`${NOBODY}/**`, (route) => route.fulfill({ contentType: 'text/html', body: 'Back at the client' }));
    const browse = async (/** @type {URL} */ url) => {
      const back = /** @type {string} */ (url.searchParams.get('redirect_uri'));
      const tab = await context.newPage();
      await tab.goto(url.href);
      await choose(tab, person);
      await tab.getByRole('button', { name: 'Allow' }).click();
      await tab.waitForURL((at) => at.href.startsWith(`${back}?`));
      const answer = new URL(tab.url());
      await tab.close();
      return answer;
    };
    const client = await SdkClient.start(machine.endpoint, 'auto', { human: { browse } });
    try {
      await client.call('get_my_todo_list');
      await visitor.open(`${machine.url}/authority`);
      await choose(page, person);
      await page.getByText('Live', { exact: true }).waitFor();
      await story({ visitor, page, client, button: (name) => page.getByRole('button', { name, exact: true }).click() });
    } finally {
      await client.close();
    }
  }, options);
}

for (const [where, options] of /** @type {const} */ ([['on a desktop', undefined], ['on a phone', ON_A_PHONE]])) {
  describe(where, () => {
    test('a human widens, revokes and allows again what their client may do, while it works', () =>
      being(async ({ visitor, page, client, button }) => {
        await page.getByRole('heading', { name: NAME }).waitFor();
        const refused = await client.call('create_new_todo', { text: 'milk' });
        assert.ok(refused.isError && refused.text.includes(`${machine.url}/authority`), refused.text);
        await visitor.inspect(`todo-new-${options ? 'phone' : 'desktop'}`);

        await button(`Change bounds of ${NAME}`);
        await button('May keep the list, asks before it deletes');
        await button('Save');
        await page.locator('.good', { hasText: 'Saved: it holds from now on.' }).waitFor();
        const { todos } = (await client.call('create_new_todo', { text: 'milk' })).json;
        assert.deepEqual(todos.map((/** @type {any} */ { text }) => text), ['milk']);

        const deletion = await client.call('delete_todo', { todoId: todos[0].id });
        assert.match(deletion.text, /authority\/approvals/);
        await page.getByRole('heading', { name: `${NAME} asks: Delete from the to-do list` }).waitFor();
        assert.match((await page.locator('article.asks dl').innerText()).replace(/\s+/g, ' '), /Delete milk/, 'the human sees what would go');
        await page.getByRole('button', { name: /^Approve / }).click();
        await page.getByText('Approved', { exact: false }).first().waitFor();
        assert.deepEqual((await client.call('delete_todo', { todoId: todos[0].id })).json.todos, []);

        await page.getByRole('button', { name: `Revoke ${NAME}`, exact: true }).click();
        await page.getByText(/Elsewhere its token may be good until it ends, in \d+ minutes/).first().waitFor();
        await page.getByText(/The one for the API behind ends in \d+ minutes/).first().waitFor();
        await assert.rejects(client.call('get_my_todo_list'), /ended this authority/);
        await visitor.inspect(`todo-revoked-${options ? 'phone' : 'desktop'}`);

        await page.getByRole('button', { name: `Allow again ${NAME}`, exact: true }).first().click();
        await page.getByText('Active', { exact: true }).waitFor();
        assert.deepEqual((await client.call('get_my_todo_list')).json.todos, []);
        assert.ok((await client.call('create_new_todo', { text: 'tea' })).isError, 'with the bounds of a new deputy');
      }, options));
  });
}
