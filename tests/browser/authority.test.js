/** The authority page in a real browser, on a desktop and on a phone, with a real client in the other hand. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, ON_A_PHONE, Visitor } from '../support/chromium.js';
import { McpRemote } from '../support/clients/mcp-remote.js';
import { SdkClient } from '../support/clients/sdk-client.js';
import { Machine } from '../support/machine.js';
import { Endpoint } from '../support/mcp.js';
import { until } from '../support/until.js';

/** @typedef {import('../support/clients/agent.js').Agent} Agent */
/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SHIRT = { company: 'ACME', mailingAddress: '1 Road\nTown', tshirtSize: 'L' };
const LONGSLEEVE = { ...SHIRT, item: 'mcp-longsleeve' };
const HOODIE = { ...SHIRT, item: 'mcp-hoodie' };
/** What a console shows although nothing is wrong with our pages: mcp-remote's own page tries to close itself. */
const MEANT = /Scripts may close only the windows/;
/** What the trail says of a purchase, by the tool's name or its title. */
const BOUGHT = 'used "Buy a T-shirt".';
const SPEND = 'Up to 50 EUR a week, ask above 20';
const FREE = 'May order free shirts';
/** What the clients call themselves. */
const SDK = 'TypeScript application';
/** Where the SDK's client says that it listens: it takes the answer from the browser itself. */
const NOBODY = 'http://127.0.0.1:33418';

const machine = new Machine({ people: 30 });
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

/** Somebody with a browser: what they do on the pages, with a mouse or with a finger. */
class Somebody {
  /** @type {Agent[]} */
  #clients = [];

  /** @param {Visitor} visitor @param {string} email @param {string[]} origins that may be asked @param {boolean} touch */
  constructor(visitor, email, origins, touch) {
    this.visitor = visitor;
    this.page = visitor.page;
    this.email = email;
    this.origins = origins;
    this.touch = touch;
  }

  /** @param {Locator} what */
  press(what) {
    return this.touch ? what.tap() : what.click();
  }

  /** @param {string | RegExp} name @param {Page | Locator} [on] */
  button(name, on = this.page) {
    return this.press(on.getByRole('button', { name, exact: true }));
  }

  /** Signs in, and comes to this page. @param {string} [path] */
  async signIn(path = '/authority') {
    await this.visitor.open(machine.url + path);
    await this.#chooseMyself(this.page);
    await this.page.waitForURL(machine.url + path);
    if (path !== '/admin') await this.page.getByText('Live', { exact: true }).waitFor();
  }

  /** @param {Page} page at AuthKit */
  #chooseMyself(page) {
    return this.press(page.getByRole('link', { name: new RegExp(`(^|\\s)${this.email}`) }));
  }

  /** Says yes to a client that has opened the browser. @param {string} preset */
  allowing(preset) {
    return async (/** @type {URL} */ url) => {
      const back = /** @type {string} */ (url.searchParams.get('redirect_uri'));
      this.origins.push(new URL(back).origin);
      const tab = await this.visitor.context.newPage();
      await tab.goto(url.href);
      await this.button('Continue to sign in', tab);
      await this.#chooseMyself(tab);
      await this.press(tab.getByText(preset, { exact: true })); // the whole card is the choice
      await this.button('Allow', tab);
      await tab.waitForURL((at) => at.href.startsWith(`${back}?`));
      const answer = new URL(tab.url());
      await tab.close();
      return answer;
    };
  }

  /** Takes an application into the other hand: it opens the browser, and may do this. @param {string} preset @param {(url: string) => Promise<void>} [visit] */
  async appoint(preset, visit) {
    const human = { choices: {}, opened: [], browse: this.allowing(preset), ...(visit && { visit }) };
    const client = await SdkClient.start(`${machine.url}/mcp`, 'auto', { human });
    this.#clients.push(client);
    return client;
  }

  /** The same with the program that Claude Desktop starts. @param {string} preset */
  async appointRemote(preset) {
    const prepare = (/** @type {import('../support/desktop.js').Desktop} */ desktop) => {
      desktop.browse = this.allowing(preset);
    };
    const client = await McpRemote.start(`${machine.url}/mcp`, { prepare });
    this.#clients.push(client);
    return client;
  }

  /** @param {string} name of a deputy @param {Page} [page] */
  card(name, page = this.page) {
    return page.getByRole('article').filter({ has: page.getByRole('heading', { name }) });
  }

  /** The entry of the trail that says this. @param {string | RegExp} text */
  entry(text) {
    return this.page.locator('.trail li').filter({ hasText: text });
  }

  /** How much of a limit the page says is used. @param {string} name @param {number} used */
  async meter(name, used) {
    await this.page.locator(`[role=meter][aria-label="${name}"][aria-valuenow="${used}"]`).waitFor();
  }

  /** What is told to those who do not see it. @param {string} text */
  async hears(text) {
    await this.page.getByRole('status').filter({ hasText: text }).first().waitFor({ state: 'attached' });
  }

  /** What has the focus; nothing where it was lost. @returns {Promise<string>} */
  focus() {
    return this.page.evaluate(() => (document.activeElement === document.body ? '' : (document.activeElement?.textContent ?? '')));
  }

  async close() {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

let people = 0;
/** @param {(somebody: Somebody) => Promise<void>} story @param {{ email?: string, phone?: boolean }} [who] */
async function being(story, { email = `person${++people}@example.com`, phone = false } = {}) {
  const origins = [machine.url, machine.workos.url];
  await Visitor.arrive(browser, origins, async (visitor) => {
    await visitor.context.route(`${NOBODY}/**`, (route) => route.fulfill({ contentType: 'text/html', body: 'Back at the client' }));
    const somebody = new Somebody(visitor, email, origins, phone);
    try {
      await story(somebody);
      visitor.complaints = visitor.complaints.filter((complaint) => !MEANT.test(complaint));
    } finally {
      await somebody.close();
    }
  }, phone ? ON_A_PHONE : undefined);
}

/** A page that is built anew by nobody but its script. @param {Page} page @returns {Promise<() => Promise<void>>} */
async function notReloaded(page) {
  await page.evaluate(() => Object.assign(globalThis, { here: true }));
  return async () => assert.ok(await page.evaluate(() => 'here' in globalThis), 'the page was not loaded again');
}

/** The status that this client's token gets. @param {Agent} client */
async function statusOf(client) {
  const { access_token } = await client.credentials();
  return (await new Endpoint(`${machine.url}/mcp`, access_token).modern('tools/list')).status;
}

for (const phone of [false, true]) {
  const show = (/** @type {Somebody} */ { visitor }, /** @type {string} */ name) => (phone ? undefined : visitor.inspect(name));

  describe(phone ? 'on a phone' : 'on a desktop', () => {
    test('a deputy comes and buys, and all of it is seen as it happens', () =>
      being(async (me) => {
        const { page } = me;
        await me.signIn();
        await page.getByRole('heading', { name: 'No deputies' }).waitFor();
        assert.ok((await me.visitor.text()).includes(`${machine.url}/mcp`));
        await show(me, 'authority-empty');
        const stays = await notReloaded(page);

        const client = await me.appoint(SPEND);
        const card = me.card(SDK);
        await card.getByText('Active').waitFor();
        assert.match(await card.innerText(), /It may look at the inventory and at your orders, and order shirts for you\. At most 60 calls a minute, 10 orders in any 7 days/);
        await me.meter('Orders in any 7 days', 0);

        assert.ok(!(await client.call('buyMcpShopItem', SHIRT)).isError);
        await me.entry(BOUGHT).waitFor();
        await me.meter('Orders in any 7 days', 1);
        await me.meter('Money (EUR) in any 7 days', 0);
        assert.ok(!(await client.call('buyMcpShopItem', LONGSLEEVE)).isError);
        await me.meter('Money (EUR) in any 7 days', 1900);
        await card.getByText('€19.00 of €50.00').waitFor();
        await card.getByText('last used just now').waitFor();
        await show(me, 'authority-one');

        await me.press(me.entry(BOUGHT).first().locator('summary'));
        await page.getByText('"company": "ACME"').first().waitFor();
        await show(me, 'authority-entry');
        await stays();
      }, { phone }));

    test('it asks before it spends more, at an address: refused, nothing is bought', () =>
      being(async (me) => {
        const { context } = me.visitor;
        await me.signIn();
        const stays = await notReloaded(me.page);
        /** @type {Page[]} */
        const tabs = [];
        const visit = async (/** @type {string} */ url) => {
          assert.match(url, new RegExp(`^${machine.url}/authority/approvals/[\\w-]+$`));
          const tab = await context.newPage();
          await tab.goto(url);
          tabs.push(tab);
        };
        // One is asked by the protocol, the other is told the address by the tool.
        const client = phone ? await me.appointRemote(SPEND) : await me.appoint(SPEND, visit);
        const buy = async (/** @type {(tab: Page) => Promise<void>} */ decide) => {
          const calling = client.call('buyMcpShopItem', HOODIE);
          if (phone) await visit(/http\S+\/authority\/approvals\/[\w-]+/.exec((await calling).text)?.[0] ?? '');
          for (const before = tabs.length; !phone && tabs.length === before; ) await me.page.waitForTimeout(50);
          await decide(/** @type {Page} */ (tabs.at(-1)));
          const told = await calling;
          // As on a phone, so where looking at the page took longer than a call waits.
          return phone || /repeat the same call/.test(told.text) ? client.call('buyMcpShopItem', HOODIE) : told;
        };

        const refused = await buy(async (tab) => {
          const question = tab.getByRole('article').filter({ has: tab.getByRole('heading', { name: /asks: Buy a T-shirt/ }) });
          await question.waitFor();
          const seen = (await question.innerText()).replace(/\s+/g, ' ');
          assert.match(seen, /Item 1 × MCP Hoodie, size L Price 45\.00 EUR/);
          assert.match(seen, /1 Road Town/, 'where it goes');
          await tab.waitForFunction(() => /asks: Buy a T-shirt/.test(document.activeElement?.textContent ?? ''));
          // The page that was open already shows it too.
          await me.page.waitForFunction(() => document.title.startsWith('(1) '));
          await me.hears('asks: Buy a T-shirt');
          await show(me, 'authority-asked');
          await me.button(/^Refuse /, tab);
          await tab.getByText('Refused.').last().waitFor();
        });
        assert.ok(refused.isError);
        assert.match(refused.text, /said no/);
        await me.entry('got your no to "Buy a T-shirt".').waitFor();
        assert.equal((await client.call('listMcpShopOrders')).json.total, 0);
        await stays();
      }, { phone }));

    test('approved, it goes through, once', () =>
      being(async (me) => {
        const { context } = me.visitor;
        await me.signIn();
        /** @type {(tab: Page) => void} */
        let opened = () => {};
        const visit = async (/** @type {string} */ url) => {
          const tab = await context.newPage();
          await tab.goto(url);
          opened(tab);
        };
        const client = phone ? await me.appointRemote(SPEND) : await me.appoint(SPEND, visit);
        const asked = new Promise((resolve) => (opened = resolve));
        let calling = client.call('buyMcpShopItem', HOODIE);
        if (phone) {
          const told = await calling;
          assert.ok(told.isError);
          await visit(/http\S+\/authority\/approvals\/[\w-]+/.exec(told.text)?.[0] ?? told.text);
        }
        const tab = /** @type {Page} */ (await asked);
        await me.button(/^Approve /, tab);
        await tab.getByText('Approved').first().waitFor();
        if (phone) calling = client.call('buyMcpShopItem', HOODIE);
        const bought = await calling;
        assert.ok(!bought.isError, bought.text);
        await tab.getByText('Approved, and done.').waitFor();
        await me.entry('got your yes to "Buy a T-shirt".').waitFor();
        await me.meter('Money (EUR) in any 7 days', 4500);
        if (phone) {
          const again = await client.call('buyMcpShopItem', HOODIE);
          assert.match(again.text, /EUR/, 'the week has no more of it');
          assert.ok(again.isError);
        }
        assert.equal((await client.call('listMcpShopOrders')).json.total, 1);
        await show(me, 'authority-approved');
      }, { phone }));

    test('paused, it stands still; resumed, it goes on', () =>
      being(async (me) => {
        await me.signIn();
        const stays = await notReloaded(me.page);
        const client = await me.appoint(FREE);
        await me.button(`Pause ${SDK}`);
        await me.card(SDK).getByText('Stands still. You paused it.').waitFor();
        await me.card(SDK).getByText('Paused', { exact: true }).waitFor();
        const refused = await client.call('buyMcpShopItem', SHIRT);
        assert.ok(refused.isError);
        assert.match(refused.text, /paused/);
        await me.entry('Denied').first().waitFor();
        await show(me, 'authority-paused');
        await me.button(`Resume ${SDK}`);
        await me.card(SDK).getByText('Active').waitFor();
        assert.ok(!(await client.call('buyMcpShopItem', SHIRT)).isError);
        await stays();
      }, { phone }));

    test('its bounds are changed by a preset and by hand, and hold from the next call', () =>
      being(async (me) => {
        const { page } = me;
        await me.signIn();
        const client = await me.appoint(FREE);
        assert.ok(!(await client.call('buyMcpShopItem', SHIRT)).isError);
        const edit = () => me.button(`Change bounds of ${SDK}`);
        const form = page.getByRole('form', { name: `Bounds of ${SDK}` });

        await edit();
        await me.button('Look only', form);
        await form.locator('.preview', { hasText: 'At most 60 calls a minute. No orders, no items and no EUR.' }).waitFor();
        await show(me, 'authority-editor');
        await me.button('Save', form);
        await page.locator('.good', { hasText: 'Saved: it holds from now on.' }).waitFor();
        const refused = await client.call('buyMcpShopItem', SHIRT);
        assert.ok(refused.isError, refused.text);

        await edit();
        await me.button(FREE, form);
        await form.locator('[data-measure=orders][data-per=week]').fill('2');
        await form.locator('[data-measure=EUR][data-per=week]').fill('one');
        await me.button('Save', form);
        const field = form.locator('[data-measure=EUR][data-per=week]');
        assert.equal(await field.evaluate((input) => /** @type {HTMLInputElement} */ (input).validationMessage), 'An amount such as 50 or 19.90');
        await field.fill('19,00');
        await form.locator('[name=expires]').selectOption({ label: '8 hours from now' });
        await form.locator('.preview', { hasText: '2 orders in any 7 days' }).waitFor();
        await me.button('Save', form);
        await me.card(SDK).getByText('€0.00 of €19.00').waitFor();
        assert.match(await me.card(SDK).innerText(), /ends in (8|7) hours/);
        assert.ok(!(await client.call('buyMcpShopItem', LONGSLEEVE)).isError);
        await me.meter('Orders in any 7 days', 2);
        assert.match((await client.call('buyMcpShopItem', SHIRT)).text, /at most 2 orders in any 7 days/);
      }, { phone }));

    test('revoked, it can do nothing any more, and the page shows the receipt', () =>
      being(async (me) => {
        const { page } = me;
        await me.signIn();
        const stays = await notReloaded(page);
        const client = await me.appoint(FREE);
        assert.ok(!(await client.call('buyMcpShopItem', SHIRT)).isError);
        await me.entry(BOUGHT).waitFor();
        await me.button(`Revoke ${SDK}`);
        await page.getByText(/Nothing starts after entry \d+ of the trail\. Nothing was under way\./).waitFor();
        await me.hears(`${SDK} is no deputy any more: revoked by you.`);
        assert.equal(await statusOf(client), 401);
        client.human.browse = async () => Promise.reject(new Error('it asks its human to sign in'));
        await assert.rejects(client.call('buyMcpShopItem', SHIRT), /it asks its human to sign in/);

        await me.press(page.getByText('Signed receipt'));
        const [download] = await Promise.all([page.waitForEvent('download'), me.button('Download')]);
        assert.match(readFileSync(await download.path(), 'utf8'), /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
        await show(me, 'authority-ended');
        await stays();
        await page.reload();
        await page.getByRole('heading', { name: 'Ended' }).waitFor();
        assert.equal(await page.getByRole('button', { name: `Revoke ${SDK}` }).count(), 0);
      }, { phone }));

    test('all are revoked with one press', () =>
      being(async (me) => {
        const { page } = me;
        await me.signIn();
        const clients = [await me.appoint(FREE), await me.appoint('Look only'), await me.appointRemote(SPEND)];
        await page.getByText('3 active').waitFor();
        await me.button('Pause all');
        await page.getByText('All deputies stand still. You paused them.').waitFor();
        assert.ok((await clients[0].call('buyMcpShopItem', SHIRT)).isError);
        await show(me, 'authority-many');
        await me.button('Resume all');
        await page.getByRole('button', { name: 'Pause all' }).waitFor();
        await me.button('Revoke all');
        await page.getByText('All are revoked. Each has its receipt below.').waitFor();
        assert.deepEqual(await Promise.all(clients.map(statusOf)), [401, 401, 401]);
        await page.getByText(/^no deputies\.$/i).first().waitFor();
        await show(me, 'authority-all-revoked');
      }, { phone }));
  });
}

describe('the trail', () => {
  test('it is exported, verified, erased, and verified again', () =>
    being(async (me) => {
      const { page } = me;
      await me.signIn();
      const client = await me.appoint(FREE);
      for (let i = 0; i < 4; i++) await client.call('buyMcpShopItem', SHIRT);
      await me.entry('Denied').first().waitFor();
      const exported = async () => {
        const [download] = await Promise.all([page.waitForEvent('download'), me.button('Export the audit trail')]);
        assert.equal(download.suggestedFilename(), 'audit.ndjson');
        const file = await download.path();
        const keys = `${machine.url}/.well-known/jwks.json`;
        const verdict = execFileSync(process.execPath, ['scripts/audit-verify.js', file, '--keys', keys], { cwd: PROJECT, encoding: 'utf8' });
        assert.match(verdict, /The trail holds\./);
        return readFileSync(file, 'utf8');
      };
      assert.match(await exported(), /1 Road/);

      await page.getByLabel('Kind').selectOption({ label: 'Grant' });
      await me.entry('became your deputy').waitFor();
      await until('the others are gone', async () => (await page.locator('.trail li').count()) === 1);
      await page.getByLabel('Kind').selectOption('');

      await me.press(page.getByText('Erase personal details'));
      await me.button('Erase for good');
      await page.getByText('Erased.', { exact: true }).last().waitFor();
      await me.entry(/The details of \d entries were erased/).waitFor();
      assert.doesNotMatch(await exported(), /1 Road/);
      await me.press(me.entry(BOUGHT).first().locator('summary'));
      await page.getByText('private, or erased').first().waitFor();
      await me.visitor.inspect('authority-erased');
    }));
});

describe('the session of the page', () => {
  test('signed out in one tab, the other says so, and the deputies go on', () =>
    being(async (me) => {
      const { page } = me;
      await me.signIn();
      const client = await me.appoint(FREE);
      const other = await me.visitor.context.newPage();
      await other.goto(`${machine.url}/authority`);
      await me.card(SDK, other).waitFor();
      await me.button('Sign out');
      await page.waitForURL(`${machine.url}/`);
      await other.getByText('You are signed out here. Your deputies go on within their bounds.').waitFor();
      assert.ok(!(await client.call('buyMcpShopItem', SHIRT)).isError);
      await page.goto(`${machine.url}/authority`);
      await page.getByRole('heading', { name: 'Who are you today?' }).waitFor();
      me.visitor.complaints = me.visitor.complaints.filter((complaint) => !/status of 401/.test(complaint)); // of the other tab
    }));

  test('what is revoked on the phone is seen on the desktop at once', () =>
    being(async (me) => {
      await me.signIn();
      const client = await me.appoint(FREE);
      await me.card(SDK).waitFor();
      await being(async (also) => {
        await also.signIn();
        await also.button(`Revoke ${SDK}`);
        await also.page.getByText('Nothing was under way.').waitFor();
      }, { email: me.email, phone: true });
      await me.card(SDK).getByText('Revoked by you').waitFor();
      assert.equal(await statusOf(client), 401);
    }));
});

describe('the policy of the page', () => {
  test('no script runs that is not its own, and nothing is asked of others', () =>
    being(async (me) => {
      const { page, visitor } = me;
      await me.signIn();
      const ran = await page.evaluate(async () => {
        const script = document.createElement('script');
        script.textContent = 'globalThis.evil = true';
        document.body.append(script);
        const image = new Image();
        const loaded = new Promise((resolve) => ((image.onload = () => resolve('load')), (image.onerror = () => resolve('error'))));
        image.src = 'https://evil.example/';
        const asked = await fetch('https://evil.example/').then(() => 'asked', () => 'blocked');
        return ['evil' in globalThis, await loaded, asked];
      });
      assert.deepEqual(ran, [false, 'error', 'blocked']);
      // The browser says what it blocked.
      visitor.complaints = visitor.complaints.filter((complaint) => !/Content Security Policy|evil\.example/.test(complaint));
    }));
});

describe('with the keyboard alone', () => {
  test('a deputy is revoked, and the focus stays near', () =>
    being(async (me) => {
      const { page, visitor } = me;
      await me.signIn();
      const client = await me.appoint(FREE);
      await me.card(SDK).waitFor();
      await page.bringToFront();
      assert.deepEqual(await visitor.tabTo('Revoke'), ['MCP Shop', 'Sign out', 'Change bounds', 'Pause']);
      await page.keyboard.press('Enter');
      await page.getByText('Nothing was under way.').waitFor();
      assert.match(await me.focus(), new RegExp(SDK));
      assert.equal(await statusOf(client), 401);
    }));
});

describe('the administrator', () => {
  test('pauses and revokes somebody else\'s deputies, and sees nothing of what they did', () =>
    being(async (me) => {
      await me.signIn();
      const client = await me.appoint(FREE);
      await client.call('buyMcpShopItem', SHIRT);
      await me.card(SDK).waitFor();
      const user = machine.workos.users.find(({ email }) => email === me.email)?.id ?? '';
      await being(async (grace) => {
        const { page } = grace;
        await grace.signIn();
        await grace.press(page.getByRole('link', { name: 'Administration' }));
        await page.getByLabel('WorkOS user id').fill('user_nobody');
        await grace.button('Show');
        await page.getByText('That is no id of a person in WorkOS.').waitFor();
        await grace.visitor.inspect('admin-nobody');
        // The console shows the status of what was asked.
        grace.visitor.complaints = grace.visitor.complaints.filter((complaint) => !/status of 400/.test(complaint));
        await page.getByLabel('WorkOS user id').fill(user);
        await grace.button('Show');
        await grace.card(SDK).waitFor();
        assert.doesNotMatch(await grace.visitor.text(), /ACME|1 Road|Audit trail|Change bounds/);
        await grace.button(`Pause ${SDK}`);
        await me.card(SDK).getByText('Stands still. An administrator paused it, and only one can resume it.').waitFor();
        await grace.visitor.inspect('admin');
        await grace.button(`Revoke ${SDK}`);
        await page.getByText(/Revoked by an administrator/).waitFor();
      }, { email: 'grace@example.com' });
      await me.card(SDK).getByText('Revoked by an administrator').waitFor();
      assert.equal(await statusOf(client), 401);
    }));

  test('nobody else comes in', () =>
    being(async (me) => {
      await me.signIn();
      assert.equal(await me.page.getByRole('link', { name: 'Administration' }).count(), 0);
      assert.equal(await me.visitor.open(`${machine.url}/admin`), 403);
      await me.visitor.inspect('admin-refused');
    }));
});
