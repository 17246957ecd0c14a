/** Signing in to the authority page: who gets in, for how long, and everything that can be done wrong on purpose. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { Browser, Page } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { OAuthClient } from '../support/oauth-client.js';

const machine = new Machine();
const SESSION = '__Host-authority';

before(() => machine.start());
afterEach(() => {
  machine.workos.change = undefined;
});
after(() => machine.stop());

/** @param {Page} page */
const follow = (page) => {
  const next = page.response.headers.get('Location') ?? page.onward;
  assert.ok(next, `the page "${page.title}" leads on: ${page.status} ${page.text}`);
  return new URL(next, page.url);
};

/** Chooses somebody on the page of the stand-in. @param {Browser} browser @param {URL} authKit @param {string} [who] */
async function choose(browser, authKit, who = 'ada@example.com', impersonated = false) {
  const page = await browser.open(authKit.href);
  const link = page.links.find(({ href }) => {
    const { searchParams } = new URL(href);
    return searchParams.get('login_hint') === who && searchParams.has('impersonator') === impersonated;
  });
  assert.ok(link);
  return follow(await browser.open(link.href));
}

/** To the address that AuthKit sends the browser back to. @param {Browser} browser @param {string} [path] @param {string} [who] */
async function toCallback(browser, path = '/authority', who = undefined, impersonated = false) {
  const begins = await browser.open(follow(await browser.open(machine.url + path)).href);
  return { begins, callback: await choose(browser, follow(begins), who, impersonated) };
}

/** @param {Browser} browser @param {string} [who] */
async function signIn(browser, who = undefined, impersonated = false) {
  const { callback } = await toCallback(browser, '/authority', who, impersonated);
  const done = await browser.open(callback.href);
  assert.equal(done.status, 303, done.text);
  return done;
}

/** The value of a cookie that a page sets. @param {Page} page @param {string} name */
function cookieOf(page, name) {
  const cookie = page.response.headers.getSetCookie().find((each) => each.startsWith(`${name}=`));
  assert.ok(cookie, `${page.response.headers.getSetCookie()}`);
  return cookie.slice(name.length + 1).split(';')[0];
}

/** A page that says what happened and what to do, and leads nowhere by itself. @param {Page} page @param {number} status @param {string} title */
function assertDeadEnd(page, status, title) {
  assert.equal(page.status, status, page.text);
  assert.equal(page.title, title);
  assert.equal(page.response.headers.get('Location'), null);
  assert.match(page.html, /class="advice"/);
  assert.ok(!page.response.headers.getSetCookie().some((cookie) => cookie.startsWith(`${SESSION}=`)), 'nobody is signed in');
}

/** @param {Browser} browser */
const isSignedIn = async (browser) => (await browser.open(`${machine.url}/authority`)).status === 200;

describe('the way that it goes', () => {
  test('the page leads to AuthKit, AuthKit leads back, and the page is there', async () => {
    const browser = new Browser();
    const { begins, callback } = await toCallback(browser);
    const authKit = follow(begins);
    assert.equal(authKit.origin, machine.workos.url);
    assert.equal(authKit.searchParams.get('redirect_uri'), `${machine.url}/callback`);
    assert.equal(authKit.searchParams.get('code_challenge_method'), 'S256');
    assert.match(authKit.searchParams.get('code_challenge') ?? '', /^[\w-]{43}$/);
    assert.equal(authKit.searchParams.get('max_age'), '0', 'a session of AuthKit does not suffice');
    const done = await browser.open(callback.href);
    assert.equal(done.status, 303);
    assert.equal(follow(done).pathname, '/authority');
    const page = await browser.open(follow(done).href);
    assert.equal(page.status, 200, page.text);
    const header = (/** @type {string} */ name) => page.response.headers.get(name);
    assert.equal(
      header('Content-Security-Policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    assert.equal(header('Cache-Control'), 'no-store');
    assert.equal(header('X-Content-Type-Options'), 'nosniff');
    assert.equal(header('Cross-Origin-Resource-Policy'), 'same-origin');
  });

  test('it leads on to where the human wanted to go', async () => {
    const browser = new Browser();
    const { callback } = await toCallback(browser, '/authority/approvals/abc?x=1');
    assert.equal(follow(await browser.open(callback.href)).href, `${machine.url}/authority/approvals/abc?x=1`);
  });

  test('every cookie is for this host and no script, and that of the way is gone at its end', async () => {
    const browser = new Browser();
    const { begins, callback } = await toCallback(browser);
    const done = await browser.open(callback.href);
    for (const page of [begins, done]) {
      for (const cookie of page.response.headers.getSetCookie()) {
        assert.match(cookie, /^__Host-authority[\w-]*=[^;]*; Path=\/; Max-Age=\d+; HttpOnly; Secure; SameSite=Lax$/);
      }
    }
    const [way] = begins.response.headers.getSetCookie();
    assert.ok(done.response.headers.getSetCookie().some((cookie) => cookie.startsWith(`${way.split('=')[0]}=; Path=/; Max-Age=0`)));
    assert.match(done.response.headers.getSetCookie()[1], /; Max-Age=43200;/);
  });

  test('two sign-ins in one browser do not disturb each other', async () => {
    const browser = new Browser();
    const first = await toCallback(browser, '/authority/approvals/first');
    const second = await toCallback(browser, '/authority/approvals/second');
    assert.equal(follow(await browser.open(second.callback.href)).pathname, '/authority/approvals/second');
    assert.equal(follow(await browser.open(first.callback.href)).pathname, '/authority/approvals/first');
  });

  test('the secret of a session is in no file and no log', async () => {
    const [user, secret] = cookieOf(await signIn(new Browser()), SESSION).split('.');
    assert.match(user, /^[\w-]{45}$/);
    assert.match(secret, /^[\w-]{43}$/);
    assert.deepEqual(machine.filesWith(secret), []);
    assert.ok(!machine.logs.includes(secret));
    for (const token of machine.workos.tokens) assert.deepEqual(machine.filesWith(token), []);
  });

  test('signing in again replaces the session that this browser had', async () => {
    const browser = new Browser();
    const former = cookieOf(await signIn(browser), SESSION);
    const before = machine.rows('page_sessions');
    const { callback } = await (async () => {
      const begins = await browser.open(`${machine.url}/authority/sign-in`);
      return { callback: await choose(browser, follow(begins)) };
    })();
    await browser.open(callback.href);
    assert.equal(machine.rows('page_sessions'), before);
    assert.ok(await isSignedIn(browser));
    const { status } = await ask(`${machine.url}/authority/state`, { headers: { Cookie: `${SESSION}=${former}` } });
    assert.equal(status, 401);
  });

  test('the script of the page is there, and is asked for anew after a deployment', async () => {
    const script = await ask(`${machine.url}/authority.js`);
    assert.equal(script.status, 200);
    assert.match(script.header('Content-Type') ?? '', /^text\/javascript/);
    assert.equal(script.header('Cache-Control'), 'no-cache');
    assert.equal(script.header('X-Content-Type-Options'), 'nosniff');
  });
});

describe('what does not belong to this browser', () => {
  test('the callback of another browser signs nobody in', async () => {
    const [mine, yours] = [new Browser(), new Browser()];
    const { callback } = await toCallback(mine);
    await toCallback(yours);
    assertDeadEnd(await yours.open(callback.href), 400, 'This sign-in cannot go on');
    assert.equal(await isSignedIn(yours), false);
    assert.equal((await mine.open(callback.href)).status, 303);
  });

  test('a callback is good for one time', async () => {
    const browser = new Browser();
    const { callback } = await toCallback(browser);
    await browser.open(callback.href);
    assertDeadEnd(await browser.open(callback.href), 400, 'This sign-in cannot go on');
  });

  test('a state that is forged, missing, or of another place is refused', async () => {
    const browser = new Browser();
    const { callback } = await toCallback(browser);
    const state = callback.searchParams.get('state') ?? '';
    for (const other of ['page.', 'page.AAAAAAAAAAAAAAAAAAAAAA', `${state}x`, state.slice(5), '', undefined]) {
      const url = new URL(callback);
      if (other === undefined) url.searchParams.delete('state');
      else url.searchParams.set('state', other);
      assertDeadEnd(await browser.open(url.href), 400, 'This sign-in cannot go on');
    }
    assert.equal((await browser.open(callback.href)).status, 303);
  });

  test('the sign-in for a deputy and the one for the page do not believe each other', async () => {
    const browser = new Browser();
    const client = await OAuthClient.register(machine.url);
    const { callback: page } = await toCallback(browser);
    const leaves = await browser.press(await browser.open(client.authorizeUrl()), { decision: 'continue' });
    const deputy = await choose(browser, follow(leaves));
    const [pageCode, deputyCode] = [page, deputy].map((url) => url.searchParams.get('code') ?? '');
    page.searchParams.set('code', deputyCode);
    deputy.searchParams.set('code', pageCode);
    assertDeadEnd(await browser.open(page.href), 400, 'The sign-in did not succeed');
    assertDeadEnd(await browser.open(deputy.href), 400, 'The sign-in did not succeed');
    assert.equal(await isSignedIn(browser), false);
  });

  test('a sign-in leads to no other place than the page', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', '/authority/../mcp', '/authority//evil', '/mcp', '']) {
      const browser = new Browser();
      const begins = await browser.open(`${machine.url}/authority/sign-in?next=${encodeURIComponent(next)}`);
      const done = await browser.open((await choose(browser, follow(begins))).href);
      assert.equal(done.response.headers.get('Location'), '/authority', next);
    }
  });

  test('a cookie that was made up is nobody, and makes no object', async () => {
    const value = cookieOf(await signIn(new Browser()), SESSION);
    const objects = machine.objects.length;
    const other = value[30] === 'A' ? 'B' : 'A';
    for (const made of [value.slice(0, 30) + other + value.slice(31), `${'A'.repeat(45)}.x`, 'x', '', '.']) {
      const answer = await ask(`${machine.url}/authority/state`, { headers: { Cookie: `${SESSION}=${made}` } });
      assert.equal(answer.status, 401);
      assert.equal(answer.json.error.code, 'signed_out');
    }
    assert.equal(machine.objects.length, objects);
    // A name that is real with a secret that is not: the object says so, and the browser forgets it.
    const answer = await ask(`${machine.url}/authority/state`, { headers: { Cookie: `${SESSION}=${value.slice(0, -1)}${value.endsWith('A') ? 'E' : 'A'}` } });
    assert.equal(answer.status, 401);
    assert.match(answer.header('Set-Cookie') ?? '', /^__Host-authority=; Path=\/; Max-Age=0/);
  });
});

describe('what AuthKit says', () => {
  test('a cancelled sign-in, one that fails and a service that is down are said to', async () => {
    const browser = new Browser();
    const begins = await browser.open(`${machine.url}/authority/sign-in`);
    const page = await browser.open(follow(begins).href);
    const cancel = page.links.find(({ text }) => /cancel/i.test(text));
    assertDeadEnd(await browser.open(cancel?.href ?? ''), 400, 'The sign-in was cancelled');
    machine.workos.change = () => new Response('down', { status: 503 });
    assertDeadEnd(await browser.open((await toCallback(browser)).callback.href), 502, 'The sign-in service does not answer');
    machine.workos.change = async (session, claims, sign) => ({ ...session, access_token: await sign({ ...claims, sub: 'user_other' }) });
    assertDeadEnd(await browser.open((await toCallback(browser)).callback.href), 400, 'The sign-in could not be verified');
    machine.workos.change = async (session, claims, sign) => ({ ...session, access_token: await sign({ ...claims, exp: 1 }) });
    assertDeadEnd(await browser.open((await toCallback(browser)).callback.href), 400, 'The sign-in could not be verified');
    assert.equal(await isSignedIn(browser), false);
  });

  test('a session that somebody else opened on behalf of a person is known as such', async () => {
    const earlier = machine.rows('page_sessions WHERE impersonated = 1');
    const browser = new Browser();
    await signIn(browser, 'alan@example.com', true);
    assert.ok(await isSignedIn(browser), 'it may look');
    assert.equal(machine.rows('page_sessions WHERE impersonated = 1'), earlier + 1);
  });

  test('a sign-in is as old as AuthKit says', async () => {
    const earlier = machine.rows('page_sessions WHERE signed_in_at < opened_at - 3500000');
    machine.workos.change = async (session, claims, sign) => ({
      ...session,
      access_token: await sign({ ...claims, auth_time: Math.floor(Date.now() / 1000) - 3600 }),
    });
    await signIn(new Browser());
    assert.equal(machine.rows('page_sessions WHERE signed_in_at < opened_at - 3500000'), earlier + 1);
  });
});

describe('what other pages try', () => {
  test('nobody but the page itself changes or reads anything', async () => {
    const Cookie = `${SESSION}=${cookieOf(await signIn(new Browser()), SESSION)}`;
    const status = async (/** @type {string} */ path, /** @type {import('../support/http.js').Question} */ question) => {
      const answer = await ask(machine.url + path, { ...question, headers: { Cookie, ...question.headers } });
      return answer.status === 403 ? answer.json.error.code : answer.status;
    };
    for (const path of ['/authority/act', '/authority/sign-out', '/admin/act']) {
      for (const Origin of [undefined, 'null', 'https://evil.example', 'http://localhost:1', `http://127.0.0.1:${machine.port}`]) {
        assert.equal(await status(path, { method: 'POST', body: '{}', headers: { Origin } }), 'foreign_page', `${path} ${Origin}`);
      }
      assert.equal(await status(path, { method: 'POST', body: '{}', headers: { Origin: machine.url, 'Sec-Fetch-Site': 'cross-site' } }), 'foreign_page');
      assert.equal(await status(path, { method: 'POST', body: '{}', headers: { Origin: machine.url } }), 'csrf');
      assert.equal(await status(path, { method: 'POST', body: '{}', headers: { Origin: machine.url, 'X-CSRF': 'x'.repeat(43) } }), 'csrf');
    }
    for (const path of ['/authority/state', '/authority/audit', '/authority/export', '/admin/state']) {
      assert.equal(await status(path, { headers: { Origin: 'https://evil.example' } }), 'foreign_page');
      assert.equal(await status(path, { headers: { 'Sec-Fetch-Site': 'cross-site' } }), 'foreign_page');
    }
    assert.equal(await status('/authority', { headers: { 'Sec-Fetch-Site': 'cross-site' } }), 200, 'a link to the page is one');
  });

  test('a body that is too large is refused, announced or not', async () => {
    const Cookie = `${SESSION}=${cookieOf(await signIn(new Browser()), SESSION)}`;
    const headers = { Cookie, Origin: machine.url };
    const large = 'x'.repeat(64 * 1024 + 1);
    assert.equal((await ask(`${machine.url}/authority/act`, { method: 'POST', headers, body: large })).status, 413);
    assert.equal((await ask(`${machine.url}/authority/act`, { method: 'POST', headers, chunks: [large] })).status, 413);
  });
});

describe('administrators', () => {
  /** @param {string} who */
  const idOf = (who) => machine.workos.users.find(({ email }) => email === who)?.id ?? '';

  test('see the deputies of others, and of themselves; nobody else does', async () => {
    await machine.appoint({ metadata: { client_name: 'Robot Butler' } });
    const [grace, ada] = [new Browser(), new Browser()];
    await signIn(grace, 'grace@example.com');
    await signIn(ada);
    assert.equal((await grace.open(`${machine.url}/admin`)).status, 200);
    const state = async (/** @type {Browser} */ browser, /** @type {string} */ user) => {
      const { status, html } = await browser.open(`${machine.url}/admin/state?user=${user}`);
      return { status, ...JSON.parse(html) };
    };
    const seen = await state(grace, idOf('ada@example.com'));
    assert.equal(seen.status, 200);
    assert.equal(seen.person.email, 'ada@example.com');
    assert.match(seen.session.csrf, /^[\w-]{43}$/);
    assert.ok(seen.deputies.some((/** @type {any} */ deputy) => deputy.client.name === 'Robot Butler'));
    assert.equal((await state(grace, idOf('grace@example.com'))).status, 200);
    assert.equal((await state(grace, 'user_nobody')).error.code, 'no_such_user');

    assertDeadEnd(await ada.open(`${machine.url}/admin`), 403, 'Administrators only');
    assert.equal((await state(ada, idOf('grace@example.com'))).error.code, 'admin_only');
    const impersonator = new Browser();
    await signIn(impersonator, 'grace@example.com', true);
    assert.equal((await state(impersonator, idOf('ada@example.com'))).error.code, 'admin_only');
  });
});
