/** What the variables of a deployment do, and what a visitor sees. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { Browser } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { codeOf, resultOf, textOf } from '../support/mcp.js';
import { startWorker } from '../support/worker.js';

/** Paths of every kind. */
const PATHS = ['/', '/mcp', '/authorize', '/callback', '/.well-known/oauth-authorization-server', '/.well-known/oauth-protected-resource', '/nothing'];

/** The variables that a page names. @param {{ html: string }} page */
const named = ({ html }) => [...html.matchAll(/<dt>\s*<code>(\w+)<\/code>\s*<\/dt>/g)].map(([, name]) => name);

describe('a Worker without its secrets', () => {
  /** @type {import('../support/worker.js').RunningWorker} */
  let stack;
  before(async () => {
    stack = await startWorker({ vars: { AUTHORITY_SECRET: 'too short' } });
  });
  after(() => stack.stop());

  test('answers 503 everywhere, with a page that names each variable and where to set it', async () => {
    for (const path of PATHS) {
      const page = await new Browser().open(stack.url + path);
      assert.equal(page.status, 503, path);
      const names = ['AUTHORITY_SECRET', 'WORKOS_CLIENT_ID', 'WORKOS_API_KEY'];
      assert.deepEqual(named(page), names);
      for (const name of names) assert.ok(page.text.includes(`wrangler secret put ${name}`), name);
      assert.ok(page.text.includes('.dev.vars'));
      assert.ok(page.response.headers.get('Retry-After'));
      assert.ok(!page.text.includes('too short'), 'it shows no value');
    }
    for (const path of ['/mcp', '/token', '/register', '/consent']) {
      assert.equal((await ask(stack.url + path, { method: 'POST' })).status, 503, path);
    }
    assert.equal((await ask(`${stack.url}/style.css`)).status, 200, 'the page has its style');
    assert.equal((await ask(`${stack.url}/healthz`)).status, 200, 'that it lives, it says in any case');
  });
});

test('a Worker of which some is right names what is wrong, and nothing else', async () => {
  const vars = { AUTHORITY_SECRET: randomBytes(32).toString('base64url'), WORKOS_CLIENT_ID: 'client_x', WORKOS_API_KEY: '', PUBLIC_URL: 'http://shop.example' };
  const stack = await startWorker({ vars });
  try {
    const page = await new Browser().open(stack.url);
    assert.equal(page.status, 503);
    assert.deepEqual(named(page), ['PUBLIC_URL', 'WORKOS_API_KEY']);
  } finally {
    await stack.stop();
  }
});

describe('a deployed shop', () => {
  const origin = 'https://shop.example';
  const machine = new Machine({ vars: { PUBLIC_URL: `${origin}/` }, levers: true });
  before(() => machine.start());
  after(() => machine.stop());
  beforeEach(() => machine.pull({ origin }));

  test('is the issuer and the audience that PUBLIC_URL says', async () => {
    const metadata = (await ask(`${machine.url}/.well-known/oauth-authorization-server`)).json;
    assert.equal(metadata.issuer, origin);
    assert.equal(metadata.token_endpoint, `${origin}/token`);
    const { resource, authorization_servers } = (await ask(`${machine.url}/.well-known/oauth-protected-resource/mcp`)).json;
    assert.equal(resource, `${origin}/mcp`);
    assert.deepEqual(authorization_servers, [origin]);
    const challenge = (await ask(`${machine.url}/mcp`, { method: 'POST' })).header('WWW-Authenticate') ?? '';
    assert.ok(challenge.includes(`resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`), challenge);
  });

  test('says how to connect to it from anywhere', async () => {
    const page = await new Browser().open(machine.url);
    assert.equal(page.status, 200);
    for (const line of ['Add custom connector', `npx -y mcp-remote ${origin}/mcp`]) assert.ok(page.text.includes(line), page.text);
  });

  test('answers for its own address alone, not for localhost', async () => {
    for (const asked of ['http://shop.example', 'https://shop.example:8443', 'https://localhost', machine.url, 'https://shop.example.evil.example']) {
      await machine.pull({ origin: asked });
      for (const path of PATHS) assert.equal((await ask(machine.url + path)).status, 403, asked + path);
    }
  });

  test('hears no pages but its own: localhost is a stranger', async () => {
    const status = async (/** @type {string} */ from) => (await ask(`${machine.url}/mcp`, { method: 'POST', headers: { Origin: from } })).status;
    assert.equal(await status(origin), 401);
    for (const from of ['http://localhost:6274', 'http://127.0.0.1', 'http://shop.example', 'https://shop.example:8443', 'null']) assert.equal(await status(from), 403, from);
  });
});

describe('on a laptop, with no PUBLIC_URL and no DEMO_MODE', () => {
  const [secret, newSecret] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
  const machine = new Machine({ vars: { PUBLIC_URL: '', DEMO_MODE: '', AUTHORITY_SECRET: secret } });
  before(() => machine.start());
  after(() => machine.stop());

  test('the landing page says what this is and how to connect', async () => {
    const page = await new Browser().open(machine.url);
    assert.equal(page.status, 200);
    assert.ok(page.text.includes(`${machine.url}/mcp`));
    for (const line of ['claude_desktop_config.json', 'mcp-remote', `claude mcp add --transport http shop ${machine.url}/mcp`]) {
      assert.ok(page.text.includes(line), line);
    }
    assert.match(page.response.headers.get('Content-Security-Policy') ?? '', /default-src 'none'/);
    const style = await ask(new URL(/<link rel="stylesheet" href="([^"]+)"/.exec(page.html)?.[1] ?? '', machine.url).href);
    assert.equal(style.status, 200);
    assert.match(style.header('Content-Type') ?? '', /^text\/css/);
    assert.equal((await ask(machine.url, { method: 'POST' })).status, 405);
    assert.equal((await ask(machine.url, { method: 'HEAD' })).status, 200);
  });

  test('a host that is not this computer is told which variable is missing', async () => {
    const { status, text } = await ask(machine.url, { headers: { Host: 'shop.example' } });
    assert.equal(status, 503);
    assert.deepEqual(named({ html: text }), ['PUBLIC_URL']);
    assert.ok(text.includes('such as http://shop.example'));
  });

  test('an address that leads nowhere says so', async () => {
    for (const path of ['/nothing', '/mcp/', '/MCP', '/sse', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/mcp']) {
      const page = await new Browser().open(machine.url + path);
      assert.equal(page.status, 404, path);
      assert.equal(page.title, 'There is nothing here');
      assert.ok(page.text.includes(`${machine.url}/mcp`));
    }
  });

  test('there are four tools, and the demo tools cannot be called', async () => {
    const ada = await machine.appoint();
    const session = await ada.mcp.open();
    for (const listed of [await ada.mcp.modern('tools/list'), await session.request('tools/list')]) {
      const names = resultOf(listed).tools.map((/** @type {any} */ tool) => tool.name);
      assert.deepEqual(names, ['listMcpShopInventory', 'buyMcpShopItem', 'listMcpShopOrders', 'getUserInfo']);
    }
    for (const name of ['setDemoMode', 'clearDemoMode', 'prettyPlease']) {
      for (const answer of [await ada.mcp.modern('tools/call', { name, arguments: { mode: 'banned' } }), await session.request('tools/call', { name })]) {
        assert.equal(codeOf(answer), -32602);
      }
    }
    assert.ok(!(await ada.mcp.call('listMcpShopInventory')).isError);
  });

  test('a token stays good when the secret is changed and the old one is kept, and none when it is not', async () => {
    const ada = await machine.appoint();
    const asked = async () => (await ada.mcp.modern('server/discover')).status;
    assert.equal(await asked(), 200);
    await machine.crash();
    await machine.start({ AUTHORITY_SECRET: newSecret, AUTHORITY_SECRET_PREVIOUS: secret });
    assert.equal(await asked(), 200);
    const refreshed = await ada.client.refresh(ada.refreshToken);
    assert.equal(refreshed.status, 200);
    const anew = await machine.appoint();
    await anew.mcp.call('buyMcpShopItem', { company: 'Acme', mailingAddress: '1 Road', tshirtSize: 'M' });
    const listed = await ada.mcp.call('listMcpShopOrders');
    assert.equal(JSON.parse(textOf(listed)).total, 1, 'the human is the same');
    await machine.crash();
    await machine.start({ AUTHORITY_SECRET_PREVIOUS: '' });
    assert.equal(await asked(), 401);
    assert.equal((await anew.mcp.modern('server/discover')).status, 200);
  });

  test('a ban of the demo does not outlive the demo mode, which alone could lift it', async () => {
    await machine.crash();
    await machine.start({ DEMO_MODE: 'true' });
    const ada = await machine.appoint();
    await ada.mcp.call('setDemoMode', { mode: 'banned' });
    assert.equal((await ada.mcp.call('listMcpShopInventory')).isError, true);
    await machine.crash();
    await machine.start({ DEMO_MODE: '' });
    assert.ok(!(await ada.mcp.call('listMcpShopInventory')).isError);
  });
});
