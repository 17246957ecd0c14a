/** The authorization server against whoever means harm: addresses, codes, tokens, scopes and registrations that are nearly right. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, after, before, describe, test } from 'node:test';
import { signIn } from '../support/human.js';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { Endpoint, resultOf } from '../support/mcp.js';
import { OAuthClient, ownAddress } from '../support/oauth-client.js';
import { REVISIONS, firstRequest, namesResource, wayIn } from '../support/revisions.js';

const machine = new Machine({ levers: true });
/** @type {OAuthClient} */
let client;
/** The same server by its other name: another issuer. */
let other = '';

before(async () => {
  await machine.start();
  other = `http://127.0.0.1:${machine.port}`;
  client = await OAuthClient.register(machine.url);
});
afterEach(() => machine.pull({ clock: 0 }));
after(() => machine.stop());

const DAY = 86_400_000;
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** @param {unknown} metadata a text is sent as it is @param {Record<string, string>} [headers] */
const register = (metadata, headers = {}) =>
  ask(`${machine.url}/register`, {
    headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': ownAddress(), ...headers },
    body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
  });

/** Nobody is asked anything, and nobody is sent anywhere. @param {string} url @param {string} what */
async function assertEndsHere(url, what) {
  const answer = await ask(url);
  assert.equal(answer.status, 400, `${what}: ${answer.status} ${answer.header('Location')}`);
  assert.equal(answer.header('Location'), null, what);
  assert.ok(!answer.text.includes('<form') && !/http-equiv="refresh"/.test(answer.text), what);
}

/** What a token is good for. @param {string} token */
const status = async (token) => (await new Endpoint(`${machine.url}/mcp`, token).modern('server/discover')).status;

/** A token request by a client that shows its secret in one way or another. @param {Record<string, string>} parameters @param {Record<string, string>} [headers] */
async function post(parameters, headers = {}) {
  const answer = await ask(`${machine.url}/token`, { headers: { ...FORM, ...headers }, body: new URLSearchParams(parameters).toString() });
  return { status: answer.status, body: answer.text ? answer.json : {}, answer };
}

for (const revision of REVISIONS) {
  describe(`a client of ${revision}`, () => {
    for (const method of ['none', 'client_secret_post', 'client_secret_basic']) {
      test(`that authenticates by ${method}: discovery, registration, sign-in, token, call, refresh, revocation`, async () => {
        const headers = { 'MCP-Protocol-Version': revision };
        const challenge = (await ask(`${machine.url}/mcp`, { ...firstRequest(revision) })).header('WWW-Authenticate') ?? '';
        const resource = (await ask(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '', { headers })).json;
        const server = (await ask(`${resource.authorization_servers[0]}/.well-known/oauth-authorization-server`, { headers })).json;
        assert.equal(server.issuer, resource.authorization_servers[0]);
        assert.ok(server.token_endpoint_auth_methods_supported.includes(method));
        const registered = await register({ client_name: 'x', redirect_uris: [client.redirectUri], token_endpoint_auth_method: method }, headers);
        assert.equal(registered.status, 201, registered.text);
        const { client_id, client_secret } = registered.json;
        assert.equal(client_secret === undefined, method === 'none');

        /** @type {Record<string, string>} */
        const asks = namesResource(revision) ? { resource: resource.resource } : {};
        const own = new OAuthClient(machine.url, client_id, client.redirectUri);
        const { redirect } = await signIn(own.authorizeUrl({ resource: undefined, ...asks }));
        assert.equal(redirect?.searchParams.get('iss'), server.issuer);
        const basic = { Authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` };
        /** @type {Record<string, Record<string, string>>} */
        const ways = { none: { client_id }, client_secret_post: { client_id, client_secret }, client_secret_basic: {} };
        const shown = ways[method];
        const token = (/** @type {Record<string, string>} */ parameters) =>
          post({ ...shown, ...parameters }, { ...headers, ...(method === 'client_secret_basic' && basic) });

        const code = redirect?.searchParams.get('code') ?? '';
        const first = await token({ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: own.verifier, ...asks });
        assert.equal(first.status, 200, JSON.stringify(first.body));
        assert.equal(first.body.resource, `${machine.url}/mcp`);
        resultOf(await (await wayIn(new Endpoint(`${machine.url}/mcp`, first.body.access_token), revision)).request('tools/list'));

        const second = await token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token, ...asks });
        assert.equal(second.status, 200, JSON.stringify(second.body));
        const way = await wayIn(new Endpoint(`${machine.url}/mcp`, second.body.access_token), revision);
        resultOf(await way.request('tools/list'));
        for (const { answer } of [first, second]) assert.match(answer.header('Cache-Control') ?? '', /no-store/);

        assert.equal((await token({ token: second.body.access_token })).status, 200);
        assert.equal((await way.request('tools/list')).status, 401);
        if (method === 'none') return;
        const stolen = { grant_type: 'refresh_token', refresh_token: second.body.refresh_token };
        for (const secret of [undefined, 'wrong', '']) {
          assert.equal((await post({ ...stolen, client_id, ...(secret !== undefined && { client_secret: secret }) })).body.error, 'invalid_client');
        }
        assert.equal((await post({ ...stolen, ...shown, client_id, client_secret }, basic)).status, 400, 'two ways at once');
      });
    }
  });
}

describe('where a code is sent', () => {
  test('nothing is registered that runs, shows, hides or is not encrypted, not even beside what is good', async () => {
    const bad = [
      ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://a.example/x', 'mailto:a@b.example'],
      ...['https://app.example/cb#', 'https://app.example/cb#x', 'https://user:pw@app.example/cb', 'https://:pw@app.example/cb', 'https://app.example@evil.example/cb'],
      ...['//app.example/cb', 'app.example/cb', 'https://', 'https:// app.example/cb', 'https://app.example/\u0000', 'https://app.example/\u0085', 7, null, {}, ['https://app.example/cb']],
    ];
    for (const uri of bad) {
      for (const redirect_uris of [[uri], ['https://app.example/callback', uri]]) {
        const answer = await register({ redirect_uris, token_endpoint_auth_method: 'none' });
        assert.equal(answer.status, 400, `${uri}: ${answer.text}`);
        assert.match(answer.json.error, /^invalid_(client_metadata|redirect_uri)$/);
      }
    }
    for (const uri of ['http://app.example/cb', 'http://localhost.evil.example/cb', 'http://127.0.0.1.evil.example/cb', 'http://0.0.0.0/cb', 'http://192.168.1.1/cb', 'app:/cb', 'com.example.app://cb', 'ftp://app.example/cb']) {
      assert.equal((await register({ redirect_uris: [uri], token_endpoint_auth_method: 'none' })).status, 400, uri);
    }
  });

  test('an address of an app that is registered beside a good one is never sent a code', async () => {
    const uris = ['https://app.example/callback', 'cursor://anysphere/callback', 'http://app.example/callback'];
    const mixed = await OAuthClient.register(machine.url, { redirect_uris: uris });
    for (const redirect_uri of uris.slice(1)) await assertEndsHere(mixed.authorizeUrl({ redirect_uri }), redirect_uri);
    assert.equal((await ask(mixed.authorizeUrl())).status, 200);
  });

  test('only the registered address is good, to the letter', async () => {
    const web = await OAuthClient.register(machine.url, { redirect_uris: ['https://app.example/callback'] });
    const near = [
      ...['https://app.example./callback', 'https://APP.example/callback', 'HTTPS://app.example/callback', 'https://app.example:443/callback', 'https://app.example:8443/callback', 'http://app.example/callback'],
      ...['https://app.example/Callback', 'https://app.example/callback/', 'https://app.example//callback', 'https://app.example/%63allback', 'https://app.example/callback%2f', 'https://app.example/callback%00', 'https://app.example/callback%0d%0aX:1'],
      ...['https://app.example/./callback', 'https://app.example/x/../callback', 'https://app.example/callback/..', 'https://app.example/callback/../evil', 'https://app.example/callback/%2e%2e/evil', 'https://app.example/callback;x=1', 'https://app.example/callback\\..\\evil'],
      ...['https://app.example/callback?', 'https://app.example/callback?next=https://evil.example', 'https://app.example/callback&x=1', 'https://app.example/callback#', 'https://app.example/callback#x', ' https://app.example/callback', 'https://app.example/callback ', 'https://app.example/callback\t'],
      ...['https://user@app.example/callback', 'https://app.example@evil.example/callback', 'https://app.example:x@evil.example/callback', 'https://evil.example/https://app.example/callback', 'https://evil.example#@app.example/callback', 'https://evil.example\\@app.example/callback', 'https://app.example.evil.example/callback', 'https://evil-app.example/callback', 'https://xapp.example/callback', 'https://\u0430pp.example/callback', 'https://xn--pp-7kc.example/callback'],
      ...['javascript:alert(1)//https://app.example/callback', 'data:text/html,https://app.example/callback', '', '/callback', '//app.example/callback', 'null', 'undefined'],
    ];
    for (const redirect_uri of near) await assertEndsHere(web.authorizeUrl({ redirect_uri }), redirect_uri);
    assert.equal((await ask(web.authorizeUrl())).status, 200, 'and the address itself is');
  });

  test('on this computer the port alone may be another', async () => {
    const near = [
      ...['http://127.0.0.2:9999/callback', 'http://localhost:9999/callback', 'http://[::1]:9999/callback', 'https://127.0.0.1:9999/callback', 'http://0.0.0.0:9999/callback', 'http://127.0.0.1:9999/Callback'],
      ...['http://127.0.0.1:9999/callback/', 'http://127.0.0.1:9999/callback/../evil', 'http://127.0.0.1:9999//callback', 'http://127.0.0.1:9999/callback?x', 'http://127.0.0.1:9999/callback#x', 'http://127.0.0.1:9999/callback#', 'http://127.0.0.1:99999/callback', 'http://127.0.0.1:x/callback'],
      ...['http://user@127.0.0.1:9999/callback', 'http://127.0.0.1:9999@evil.example/callback', 'http://evil.example\\@127.0.0.1:9999/callback', 'http://127.0.0.1.evil.example:9999/callback', 'http://127.0.0.1:9999.evil.example/callback', 'http://127.0.0.1%2eevil.example/callback'],
    ];
    for (const redirect_uri of near) await assertEndsHere(client.authorizeUrl({ redirect_uri }), redirect_uri);
    // Other spellings of the very address are that address.
    for (const redirect_uri of ['http://127.0.0.1/callback', 'http://127.0.0.1:1/callback', 'http://127.1:9999/callback', 'http://127.0.0.1:9999/x/../callback']) {
      const { redirect } = await signIn(client.authorizeUrl({ redirect_uri }), { start: 'cancel' });
      const { hostname, pathname } = /** @type {URL} */ (redirect);
      assert.deepEqual([hostname, pathname], ['127.0.0.1', '/callback'], redirect_uri);
    }
  });

  test('a parameter that comes twice is none', async () => {
    for (const [name, value] of [['redirect_uri', 'https://evil.example/'], ['client_id', 'other'], ['redirect_uri', client.redirectUri], ['client_id', client.clientId]]) {
      const before = new URL(client.authorizeUrl());
      for (const query of [`${before.search}&${new URLSearchParams({ [name]: value })}`, `?${new URLSearchParams({ [name]: value })}&${before.search.slice(1)}`]) {
        await assertEndsHere(`${machine.url}/authorize${query}`, query);
      }
    }
    for (const [name, value] of [['scope', 'shop:read'], ['state', 'x'], ['response_type', 'token'], ['code_challenge', 'x'.repeat(43)], ['code_challenge_method', 'plain']]) {
      const url = new URL(client.authorizeUrl());
      url.searchParams.append(name, value);
      await assertEndsHere(url.href, name);
    }
  });

  test('a refused request is told to the registered address alone, by a redirect that keeps its method and its referrer to itself', async () => {
    for (const changes of [{ response_type: 'token' }, { scope: 'nothing' }, { code_challenge: undefined }, { resource: 'https://evil.example/' }]) {
      const answer = await ask(client.authorizeUrl({ ...changes, state: 'https://evil.example/?' }));
      assert.equal(answer.status, 302, 'never 307, which would send a form again (RFC 9700, 4.12)');
      const { origin, pathname, searchParams, hash } = new URL(answer.header('Location') ?? '');
      assert.equal(origin + pathname, client.redirectUri);
      assert.equal(hash, '', 'nothing in the fragment');
      assert.equal(searchParams.get('state'), 'https://evil.example/?');
      assert.match(answer.header('Cache-Control') ?? '', /no-store/);
    }
  });

  test('what this server does not know it does not do: other response types and modes, requests by reference', async () => {
    for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none', '', undefined]) {
      const { redirect } = await signIn(client.authorizeUrl({ response_type }));
      assert.ok(redirect?.href.startsWith(`${client.redirectUri}?error=`), `${response_type}: ${redirect}`);
      for (const name of ['code', 'access_token', 'id_token']) assert.ok(!redirect?.searchParams.has(name), `${response_type}: ${name}`);
      assert.equal(redirect?.hash, '');
    }
    for (const changes of [{ response_mode: 'fragment' }, { response_mode: 'form_post' }, { response_mode: 'web_message' }]) {
      const { redirect } = await signIn(client.authorizeUrl(changes), { start: 'cancel' });
      assert.equal(redirect?.hash, '');
      assert.ok(redirect?.href.startsWith(`${client.redirectUri}?`));
    }
    await machine.pull({ asked: [] });
    for (const changes of [{ request_uri: 'https://evil.example/request' }, { request: 'eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS8ifQ.' }]) {
      const { redirect } = await signIn(client.authorizeUrl(changes), { start: 'cancel' });
      assert.ok(redirect?.href.startsWith(`${client.redirectUri}?`));
    }
    assert.ok(!(await machine.pull({})).asked.includes('https://evil.example/request'));
  });
});

describe('which server answered (mix-up)', () => {
  test('every answer names the issuer whose metadata the client has, under each name of this server', async () => {
    for (const issuer of [machine.url, other]) {
      const own = await OAuthClient.register(issuer);
      const metadata = (await ask(`${issuer}/.well-known/oauth-authorization-server`)).json;
      assert.equal(metadata.authorization_response_iss_parameter_supported, true);
      const answers = [
        await signIn(own.authorizeUrl()),
        await signIn(own.authorizeUrl(), { start: 'cancel' }),
        await signIn(own.authorizeUrl(), { decision: 'deny' }),
        await signIn(own.authorizeUrl(), { person: 'cancel' }),
        await signIn(own.authorizeUrl({ scope: 'nothing' })),
        await signIn(own.authorizeUrl({ iss: 'https://evil.example', code: 'mine' })),
      ];
      for (const { redirect } of answers) assert.deepEqual(redirect?.searchParams.getAll('iss'), [metadata.issuer]);
      assert.notDeepEqual(answers[5].redirect?.searchParams.getAll('code'), ['mine']);
    }
  });

  test('a code and a refresh token of one issuer are none at another, and are not used up there', async () => {
    const code = await client.authorize();
    const elsewhere = new OAuthClient(other, client.clientId, client.redirectUri);
    elsewhere.verifier = client.verifier;
    const refused = await elsewhere.redeem(code);
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
    const { status: good, body } = await client.redeem(code);
    assert.equal(good, 200);
    assert.equal((await elsewhere.refresh(body.refresh_token)).status, 400);
    assert.equal(await status(body.access_token), 200);
  });
});

describe('PKCE', () => {
  test('a challenge is one of S256, whole, and nothing else', async () => {
    const good = createHash('sha256').update(client.verifier).digest('base64url');
    const bad = [
      ...['plain', 'S512', 's256', 'none', ''].map((code_challenge_method) => ({ code_challenge_method })),
      ...['', good.slice(1), `${good}A`, `${good}=`, good.replace(/.$/, '+'), good.replace(/.$/, ' '), 'x'.repeat(128)].map((code_challenge) => ({ code_challenge })),
    ];
    for (const changes of bad) {
      const { redirect } = await signIn(client.authorizeUrl(changes));
      assert.equal(redirect?.searchParams.get('error'), 'invalid_request', JSON.stringify(changes));
      assert.equal(redirect?.searchParams.get('code'), null);
    }
  });

  test('a code is redeemed with its verifier alone: not without, not with the challenge, not with another', async () => {
    const code = await client.authorize();
    const right = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: client.verifier };
    const challenge = createHash('sha256').update(client.verifier).digest('base64url');
    for (const code_verifier of ['', challenge, client.verifier.slice(1), `${client.verifier}A`, client.verifier.toLowerCase(), 'x'.repeat(43), 'x'.repeat(129), randomBytes(32).toString('base64url')]) {
      const answer = await client.token({ ...right, code_verifier });
      assert.equal(answer.status, 400, code_verifier);
      assert.match(answer.body.error, /^invalid_(grant|request)$/);
    }
    const { redirect_uri: _, ...without } = right;
    assert.equal((await client.token({ ...without, redirect_uri: 'https://evil.example/' })).status, 400);
    assert.equal((await client.token(right)).status, 200, 'an attempt of others does not use it up');
  });

  test('a code that is put into the browser of somebody else is of no use to their client', async () => {
    const [mallory, victim] = [await OAuthClient.register(machine.url), await OAuthClient.register(machine.url)];
    const code = await mallory.authorize({ person: 'alan@example.com' });
    assert.equal((await victim.redeem(code)).body.error, 'invalid_grant', "another client's code");
    const second = new OAuthClient(machine.url, victim.clientId, victim.redirectUri);
    const injected = await second.authorize({ person: 'alan@example.com' });
    assert.equal((await victim.redeem(injected)).body.error, 'invalid_grant', 'a code of the same client, from another sign-in');
  });
});

describe('scopes and resources', () => {
  test('no request gives more than its human allowed: not the code, not a refresh', async () => {
    const narrow = await OAuthClient.register(machine.url);
    const code = await narrow.authorize({}, { scope: 'shop:read' });
    const { body } = await narrow.token({ grant_type: 'authorization_code', code, redirect_uri: narrow.redirectUri, code_verifier: narrow.verifier, scope: 'shop:read shop:buy' });
    assert.equal(body.scope, 'shop:read');
    const wider = await narrow.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token, scope: 'shop:read shop:buy' });
    assert.notEqual(wider.body.scope, 'shop:read shop:buy');
    const buy = { name: 'buyMcpShopItem', arguments: { company: 'Acme', mailingAddress: '1 Road', tshirtSize: 'M' } };
    for (const token of [body.access_token, wider.body.access_token].filter(Boolean)) {
      assert.equal((await new Endpoint(`${machine.url}/mcp`, token).modern('tools/call', buy)).status, 403);
    }
  });

  test('a consent form that was changed gives no scope that was not asked for', async () => {
    const narrow = await OAuthClient.register(machine.url);
    const code = await narrow.authorize({ bounds: { preset: 'custom', tool: 'buyMcpShopItem', scope: 'shop:buy' } }, { scope: 'shop:read' }).catch((error) => String(error));
    const { body } = await narrow.redeem(code);
    assert.ok(!`${body.scope}`.includes('shop:buy'), JSON.stringify(body));
  });

  test('a token request for another resource is refused, and uses nothing up', async () => {
    const own = await OAuthClient.register(machine.url);
    const code = await own.authorize();
    const right = { grant_type: 'authorization_code', code, redirect_uri: own.redirectUri, code_verifier: own.verifier };
    const wrong = ['https://elsewhere.example/mcp', `${other}/mcp`, machine.url, `${machine.url}/mcp/`, `${machine.url}/mcp#x`, `${machine.url}/MCP`, 'mcp', ''];
    for (const resource of wrong) {
      const answer = await own.token({ ...right, resource });
      assert.equal(answer.status, 400, resource);
      assert.equal(answer.body.error, 'invalid_target', resource);
    }
    const twice = `${new URLSearchParams({ ...right, client_id: own.clientId, resource: `${machine.url}/mcp` })}&resource=https%3A%2F%2Felsewhere.example`;
    assert.equal((await ask(`${machine.url}/token`, { headers: FORM, body: twice })).json.error, 'invalid_target');
    const { body } = await own.token({ ...right, resource: `${machine.url}/mcp` });
    for (const resource of wrong) {
      assert.equal((await own.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token, resource })).body.error, 'invalid_target', resource);
    }
    assert.equal((await own.refresh(body.refresh_token)).status, 200);
  });

  test('a token request with a parameter twice, with two clients or by GET is refused', async () => {
    const own = await OAuthClient.register(machine.url);
    const code = await own.authorize();
    const right = new URLSearchParams({ client_id: own.clientId, grant_type: 'authorization_code', code, redirect_uri: own.redirectUri, code_verifier: own.verifier });
    for (const [name, value] of right) {
      const answer = await ask(`${machine.url}/token`, { headers: FORM, body: `${right}&${new URLSearchParams({ [name]: value })}` });
      assert.equal(answer.status, 400, name);
      assert.equal(answer.json.error, 'invalid_request', name);
    }
    assert.equal((await ask(`${machine.url}/token`, { headers: { ...FORM, Authorization: `Basic ${btoa(`${client.clientId}:x`)}` }, body: `${right}` })).status, 400);
    const byGet = await ask(`${machine.url}/token?${right}`);
    assert.equal(byGet.status, 405);
    const inQuery = await ask(`${machine.url}/token?${right}`, { headers: FORM, body: 'x=1' });
    assert.equal(inQuery.status, 401, 'parameters in the query count for nothing');
    assert.equal((await ask(`${machine.url}/token`, { headers: FORM, body: `${right}` })).status, 200);
  });
});

describe('registration', () => {
  const good = { redirect_uris: ['https://app.example/callback'], token_endpoint_auth_method: 'none' };

  test('metadata of the wrong kind is refused, and said to be', async () => {
    const bad = [
      ...['{', 'null', '[]', '7', '"x"', '{"redirect_uris":', '\ufeff{}', '['.repeat(10_000)],
      ...[{}, { ...good, redirect_uris: [] }, { ...good, redirect_uris: 'https://app.example/callback' }, { ...good, redirect_uris: { 0: 'https://app.example/callback' } }],
      ...[{ ...good, token_endpoint_auth_method: 'tls_client_auth' }, { ...good, token_endpoint_auth_method: 7 }, { ...good, token_endpoint_auth_method: ['none'] }],
      ...[{ ...good, client_name: 7 }, { ...good, client_name: { toString: 'x' } }, { ...good, contacts: 'a@b.example' }, { ...good, contacts: [7] }],
      ...[{ ...good, response_types: ['token'] }, { ...good, response_types: 'code' }, { ...good, grant_types: ['implicit'] }, { ...good, grant_types: ['password'] }, { ...good, grant_types: 'authorization_code' }],
      ...[{ ...good, logo_uri: 7 }, { ...good, client_uri: {} }, { ...good, jwks_uri: [] }],
    ];
    for (const metadata of bad) {
      const answer = await register(metadata);
      assert.equal(answer.status, 400, `${JSON.stringify(metadata).slice(0, 100)}: ${answer.text}`);
      assert.match(answer.json.error, /^invalid_(client_metadata|redirect_uri|request)$/);
    }
  });

  test('a client chooses neither its id nor its secret, nor anything else that is the server\'s to say', async () => {
    const chosen = { client_id: client.clientId, client_secret: 'chosen', client_id_issued_at: 1, client_secret_expires_at: 0, registration_access_token: 'x', registration_client_uri: 'https://evil.example', __proto__: null, software_statement: 'x.y.z', scope: 'shop:admin' };
    const answer = await register({ ...good, token_endpoint_auth_method: 'client_secret_post', ...chosen });
    assert.equal(answer.status, 201, answer.text);
    assert.notEqual(answer.json.client_id, client.clientId);
    assert.notEqual(answer.json.client_secret, 'chosen');
    assert.equal(answer.json.registration_access_token, undefined);
    assert.equal((await ask(client.authorizeUrl())).status, 200, 'the one whose id it wanted is as it was');
    assert.deepEqual((await register(`{"__proto__":{"redirect_uris":["https://evil.example/"]},${JSON.stringify(good).slice(1)}`)).json.redirect_uris, good.redirect_uris);
  });

  test('a client that is not known is told so in the way that makes it register anew', async () => {
    for (const client_id of ['nobody', client.clientId.toLowerCase(), `${client.clientId}x`, 'client:x', '../x', '__proto__']) {
      /** @type {Record<string, string>[]} */
      const requests = [{ grant_type: 'refresh_token', refresh_token: 'x:y:z' }, { grant_type: 'authorization_code', code: 'x:y:z', redirect_uri: 'x', code_verifier: 'x' }];
      for (const parameters of requests) {
        const { status: code, body } = await post({ client_id, ...parameters });
        assert.deepEqual([code, body.error], [401, 'invalid_client'], client_id);
      }
      await assertEndsHere(client.authorizeUrl({ client_id }), client_id);
    }
    const basic = await post({ grant_type: 'refresh_token', refresh_token: 'x:y:z' }, { Authorization: `Basic ${btoa('nobody:x')}` });
    assert.equal(basic.status, 401);
    assert.match(basic.answer.header('WWW-Authenticate') ?? '', /^Basic/);
  });

  test('a client in use is never dropped, whoever else registers and however long it is; one that is not used is, and may register anew', async () => {
    const [used, idle] = [await OAuthClient.register(machine.url), await OAuthClient.register(machine.url)];
    await Promise.all(Array.from({ length: 100 }, () => register(good)));
    for (let day = 25; day <= 200; day += 25) {
      await machine.pull({ clock: day * DAY });
      const { status: redeemed, body } = await used.redeem(await used.authorize());
      assert.equal(redeemed, 200, `after ${day} days: ${JSON.stringify(body)}`);
    }
    const { status: late, body } = await post({ client_id: idle.clientId, grant_type: 'refresh_token', refresh_token: 'x:y:z' });
    assert.deepEqual([late, body.error], [401, 'invalid_client']);
    await assertEndsHere(idle.authorizeUrl(), 'a client of long ago');
    assert.equal((await register(good)).status, 201);
  });
});
