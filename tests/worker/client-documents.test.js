/** Clients that have not registered: their id is the address of a document that says who they are (CIMD). */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { Browser } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { OAuthClient } from '../support/oauth-client.js';

const ID = 'https://client.example/oauth/metadata.json';
const DOCUMENT = {
  client_id: ID,
  client_name: 'Robot Butler',
  redirect_uris: ['http://127.0.0.1/callback', 'https://client.example/callback'],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

const machine = new Machine({ levers: true });
before(() => machine.start());
afterEach(() => machine.pull({ documents: {} }));
after(() => machine.stop());

/** @param {object | string} document @param {number} [status] */
const publish = (document, status = 200) =>
  machine.pull({ documents: { [ID]: { status, body: typeof document === 'string' ? document : JSON.stringify(document) } } });

/** @param {string} [redirectUri] @param {string} [id] */
const known = (redirectUri = 'http://127.0.0.1:9999/callback', id = ID) => new OAuthClient(machine.url, id, redirectUri);

test('such a client signs its human in without registering, at any loopback port, and works', async () => {
  await publish(DOCUMENT);
  for (const port of [1024, 65535]) {
    const deputy = await machine.appoint({ client: known(`http://127.0.0.1:${port}/callback`) });
    assert.ok(!(await deputy.mcp.call('listMcpShopInventory')).isError);
    assert.equal((await deputy.client.refresh(deputy.refreshToken)).status, 200);
    assert.equal((await deputy.client.revoke(deputy.accessToken)).status, 200);
    assert.equal((await deputy.mcp.modern('server/discover')).status, 401);
  }
});

test('the human is told where the document is, and where they will be sent back to', async () => {
  await publish(DOCUMENT);
  const local = await new Browser().open(known().authorizeUrl());
  for (const part of ['Robot Butler', 'its document at client.example', '127.0.0.1', 'This is a program on this computer']) assert.ok(local.text.includes(part), part);
  const web = await new Browser().open(known('https://client.example/callback').authorizeUrl());
  assert.ok(!web.text.includes('This is a program on this computer'));
});

test('a redirect URI that is not in the document ends on a page', async () => {
  await publish(DOCUMENT);
  for (const uri of ['https://evil.example/callback', 'https://client.example/other', 'http://localhost:9999/callback', 'http://127.0.0.1:9999/']) {
    const page = await new Browser().open(known(uri).authorizeUrl());
    assert.equal(page.status, 400, uri);
    assert.equal(page.response.headers.get('Location'), null);
  }
});

/** @type {[string, object | string, number?][]} */
const bad = [
  ['is not there', '', 404],
  ['is no JSON', '<html>'],
  ['names another id', { ...DOCUMENT, client_id: 'https://client.example/other.json' }],
  ['has no name for the client', { ...DOCUMENT, client_name: undefined }],
  ['has no redirect URIs', { ...DOCUMENT, redirect_uris: [] }],
  ['publishes a secret', { ...DOCUMENT, client_secret: 'hush' }],
  ['is larger than any document needs to be', { ...DOCUMENT, padding: 'x'.repeat(100_000) }],
];
for (const [what, document, status] of bad) {
  test(`a document that ${what} makes no client`, async () => {
    await publish(document, status);
    const page = await new Browser().open(known().authorizeUrl());
    assert.ok(page.status >= 400, page.text);
    assert.equal(page.response.headers.get('Location'), null);
    assert.ok(!page.html.includes('<form'));
    assert.ok(page.html.includes('class="advice"'));
  });
}

test('an id that is no address of a document is that of no client', async () => {
  for (const id of ['http://client.example/oauth/metadata.json', 'https://client.example', 'https://user@client.example/x', `${ID}#x`, 'https://client.example/a/../b']) {
    await machine.pull({ documents: { [id]: { body: JSON.stringify({ ...DOCUMENT, client_id: id }), status: 200 } } });
    const page = await new Browser().open(known(undefined, id).authorizeUrl());
    assert.ok(page.status >= 400, `${id}: ${page.text}`);
    assert.ok(!page.html.includes('<form'));
  }
});

/** Asks as a client of that id, at each place where a client says who it is. @param {string} id */
async function asEverybody(id) {
  const { asked } = await machine.pull({ asked: [] });
  assert.deepEqual(asked, []);
  const page = await new Browser().open(known(undefined, id).authorizeUrl());
  assert.ok(page.status >= 400, `${id}: ${page.text}`);
  assert.ok(!page.html.includes('<form'));
  assert.equal(page.response.headers.get('Location'), null);
  const form = { grant_type: 'authorization_code', code: 'x', redirect_uri: 'http://127.0.0.1:9999/callback', code_verifier: 'v'.repeat(43) };
  const assertion = `${btoa('{"alg":"RS256"}')}.${btoa(JSON.stringify({ iss: id, sub: id }))}.x`.replaceAll('=', '');
  for (const [headers, parameters] of /** @type {[Record<string, string>, Record<string, string>][]} */ ([
    [{}, { client_id: id }],
    [{ Authorization: `Basic ${btoa(`${encodeURIComponent(id)}:secret`)}` }, {}],
    [{}, { client_assertion: assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' }],
  ])) {
    const body = new URLSearchParams({ ...form, ...parameters }).toString();
    const answer = await ask(`${machine.url}/token`, { headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers }, body });
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.json.error, 'invalid_client');
  }
  return /** @type {string[]} */ ((await machine.pull({})).asked);
}

describe('an id that would make this server ask its own network', () => {
  const path = '/oauth/metadata.json';
  const inside = [
    ...['https://localhost', 'https://localhost.', 'https://app.localhost', 'https://metadata', 'https://printer.local', 'https://metadata.google.internal', 'https://router.home.arpa'],
    ...['https://127.0.0.1', 'https://127.1', 'https://2130706433', 'https://0x7f000001', 'https://0177.0.0.1', 'https://0.0.0.0', 'https://10.0.0.1', 'https://169.254.169.254', 'https://192.168.1.1:8443'],
    ...['https://[::1]', 'https://[::ffff:127.0.0.1]', 'https://[fd00::1]', 'https://[fe80::1]'],
  ];
  test('is asked for nowhere, and is that of no client', async () => {
    for (const origin of inside) assert.deepEqual(await asEverybody(origin + path), [], origin);
    assert.deepEqual([...new Set(await asEverybody(ID))], [ID], 'one on the internet is asked for');
  });
});

test('a document elsewhere does not speak for this host: no redirect is followed, not even on the same host', async () => {
  const elsewhere = 'https://evil.example/metadata.json';
  const moved = 'https://client.example/moved.json';
  for (const target of [elsewhere, moved, 'http://127.0.0.1:1/', 'https://169.254.169.254/latest/meta-data']) {
    for (const status of [301, 302, 303, 307, 308]) {
      const found = { status: 200, body: JSON.stringify(DOCUMENT) };
      await machine.pull({ asked: [], documents: { [ID]: { status, headers: { Location: target } }, [elsewhere]: found, [moved]: found } });
      const page = await new Browser().open(known().authorizeUrl());
      assert.ok(page.status >= 400, `${status} ${target}: ${page.text}`);
      assert.deepEqual((await machine.pull({})).asked, [ID], target);
    }
  }
});

test('a document with a redirect URI that runs or shows something makes no client', async () => {
  for (const uri of ['javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://client.example/x']) {
    await publish({ ...DOCUMENT, redirect_uris: [...DOCUMENT.redirect_uris, uri] });
    for (const asked of [uri, 'http://127.0.0.1:9999/callback']) {
      const page = await new Browser().open(known(asked).authorizeUrl());
      assert.ok(page.status >= 400, `${uri}: ${page.text}`);
      assert.equal(page.response.headers.get('Location'), null);
      assert.ok(!page.html.includes('<form'));
    }
  }
});
