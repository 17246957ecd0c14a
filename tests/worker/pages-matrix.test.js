/** What browsers are given, at both doors: pages that cannot be framed, answers that no cache keeps, cookies for this host alone, and no way out. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { AuthorityPage } from '../support/authority-page.js';
import { Browser, Page } from '../support/human.js';
import { signInAtIssuer } from '../support/issuer-client.js';
import { Machine } from '../support/machine.js';
import { OAuthClient } from '../support/oauth-client.js';
import { TodoMachine } from '../support/todo-machine.js';

const shop = new Machine();
const todo = new TodoMachine({ people: 4 });
before(() => Promise.all([shop.start(), todo.start()]));
after(() => Promise.all([shop.stop(), todo.stop()]));

const FILES = ['/style.css', '/icon.svg', '/authority.js'];
const PAGES = ['/', '/nothing', '/authorize', '/consent', '/callback', '/callback?state=x&code=y', '/callback?state=page.x&code=y', '/authority', '/authority/approvals/x', '/authority/sign-in', '/authority/state', '/authority/act', '/authority/export', '/authority/audit', '/authority/nothing', '/admin', '/admin/state', '/admin/act'];
const MACHINES = ['/mcp', '/token', '/register', '/webhooks/workos', '/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server', '/.well-known/jwks.json', '/.well-known/openid-configuration'];
/** It is the same for everybody, and a cache may keep it. */
const METADATA = '/.well-known/oauth-authorization-server';
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

const doors = [
  { name: 'the shop', machine: shop, page: () => AuthorityPage.open(shop.url), callback: callbackAtAuthKit },
  { name: 'the to-do list', machine: todo, page: () => todo.page('ada@example.com'), callback: callbackAtIssuer },
];

/** @param {Page} page */
const lead = (page) => new URL(/** @type {string} */ (page.response.headers.get('Location') ?? page.onward), page.url).href;

/** From the sign-in of the page to the address that the issuer sends the browser back to. @param {Browser} browser @param {string} path */
async function callbackAtIssuer(browser, path) {
  const begins = await browser.open(todo.url + path);
  const { redirect } = await signInAtIssuer(lead(begins), { person: 'ada@example.com' }, browser);
  return { begins, callback: /** @type {URL} */ (redirect).href };
}

/** @param {Browser} browser @param {string} path */
async function callbackAtAuthKit(browser, path) {
  const begins = await browser.open(shop.url + path);
  const authKit = await browser.open(lead(begins));
  const link = authKit.links.find(({ href }) => new URL(href).searchParams.get('login_hint') === 'ada@example.com');
  return { begins, callback: lead(await browser.open(link?.href ?? '')) };
}

/** @param {import('../support/http.js').Answer} answer @param {string} what */
function assertUnframed(answer, what) {
  assert.match(answer.header('Content-Security-Policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/, what);
  assert.ok(!/unsafe|\*|http:/.test(answer.header('Content-Security-Policy') ?? ''), what);
  assert.equal(answer.header('X-Content-Type-Options'), 'nosniff', what);
  if (!answer.header('Content-Type')?.startsWith('text/html')) return;
  assert.equal(answer.header('X-Frame-Options'), 'DENY', what);
  assert.match(answer.header('Referrer-Policy') ?? '', /^(same-origin|no-referrer)$/, what);
}

for (const { name, machine, page, callback } of doors) {
  describe(name, () => {
    test('whatever is asked by whatever method, no page can be framed, and no cache keeps an answer', async () => {
      let pages = 0;
      for (const path of [...PAGES, ...MACHINES]) {
        for (const method of METHODS) {
          const answer = await ask(machine.url + path, { method, headers: { Origin: machine.url } });
          const what = `${method} ${path}: ${answer.status}`;
          assert.ok(answer.status < 500, what);
          if (path !== METADATA) assert.match(answer.header('Cache-Control') ?? '', /\bno-store\b/, what);
          assert.equal(answer.header('Access-Control-Allow-Credentials'), null, what);
          if (answer.header('Content-Type')?.startsWith('text/html')) assertUnframed(answer, what);
          if (answer.header('Content-Type')?.startsWith('text/html')) pages++;
        }
      }
      assert.ok(pages > 10, `${pages} pages`);
      for (const path of FILES) {
        const answer = await ask(machine.url + path);
        assert.equal(answer.header('X-Content-Type-Options'), 'nosniff', path);
        assert.equal(answer.header('Set-Cookie'), null, path);
      }
    });

    test('what somebody who is signed in gets cannot be framed, kept, or read by another page', async () => {
      const ada = await page();
      for (const path of ['', '/state', '/audit', '/export', '/approvals/x', '/nothing']) {
        const answer = await ada.get(path);
        assertUnframed(answer, path);
        assert.match(answer.header('Cache-Control') ?? '', /\bno-store\b/, path);
        assert.equal(answer.header('Cross-Origin-Resource-Policy') ?? 'same-origin', 'same-origin', path);
        assert.equal(answer.header('Access-Control-Allow-Origin'), null, path);
        const foreign = await ada.get(path, { Origin: 'https://evil.example' });
        assert.equal(foreign.header('Access-Control-Allow-Origin'), null, path);
      }
    });

    test('a page of a foreign origin may ask nothing of the pages, not even whether it may', async () => {
      for (const path of ['/authorize', '/consent', '/callback', '/authority', '/authority/state', '/authority/act', '/authority/sign-out', '/admin/act']) {
        const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-csrf, content-type' };
        const answer = await ask(machine.url + path, { method: 'OPTIONS', headers });
        assert.ok(answer.status >= 400, `${path}: ${answer.status}`);
        assert.equal(answer.header('Access-Control-Allow-Origin'), null, path);
      }
    });

    test('an act takes the cookie, the origin and the token of the page, all three', async () => {
      const ada = await page();
      const act = { do: 'pause' };
      const without = [
        { Cookie: undefined }, { Cookie: 'x=y' }, { Origin: undefined }, { Origin: 'null' }, { Origin: 'https://evil.example' }, { Origin: `${machine.url}.evil.example` },
        { 'X-CSRF': undefined }, { 'X-CSRF': '' }, { 'X-CSRF': ada.csrf.slice(1) }, { 'X-CSRF': `${ada.csrf}A` }, { 'X-CSRF': (await page()).csrf }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' },
      ];
      for (const headers of without) {
        const answer = await ada.act(act, headers);
        assert.ok([401, 403].includes(answer.status), `${JSON.stringify(headers)}: ${answer.status}`);
      }
      for (const [method, path] of [['GET', '/act'], ['GET', '/sign-out'], ['GET', `/act?do=pause&csrf=${ada.csrf}`]]) {
        const answer = await ask(`${machine.url}/authority${path}`, { method, headers: { Cookie: ada.cookie, 'X-CSRF': ada.csrf } });
        assert.ok(answer.status >= 400, `${method} ${path}: ${answer.status}`);
      }
      assert.equal((await ada.state()).session.csrf, ada.csrf, 'nobody was signed out');
      assert.equal((await ada.act(act)).status, 200, 'and with all three it is done');
      await ada.do({ do: 'resume' });
    });

    test('every cookie of the sign-in to the page is for this host and no script', async () => {
      const browser = new Browser();
      const { begins, callback: back } = await callback(browser, '/authority/sign-in');
      const done = await browser.open(back);
      const cookies = [begins, done].flatMap(({ response }) => response.headers.getSetCookie());
      assert.ok(cookies.length >= 3, `${cookies}`);
      for (const cookie of cookies) assert.match(cookie, /^__Host-[\w-]+=[^;]*; Path=\/; Max-Age=\d+; HttpOnly; Secure; SameSite=Lax$/);
    });

    test('a cookie without its prefix, or of a subdomain, is none', async () => {
      const ada = await page();
      const [, value] = ada.cookie.split(/=(.*)/s);
      for (const Cookie of [`authority=${value}`, `__Secure-authority=${value}`, `__host-authority=${value}`, `x__Host-authority=${value}`, `"__Host-authority"=${value}`]) {
        assert.equal((await ada.get('/state', { Cookie })).status, 401, Cookie);
      }
    });

    test('a sign-in leads to the page alone, wherever it was told to lead', async () => {
      const out = ['https://evil.example', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/%2f%2fevil.example', '/authority/../../evil', '/authority/..%2f..%2fevil', '/authority@evil.example', '/authority.evil.example', 'javascript:alert(1)', '/authority\r\nX: 1', '/authority/%0d%0aX:1', ' /authority', '/authority?next=//evil.example', '/mcp', '/authorize'];
      for (const next of out) {
        const browser = new Browser();
        const { callback: back } = await callback(browser, `/authority/sign-in?next=${encodeURIComponent(next)}`);
        const done = await browser.open(back);
        const url = new URL(lead(done));
        assert.equal(url.origin, machine.url, next);
        assert.match(url.pathname, /^\/authority(\/approvals\/.*)?$/, next);
        assert.equal(done.response.headers.get('X'), null);
      }
    });

    test('the callback of another browser signs nobody in (login CSRF)', async () => {
      const [mallory, ada] = [new Browser(), new Browser()];
      const { callback: back } = await callback(mallory, '/authority/sign-in');
      const refused = await ada.open(back);
      assert.equal(refused.status, 400);
      assert.equal((await ada.open(`${machine.url}/authority`)).status, 303, 'she is nobody yet');
    });
  });
}

describe('the sign-in for a deputy', () => {
  test('a form that comes from nowhere, or from elsewhere on this machine, is not believed more than its cookie', async () => {
    const client = await OAuthClient.register(shop.url);
    const browser = new Browser();
    const asks = await browser.open(client.authorizeUrl());
    const { action, fields } = asks.form;
    fields.set('decision', 'continue');
    // Without the browser's cookies: the handle alone is worth nothing, whatever the origin says.
    for (const Origin of [undefined, 'null', shop.url, 'http://localhost:1', 'https://evil.example', `http://127.0.0.1:${shop.port}`]) {
      const answer = await ask(action, { headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin }, body: fields.toString() });
      assert.ok([400, 403].includes(answer.status), `${Origin}: ${answer.status}`);
      assert.equal(answer.header('Location'), null);
      assert.equal(answer.header('Set-Cookie'), null);
      assertUnframed(answer, `${Origin}`);
    }
    assert.equal((await browser.press(asks, { decision: 'continue' })).status, 200, 'and with them it still goes on');
  });
});
