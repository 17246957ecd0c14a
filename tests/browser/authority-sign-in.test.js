/** Signing in to the authority page in a real browser, which has its own mind about cookies. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startStack } from '../../dev/stack.js';
import { launch, Visitor } from '../support/chromium.js';

/** @type {import('../../dev/stack.js').Stack} */
let stack;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  stack = await startStack();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** @param {string} home @param {(visitor: Visitor) => Promise<void>} story */
const visiting = (home, story) =>
  Visitor.arrive(browser, [home, stack.workos?.url ?? ''], async (visitor) => {
    // What the page itself does is tested where the page is.
    await visitor.page.route('**/authority.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    await story(visitor);
  });

/** @param {Visitor} visitor */
const session = async ({ context }) => (await context.cookies()).find(({ name }) => name === '__Host-authority');

describe('in a real browser', () => {
  for (const host of ['localhost', '127.0.0.1']) {
    test(`the human signs in at http://${host} and comes to where they wanted to go`, async () => {
      const home = `http://${host}:${stack.port}`;
      await visiting(home, async (visitor) => {
        await visitor.open(`${home}/authority/approvals/abc`);
        await visitor.follow('Ada Lovelace');
        assert.equal(visitor.page.url(), `${home}/authority/approvals/abc`);
        const cookie = await session(visitor);
        assert.ok(cookie, 'the browser took it');
        assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path], [true, true, 'Lax', '/']);
        const cookies = (await visitor.context.cookies()).filter(({ domain }) => domain === host);
        assert.deepEqual(cookies.map(({ name }) => name), ['__Host-authority'], 'that of the way is gone');
        assert.equal(await visitor.open(`${home}/authority`), 200);
        assert.equal(await visitor.page.evaluate(() => document.cookie), '', 'no script sees it');
      });
    });
  }

  test('a page of another origin may link to it, and neither frame it nor read from it', async () => {
    await visiting(stack.url, async (visitor) => {
      const { page } = visitor;
      await visitor.open(`${stack.url}/authority`);
      await visitor.follow('Ada Lovelace');
      const evil = `http://127.0.0.1:${stack.port}`;
      await page.route(`${evil}/evil`, (route) =>
        route.fulfill({ contentType: 'text/html', body: `<a href="${stack.url}/authority">Win a prize</a>` }),
      );
      await page.goto(`${evil}/evil`);
      const tried = await page.evaluate(async (/** @type {string} */ home) => {
        const status = (/** @type {RequestInit} */ init, path = '/authority/act') =>
          fetch(home + path, { credentials: 'include', mode: 'no-cors', ...init }).then(() => 'sent', () => 'blocked');
        return [await status({ method: 'POST', body: '{"do":"revoke_all"}' }), await status({}, '/authority/state')];
      }, stack.url);
      assert.deepEqual(tried, ['blocked', 'blocked'], 'by Cross-Origin-Resource-Policy');
      await visitor.follow('Win a prize');
      assert.equal(page.url(), `${stack.url}/authority`, 'still signed in');
      visitor.complaints.length = 0; // the browser says what it blocked
    });
  });
});
