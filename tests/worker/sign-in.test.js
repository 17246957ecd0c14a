/** The human's way: who asks, who are you, what may it do. And everything that can be wrong on it, or be done wrong on purpose. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Browser, Page, signIn } from '../support/human.js';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { Endpoint, textOf } from '../support/mcp.js';
import { OAuthClient } from '../support/oauth-client.js';

const machine = new Machine();
/** @type {OAuthClient} */
let client;

/** What the pages say of the scopes, and of a client on this computer. */
const SCOPES = ['look at the inventory and at your orders', 'order shirts for you'];
const LOOPBACK = 'This is a program on this computer. Any program here can call itself by this name';

before(async () => {
  await machine.start();
  client = await OAuthClient.register(machine.url, { client_name: 'Robot Butler' });
});
afterEach(() => {
  machine.workos.change = undefined;
});
after(() => machine.stop());

/** @param {Page} page */
const follow = (page) => {
  const next = page.response.headers.get('Location') ?? page.onward;
  assert.ok(next, `the page "${page.title}" leads on: ${page.text}`);
  return new URL(next, page.url);
};

/** From the page that says who asks to AuthKit's. @param {Browser} browser @param {string} [url] */
async function toAuthKit(browser, url = client.authorizeUrl()) {
  const asks = await browser.open(url);
  const leaves = await browser.press(asks, { decision: 'continue' });
  return { asks, leaves, authKit: await browser.open(follow(leaves).href) };
}

/** On to the address that AuthKit sends the browser back to. @param {Browser} browser @param {string} [url] @param {RegExp} [who] */
async function toCallback(browser, url, who = /ada%40example\.com$/) {
  const { authKit } = await toAuthKit(browser, url);
  const link = authKit.links.find(({ href }) => who.test(href));
  assert.ok(link);
  return follow(await browser.open(link.href));
}

/** On to the page that asks for consent. @param {Browser} browser @param {string} [url] @param {RegExp} [who] */
async function toConsent(browser, url, who) {
  const callback = await toCallback(browser, url, who);
  return { callback, consent: await browser.open(callback.href) };
}

/** A page that says what happened and what to do, and leads nowhere by itself. @param {Page} page @param {number} status @param {string} title */
function assertDeadEnd(page, status, title) {
  assert.equal(page.status, status, page.text);
  assert.equal(page.title, title);
  assert.equal(page.response.headers.get('Location'), null);
  assert.equal(page.onward, undefined);
  assert.match(page.html, /class="advice"/);
  assertFramed(page);
}

/** What holds for every page. @param {Page} page */
function assertFramed({ response, html }) {
  const header = (/** @type {string} */ name) => response.headers.get(name) ?? '';
  const policy = header('Content-Security-Policy');
  for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) {
    assert.ok(policy.includes(directive), `${directive} in ${policy}`);
  }
  assert.ok(!policy.includes('unsafe'));
  assert.equal(header('X-Frame-Options'), 'DENY');
  assert.equal(header('X-Content-Type-Options'), 'nosniff');
  assert.equal(header('Cache-Control'), 'no-store');
  assert.match(header('Referrer-Policy'), /^(same-origin|no-referrer)$/);
  assert.match(header('Content-Type'), /^text\/html; charset=utf-8$/i);
  assert.ok(!/<script/i.test(html) && !/ on\w+=/i.test(html.replace(/>[^<]*</g, '><')), 'no scripts');
}

/** @param {Page} page */
function assertAsksConsent(page) {
  assert.equal(page.status, 200, page.text);
  assert.match(page.title, /Robot Butler/);
  assert.equal(page.form.action, `${machine.url}/consent`);
}

/** What the client is told where there is no code. @param {URL} back @param {string} error */
function assertToldClient(back, error) {
  assert.ok(back.href.startsWith(`${client.redirectUri}?`), `${back}`);
  assert.equal(back.searchParams.get('error'), error);
  assert.equal(back.searchParams.get('state'), 'the-state');
  assert.equal(back.searchParams.get('iss'), machine.url);
  assert.equal(back.searchParams.get('code'), null);
}

describe('the way that it goes', () => {
  test('the first page says who asks, what for, and where the human will be sent back to', async () => {
    const page = await new Browser().open(client.authorizeUrl());
    assert.equal(page.status, 200);
    assert.match(page.title, /Robot Butler/);
    for (const part of ['127.0.0.1', 'a name that it gave itself', ...SCOPES, LOOPBACK]) assert.ok(page.text.includes(part), part);
  });

  test('a client on the web is shown by its host, with no warning about this computer', async () => {
    const web = await OAuthClient.register(machine.url, { redirect_uris: ['https://app.example/callback'] });
    const page = await new Browser().open(web.authorizeUrl({ scope: 'shop:read' }));
    assert.ok(page.text.includes('app.example'));
    assert.ok(!page.text.includes(LOOPBACK));
    assert.ok(page.text.includes(SCOPES[0]) && !page.text.includes(SCOPES[1]), 'it did not ask to buy');
  });

  test('then AuthKit, with PKCE and the state of this browser', async () => {
    const { asks, leaves } = await toAuthKit(new Browser());
    const url = follow(leaves);
    assert.equal(url.origin, machine.workos.url);
    assert.equal(url.pathname, '/user_management/authorize');
    assert.equal(url.searchParams.get('provider'), 'authkit');
    assert.equal(url.searchParams.get('client_id'), machine.workos.clientId);
    assert.equal(url.searchParams.get('redirect_uri'), `${machine.url}/callback`);
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
    assert.match(url.searchParams.get('code_challenge') ?? '', /^[\w-]{43}$/);
    assert.match(url.searchParams.get('state') ?? '', /^[\w-]{43}$/);
    assert.notEqual(url.searchParams.get('state'), asks.form.fields.get('handle'));
    const again = follow((await toAuthKit(new Browser())).leaves);
    for (const name of ['state', 'code_challenge']) assert.notEqual(again.searchParams.get(name), url.searchParams.get(name));
  });

  test('then consent: for whom, for which client, each permission a choice; and back to the client with a code', async () => {
    const browser = new Browser();
    const { consent } = await toConsent(browser);
    assert.equal(consent.status, 200);
    assertAsksConsent(consent);
    for (const part of ['Ada Lovelace (ada@example.com)', '127.0.0.1', ...SCOPES, LOOPBACK]) assert.ok(consent.text.includes(part), part);
    assert.match(consent.text, /Look only .* May order free shirts .* Up to 50 EUR a week, ask above 20 .* Custom/);
    assert.equal(consent.form.fields.get('preset'), 'look', 'the narrowest is chosen until another one is');
    const allowed = await browser.press(consent, { decision: 'allow' });
    assert.equal(allowed.status, 200, 'a page, not a redirect: Chromium applies form-action to redirects');
    assertFramed(allowed);
    const back = follow(allowed);
    assert.ok(back.href.startsWith(`${client.redirectUri}?`));
    assert.equal((await client.redeem(back.searchParams.get('code') ?? '')).status, 200);
  });

  test('a client that asked for less is offered less', async () => {
    const { consent } = await toConsent(new Browser(), client.authorizeUrl({ scope: 'shop:read' }));
    assert.match(consent.text, /Look only/);
    assert.doesNotMatch(consent.text, /order free shirts|EUR a week|shop:buy/);
  });

  test('every page forbids frames, scripts, caches and referrers', async () => {
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    const leaves = await browser.press(asks, { decision: 'continue' });
    const { consent } = await toConsent(browser);
    const denied = await browser.press(consent, { decision: 'deny' });
    for (const page of [asks, leaves, consent, denied]) assertFramed(page);
  });

  test('every cookie is for this host and this browser alone, and gone after its use', async () => {
    const browser = new Browser();
    const { asks, leaves } = await toAuthKit(browser);
    const { consent } = await toConsent(browser);
    const allowed = await browser.press(consent, { decision: 'allow' });
    const cookies = (/** @type {Page} */ page) => page.response.headers.getSetCookie();
    for (const page of [asks, leaves, consent, allowed]) {
      assert.ok(cookies(page).length > 0);
      for (const cookie of cookies(page)) {
        assert.match(cookie, /^__Host-[\w-]+=/);
        const attributes = cookie.split('; ').slice(1).map((attribute) => attribute.toLowerCase());
        for (const attribute of ['path=/', 'secure', 'httponly', 'samesite=lax']) assert.ok(attributes.includes(attribute), cookie);
        assert.ok(!attributes.some((attribute) => attribute.startsWith('domain')), cookie);
        assert.ok(attributes.some((attribute) => /^max-age=\d+$/.test(attribute)), cookie);
      }
    }
    const names = (/** @type {Page} */ page, /** @type {RegExp} */ age) => cookies(page).filter((cookie) => age.test(cookie)).map((cookie) => cookie.split('=')[0]);
    assert.deepEqual(names(leaves, /Max-Age=0/), names(asks, /Max-Age=[1-9]/));
    assert.deepEqual(names(allowed, /Max-Age=0/), names(consent, /Max-Age=[1-9]/));
  });

  test('what a client calls itself is text on every page', async () => {
    const name = `<img src=x onerror=alert(1)>{{handle}}"'&<script>alert(2)</script>`;
    const rude = await OAuthClient.register(machine.url, { client_name: name, logo_uri: 'https://evil.example/logo.png', client_uri: 'https://evil.example' });
    const browser = new Browser();
    const asks = await browser.open(rude.authorizeUrl());
    const { consent } = await toConsent(browser, rude.authorizeUrl());
    const allowed = await browser.press(consent, { decision: 'allow' });
    for (const page of [asks, consent, allowed]) {
      assert.ok(!/<img src=x|<script/i.test(page.html), page.html);
      assert.ok(page.text.includes(name), page.text);
      assert.ok(!page.html.includes('evil.example'), 'neither its logo nor its address is shown');
      assertFramed(page);
    }
  });

  test('two sign-ins in one browser do not disturb each other', async () => {
    const browser = new Browser();
    const [first, second] = [await toCallback(browser), await toCallback(browser)];
    for (const callback of [second, first]) {
      const allowed = await browser.press(await browser.open(callback.href), { decision: 'allow' });
      assert.equal((await client.redeem(follow(allowed).searchParams.get('code') ?? '')).status, 200);
    }
  });
});

describe('saying no', () => {
  test('on the first page: the client is told', async () => {
    const browser = new Browser();
    const page = await browser.press(await browser.open(client.authorizeUrl()), { decision: 'cancel' });
    assert.match(page.text, /which is told that you said no/);
    assertToldClient(follow(page), 'access_denied');
  });

  test('at AuthKit: the client is told', async () => {
    const { redirect } = await signIn(client.authorizeUrl(), { person: 'cancel' });
    assert.ok(redirect);
    assertToldClient(redirect, 'access_denied');
  });

  test('at consent: the client is told, and the page cannot be used to allow after all', async () => {
    const browser = new Browser();
    const { consent } = await toConsent(browser);
    assertToldClient(follow(await browser.press(consent, { decision: 'deny' })), 'access_denied');
    assertDeadEnd(await browser.press(consent, { decision: 'allow' }), 400, 'This sign-in cannot go on');
  });

  test('allowing nothing is not allowing: the question comes again, with nothing ticked', async () => {
    const browser = new Browser();
    const { consent } = await toConsent(browser);
    const again = await browser.press(consent, { decision: 'allow', preset: 'custom', 'limit.orders.week': '3' }, (fields) => fields.delete('tool'));
    assert.equal(again.status, 400);
    assert.equal(again.title, consent.title);
    assert.match(again.text, /Nothing was ticked, so there is nothing to allow/);
    assert.match(again.text, /Ada Lovelace \(ada@example\.com\)/);
    assert.deepEqual(again.form.fields.getAll('tool'), []);
    assert.equal(again.form.fields.get('preset'), 'custom');
    assert.equal(again.form.fields.get('limit.orders.week'), '3', 'what was filled in is not lost');
    const allowed = await browser.press(again, { decision: 'allow', tool: 'listMcpShopInventory' });
    assert.ok(follow(allowed).searchParams.has('code'));
  });

  for (const [what, fields, problem] of /** @type {[string, Record<string, string>, RegExp][]} */ ([
    ['a limit that is no number', { preset: 'custom', 'limit.EUR.week': 'lots' }, /lots is no number of EUR/],
    ['money with three digits after the point', { preset: 'custom', 'limit.EUR.week': '1.999' }, /1\.999 is no number of EUR/],
    ['orders with a point', { preset: 'custom', 'limit.orders.day': '1.5' }, /1\.5 is no number of orders/],
    ['a preset that there is not', { preset: 'everything' }, /Nothing was chosen/],
    ['an expiry that there is not', { preset: 'look', expires: '100y' }, /It was not chosen until when/],
  ])) {
    test(`${what} is said, and one can choose again`, async () => {
      const browser = new Browser();
      const { consent } = await toConsent(browser);
      const again = await browser.press(consent, { decision: 'allow', ...fields });
      assert.equal(again.status, 400);
      assert.match(again.text, problem);
      assert.ok(follow(await browser.press(again, { decision: 'allow', preset: 'look', expires: '1h' })).searchParams.has('code'));
    });
  }

  test('the second time, what was allowed before is shown', async () => {
    const browser = new Browser();
    const { consent } = await toConsent(browser);
    follow(await browser.press(consent, { decision: 'allow', preset: 'free' }));
    const { consent: second } = await toConsent(new Browser());
    assert.match(second.text, /You allowed it before; .* Before: It may look at the inventory and at your orders, and order shirts for you\. At most 60 calls a minute, 3 orders in any 7 days and 3 items in any 7 days\. No EUR\./);
  });

  test('allowing nothing on the first page does not lead past the sign-in', async () => {
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    const skipped = await browser.open(`${machine.url}/consent`, {
      method: 'POST',
      body: new URLSearchParams({ handle: asks.form.fields.get('handle') ?? '', decision: 'allow' }),
    });
    assertDeadEnd(skipped, 400, 'This sign-in cannot go on');
    assert.match(skipped.text, /Nobody has signed in/);
  });

  test('a form that says neither yes nor no is not understood', async () => {
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    for (const decision of ['', 'allow', 'maybe']) {
      assertDeadEnd(await browser.press(asks, { decision }), 400, 'This form cannot be understood');
    }
    const { consent } = await toConsent(browser);
    assertDeadEnd(await browser.press(consent, { decision: 'continue' }), 400, 'This form cannot be understood');
  });
});

describe('what does not belong to this browser', () => {
  test('a form that a foreign page sends is refused, and does no harm', async () => {
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    const { consent } = await toConsent(browser);
    for (const [page, decision] of /** @type {[Page, string][]} */ ([[asks, 'continue'], [asks, 'cancel'], [consent, 'allow'], [consent, 'deny']])) {
      const { action, fields } = page.form;
      fields.set('decision', decision);
      for (const origin of ['https://evil.example', 'null']) {
        const refused = await browser.open(action, { method: 'POST', body: fields, headers: { Origin: origin } });
        assertDeadEnd(refused, 403, 'This form came from elsewhere');
      }
    }
    assert.ok(follow(await browser.press(asks, { decision: 'continue' })));
    assert.ok(follow(await browser.press(consent, { decision: 'allow' })).searchParams.has('code'));
  });

  test('a form of another browser is refused: its handle is bound by a cookie', async () => {
    const [mine, yours] = [new Browser(), new Browser()];
    const asks = await mine.open(client.authorizeUrl());
    const { consent } = await toConsent(mine);
    await toConsent(yours);
    assertDeadEnd(await yours.press(asks, { decision: 'continue' }), 400, 'This sign-in cannot go on');
    assertDeadEnd(await yours.press(consent, { decision: 'allow' }), 400, 'This sign-in cannot go on');
    assert.ok(follow(await mine.press(consent, { decision: 'allow' })).searchParams.has('code'));
  });

  test('the callback of another browser is refused: nobody is signed in as somebody else', async () => {
    const [mine, yours] = [new Browser(), new Browser()];
    const callback = await toCallback(mine);
    await toCallback(yours);
    assertDeadEnd(await yours.open(callback.href), 400, 'This sign-in cannot go on');
    assertAsksConsent(await mine.open(callback.href));
  });

  test('a state that is forged, missing, or of another place is refused', async () => {
    const browser = new Browser();
    const callback = await toCallback(browser);
    const asks = await browser.open(client.authorizeUrl());
    const forged = btoa(JSON.stringify({ clientId: client.clientId, redirectUri: 'https://evil.example/', scope: ['shop:buy'] }));
    for (const state of [undefined, '', 'x', forged, asks.form.fields.get('handle') ?? '', `${callback.searchParams.get('state')}x`]) {
      const url = new URL(callback);
      if (state === undefined) url.searchParams.delete('state');
      else url.searchParams.set('state', state);
      assertDeadEnd(await browser.open(url.href), 400, 'This sign-in cannot go on');
    }
    assert.equal((await browser.open(callback.href)).status, 200);
  });

  test('a callback is good for one time', async () => {
    const browser = new Browser();
    const { callback } = await toConsent(browser);
    assertDeadEnd(await browser.open(callback.href), 400, 'This sign-in cannot go on');
  });

  test('a form is good for one time', async () => {
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    await browser.press(asks, { decision: 'continue' });
    assertDeadEnd(await browser.press(asks, { decision: 'continue' }), 400, 'This sign-in cannot go on');
    const { consent } = await toConsent(browser);
    await browser.press(consent, { decision: 'allow' });
    assertDeadEnd(await browser.press(consent, { decision: 'allow' }), 400, 'This sign-in cannot go on');
  });

  test('the handle of the first page allows nothing at the last: nobody has signed in for it', async () => {
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    const body = new URLSearchParams({ handle: asks.form.fields.get('handle') ?? '', decision: 'allow', scope: 'shop:buy' });
    const page = await browser.open(`${machine.url}/consent`, { method: 'POST', body });
    assertDeadEnd(page, 400, 'This sign-in cannot go on');
    assert.match(page.text, /Nobody has signed in for this request/);
  });

  test('handles that nobody was given, forms that are too large and other methods lead nowhere', async () => {
    const browser = new Browser();
    for (const path of ['/authorize', '/consent']) {
      const body = new URLSearchParams({ handle: 'x'.repeat(43), decision: path === '/consent' ? 'allow' : 'continue', scope: 'shop:buy' });
      assertDeadEnd(await browser.open(machine.url + path, { method: 'POST', body }), 400, 'This sign-in cannot go on');
      body.set('handle', 'x'.repeat(20_000));
      assertDeadEnd(await browser.open(machine.url + path, { method: 'POST', body }), 413, 'The form is too large');
    }
    for (const [method, path] of [['GET', '/consent'], ['PUT', '/authorize'], ['DELETE', '/consent'], ['POST', '/callback']]) {
      const answer = await ask(machine.url + path, { method });
      assert.equal(answer.status, 405);
      assert.ok(answer.header('Allow'));
    }
  });
});

describe('what AuthKit says', () => {
  test('an error of AuthKit ends on a page that names it, as text', async () => {
    const browser = new Browser();
    const { leaves } = await toAuthKit(browser);
    const url = new URL(`${machine.url}/callback`);
    url.searchParams.set('state', follow(leaves).searchParams.get('state') ?? '');
    url.searchParams.set('error', 'server_error<b>');
    url.searchParams.set('error_description', '<script>alert(1)</script>');
    const page = await browser.open(url.href);
    assertDeadEnd(page, 400, 'The sign-in did not succeed');
    assert.ok(page.text.includes('AuthKit answered "server_error<b>": <script>alert(1)</script>'), page.text);
  });

  test('a code that AuthKit never gave is refused', async () => {
    const browser = new Browser();
    const { leaves } = await toAuthKit(browser);
    const url = new URL(`${machine.url}/callback`);
    url.searchParams.set('state', follow(leaves).searchParams.get('state') ?? '');
    for (const code of ['nonsense', undefined]) {
      if (code) url.searchParams.set('code', code);
      assertDeadEnd(await browser.open(url.href), 400, code ? 'The sign-in did not succeed' : 'This sign-in cannot go on');
    }
  });

  test("a code of somebody else's sign-in is refused: it does not fit this one's verifier", async () => {
    const [mine, yours] = [new Browser(), new Browser()];
    const [stolen, callback] = [await toCallback(mine, undefined, /grace%40example\.com$/), await toCallback(yours)];
    callback.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    assertDeadEnd(await yours.open(callback.href), 400, 'The sign-in did not succeed');
  });

  test('a session that an administrator opened as somebody else allows nothing', async () => {
    const { consent } = await toConsent(new Browser(), undefined, /grace%40example\.com&impersonator=/);
    assertDeadEnd(consent, 403, 'An impersonated session allows nothing');
    assert.match(consent.text, /on behalf of grace@example\.com/);
    assert.ok(!consent.html.includes('<form'));
  });

  const day = 86_400;
  const now = Math.floor(Date.now() / 1000);
  /** @type {[string, import('../support/tap.js').Change][]} */
  const tokens = [
    ['a token of another issuer', async (session, claims, sign) => ({ ...session, access_token: await sign({ ...claims, iss: 'https://evil.example' }) })],
    ['a token without an issuer', async (session, { iss: _, ...claims }, sign) => ({ ...session, access_token: await sign(claims) })],
    ['a token that has expired', async (session, claims, sign) => ({ ...session, access_token: await sign({ ...claims, iat: now - day, exp: now - 1000 }) })],
    ['a token that never expires', async (session, { exp: _, ...claims }, sign) => ({ ...session, access_token: await sign(claims) })],
    ['a token for another application', async (session, claims, sign) => ({ ...session, access_token: await sign({ ...claims, aud: 'client_other' }) })],
    ['a token of another person', async (session, claims, sign) => ({ ...session, access_token: await sign({ ...claims, sub: 'user_other' }) })],
    ['a token whose claims were changed', (session) => ({ ...session, access_token: retold(session.access_token, { permissions: ['shop:admin'] }) })],
    ['a token that nobody signed', (session) => ({ ...session, access_token: retold(session.access_token, {}, { alg: 'none' }, '') })],
    ['a token that is none', (session) => ({ ...session, access_token: 'x.y.z' })],
  ];
  for (const [what, change] of tokens) {
    test(`${what} is believed nothing`, async () => {
      machine.workos.change = change;
      const { consent } = await toConsent(new Browser());
      assertDeadEnd(consent, 400, 'The sign-in could not be verified');
    });
  }

  test('a token with no audience is taken: AuthKit may leave it out', async () => {
    machine.workos.change = async (session, { aud: _, ...claims }, sign) => ({ ...session, access_token: await sign(claims) });
    assert.equal((await toConsent(new Browser())).consent.status, 200);
  });

  test('AuthKit that fails or talks nonsense is said to', async () => {
    machine.workos.change = () => new Response('down', { status: 503 });
    assertDeadEnd((await toConsent(new Browser())).consent, 502, 'The sign-in service does not answer');
    machine.workos.change = () => new Response('<html>', { status: 200 });
    assertDeadEnd((await toConsent(new Browser())).consent, 400, 'The sign-in did not succeed');
    machine.workos.change = (session) => ({ ...session, user: undefined });
    assertDeadEnd((await toConsent(new Browser())).consent, 400, 'The sign-in did not succeed');
    machine.workos.change = () => new Response('x'.repeat(2 * 1024 * 1024));
    assertDeadEnd((await toConsent(new Browser())).consent, 502, 'The sign-in service does not answer');
  });
});

describe('what comes from AuthKit stays here', () => {
  test('no token of AuthKit is on a page, in a token response, in a tool result, in a log, or kept at all', async () => {
    const { tokens } = machine.workos;
    const earlier = tokens.length;
    const seen = [];
    const browser = new Browser();
    const { consent, callback } = await toConsent(browser, undefined, /grace%40example\.com$/);
    const allowed = await browser.press(consent, { decision: 'allow' });
    const back = follow(allowed);
    const { body } = await client.redeem(back.searchParams.get('code') ?? '');
    const mcp = new Endpoint(`${machine.url}/mcp`, body.access_token);
    seen.push(callback.href, consent.html, allowed.html, JSON.stringify(body));
    for (const name of ['getUserInfo', 'listMcpShopOrders', 'listMcpShopInventory']) {
      const result = await mcp.call(name);
      assert.ok(!result.isError, textOf(result));
      // The receipt is signed by this server, and looks like a token.
      seen.push(JSON.stringify({ ...result, _meta: undefined }));
    }
    assert.equal(tokens.length, earlier + 2, 'an access token and a refresh token passed');
    seen.push(machine.logs);
    for (const token of tokens) {
      assert.ok(token.length > 20);
      for (const text of seen) assert.ok(!text.includes(token));
      assert.deepEqual(machine.filesWith(token), [], 'in no file of the storage');
    }
    assert.ok(machine.filesWith(client.clientId).length > 0, 'the search finds what is there');
    for (const text of seen) assert.ok(!/eyJ[\w-]+\.eyJ[\w-]+\./.test(text) && !text.includes(machine.workos.apiKey));
  });
});

test('our own codes and tokens are kept as hashes alone, and are in no log', async () => {
  const deputy = await machine.appoint({ client });
  const code = await client.authorize();
  const refreshed = (await client.redeem(code)).body;
  const secrets = [deputy.accessToken, deputy.refreshToken, code, refreshed.access_token, refreshed.refresh_token];
  for (const secret of secrets) {
    assert.deepEqual(machine.filesWith(secret), []);
    assert.ok(!machine.logs.includes(secret));
  }
});

/** A JWT with other claims or another header, and the signature of before. @param {string} token @param {object} claims @param {object} [header] @param {string} [signature] */
function retold(token, claims, header = {}, signature) {
  const [oldHeader, oldClaims, oldSignature] = token.split('.');
  const part = (/** @type {string} */ text, /** @type {object} */ changes) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(text, 'base64url').toString()), ...changes })).toString('base64url');
  return [part(oldHeader, header), part(oldClaims, claims), signature ?? oldSignature].join('.');
}
