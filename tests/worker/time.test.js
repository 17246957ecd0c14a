/** What ends by itself: the clock of the Worker is moved ahead, nobody waits. */
import assert from 'node:assert/strict';
import { afterEach, after, before, describe, test } from 'node:test';
import { Browser } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { Endpoint, textOf } from '../support/mcp.js';
import { OAuthClient } from '../support/oauth-client.js';

const machine = new Machine({ levers: true });

before(() => machine.start());
afterEach(() => machine.pull({ clock: 0 }));
after(() => machine.stop());

/** @param {number} seconds from the real time on */
const later = (seconds) => machine.pull({ clock: seconds * 1000 });

/** @param {string} token */
const status = async (token) => (await new Endpoint(`${machine.url}/mcp`, token).modern('server/discover')).status;

describe('a refresh token that was replaced', () => {
  test('may be repeated for 30 seconds: the same answer', async () => {
    const { client, refreshToken } = await machine.appoint();
    const first = await client.refresh(refreshToken);
    await later(29);
    const again = await client.refresh(refreshToken);
    assert.equal(again.status, 200);
    assert.deepEqual(again.body, first.body);
    assert.equal(await status(first.body.access_token), 200);
  });

  test('may be repeated for 30 seconds even where the object has forgotten the answer: new tokens, that work', async () => {
    const { client, refreshToken } = await machine.appoint();
    const first = await client.refresh(refreshToken);
    await machine.crash();
    await machine.start();
    const again = await client.refresh(refreshToken);
    assert.equal(again.status, 200);
    assert.equal(await status(again.body.access_token), 200);
    assert.equal(await status(first.body.access_token), 200);
    assert.equal((await client.refresh(again.body.refresh_token)).status, 200);
  });

  test('ends the grant when it is used later: somebody else has it', async () => {
    const { client, accessToken, refreshToken, mcp } = await machine.appoint();
    const bystander = await machine.appoint();
    const session = await mcp.open();
    const { body } = await client.refresh(refreshToken);
    await later(31);
    assert.equal(await status(body.access_token), 200, 'until then it stands');
    const replayed = await client.refresh(refreshToken);
    assert.equal(replayed.status, 400);
    assert.equal(replayed.body.error, 'invalid_grant');
    for (const token of [accessToken, body.access_token]) assert.equal(await status(token), 401);
    assert.equal((await session.request('ping')).status, 401);
    assert.equal((await client.refresh(body.refresh_token)).body.error, 'invalid_grant');
    assert.equal(await status(bystander.accessToken), 200);
  });

  test('ends the grant also when others have come after it', async () => {
    const { client, refreshToken } = await machine.appoint();
    let { body } = await client.refresh(refreshToken);
    await later(40);
    ({ body } = await client.refresh(body.refresh_token));
    await later(80);
    ({ body } = await client.refresh(body.refresh_token));
    assert.equal(await status(body.access_token), 200);
    assert.equal((await client.refresh(refreshToken)).body.error, 'invalid_grant');
    assert.equal(await status(body.access_token), 401);
  });
});

describe('lifetimes', () => {
  test('a code is good for ten minutes', async () => {
    const [early, late] = [await OAuthClient.register(machine.url), await OAuthClient.register(machine.url)];
    const codes = [await early.authorize(), await late.authorize()];
    await later(595);
    assert.equal((await early.redeem(codes[0])).status, 200);
    await later(605);
    const refused = await late.redeem(codes[1]);
    assert.equal(refused.status, 400);
    assert.equal(refused.body.error, 'invalid_grant');
  });

  test('an access token is good for as long as it said, whether it was used before or not; the refresh token goes on', async () => {
    const deputies = [await machine.appoint(), await machine.appoint()];
    const { expires_in } = deputies[0].tokens;
    assert.ok(expires_in <= 3600, `${expires_in} seconds`);
    assert.equal(await status(deputies[0].accessToken), 200);
    await later(expires_in - 5);
    assert.equal(await status(deputies[0].accessToken), 200);
    await later(expires_in + 5);
    for (const { client, accessToken, refreshToken, mcp } of deputies) {
      const answer = await mcp.modern('server/discover');
      assert.equal(answer.status, 401);
      assert.match(answer.header('WWW-Authenticate') ?? '', /error="invalid_token"/);
      const { body } = await client.refresh(refreshToken);
      assert.equal(await status(body.access_token), 200);
      assert.equal(await status(accessToken), 401);
    }
  });

  test('permissions of the identity provider are believed for an hour after consent, however often the token is renewed', async () => {
    const { client, refreshToken, mcp } = await machine.appoint({ choices: { person: 'grace@example.com' } });
    await later(3500);
    assert.ok(!(await mcp.call('getUserInfo')).isError);
    await later(3700);
    const { body } = await client.refresh(refreshToken);
    const result = await new Endpoint(`${machine.url}/mcp`, body.access_token).call('getUserInfo');
    assert.equal(result.isError, true);
    assert.equal(textOf(result), "Sorry, bruh. You don't have these permissions.");
  });

  test('each page of the sign-in is good for ten minutes', async () => {
    const client = await OAuthClient.register(machine.url);
    const ended = { status: 400, title: 'This sign-in cannot go on' };
    const say = (/** @type {import('../support/human.js').Page} */ { status, title }) => ({ status, title });

    for (const seconds of [595, 605]) {
      const browser = new Browser();
      const asks = await browser.open(client.authorizeUrl());
      await later(seconds);
      const leaves = await browser.press(asks, { decision: 'continue' });
      if (seconds > 600) assert.deepEqual(say(leaves), ended);
      else assert.equal(leaves.status, 200);
      await later(0);
    }

    const browser = new Browser();
    const authKit = await browser.open((await browser.press(await browser.open(client.authorizeUrl()), { decision: 'continue' })).onward ?? '');
    const link = authKit.links.find(({ href }) => href.endsWith('ada%40example.com'));
    const callback = (await browser.open(link?.href ?? '')).response.headers.get('Location') ?? '';
    await later(605);
    assert.deepEqual(say(await browser.open(callback)), ended);
    await later(0);
    const consent = await browser.open(callback);
    assert.equal(consent.status, 200);
    await later(605);
    assert.deepEqual(say(await browser.press(consent, { decision: 'allow' })), ended);
  });
});
