/** Signing in, in a real browser: who asks, AuthKit, consent, and back to a client that really listens. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startStack } from '../../dev/stack.js';
import { launch, ON_A_PHONE, Visitor } from '../support/chromium.js';
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

/** @param {(visitor: Visitor) => Promise<void>} story @param {import('playwright-core').BrowserContextOptions} [options] */
function visiting(story, options) {
  const origins = [stack.url, stack.workos?.url ?? '', client.origin];
  return Visitor.arrive(browser, origins, story, options);
}

/** @param {Visitor} visitor */
async function toAuthKit(visitor) {
  assert.equal(await visitor.open(client.oauth.authorizeUrl()), 200);
  await visitor.press('Continue to sign in');
  await visitor.page.waitForURL(/\/user_management\/authorize/);
}

/** @param {Visitor} visitor */
async function toConsent(visitor) {
  await toAuthKit(visitor);
  await visitor.follow('Ada Lovelace');
  await visitor.page.waitForURL(/\/callback/);
}

/** What the client was told. @param {Visitor} visitor */
async function backAtClient(visitor) {
  await visitor.page.waitForURL(`${client.redirectUri}?*`);
  assert.equal(await visitor.heading(), 'Back at the client');
  const told = client.received.at(-1);
  assert.ok(told);
  assert.equal(told.get('state'), 'the-state');
  assert.equal(told.get('iss'), stack.url, 'RFC 9207');
  return told;
}

/** @param {Visitor} visitor @returns {Promise<string>} the scope of the token that the client gets for its code */
async function scopeGranted(visitor) {
  const told = await backAtClient(visitor);
  assert.equal(told.get('error'), null);
  const { status, body } = await client.oauth.redeem(told.get('code') ?? '');
  assert.equal(status, 200, JSON.stringify(body));
  return body.scope;
}

/** @param {Visitor} visitor */
async function refusalTold(visitor) {
  const told = await backAtClient(visitor);
  assert.equal(told.get('error'), 'access_denied');
  assert.equal(told.get('code'), null);
}

describe('allowing', () => {
  test('who asks, sign-in, consent, and the client has its code', () =>
    visiting(async (visitor) => {
      await visitor.open(client.oauth.authorizeUrl());
      assert.equal(await visitor.heading(), 'Claude Desktop asks to act for you');
      const asks = await visitor.text();
      assert.match(asks, /Sends you back to 127\.0\.0\.1/);
      assert.match(asks, /a name that it gave itself/);
      assert.match(asks, /to look at the inventory and at your orders, and to order shirts for you/);
      assert.match(asks, /This is a program on this computer/);
      await visitor.inspect('1-who-asks');

      await visitor.press('Continue to sign in');
      await visitor.page.waitForURL(/\/user_management\/authorize/);
      await visitor.inspect('2-sign-in');

      await visitor.follow('Ada Lovelace');
      await visitor.page.waitForURL(/\/callback/);
      assert.equal(await visitor.heading(), 'May Claude Desktop act for you?');
      assert.match(await visitor.text(), /You are signed in as Ada Lovelace \(ada@example\.com\)/);
      await visitor.inspect('3-consent');

      await visitor.page.getByRole('radio', { name: 'Custom' }).check();
      await visitor.inspect('3-consent-custom');
      await visitor.page.getByRole('radio', { name: 'May order free shirts' }).check();
      await visitor.press('Allow');
      assert.equal(await scopeGranted(visitor), 'shop:read shop:buy');
    }));

  test('on a phone, by touch', () =>
    visiting(async (visitor) => {
      const { page } = visitor;
      await visitor.open(client.oauth.authorizeUrl());
      await page.getByRole('button', { name: 'Continue to sign in' }).tap();
      await page.getByRole('link', { name: 'Grace Hopper' }).tap();
      await page.getByText('It can look at the inventory').tap(); // the whole card is the choice
      await page.getByRole('button', { name: 'Allow' }).tap();
      assert.equal(await scopeGranted(visitor), 'shop:read');
    }, ON_A_PHONE));

  test('without JavaScript', () =>
    visiting(async (visitor) => {
      await toConsent(visitor);
      await visitor.page.getByText('You choose tools and limits').click();
      await visitor.page.getByRole('checkbox', { name: 'Buy' }).check();
      await visitor.press('Allow');
      assert.equal(await scopeGranted(visitor), 'shop:read shop:buy');
    }, { javaScriptEnabled: false }));

  test('with the keyboard alone', () =>
    visiting(async (visitor) => {
      const { keyboard } = visitor.page;
      await visitor.open(client.oauth.authorizeUrl());
      assert.deepEqual(await visitor.tabTo('Continue to sign in'), ['MCP Shop']);
      await keyboard.press('Enter');
      await visitor.page.waitForURL(/\/user_management\/authorize/);
      assert.deepEqual(await visitor.tabTo('Ada Lovelace'), []);
      await keyboard.press('Enter');
      await visitor.page.waitForURL(/\/callback/);
      assert.deepEqual(await visitor.tabTo('Look only'), ['MCP Shop']);
      await keyboard.press('ArrowDown'); // radio buttons are one stop
      assert.deepEqual((await visitor.tabTo('Allow')).length, 2, 'until when, and until signed out');
      await keyboard.press('Enter');
      assert.equal(await scopeGranted(visitor), 'shop:read shop:buy', 'what the arrow chose is granted');
    }));

  test('at 127.0.0.1, the other name of this computer', async () => {
    const url = stack.url.replace('localhost', '127.0.0.1');
    const other = await LoopbackClient.start(url);
    try {
      await Visitor.arrive(browser, [url, stack.workos?.url ?? '', other.origin], async (visitor) => {
        await visitor.open(other.oauth.authorizeUrl());
        await visitor.press('Continue to sign in');
        await visitor.follow('Ada Lovelace');
        await visitor.press('Allow');
        await visitor.page.waitForURL(`${other.redirectUri}?*`);
        assert.equal(other.received[0].get('iss'), url);
        assert.equal((await other.oauth.redeem(other.received[0].get('code') ?? '')).status, 200);
      });
    } finally {
      other.close();
    }
  });
});

describe('the page in between', () => {
  test('goes on by itself, and has a link for a browser that does not', () =>
    visiting(async (visitor) => {
      const { page } = visitor;
      await visitor.open(client.oauth.authorizeUrl());
      const authKit = `${stack.workos?.url}/**`;
      await page.route(authKit, (route) => route.fulfill({ status: 204 })); // the browser stays where it is
      await visitor.press('Continue to sign in');
      await page.getByRole('heading', { name: 'One moment' }).waitFor();
      assert.match(await visitor.text(), /You are on your way to the sign-in page/);
      await visitor.inspect('in-between');
      await page.unroute(authKit);
      await visitor.follow('Go on');
      await visitor.follow('Ada Lovelace');
      await page.getByRole('button', { name: 'Allow' }).waitFor();
    }));
});

describe('saying no', () => {
  test('where it is asked who asks', () =>
    visiting(async (visitor) => {
      await visitor.open(client.oauth.authorizeUrl());
      await visitor.press('Cancel');
      await refusalTold(visitor);
    }));

  test('at AuthKit', () =>
    visiting(async (visitor) => {
      await toAuthKit(visitor);
      await visitor.follow('Cancel');
      await refusalTold(visitor);
    }));

  test('at consent', () =>
    visiting(async (visitor) => {
      await toConsent(visitor);
      await visitor.press('Deny');
      await refusalTold(visitor);
    }));

  test('to everything, by ticking nothing: that is noticed, and one can choose again', () =>
    visiting(async (visitor) => {
      await toConsent(visitor);
      await visitor.page.getByRole('radio', { name: 'Custom' }).check();
      for (const box of await visitor.page.getByRole('checkbox').all()) await box.uncheck();
      await visitor.press('Allow');
      assert.match(await visitor.text(), /Nothing was ticked, so there is nothing to allow/);
      await visitor.inspect('3-consent-nothing-ticked');
      await visitor.page.getByRole('checkbox').first().check();
      await visitor.press('Allow');
      assert.equal(await scopeGranted(visitor), 'shop:read');
    }));
});
