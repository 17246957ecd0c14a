/** What the Workers print: the whole way of clients and humans, with everything that goes wrong on it, and then every secret is looked for. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ask } from '../support/http.js';
import { AuthorityPage } from '../support/authority-page.js';
import { Browser, signIn } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { Endpoint, MODERN } from '../support/mcp.js';
import { OAuthClient, ownAddress } from '../support/oauth-client.js';
import { REVISIONS, firstRequest, wayIn } from '../support/revisions.js';
import { TodoMachine } from '../support/todo-machine.js';
import { until } from '../support/until.js';

const SECRET = randomBytes(32).toString('base64url');
const shop = new Machine({ vars: { AUTHORITY_SECRET: SECRET } });
const todo = new TodoMachine({ people: 4 });
before(() => Promise.all([shop.start(), todo.start()]));
after(() => Promise.all([shop.stop(), todo.stop()]));

/** What nobody may read in a log, by what it is. */
class Secrets {
  /** @type {Map<string, string>} */
  #known = new Map();

  /** @template {string | undefined | null} T @param {string} what @param {T} value @returns {T} */
  note(what, value) {
    if (value) this.#known.set(value, what);
    return value;
  }

  get size() {
    return this.#known.size;
  }

  /** What of it is in a text, as it stands or in the ways that addresses and forms write it. @param {string} log */
  in(log) {
    const found = [];
    for (const [value, what] of this.#known) {
      const parts = value.includes(':') && !value.includes(' ') ? [value, value.split(':').at(-1) ?? value] : [value];
      const forms = parts.flatMap((part) => [part, encodeURIComponent(part), new URLSearchParams({ '': part }).toString().slice(1), JSON.stringify(part).slice(1, -1), btoa(unescape(encodeURIComponent(part))).replaceAll('=', '')]);
      if (forms.some((form) => form.length > 3 && log.includes(form))) found.push(what);
    }
    return found;
  }
}

/** A line of ours: whatever was printed before it has arrived when it has. @param {{ logs: string, url: string }} machine @param {Endpoint} mcp @param {object} call */
async function untilPrinted(machine, mcp, call) {
  const trace = randomBytes(16).toString('hex');
  await mcp.modern('tools/call', { ...call, _meta: { traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01` } });
  await until('the line of the last call', () => machine.logs.includes(trace));
}

/** The cookies that a page sets. @param {Secrets} secrets @param {import('../support/human.js').Page} page */
function noteCookies(secrets, page) {
  for (const cookie of page.response.headers.getSetCookie()) secrets.note(`the cookie ${cookie.split('=')[0]}`, cookie.split(';')[0].split(/=(.*)/s)[1]);
}

test('the shop prints no token, code, verifier, state, secret, cookie or word of a person', async () => {
  const secrets = new Secrets();
  secrets.note('AUTHORITY_SECRET', SECRET);
  secrets.note('the API key', shop.workos.apiKey);
  secrets.note('the secret of webhooks', shop.workos.webhookSecret);
  const order = { company: 'Lovelace Looms', mailingAddress: '12 St James Square\nLondon', tshirtSize: 'M' };
  for (const [what, value] of Object.entries(order)) if (what !== 'tshirtSize') secrets.note(what, value);
  for (const word of ['ada@example.com', 'Ada Lovelace', 'alan@example.com']) secrets.note('a person', word);

  const registered = await ask(`${shop.url}/register`, {
    headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': ownAddress() },
    body: JSON.stringify({ client_name: 'x', redirect_uris: ['http://127.0.0.1:9999/callback'], token_endpoint_auth_method: 'client_secret_post' }),
  });
  const { client_id, client_secret } = registered.json;
  secrets.note('the secret of a client', client_secret);

  const verifier = secrets.note('the state of a client', randomBytes(24).toString('base64url'));
  for (const revision of REVISIONS) {
    const client = await OAuthClient.register(shop.url);
    secrets.note('a verifier', client.verifier);
    const { redirect } = await signIn(client.authorizeUrl({ state: verifier }), {
      see(page) {
        noteCookies(secrets, page);
        const next = page.response.headers.get('Location') ?? page.onward;
        const { searchParams } = new URL(next ?? page.url, page.url);
        for (const name of ['code', 'state']) secrets.note(`${name} at ${page.url.split('?')[0]}`, searchParams.get(name));
        if (page.html.includes('name="handle"')) secrets.note('a handle', page.form.fields.get('handle'));
      },
    });
    const code = secrets.note('a code', redirect?.searchParams.get('code') ?? '');

    // Everything that can be wrong with a code, and then it is redeemed, and used again.
    const right = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: client.verifier };
    /** @type {Record<string, string>[]} */
    const wrong = [{ code_verifier: 'x'.repeat(43) }, { code_verifier: '' }, { redirect_uri: 'https://evil.example/' }, { resource: 'https://evil.example/' }, { client_id }, { client_id, client_secret }, { grant_type: 'x' }, { code: `${code}x` }];
    for (const changes of wrong) assert.ok((await client.token({ ...right, ...changes })).status >= 400);
    await ask(`${shop.url}/token?${new URLSearchParams({ ...right, client_id: client.clientId })}`);
    const { status, body } = await client.token(right);
    assert.equal(status, 200, JSON.stringify(body));
    secrets.note('an access token', body.access_token);
    secrets.note('a refresh token', body.refresh_token);

    const mcp = new Endpoint(`${shop.url}/mcp`, body.access_token);
    const way = await wayIn(mcp, revision);
    if (way instanceof Endpoint) secrets.note('a session', way.headers['Mcp-Session-Id']);
    await way.call('buyMcpShopItem', order);
    // What comes with a trace, and what only looks like one.
    const headers = { traceparent: `00-${secrets.note('the id of a span', randomBytes(8).toString('hex'))}`, tracestate: 'a=the-secret-state', baggage: 'user=the-secret-baggage' };
    await ask(mcp.url, { ...firstRequest(revision), headers: { ...firstRequest(revision).headers, Authorization: `Bearer ${body.access_token}`, ...headers } });
    await ask(`${shop.url}/authority?next=the-secret-place&code=the-secret-code`, { method: 'PURGE', headers });
    await mcp.modern('tools/list', { _meta: { ...headers, traceparent: order.company } });
    await mcp.modern('tools/call', { name: order.company, _meta: headers }, { 'Mcp-Name': order.company });
    await way.call('buyMcpShopItem', { ...order, tshirtSize: order.company });
    await way.request('tools/call', { name: order.company, arguments: order });
    await way.request(order.company, order);
    await mcp.post(`{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(body.access_token)}`);
    await ask(`${mcp.url}?access_token=${body.access_token}`, firstRequest(revision));
    await ask(mcp.url, { ...firstRequest(revision), headers: { Authorization: `Basic ${body.access_token}` } });
    await new Endpoint(mcp.url, `${body.access_token}x`).modern('tools/list');
    await new Endpoint(mcp.url, body.access_token, { Origin: `https://${order.company.replace(' ', '')}.example` }).modern('tools/list');

    const { body: renewed } = await client.refresh(body.refresh_token);
    secrets.note('an access token', renewed.access_token);
    secrets.note('a refresh token', renewed.refresh_token);
    assert.equal((await client.token({ grant_type: 'refresh_token', refresh_token: renewed.refresh_token, scope: 'x' })).status, 400);
    assert.equal((await client.token({ grant_type: 'refresh_token', refresh_token: `${renewed.refresh_token}x` })).status, 400);
    assert.equal((await client.redeem(code)).status, 400, 'used again, it ends all');
    await new Endpoint(mcp.url, renewed.access_token).modern('tools/list');
    await client.revoke(renewed.access_token);
  }

  // Sign-ins that fail in the middle, with what AuthKit gave in the addresses.
  const browser = new Browser();
  for (const path of ['/callback?state=the-secret-state&code=the-secret-code', '/callback?state=page.the-secret-state&code=the-secret-code', '/callback?error=the-secret-error&state=x', '/authority/sign-in?next=/authority/the-secret-place']) {
    await browser.open(shop.url + path);
  }
  for (const word of ['the-secret-state', 'the-secret-code', 'the-secret-error', 'the-secret-place', 'the-secret-baggage']) secrets.note('a query', word);
  shop.workos.change = () => new Response(JSON.stringify({ error: 'the-secret-answer' }), { status: 400 });
  await signIn((await OAuthClient.register(shop.url)).authorizeUrl());
  shop.workos.change = () => new Response('the-secret-answer', { status: 503 });
  await signIn((await OAuthClient.register(shop.url)).authorizeUrl());
  shop.workos.change = undefined;
  secrets.note('an answer of AuthKit', 'the-secret-answer');

  const page = await AuthorityPage.open(shop.url);
  secrets.note('the session of the page', page.cookie.split('=')[1]);
  secrets.note('the token of the page', page.csrf);
  await page.act({ do: 'bounds', grant: order.company });
  await page.act({ do: order.company }, { 'X-CSRF': 'x' });
  await page.export();
  await ask(`${shop.url}/webhooks/workos`, { headers: { 'WorkOS-Signature': 't=1, v1=the-secret-signature' }, body: JSON.stringify({ data: { email: 'ada@example.com' } }) });
  secrets.note('a signature', 'the-secret-signature');
  for (const token of shop.workos.tokens) secrets.note('a token of AuthKit', token);

  const last = await shop.appoint();
  await untilPrinted(shop, last.mcp, { name: 'listMcpShopInventory' });
  assert.ok(secrets.size > 80, `${secrets.size} secrets`);
  assert.deepEqual(secrets.in(shop.logs), []);
  assert.deepEqual(secrets.in(`${shop.logs} ${encodeURIComponent(client_secret)}`), ['the secret of a client'], 'the search finds what is there');
});

test('the to-do list and its API print no token, secret, cookie or word of a person', async () => {
  const secrets = new Secrets();
  const { issuer } = todo;
  secrets.note('the secret of the server', issuer.clientSecret);
  secrets.note('a todo', 'buy 12 roses');
  for (const revision of REVISIONS) {
    const deputy = await todo.deputize('all', { person: 'ada@example.com' });
    secrets.note('an access token', deputy.accessToken);
    secrets.note('a refresh token', deputy.refreshToken);
    secrets.note('the session of the page', deputy.page.cookie.split('=')[1]);
    secrets.note('the token of the page', deputy.page.csrf);
    const way = await wayIn(deputy.mcp, revision);
    if (revision !== MODERN && way instanceof Endpoint) secrets.note('a session', way.headers['Mcp-Session-Id']);
    await way.call('create_new_todo', { text: 'buy 12 roses' });
    await way.call('toggle_todo_status', { todoId: 'nothing', completed: true });
    await way.call('peek_api_token');
    for (const token of [await issuer.issueToken({ alg: 'none', sub: 'ada' }), await issuer.issueToken({ expiresIn: -60 }), await issuer.issueToken({ issuer: 'https://elsewhere.example' }), deputy.refreshToken]) {
      secrets.note('a bad token', token);
      await ask(deputy.mcp.url, { ...firstRequest(revision), headers: { ...firstRequest(revision).headers, Authorization: `Bearer ${token}` } });
      await ask(`${todo.api.target}/api/todos`, { headers: { Authorization: `Bearer ${token}` } });
    }
    await ask(`${deputy.mcp.url}?access_token=${deputy.accessToken}`, firstRequest(revision));
    await ask(`${todo.api.target}/api/todos?access_token=${deputy.accessToken}`);
    await deputy.page.do({ do: 'revoke', grant: deputy.grant });
    await way.request('tools/list');
  }
  for (const { token } of todo.api.requests) secrets.note('an exchanged token', token);
  await new Browser().open(`${todo.url}/callback?state=page.the-secret-state&code=the-secret-code`);
  for (const word of ['the-secret-state', 'the-secret-code']) secrets.note('a query', word);

  const last = await todo.appoint();
  await untilPrinted(todo, last.mcp, { name: 'get_my_todo_list' });
  assert.ok(secrets.size > 30, `${secrets.size} secrets`);
  assert.deepEqual(secrets.in(todo.logs), []);
});
