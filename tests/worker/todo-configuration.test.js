/** What the variables of the to-do list's MCP server do, the old names among them, and what it says where they are missing. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startIssuer } from '../../dev/issuer.js';
import { freePort } from '../../dev/stack.js';
import { known } from '../../dev/todo-stack.js';
import { ask } from '../support/http.js';
import { Browser } from '../support/human.js';
import { IssuerClient } from '../support/issuer-client.js';
import { Endpoint, textOf } from '../support/mcp.js';
import { TodoMachine } from '../support/todo-machine.js';
import { startWorker } from '../support/worker.js';

/** The variables that a page names. @param {{ html: string }} page */
const named = ({ html }) => [...html.matchAll(/<dt>\s*<code>(\w+)<\/code>\s*<\/dt>/g)].map(([, name]) => name);

/** Runs it alone. @template T @param {Record<string, string>} vars @param {(stack: import('../support/worker.js').RunningWorker) => Promise<T>} work @param {number} [port] @returns {Promise<T>} */
async function withServer(vars, work, port) {
  const stack = await startWorker({ environment: 'todo', port, vars });
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

/** All that it needs, of an issuer that is not there. */
const NEEDED = {
  PING_FEDERATE_ISSUER: 'https://auth.example.com',
  MCP_SERVER_CLIENT_ID: 'mcp',
  MCP_SERVER_CLIENT_SECRET: 'secret',
  API_URL: 'https://api.example.com/',
};

test('without its variables it answers 503 with a page that names each, and shows no value', async () => {
  await withServer({ AUTHORITY_SECRET: 'too short', API_URL: 'http://api.example.com', DEFAULT_BOUNDS: '{"limits":' }, async ({ url }) => {
    for (const path of ['/', '/mcp', '/authority', '/.well-known/oauth-protected-resource']) {
      const page = await new Browser().open(url + path);
      assert.equal(page.status, 503, path);
      assert.deepEqual(named(page).sort(), ['API_URL', 'AUTHORITY_SECRET', 'DEFAULT_BOUNDS', 'MCP_SERVER_CLIENT_ID', 'MCP_SERVER_CLIENT_SECRET', 'PING_FEDERATE_ISSUER']);
      assert.ok(!page.text.includes('too short'));
    }
  });
});

test('an issuer that does not answer: tokens are neither good nor bad', async () => {
  const port = await freePort();
  const gone = `http://localhost:${await freePort()}`;
  await withServer({ ...NEEDED, PING_FEDERATE_ISSUER: gone }, async ({ url }) => {
    const answer = await new Endpoint(`${url}/mcp`, 'e30.e30.e30').modern('tools/list');
    assert.equal(answer.status, 503, 'a 401 would send the client to sign in, for nothing');
    assert.ok(Number(answer.header('Retry-After')) > 0);
    assert.equal((await ask(`${url}/.well-known/oauth-authorization-server`)).status, 503);
    const metadata = await ask(`${url}/.well-known/oauth-protected-resource`);
    assert.deepEqual(metadata.json.authorization_servers, [gone]);
    assert.equal((await ask(`${url}/mcp`, { body: '{}' })).status, 401);
  }, port);
});

test('AuthKit, by its domain, is an issuer like any other; a name of its own comes first', async () => {
  const { PING_FEDERATE_ISSUER: _, ...rest } = NEEDED;
  const issuerWith = (/** @type {Record<string, string>} */ vars) =>
    withServer({ ...rest, ...vars }, async ({ url }) => (await ask(`${url}/.well-known/oauth-protected-resource`)).json);
  assert.deepEqual((await issuerWith({ WORKOS_AUTHKIT_DOMAIN: 'example.authkit.app' })).authorization_servers, ['https://example.authkit.app']);
  const { authorization_servers, resource } = await issuerWith({
    WORKOS_AUTHKIT_DOMAIN: 'example.authkit.app',
    ISSUER: 'https://issuer.example/realms/one',
    MCP_SERVER_URL: 'https://mcp.example/old/',
  });
  assert.deepEqual(authorization_servers, ['https://issuer.example/realms/one']);
  assert.equal(resource, 'https://mcp.example/old', 'without a slash at its end');
});

for (const [what, signingAlgorithm, vars] of /** @type {[string, import('../../dev/issuer/keys.js').Algorithm, Record<string, string>][]} */ ([
  ['PS256, and the type that RFC 9068 gives access tokens', 'PS256', { TOKEN_TYPE: 'at+jwt' }],
  ['ES256', 'ES256', {}],
  ['EdDSA', 'EdDSA', {}],
])) {
  test(`an issuer that signs with ${what}`, async () => {
    const machine = new TodoMachine({ vars, people: 2, issuer: { signingAlgorithm } });
    try {
      await machine.start();
      const { mcp, page, sub } = await machine.deputize('keep');
      const added = await mcp.call('create_new_todo', { text: 'milk' });
      assert.ok(!added.isError, textOf(added));
      assert.equal((await page.state()).deputies.length, 1, 'the page signs in with its ID tokens');
      const untyped = await machine.issuer.issueToken({ sub, typ: 'JWT' });
      assert.equal((await machine.mcp(untyped).modern('tools/list')).status, vars.TOKEN_TYPE ? 401 : 200);
    } finally {
      await machine.stop();
    }
  });
}

describe('a server with an identifier of its own, other first bounds, and no demo', () => {
  const identifier = 'https://todo.example/mcp';
  const bounds = { limits: [{ measure: 'calls', most: 60, per: 'minute' }, { measure: 'changes', most: 2, per: 'day' }] };
  /** @type {import('../../dev/issuer.js').Issuer} */
  let issuer;
  const machine = new TodoMachine({
    vars: { MCP_SERVER_IDENTIFIER: `${identifier}/`, DEFAULT_BOUNDS: JSON.stringify(bounds), DEMO_MODE: 'false' },
    people: 4,
    issuer: { mcpServer: { clientSecret: 'p@ss/w:rd +%', ...known(1, '').mcpServer, identifiers: [identifier] } },
  });
  before(async () => {
    await machine.start();
    issuer = machine.issuer;
  });
  after(() => machine.stop());

  test('takes tokens for that audience alone', async () => {
    assert.equal((await ask(`${machine.url}/.well-known/oauth-protected-resource/mcp`)).json.resource, identifier);
    const other = machine.mcp(await issuer.issueToken({ audience: machine.endpoint }));
    assert.equal((await other.modern('tools/list')).status, 401);
    assert.equal((await machine.mcp(await issuer.issueToken()).modern('tools/list')).status, 200);
  });

  test('lets a new deputy do what the deployment says, and no more; its secret may have any characters', async () => {
    const client = await IssuerClient.register(issuer.url, identifier);
    const { mcp, sub } = await machine.appoint({ client });
    for (const text of ['one', 'two']) {
      const added = await mcp.call('create_new_todo', { text });
      assert.ok(!added.isError, textOf(added));
    }
    const third = await mcp.call('create_new_todo', { text: 'three' });
    assert.ok(third.isError);
    assert.match(textOf(third), /at most 2 changes/);
    assert.equal(machine.exchangesOf(sub).length, 1);
  });

  test('shows what tokens say, and not the tokens', async () => {
    const { mcp, accessToken } = await machine.appoint({ client: await IssuerClient.register(issuer.url, identifier) });
    for (const name of ['who_am_I', 'peek_api_token']) {
      const shown = await mcp.call(name);
      assert.deepEqual(Object.keys(JSON.parse(textOf(shown))), ['claims'], name);
      for (const token of [accessToken, ...machine.issuer.recorded.map(({ body }) => String(body?.access_token))]) {
        assert.ok(!JSON.stringify(shown).includes(token.split('.')[2]), name);
      }
    }
  });
});
