/** The other pages, in a real browser: what this is, what is missing, and what went wrong with what to do about it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startStack } from '../../dev/stack.js';
import { launch, Visitor } from '../support/chromium.js';
import { LoopbackClient } from '../support/loopback-client.js';

/** @type {import('../../dev/stack.js').Stack} */
let stack;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {LoopbackClient} */
let client;
before(async () => {
  stack = await startStack();
  browser = await launch();
  client = await LoopbackClient.start(stack.url);
});
after(async () => {
  client?.close();
  await browser?.close();
  await stack?.stop();
});

/** @param {(visitor: Visitor) => Promise<void>} story @param {string} [also] another origin that may be asked */
function visiting(story, also = client.origin) {
  return Visitor.arrive(browser, [stack.url, stack.workos?.url ?? '', client.origin, also], story);
}

/** @param {Visitor} visitor @param {import('../support/loopback-client.js').LoopbackClient} [by] */
async function toAuthKit(visitor, by = client) {
  await visitor.open(by.oauth.authorizeUrl());
  await visitor.press('Continue to sign in');
  await visitor.page.waitForURL(/\/user_management\/authorize/);
}

/** @param {Visitor} visitor @returns {Promise<string>} the address where AuthKit sent the browser */
async function toConsent(visitor) {
  await toAuthKit(visitor);
  await visitor.follow('Ada Lovelace');
  await visitor.page.waitForURL(/\/callback/);
  return visitor.page.url();
}

describe('what this is', () => {
  test('the landing page gives the address, and lines to copy for each client', () =>
    visiting(async (visitor) => {
      assert.equal(await visitor.open(stack.url), 200);
      assert.equal(await visitor.heading(), 'T-shirts, bought by your agent');
      const text = await visitor.text();
      const address = `${stack.url}/mcp`;
      for (const line of [address, `claude mcp add --transport http shop ${address}`, `"-y", "mcp-remote", "${address}"`]) {
        assert.ok(text.includes(line), line);
      }
      await visitor.inspect('landing');
      const icon = await visitor.page.locator('header img').evaluate((image) => /** @type {HTMLImageElement} */ (image).naturalWidth);
      assert.ok(icon > 0, 'the icon is there');
    }));

  test('a Worker that lacks its settings names each, and where to set it', async () => {
    const bare = await startStack({ workos: false, vars: { AUTHORITY_SECRET: '' } });
    try {
      await visiting(async (visitor) => {
        assert.equal(await visitor.open(bare.url), 503);
        assert.equal(await visitor.heading(), 'This server is not configured yet');
        const names = await visitor.page.locator('dt').allInnerTexts();
        assert.deepEqual(names, ['AUTHORITY_SECRET', 'WORKOS_CLIENT_ID', 'WORKOS_API_KEY']);
        assert.match(await visitor.text(), /wrangler secret put WORKOS_API_KEY/);
        await visitor.inspect('not-configured');
      }, bare.url);
    } finally {
      await bare.stop();
    }
  });

  test('an address that leads nowhere', () =>
    visiting(async (visitor) => {
      assert.equal(await visitor.open(`${stack.url}/shirts`), 404);
      assert.equal(await visitor.heading(), 'There is nothing here');
      assert.ok((await visitor.text()).includes(`${stack.url}/mcp`));
      await visitor.inspect('error-nowhere');
      await visitor.follow('MCP Shop');
      assert.equal(await visitor.heading(), 'T-shirts, bought by your agent');
    }));
});

describe('a sign-in that cannot go on', () => {
  /** @param {Visitor} visitor @param {RegExp} why @param {RegExp} [advice] */
  async function saysSo(visitor, why, advice = /Go back to your client and connect again/) {
    assert.equal(await visitor.heading(), 'This sign-in cannot go on');
    const text = await visitor.text();
    assert.match(text, why);
    assert.match(text, advice);
  }

  test('with a state that somebody made up', () =>
    visiting(async (visitor) => {
      assert.equal(await visitor.open(`${stack.url}/callback?code=made-up&state=made-up`), 400);
      await saysSo(visitor, /not started in this browser/);
      await visitor.inspect('error-forged-state');
    }));

  test('with a state of another browser', () =>
    visiting(async (visitor) => {
      let stolen = '';
      await visiting(async (victim) => {
        await victim.page.route('**/callback?*', (route) => route.fulfill({ status: 204 }));
        await toAuthKit(victim);
        const arrived = victim.page.waitForRequest(/\/callback\?/);
        await victim.page.getByRole('link', { name: 'Ada Lovelace' }).click({ noWaitAfter: true });
        stolen = (await arrived).url();
      });
      assert.equal(await visitor.open(stolen), 400);
      await saysSo(visitor, /not started in this browser/);
    }));

  test('a second time', () =>
    visiting(async (visitor) => {
      const callback = await toConsent(visitor);
      assert.equal(await visitor.open(callback), 400);
      await saysSo(visitor, /not started in this browser, or too long ago/);
      await visitor.inspect('error-replayed-callback');
    }));

  test('after the browser has forgotten it, as it does when its time is over', () =>
    visiting(async (visitor) => {
      await toConsent(visitor);
      await visitor.context.clearCookies();
      await visitor.press('Allow');
      await saysSo(visitor, /not started in this browser, or too long ago/);
      await visitor.inspect('error-expired');
    }));

  test('of a client that nobody knows', () =>
    visiting(async (visitor) => {
      assert.equal(await visitor.open(client.oauth.authorizeUrl({ client_id: 'nobody' })), 400);
      await saysSo(visitor, /is not known to this server, or no longer/, /remove this server and add it again/);
      await visitor.inspect('error-unknown-client');
    }));

  test('that would lead to an address which the client never named', () =>
    visiting(async (visitor) => {
      assert.equal(await visitor.open(client.oauth.authorizeUrl({ redirect_uri: 'https://evil.example/callback' })), 400);
      await saysSo(visitor, /an address that it never named to this server/, /do not trust the link/);
      await visitor.inspect('error-redirect-uri');
    }));
});

describe('what AuthKit says', () => {
  test('an error of its own is passed on in words', () =>
    visiting(async (visitor) => {
      await toAuthKit(visitor);
      const state = new URL(visitor.page.url()).searchParams.get('state');
      const failed = new URLSearchParams({ state: state ?? '', error: 'server_error', error_description: 'Try <b>later</b>' });
      assert.equal(await visitor.open(`${stack.url}/callback?${failed}`), 400);
      assert.equal(await visitor.heading(), 'The sign-in did not succeed');
      assert.match(await visitor.text(), /AuthKit answered "server_error": Try <b>later<\/b>/);
      await visitor.inspect('error-authkit');
    }));

  test('a code that it does not accept', () =>
    visiting(async (visitor) => {
      await toAuthKit(visitor);
      const state = new URL(visitor.page.url()).searchParams.get('state');
      assert.equal(await visitor.open(`${stack.url}/callback?${new URLSearchParams({ state: state ?? '', code: 'made-up' })}`), 400);
      assert.equal(await visitor.heading(), 'The sign-in did not succeed');
      assert.match(await visitor.text(), /did not accept the code/);
    }));

  test('an impersonated session allows nothing', () =>
    visiting(async (visitor) => {
      await toAuthKit(visitor);
      await visitor.follow('support@example.com as Ada');
      await visitor.page.waitForURL(/\/callback/);
      assert.equal(await visitor.heading(), 'An impersonated session allows nothing');
      assert.match(await visitor.text(), /on behalf of ada@example\.com/);
      assert.equal(await visitor.page.getByRole('button').count(), 0);
      await visitor.inspect('error-impersonation');
    }));
});

describe('a rude client', () => {
  test('is shown as text, whatever it calls itself, and breaks no page', async () => {
    const name = `<script>alert(1)</script>"'&{{handle}} ${'W'.repeat(80)} <b style="position:fixed">`;
    const rude = await LoopbackClient.start(stack.url, name);
    try {
      await visiting(async (visitor) => {
        await visitor.open(rude.oauth.authorizeUrl());
        assert.equal(await visitor.heading(), `${name} asks to act for you`);
        await visitor.inspect('rude-who-asks');
        await toAuthKit(visitor, rude);
        await visitor.follow('Ada Lovelace');
        await visitor.page.waitForURL(/\/callback/);
        assert.equal(await visitor.heading(), `May ${name} act for you?`);
        await visitor.inspect('rude-consent');
      });
    } finally {
      rude.close();
    }
  });
});
